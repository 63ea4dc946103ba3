"""The panel: a player with a face. Knows no torch and no drawing; the widget and the twins draw.

Only the player's thread sends to the browser (`_watch`); the browser's messages go straight into
the player's mailbox (`_heard`), on whatever thread they arrive.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import traitlets

from sciml_widgets.experiment import Experiment
from sciml_widgets.knobs import find, resolve, values
from sciml_widgets.live.compare import Compare
from sciml_widgets.live.predict import Prediction
from sciml_widgets.live.share import Shared, line, read_line
from sciml_widgets.live.steer import Steer
from sciml_widgets.live.views import GONE, Views
from sciml_widgets.live.wire import Wire
from sciml_widgets.player import Player
from sciml_widgets.predict import Question, Verdict
from sciml_widgets.record import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from plotly.graph_objects import Figure as PlotlyFigure

    from sciml_widgets.live.widget import PanelWidget

__all__ = ["Panel"]

FASTEST = 0.038
"""Seconds between two messages: at most 26 a second. A turn is answered between them."""
SHARE = 0.05
"""Of the player's time, what pictures may take; between two, numbers and curves go alone."""
SLOWEST = 1.0
"""Seconds between two pictures at most, whatever they cost."""
QUIET = 1.0
"""Seconds of rest before the static twin is drawn again."""
SETTLED = 4.0
"""The same before the first frame, when somebody is about to press Run."""
OVER = "The run is over: press Run to see what this does."


