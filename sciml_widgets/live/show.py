"""show: an experiment on the page, live where somebody is there, as a still picture elsewhere."""

from pathlib import Path
from typing import Any, overload

from sciml_widgets.experiment import Experiment
from sciml_widgets.headless import drive
from sciml_widgets.live import frontend
from sciml_widgets.live.panel import Panel
from sciml_widgets.record import Record

__all__ = ["panels", "show"]

panels: dict[str, list[tuple[str, Panel]]] = {}
"""The live panels by cell; each with the execution of the cell that made it."""


@overload
def show(experiment: Experiment, *, still: int = 300, **options: Any) -> Panel: ...


@overload
def show(experiment: Record | str | Path, *, still: int = 300, **options: Any) -> Panel | None: ...


def show(experiment: Any, *, still: int = 300, **options: Any) -> Panel | None:
    """Display one panel for `experiment` and return it at once; Run starts the training.

    Running the cell again, or `panel.close()`, ends the old panel and its thread. Where nobody is
    there (nbconvert, papermill, nbval), at most `still` frames run here and now, their last
    picture becomes the output, and what the lab raises is raised. `options`:
    `predict=guess_number(...)` (asks before Run unlocks), `goal="rel_l2<0.05"`, `within=2000`
    (steps), `hide=("seed",)`, `lock=("nu",)`, `presets=False` (no menu of them), `tape=[Turn()]`.

    A record (or its text, or its file) that holds pictures is played, on a page without a kernel
    too; any other, or with `run=True`, is run again, and the panel says whether it is the same.
    `lab=MyLab` is needed where the lab is not one of the package's own.

    Raises:
        RecordError: the record cannot be used.
        TypeError: `experiment` is not an Experiment (a class without the brackets, say).
        ValueError: a bad goal, tape, knob, or number of frames.
    """
    if not isinstance(still, int) or still < 1:
        raise ValueError(f"still={still!r} is not a number of frames above 0")
    if isinstance(experiment, (Record, str, Path)):
        from sciml_widgets.live.given import show_record

        def stop(panel: Panel, state: str) -> None:
            _still(panel, still, state)

        return show_record(experiment, _live, stop, still, **options)
    if not isinstance(experiment, Experiment):
        hint = " (write the brackets: show(Lab()))" if isinstance(experiment, type) else ""
        raise TypeError(f"show() takes an experiment, not {experiment!r}{hint}")
    panel = Panel(experiment, **options)
    if frontend.somebody():
        _live(panel)
    else:
        _still(panel, still)
    return panel


def _live(panel: Panel) -> None:
    """Put it on the page and start its thread."""
    from IPython.display import display

    from sciml_widgets.live.twin import Twin
    from sciml_widgets.live.widget import PanelWidget

    _replace(frontend.cell(), panel)
    widget = PanelWidget(panel.heard)
    panel.attach(widget)
    display(widget.mimebundle(), raw=True)
    panel.twin = Twin(str(widget.twin_id))
    panel.player.start()


def _replace(cell: frontend.Cell, panel: Panel) -> None:
    """Close what an earlier execution of this cell has left; two panels in one cell stay."""
    if not cell.id:
        return
    here = panels.setdefault(cell.id, [])
    for execution, old in here:
        if execution != cell.execution:
            old.close()
    here[:] = [entry for entry in here if entry[0] == cell.execution]
    here.append((cell.execution, panel))


def _still(panel: Panel, frames: int, expected: str = "") -> None:
    """Run in this thread: no widget, and no thread is left behind.

    Raises what the lab raises, unless the run was expected to end so.
    """
    player = panel.player
    player.limit = min(frames, player.limit)
    if panel.prediction:
        panel.prediction.skip()  # nobody is there to guess
    drive(player, past_goal=panel.prediction is not None)  # the guess is of a later step
    panel._absorb()
    if player.error is not None and player.state != expected:
        raise player.error
    from sciml_widgets.live.twin import display_folded, display_still

    if panel.prediction:
        panel.prediction.look(player)  # the run may have ended before
        display_folded(player, *panel.prediction.told())
    else:
        display_still(player)
