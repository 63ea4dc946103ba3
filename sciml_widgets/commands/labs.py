"""The commands that run a lab: run, sweep, replay. Loads what they need when it is needed."""

import difflib
import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciml_widgets.commands.codes import BROKE, GOOD, INTERRUPTED

if TYPE_CHECKING:
    from sciml_widgets.experiment import Experiment
    from sciml_widgets.player import Player

__all__ = ["replay_record", "run_lab", "sweep_lab"]


def run_lab(arguments: Any) -> int:
    """Run a lab and tell how it ended; saved as a record where `--out` says."""
    from sciml_widgets.headless import drive
    from sciml_widgets.player import Player
    from sciml_widgets.record import save, writable
    from sciml_widgets.terminal import outcome, progress, say, summary

    if arguments.out:
        _write(writable, arguments.out)
    experiment = _experiment(arguments)
    frames = arguments.frames or experiment.length
    tracer = _tracer(frames, arguments)
    player = Player(experiment, until=arguments.until, watch=_both(tracer, progress()))
    player.limit = frames
    drive(player, arguments.seconds)
    record, lost = tracer.record(player) if tracer else player.record(), ""
    if arguments.out:
        try:
            _write(lambda path: save(record, path), arguments.out)
        except OSError as error:  # the run itself is told all the same
            lost = str(error)
    print(json.dumps(outcome(player)) if arguments.json else summary(player))
    code = _verdict(player, arguments.debug)
    if lost:
        say(lost)
    elif arguments.out and not arguments.json:
        print(f"  saved in {arguments.out}")
    return code or (BROKE if lost else GOOD)


def sweep_lab(arguments: Any) -> int:
    """Run a lab over a grid of values and tell which point is best."""
    from sciml_widgets import clusters
    from sciml_widgets.grid import sweep
    from sciml_widgets.knobs import parse
    from sciml_widgets.terminal import say

    experiment = _experiment(arguments)
    grid: dict[str, list[Any]] = {}
    for setting in arguments.grid:
        name, equals, text = setting.partition("=")
        if not equals or not text:
            raise ValueError(f"--grid {setting}: write KNOB=A,B,C")
        if name in grid:
            raise ValueError(f"--grid: {name} stands twice")
        grid[name] = [parse(experiment, name, one)[1] for one in text.split(",")]
    if arguments.picture:
        _paintable(arguments.picture)
    try:
        with clusters.at(arguments.dask, say) as executor:
            made = sweep(
                experiment, grid, folder=arguments.out, executor=executor, until=arguments.until,
                frames=arguments.frames, workers=arguments.workers,
            )  # fmt: skip
    except KeyboardInterrupt:
        say(f"interrupted; what is done is in {arguments.out}: the same command goes on there")
        return INTERRUPTED
    if arguments.json:
        rows = made.to_pandas().astype(object)
        rows = rows.where(rows.notna(), None).to_dict("records")
        print(json.dumps({"lab": arguments.lab, "best": made.said, "points": rows}))
    else:
        print(f"{made.to_pandas().to_string()}\n{made.said}".rstrip())
    if arguments.picture:
        _write(made.figure().savefig, arguments.picture)
    for key, why in made.lost.items():
        say(f"the run {key} was lost twice: {why}")
    failed = [one for one in made.records.values() if one.state == "failed"]
    for one in failed[:1]:
        say(f"{len(failed)} of {len(made.jobs)} runs failed: {one.message}")
    return BROKE if made.lost or failed else GOOD


def replay_record(arguments: Any) -> int:
    """Run a record again and tell whether the numbers are the same."""
    from sciml_widgets.headless import replay
    from sciml_widgets.record import load
    from sciml_widgets.terminal import elsewhere, one_line, outcome, progress, summary

    record = load(arguments.record)
    lab = _lab(record.lab, "the record is of")
    player, parting = replay(record, lab, watch=progress())
    if player.state == "paused":
        return _verdict(player, arguments.debug)
    parting, hint = one_line(parting), elsewhere(record, player) if parting else ""
    if arguments.json:
        same = {"same": not parting, "parting": parting, "hint": hint}
        print(json.dumps(outcome(player) | same))
    else:
        print("\n".join(filter(None, [parting or "same numbers", hint, summary(player)])))
    return BROKE if parting else GOOD


def _lab(name: str, asked: str = "") -> type["Experiment"]:
    """The lab of this name; raises ValueError that names the near ones. `asked`: by whom."""
    from sciml_widgets.labs import labs

    there = labs()
    if name in there:
        return there[name]
    near = difflib.get_close_matches(name, there)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(there)}"
    raise ValueError(f"{asked} {name!r}, no lab: {hint}" if asked else f"no lab {name!r}: {hint}")


def _experiment(arguments: Any) -> "Experiment":
    """The lab that is named, with a preset's values and those of `--set`."""
    experiment = _lab(arguments.lab)()
    if arguments.preset is not None:
        experiment = experiment.preset(arguments.preset)
    return _turned(experiment, arguments.set)


def _turned(experiment: "Experiment", settings: list[str]) -> "Experiment":
    from sciml_widgets.knobs import parse, replaced

    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ValueError(f"--set {setting}: write KNOB=VALUE")
        path, value = parse(experiment, name, text)
        experiment = replaced(experiment, {path: value})
    return experiment


def _verdict(player: "Player", debug: bool) -> int:
    """The exit code of a run; what is not as asked is said in one line."""
    from sciml_widgets.terminal import say

    if player.state == "paused":
        say("interrupted")
        return INTERRUPTED
    if player.error is not None:
        if debug:
            traceback.print_exception(player.error)
        say(player.message)
        return BROKE
    if player.goal is not None and player.goal_reached is None:
        say(f"the goal {player.goal} was not reached in {player.frames} frames")
        return BROKE
    return GOOD


def _tracer(frames: int, arguments: Any) -> Any:
    if not arguments.trace:
        return None
    if not arguments.out:
        raise ValueError("--trace: say with --out where the record goes")
    from sciml_widgets.live.trace import Tracer

    return Tracer(frames, arguments.trace)


def _both(first: Any, then: Any) -> Any:
    """Two watchers as one; the second says when it wants to be called again."""
    if first is None or then is None:
        return first or then

    def watch(player: "Player") -> Any:
        first(player)
        return then(player)

    return watch


def _paintable(path: Path) -> None:
    """Complains now of a picture that could not be written when all runs are done."""
    from matplotlib.backend_bases import FigureCanvasBase

    from sciml_widgets.record import writable

    if path.suffix and path.suffix[1:].lower() not in FigureCanvasBase.get_supported_filetypes():
        raise ValueError(f"--picture {path}: a name that ends with .png, .svg or .pdf is needed")
    _write(writable, path)


def _write(act: Callable[[Path], None], path: Path) -> None:
    try:
        act(path)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}") from None