class Panel(traitlets.HasTraits):
    """A running experiment: `panel.values` and `panel.state` can be observed and linked.

    Setting `panel.values = {"nu": 0.02}` turns those knobs. The experiment that was given is
    copied, never changed.
    """

    values = traitlets.Dict()
    state = traitlets.Unicode("idle")

    def __init__(
        self, experiment: Experiment, *, predict: Question | None = None,
        hide: Iterable[str] = (), lock: Iterable[str] = (), presets: bool = True, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.player = Player(experiment, watch=self._watch, **options)
        self.prediction = Prediction(predict, self.player.history.known) if predict else None
        self._steer = Steer(self.player, hide, lock, presets)
        self._compare = Compare(self.player, self._steer.words)
        self.widget: PanelWidget | None = None
        self.twin: Any = None
        self._wire = Wire()
        self._shared = Shared()
        self._lock = threading.Lock()
        self._views = Views()
        self._in_turn = threading.Lock()  # of threads that hear: the newest has the last word
        self._echo = threading.local()
        self._key = False
        self._notice = ""
        self._shown: Any = None
        self._next = 0.0
        self._owed = False
        self._last = 0.0
        self._spent: deque[float] = deque(maxlen=9)
        self._rested: float | None = None
        self._absorb()

    @property
    def _asked(self) -> bool:
        """Whether a question waits for its guess."""
        return self.prediction is not None and self.prediction.phase == "open"

    # ---- what people use ----------------------------------------------------------------

    def go(self) -> None:
        """Run, as the button does."""
        self.player.go()

    def pause(self) -> None:
        """Pause, as the button does."""
        self.player.pause()

    def step(self, frames: int = 1) -> None:
        """Run for some frames, then pause."""
        self.player.step(frames)

    def pace(self, frames_per_second: float) -> None:
        """Slow motion; 0 is as fast as it goes. Raises ValueError."""
        self.player.pace(frames_per_second)

    def reset(self) -> None:
        """Back to before the first frame; the knobs stay as they are."""
        self.player.reset()

    def turn(self, name: str, value: Any) -> None:
        """Turn a knob, as a hand would. Raises ValueError."""
        self.player.turn(name, value)

    def preset(self, name: str) -> None:
        """All values of a preset, the others as opened; starts over. Raises ValueError."""
        self._steer.preset(name)
        self._refresh()

    def pin(self, name: str) -> None:
        """Keep this run's curves as "A" or "B" beside those to come. Raises ValueError."""
        self._compare.pin(name)
        self._refresh()

    def unpin(self, name: str) -> None:
        """Take a pinned run off the axes. Raises ValueError."""
        self._compare.unpin(name)
        self._refresh()

    def _refresh(self) -> None:
        self._key = True
        self.player.wake()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing runs. Returns whether that came in time."""
        came = self.player.wait(timeout)
        self._absorb()
        return came

    @property
    def scalars(self) -> dict[str, float]:
        """The newest value of each series."""
        return self.player.scalars

    @property
    def history(self) -> Any:
        """The scalars so far as a pandas DataFrame; of a long run the points that stayed."""
        return self.player.ask(self.player.history.to_pandas)

    @property
    def goal_reached(self) -> int | None:
        """The step at which the goal was first reached, or None."""
        return self.player.goal_reached

    @property
    def guess(self) -> Any:
        """The guess that was committed, or None."""
        return self.prediction.guess if self.prediction else None

    @property
    def verdict(self) -> Verdict | None:
        """Guess, result and how far they are apart, once the run has come to the answer."""
        return self.prediction.verdict if self.prediction else None

    @property
    def hidden(self) -> frozenset[str]:
        """The knobs that are not shown."""
        return self._steer.hide

    @property
    def locked(self) -> frozenset[str]:
        """The knobs that only Python turns."""
        return self._steer.lock

    def record(self) -> Record:
        """The run so far as a record: `save(panel.record(), "run.json")`."""
        return self.player.record()

    def share(self) -> str:
        """The record as one line of text: `show('…')` in another notebook runs it again."""
        return line(self.player.record())

    def to_code(self) -> str:
        """A self-contained script with the present values: `print(panel.to_code())`.

        Raises ValueError for a lab without one, or a value that it cannot express.
        """
        player = self.player
        return player.ask(lambda: player.experiment.code(player.step_now or player.limit))

    def save_weights(self, path: str | Path) -> None:
        """The present network and its knobs as a safetensors file; `load_weights` reads it.

        Raises ValueError where there is no network (yet), OSError.
        """
        from sciml_widgets.live.weights import save_weights

        save_weights(self.player, path)

    def figure(self) -> "Figure":
        """The present picture as a matplotlib figure."""
        from sciml_widgets.live.twin import figure

        return figure(self.player)

    def to_plotly(self, *, surface: bool = False) -> "PlotlyFigure":
        """The present picture in plotly: zoom, read values; `surface` draws fields in 3-D."""
        from sciml_widgets.live.inspect import to_plotly

        return to_plotly(self.player, surface=surface)

    def close(self) -> None:
        """End the thread, take the widget off the page. Twice is no error."""
        self.player.close()
        if self.widget is not None:
            self.widget.close()
            self.widget = None

    def _ipython_display_(self) -> None:
        """Nothing: `show` has displayed the panel already, also where it ends a cell."""

    # ---- traits -------------------------------------------------------------------------

    def _absorb(self) -> None:
        """Take state and values over from the player without turning anything."""
        self._echo.on = True  # of this thread: another one may absorb at the same time
        try:
            self.values = values(self.player.experiment)
            self.state = self.player.state
        finally:
            self._echo.on = False

    @traitlets.observe("values")
    def _turned(self, change: Any) -> None:
        if getattr(self._echo, "on", False):
            return
        now = values(self.player.experiment)
        try:
            for name, value in change.new.items():
                path = resolve(self.player.experiment, name)
                if now[path] != value:
                    self.player.turn(path, value)
            self.player.ask(lambda: None)  # until the turns are taken
        finally:
            self._absorb()

    # ---- from the browser: any thread ---------------------------------------------------

    def attach(self, widget: "PanelWidget") -> None:
        """Use this widget; called once, by `show`."""
        self.widget = widget
        widget.observe(lambda _change: self._absorb(), ["state", "values"])

    def heard(self, message: Any) -> None:
        """One message of the browser. Never raises: what is wrong is said on the panel."""
        try:
            self._hear(message)
        except (
            ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
        ) as error:  # fmt: skip
            self._notice = f"Not done: {error}"
        self.player.wake()

    def _hear(self, message: dict[str, Any]) -> None:
        player, what = self.player, message["t"]
        if self.prediction and self.prediction.takes(message, player):
            with self._lock:
                self._key = True  # a guess is told in key frames
        elif what in ("ready", "ack", "hidden"):
            with self._lock:  # whoever is new begins with a key frame
                self._views.hear(message, self._wire.number)
                if what == "ready":
                    self._key = True
        elif what == "turn":
            self._steer.admit(message["name"])
            with self._in_turn:
                if not self._views.overtaken(message, f"turn {message['name']}"):
                    drag = message.get("drag") is True
                    player.turn(message["name"], message["value"], drag=drag)
                    if not drag:
                        self._say_if_over(message["name"])
        elif what == "press":
            self._steer.admit(message["name"])
            player.press(message["name"])
        elif what == "step":
            with self._in_turn:
                if not self._views.overtaken(message, "run", last=False):
                    player.step(message.get("n", 1))
        elif what == "pace":
            player.pace(float(message["value"]))
        elif what == "preset":
            self._steer.preset(message["name"], by_hand=True)
            with self._lock:
                self._key = True  # its name is news, also where it turns no knob
        elif what in ("pin", "unpin"):
            getattr(self, what)(message["name"])
        elif what == "resume":
            record = read_line(message["text"])
            self._steer.admit_run(record)
            player.resume(record)
        elif what == "share":
            self._shared.hear(message)
        elif what in ("go", "pause", "reset"):
            with self._in_turn:
                if not self._views.overtaken(message, "run"):
                    getattr(player, what)()
        else:
            raise ValueError(f"unknown message {str(what)[:40]!r}")

    def _say_if_over(self, name: str) -> None:
        """A knob of the next step, turned when no step comes, would seem to do nothing."""
        lab = self.player.experiment
        if self.player.state == "finished" and find(lab, resolve(lab, name)).kind == "hot":
            self.player.ask(lambda: None)  # the turn is told first: a notice settles the controls
            self._notice = OVER

    # ---- to the browser: the player's thread ----------------------------------------------

    def _watch(self, player: Player) -> float | None:
        """Send a message if one is due. Returns when to be called again if nothing happens."""
        self._compare.look(player)
        if self.prediction and self.prediction.look(player):
            with self._lock:
                self._key = True
        now = time.perf_counter()
        resting = player.state != "running"
        wish = self._rest(now) if resting else None
        if not resting:
            self._rested = None
        if self.widget is None:
            return wish
        stamp = (player.runs, player.frames, player.state, player.turns, self._notice)
        idle = stamp == self._shown and not self._key and not self._owed
        if idle and not self._shared.wanted:
            return wish
        if not self._views.free(now):
            return _sooner(wish, GONE)
        turned = self._shown is not None and stamp[3:] != self._shown[3:]
        if turned and not resting:
            self._owed = True
            self._send(stamp, None)  # a turn is answered at once, its picture follows
        elif resting or now >= max(self._next, self._last + FASTEST):
            self._owed = False
            self._send(stamp, 128 if resting else 64)
            if not resting:  # one at rest is finer, and its truth may be new: it is no measure
                self._spent.append(time.perf_counter() - now)
            pause = median(self._spent) / SHARE if self._spent else 0.0
            self._next = now + min(max(FASTEST, pause), SLOWEST)
            return wish
        elif now >= self._last + FASTEST:
            self._send(stamp, None)
        return max(0.0, self._next - now)

    def _send(self, stamp: Any, size: int | None) -> None:
        player = self.player
        with self._lock:
            key, self._key = self._key, False
        notice, self._notice = self._notice, ""
        picture = None
        try:
            picture = player.draw(size) if size else None
        except Exception as error:
            player.fail(error)
        self._last = time.perf_counter()
        header, buffers = self._wire.message(player, picture, key, notice)
        self._steer.write(header, asked=self._asked)
        self._compare.write(header, buffers)
        if key and self.prediction:
            header["predict"] = self.prediction.part()
        header |= self._shared.parts(player, key)
        if self._views.asks(self._wire.number, heavy=bool(size or key)):
            header["ack"] = True
        if self.widget is not None:
            self.widget.send(header, buffers)
        self._shown = (*stamp[:2], player.state, stamp[3], "")

    def _rest(self, now: float) -> float | None:
        """Draw the static twin again when the run has rested for a moment."""
        if self.twin is None:
            return None
        if self._rested is None:
            self._rested = now
        stamp = (self.player.runs, self.player.frames, self.player.turns)
        if self.twin.stamp == stamp:
            return None
        quiet = QUIET if self.player.frames else SETTLED
        if now - self._rested < quiet:
            return quiet
        self.twin.update(self.player, stamp)
        return None


def _sooner(a: float | None, b: float) -> float:
    return b if a is None else min(a, b)
