"""The player: drives one experiment frame by frame. Knows no torch, no widget and no renderer.

Everything that a person does (turn a knob, run, pause) is put into a mailbox from any thread and
taken out between two frames by the one thread that owns the generator: the player's own daemon
thread (`start`), or the caller's (`headless.run`).
"""

import atexit
import math
import operator
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from typing import Any, Literal, TypeVar

from sciml_widgets import machine
from sciml_widgets.again import Again, fitting
from sciml_widgets.experiment import Diverged, Experiment, Frame
from sciml_widgets.goals import wanted
from sciml_widgets.history import History, Tick
from sciml_widgets.knobs import Action, find, knobs, read, replaced, resolve, values, write
from sciml_widgets.mailbox import Mailbox, Order
from sciml_widgets.picture import Picture, View
from sciml_widgets.record import Digest, Record, Turn, lab_name
from sciml_widgets.words import name_of

__all__ = ["Player", "State", "Tick"]

Answer = TypeVar("Answer")
State = Literal["idle", "running", "paused", "finished", "diverged", "failed"]

PATIENCE = 2.0
"""Seconds for the page to show the panel before what is slow the first time begins beside it."""

KEEP_EVERY = 100
"""A snapshot is taken at least this often, so that a diverged run has something finite to show."""


class Player:
    """Drives a copy of `experiment`; the caller's object is never changed.

    `turn`, `press`, `go`, `pause`, `step`, `reset`, `pace`, `close` and `wake` may be called from
    any thread and return at once. `watch(player)` is called by the owning thread after each round
    and returns the seconds after which it wants to be called again (None: at the next event).
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        until: str | None = None,
        goal: str | None = None,
        within: int | None = None,
        tape: Iterable[Turn] = (),
        watch: "Callable[[Player], float | None] | None" = None,
    ) -> None:
        self.experiment: Experiment = replaced(experiment, values(experiment))
        self.goal = wanted(until, goal, within, History(experiment.series).known)
        self.unseen: frozenset[str] = frozenset()  # knobs that no heading names
        self.watch = watch
        self.runs = self.turns = 0
        self._script = deque(fitting(experiment, tape))
        self.planned = frozenset(turn.name for turn in self._script)  # turned by the tape given
        self._mail = Mailbox()
        self._thread: threading.Thread | None = None
        self._preparing: threading.Thread | None = None
        self._around = machine.caller()
        self._window = (0.0, 0)
        self._least = self._due = self.frames_per_second = 0.0
        self._allowance = math.inf
        self._generator: Iterator[Frame] | None = None
        self._clear()

    def _clear(self) -> None:
        """The state before the first frame."""
        self._clear_generator()
        if self.runs:
            self._script.clear()  # a tape belongs to the first run
        with self._mail.bell:
            self._ended = False
            self._frame: Frame | None = None
            self._digest = Digest()
            self.state: State = "idle"
            self.message = ""
            self.error: BaseException | None = None
            self.limit = max(self.experiment.length, ((self.goal and self.goal.within) or 0) + 1)
            self.frames, self.step_now, self.seconds, self.rate = 0, 0, 0.0, 0.0
            self.threads = 1
            self.start_values = values(self.experiment)
            self.history = History(self.experiment.series)
            self.tape: list[Turn] = []
            self.ticks: list[Tick] = []
            self.goal_reached: int | None = None
            self.goal_values: tuple[float, ...] = ()
            self.again: Again | None = None
            self.snapshot: Any = None
            self._snapshot_of: Frame | None = None
            self.runs += 1

    # ---- from any thread ------------------------------------------------------------------

    def turn(self, name: str, value: Any, *, drag: bool = False) -> None:
        """Ask for a new value of a knob; short names serve. Raises ValueError at once."""
        path = resolve(self.experiment, name)
        value = read(replaced(self.experiment, {path: value}), path)
        self._mail.post("turn", (path, value, drag))

    def press(self, name: str) -> None:
        """Press an action. Raises ValueError if there is no such action."""
        path = resolve(self.experiment, name)
        if not isinstance(find(self.experiment, path), Action):
            raise ValueError(f"{path} is not an action: use turn({path!r}, value)")
        self._mail.post("press", path)

    def go(self) -> None:
        """Run. After the end: go on for another `length`, or from the start if nothing is left."""
        self._mail.post("go")

    def pause(self) -> None:
        """Stop after the present frame."""
        self._mail.post("pause")

    def step(self, frames: int = 1) -> None:
        """Run for some frames, then pause. Raises ValueError."""
        if type(frames) is not int or not 1 <= frames <= 10**6:
            raise ValueError(f"{frames!r} is not a number of frames, 1 to 1000000")
        self._mail.post("step", frames)

    def reset(self) -> None:
        """Back to before the first frame, with the knobs as they stand."""
        self._mail.post("reset")

    def resume(self, record: Record) -> None:
        """Run a record again, then pause; `again.said` compares them. Raises RecordError."""
        self._mail.post("resume", Again(record, self.experiment))

    def pace(self, frames_per_second: float) -> None:
        """Slow motion; 0 is as fast as it goes. Raises ValueError."""
        if frames_per_second != 0 and not 1e-3 <= frames_per_second < math.inf:
            raise ValueError(f"{frames_per_second!r} is not a pace: 0, or 0.001 or more a second")
        self._mail.post("pace", frames_per_second)

    def wake(self) -> None:
        """Let the owning thread call `watch` soon."""
        self._mail.ring()

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """What `question()` returns, called by the owning thread between two frames.

        Without a thread of its own it is called here. Raises what the question raises.
        """
        if not self.alive or threading.current_thread() is self._thread:
            return question()
        return self._mail.ask(question, lambda: self.alive)

    def close(self, timeout: float | None = 5.0) -> None:
        """End the thread; only it closes the generator. Twice is no error."""
        self._mail.close()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        if not self.alive:
            atexit.unregister(self.close)

    def start(self) -> None:
        """Give the player its own daemon thread. Twice is no error."""
        with self._mail.bell:
            if self._thread is not None or self._mail.closed:
                return
            name = f"sciml-player-{lab_name(type(self.experiment))}"
            thread = threading.Thread(target=self._live, name=name, daemon=True)
            thread.start()
            self._thread = thread
        atexit.register(self.close)  # a thread inside torch must not outlive the interpreter

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing runs and no mail is left. Returns whether that came in time."""
        return self._mail.wait(lambda: self.state != "running" and self._mail.empty, timeout)

    # ---- by the owning thread -------------------------------------------------------------

    def _live(self) -> None:
        with self._around, machine.threads(self.experiment.threads):
            rounds = 0
            while not self._mail.closed:
                due, broken = None, self.state == "failed"
                try:
                    due = self.round()
                    rounds += 1
                    if rounds == 1:
                        due = PATIENCE if due is None else min(due, PATIENCE)
                    elif rounds == 2:  # somebody looks, but nobody has pressed Run yet
                        self._preparing = threading.Thread(target=self._prepare, daemon=True)
                        self._preparing.start()
                except BaseException as error:  # of the picture, or of the lab's clean-up
                    self.fail(error)
                    due = None if broken else 0.0  # once more, so that `watch` can show it
                self._rest(due)
            self.stop("paused" if self.state == "running" else self.state, self.message)

    def _prepare(self) -> None:
        try:
            self.experiment.prepare()
        except Exception as error:
            self._mail.post("ask", partial(self.fail, error))

    def round(self) -> float | None:
        """Take the mail, make one frame if one is due, call `watch` and return its wish."""
        self._take_mail()
        if self.state == "running" and time.perf_counter() >= self._due:
            self._due = time.perf_counter() + self._least
            self._advance()
            self._take_mail()  # who came meanwhile does not wait for the picture
        return self.watch(self) if self.watch else None

    def _take_mail(self) -> None:
        """Do what is asked. A turn is answered at once, before a frame or a picture is made."""
        turns = self.turns
        with self._mail.orders() as orders:
            self._sort(orders)
        if self.watch and self.turns != turns and self.state == "running":
            self.watch(self)

    def _rest(self, due: float | None) -> None:
        """Wait for mail, at most until `watch` wants to be called; in slow motion for the pace."""
        if self.state == "running":
            ahead = max(0.0, self._due - time.perf_counter())
            due = ahead if due is None else min(due, ahead)
        self._mail.rest(due)

    def _sort(self, mail: deque[Order]) -> None:
        while mail:
            what, item = mail.popleft()
            if what == "turn" and mail and mail[0][0] == "turn" and mail[0][1][0] == item[0]:
                continue  # of two turns of the same knob before one frame the newer counts
            if what == "turn":
                self._apply(Turn(self.frames, *item))
            elif what == "press":
                self._apply(Turn(self.frames, item, read(self.experiment, item) + 1))
            elif what == "go":
                self._go(math.inf)
            elif what == "step":
                more = self.state == "running" and self._allowance < math.inf
                self._go(item + self._allowance if more else item)
            elif what == "pause" and self.state == "running":
                self.state = "paused"
            elif what == "reset":
                self._clear()
            elif what == "resume":
                self._resume(item)
            elif what == "ask":
                item()
            elif what == "pace":
                self.frames_per_second, self._least, self._due = item, 1 / (item or math.inf), 0.0

    def _go(self, allowance: float) -> None:
        if self._ended or self.state in ("diverged", "failed"):
            self._clear()
        if self.state != "running" and self.frames >= self.limit:
            self.limit = self.frames + self.experiment.length
        if self.state != "running":
            self._due = 0.0
        self._allowance = allowance
        self.state = "running"

    def _resume(self, again: Again) -> None:
        self._clear()  # the old run ends before its knobs turn
        for path, value in again.start.items():
            write(self.experiment, path, value)
        self._clear()
        self.follow(again)
        if again.frames:
            self._go(again.frames)

    def follow(self, again: Again) -> None:
        """Compare a run that has not begun with a record; by the owning thread."""
        self._script.extend(again.tape)
        self.again, self.limit = again, again.limit(self.limit)

    def _apply(self, turn: Turn) -> None:
        old = read(self.experiment, turn.name)
        if old == turn.value and type(old) is type(turn.value) and not self._drags(turn):
            return
        try:
            value = write(self.experiment, turn.name, turn.value)
        except ValueError as error:  # checked before, but a lab may have changed its knobs
            self.message = str(error)
            return
        self.turns += 1
        turn = Turn(turn.frame, turn.name, value, turn.drag)
        knob = knobs(self.experiment)[turn.name]
        if knob.kind == "restart":
            running = self.state == "running"
            self._clear()
            self.state = "running" if running else "idle"
        elif self._generator is None and not self.frames:
            self.start_values = values(self.experiment)
        elif self.state not in ("diverged", "failed"):  # such a run is over: no frame will see it
            if self.tape and self.tape[-1].frame == turn.frame and self.tape[-1].name == turn.name:
                self.tape.pop()  # no frame has seen the former value
            self.tape.append(turn)
            if knob.kind == "hot" and turn.name not in self.unseen:
                self._tick(turn, old, name_of(turn.name, knob.label), knob.also)

    def _drags(self, turn: Turn) -> bool:
        return bool(self.ticks and self.ticks[-1].name == turn.name and self.ticks[-1].open)

    def _tick(self, turn: Turn, old: Any, label: str, also: str) -> None:
        at = {"step": float(self.step_now), **self.history.positions()}
        if self._drags(turn):
            last = self.ticks[-1]
            last.value, last.at, last.open = turn.value, at, turn.drag
        else:
            self.ticks.append(Tick(turn, old, at, label, also))

    def _advance(self) -> None:
        self._turn_script()
        began = time.perf_counter()
        last, self._frame = self._frame, None  # its state() is of no use once the run goes on
        try:
            if self._generator is None:
                if self._preparing is not None:
                    self._preparing.join()
                self.threads = machine.active_threads()
                self._generator = iter(self.experiment.frames())
            frame = next(self._generator, None)
            if frame is None:
                self._frame, self._ended = last, True
                self._end("finished")
            else:
                self._take(frame)
        except Diverged as error:
            self.error = error
            if error.state is not None:
                self.snapshot = error.state
            self._end("diverged", f"Diverged at step {self.step_now}: {error}")
        except Exception as error:
            self.fail(error)
        now = time.perf_counter()
        self.seconds += now - began
        if now - self._window[0] > 0.5:
            since, frames = self._window
            if frames > self.frames or now - since > 2.0:
                since, frames = began, self.frames - 1
            self.rate = (self.frames - frames) / max(now - since, 1e-9)
            self._window = (now, self.frames)
        if self.again and self.state != "running":
            self.again.end(self._ended, self.message if self.error else "")
            self._turn_script()

    def _turn_script(self) -> None:
        while self._script and self._script[0].frame <= self.frames:
            self._apply(self._script.popleft())

    def fail(self, error: BaseException) -> None:
        """Stop the run because the lab raised `error`; kept for the panel and for `run`."""
        self.error = error
        self._end("failed", f"Failed at step {self.step_now}. {type(error).__name__}: {error}")

    def _take(self, frame: Frame) -> None:
        scalars = {name: float(value) for name, value in frame.scalars.items()}
        step = operator.index(frame.step)
        with self._mail.bell:  # a record made by another thread is a whole one
            self.history.append(step, scalars)
            self._digest.add(step, scalars)
            self.step_now = step
            self.frames += 1
            if self.again:
                self.again.see(self.frames, self._digest.now)
        self._allowance -= 1
        for one in self.history.series:
            if one.role == "loss" and not math.isfinite(scalars.get(one.name, 0.0)):
                raise Diverged(f"the loss “{one.label or one.name}” is no longer a finite number.")
        self._frame = frame
        if self.frames % KEEP_EVERY == 1:
            self.look()
        self._judge(step)
        if self.frames >= self.limit:
            self._end("finished")
        elif self._allowance <= 0:
            self._end("paused")

    def _judge(self, step: int) -> None:
        """Whether the goal is reached in time; keeps the first and the last value that counts."""
        goal, now = self.goal, self.history.newest
        if goal and goal.counts(step) and goal.name in now:
            self.goal_values = (*self.goal_values[:1], now[goal.name])
            if self.goal_reached is None and goal.reached(now):
                self.goal_reached = step

    def _end(self, state: State, message: str = "") -> None:
        if state in ("finished", "paused"):
            self.look()
        self.state, self.message = state, message

    def stop(self, state: State, message: str = "") -> None:
        """End a run that the owning thread drives by hand; an error of the lab is kept."""
        try:
            self._end(state, message)
            self._clear_generator()
        except Exception as error:
            self.fail(error)

    def _clear_generator(self) -> None:
        generator, self._generator = self._generator, None
        if isinstance(generator, Generator):
            generator.close()

    def look(self) -> Any:
        """The newest snapshot, or the last finite one of a diverged run; None before the first."""
        frame = self._frame
        if frame is not None and frame is not self._snapshot_of:
            self._snapshot_of = frame  # asked once, also if it fails
            if frame.state is not None:
                self.snapshot = frame.state()
        return self.snapshot

    def draw(self, size: int = 64) -> Picture:
        """The picture of the newest snapshot. By the owning thread, or when nothing runs."""
        return self.experiment.picture(self.look(), View(size))

    # ---- what came of it --------------------------------------------------------------------

    @property
    def scalars(self) -> dict[str, float]:
        """The newest value of every series."""
        return dict(self.history.newest)

    def record(self) -> Record:
        """Start values, tape and digests: enough to run it again to the same numbers."""
        with self._mail.bell:
            return Record(
                lab=lab_name(type(self.experiment)),
                start=dict(self.start_values),
                tape=tuple(self.tape),
                frames=self.frames,
                state=self.state,
                step=self.step_now,
                scalars=self.scalars,
                checks=self._digest.checks(),
                message=self.message[:1000],
                threads=self.threads,
                seconds=round(self.seconds, 3),
            )
