"""An experiment: a dataclass of knobs and a generator of frames. Knows no player, no panel."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

from sciml_widgets.knobs import replaced
from sciml_widgets.picture import Dash, Picture, View
from sciml_widgets.preset import Preset, pick

__all__ = ["Diverged", "Experiment", "Frame", "Series"]

Lab = TypeVar("Lab", bound="Experiment")


class Diverged(Exception):
    """Raised in `frames()` when going on makes no sense. Takes one sentence for the student.

    `state` is the last snapshot that is worth a look: without it the picture stays at the one
    that was drawn last, in a quick run at the first.
    """

    def __init__(self, message: str, state: Any = None) -> None:
        super().__init__(message)
        self.state = state


@dataclass(frozen=True)
class Series:
    """A number that is followed over a run, and how it is drawn.

    `role` is what the number is: a loss that is being minimised (NaN stops the run), an error
    against the truth, or any other metric. `x` names what it is drawn over: "step", or another
    scalar of the frames (labels bought, evaluations); `band` names the two scalars around it.
    `plot` is the title of the plot that it shares with others (given by one of them), and `dash`
    how its curve is drawn; without it neighbours differ.
    """

    name: str
    label: str = ""
    role: Literal["loss", "error", "metric"] = "metric"
    scale: Literal["log", "linear"] = "log"
    x: str = "step"
    band: tuple[str, str] | None = None
    percent: bool = False
    plot: str = ""
    dash: Dash | None = None


@dataclass(frozen=True)
class Frame:
    """One step of an experiment.

    `scalars` holds plain floats; a series may be missing (too dear for every step). A frame with
    no scalars is a heartbeat: it tells the player that a long step is alive. `state` gives, when
    it is called before the generator goes on, a snapshot that shares nothing with it.
    """

    step: int
    scalars: Mapping[str, float] = field(default_factory=dict[str, float])
    state: Callable[[], Any] | None = None


class Experiment:
    """Base of every lab: subclass it as a dataclass, declare knobs and series, write `frames`.

    `length` is the number of frames after which a run is over unless more are asked for, `title`
    and `about` are for people. `threads` is the number of threads that suits the work. `presets`
    are values to choose from, known failures and their repairs among them.
    """

    title: ClassVar[str] = ""
    about: ClassVar[str] = ""
    length: ClassVar[int] = 1000
    threads: ClassVar[int] = 1
    series: tuple[Series, ...] = ()
    presets: ClassVar[tuple[Preset, ...]] = ()

    def frames(self) -> Iterator[Frame]:
        """Yield one frame per step. Hot knobs are attributes that may change between two frames.

        No wall-clock time and no global random state in here: seed and turns are the run.
        """
        raise TypeError(f"{type(self).__name__} needs a method frames()")
        yield  # pragma: no cover

    def prepare(self) -> None:
        """What is slow the first time (an import, say): done early, beside the player."""

    def picture(self, state: Any, view: View) -> Picture:
        """What `state` looks like. Pure: called when somebody looks, or never.

        `state` is None when there is none: before the first frame, or in a lab without a run.
        """
        return Picture()

    def code(self, steps: int) -> str:
        """A script that does `steps` steps of this lab without the package, values filled in.

        Raises ValueError where there is none, or where it cannot express a value.
        """
        raise ValueError(f"{type(self).__name__} has no script to take away")

    def but(self: Lab, **changes: Any) -> Lab:
        """A copy with other values: `lab.but(nu=0.02, depth=6)`. Raises ValueError."""
        return replaced(self, changes)

    def preset(self: Lab, name: str) -> Lab:
        """A copy with the values of one of `presets`. Raises ValueError."""
        return replaced(self, pick(self.presets, name).values)
