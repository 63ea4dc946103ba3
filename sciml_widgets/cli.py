"""The command line: open, list, run, lesson, doctor. Computes nothing itself, loads torch late."""

import argparse
import contextlib
import difflib
import io
import json
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from sciml_widgets.course.lesson import Lesson
    from sciml_widgets.experiment import Experiment
    from sciml_widgets.player import Player

__all__ = ["main"]

GOOD, BROKE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: as asked; diverged, failed or missed; nothing was run; Ctrl-C."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit code: 0, 1, 2, or 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not know the letter ν
    arguments = argparse.Namespace(debug=False)
    try:
        _parser().parse_args(argv, arguments)
        code = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads, `head` say, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        from sciml_widgets.terminal import say

        if arguments.debug:
            traceback.print_exc()
        if isinstance(error, OSError) and error.strerror and error.filename:
            say(f"{error.filename}: {error.strerror}")
        elif isinstance(error, (ValueError, OSError, ModuleNotFoundError)):
            say(str(error))
        else:
            say(f"{type(error).__name__}: {error} (more with --debug)")
            return BROKE
        return BAD_INPUT


def _parser() -> Parser:
    from sciml_widgets import __version__

    parser = Parser(
        prog="sciml-widgets", allow_abbrev=False,
        description="Scientific machine learning that you can touch.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, does: Callable[[Any], int], help: str, under: Any = commands) -> Parser:
        made = under.add_parser(name, help=help, description=help, allow_abbrev=False)
        made.set_defaults(command=does)
        return made

    one = command("open", _open, "open JupyterLab on your own copy of the lessons")
    one.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="where the copy goes")
    one.add_argument("--port", type=_count, help="port of JupyterLab (default: a free one)")

    one = command("list", _list, "labs and lessons, with minutes and what they need")
    one.add_argument("--json", action="store_true", help="one JSON object")

    one = command("run", _run, "run a lab without a panel")
    one.add_argument("lab", metavar="LAB", help="its name, as `list` gives it: burgers-pinn")
    one.add_argument("--preset", metavar="NAME", help="the values of a preset: 'wrong weights'")
    one.add_argument("--set", metavar="KNOB=VALUE", nargs="+", action="extend", default=[],
                     help="turn knobs before the start: nu=0.02 depth=6")  # fmt: skip
    one.add_argument("--frames", metavar="N", type=_count, help="stop after so many frames")
    one.add_argument("--seconds", metavar="S", type=_seconds, help="stop after so many seconds")
    one.add_argument("--until", metavar="GOAL", help="stop when it is reached: 'rel_l2<0.05'")
    one.add_argument("--out", metavar="FILE", type=Path, help="save the run as a record")
    one.add_argument("--trace", metavar="K", type=_count, help="with K pictures in the record")
    one.add_argument("--json", action="store_true", help="one JSON object")
    one.add_argument("--debug", action="store_true", help="the whole traceback of a failed lab")

    one = command("sweep", _sweep, "run a lab at each point of a grid, a process for each run")
    one.add_argument("lab", metavar="LAB", help="its name, as `list` gives it: burgers-pinn")
    one.add_argument("--grid", metavar="KNOB=A,B,C", nargs="+", action="extend", required=True,
                     help="the values of each knob: nu=0.01,0.02 net.depth=2,4")  # fmt: skip
    one.add_argument("--out", metavar="DIR", type=Path, required=True,
                     help="where the records go; what is there is not run again")  # fmt: skip
    one.add_argument("--preset", metavar="NAME", help="the values of a preset: 'wrong weights'")
    one.add_argument("--set", metavar="KNOB=VALUE", nargs="+", action="extend", default=[],
                     help="turn knobs of all runs: depth=6")  # fmt: skip
    one.add_argument("--frames", metavar="N", type=_count, help="end each run after so many")
    one.add_argument("--until", metavar="GOAL", help="end a run when reached: 'rel_l2<0.05'")
    one.add_argument("--workers", metavar="N", type=_count, help="runs at a time; default: cores")
    one.add_argument("--dask", metavar="ADDRESS", help="let a Dask cluster work: tcp://host:8786")
    one.add_argument("--picture", metavar="FILE", type=Path, help="the errors as a PNG, SVG, PDF")
    one.add_argument("--json", action="store_true", help="one JSON object")
    one.add_argument("--debug", action="store_true", help="the whole traceback")

    one = command("replay", _replay, "run a record again: the same numbers, or where they part")
    one.add_argument("record", metavar="FILE", type=Path, help="a record, as `run --out` saves it")
    one.add_argument("--json", action="store_true", help="one JSON object")
    one.add_argument("--debug", action="store_true", help="the whole traceback of a failed lab")

    parts = commands.add_parser(
        "lesson", help="run a lesson with other values", description="Lessons with other values."
    ).add_subparsers(metavar="COMMAND", required=True)

    one = command("parameters", _lesson_parameters, "what may be set in a lesson", parts)
    one.add_argument("lesson", metavar="NN", nargs="?", help="its number: 05; default: all")
    one.add_argument("--json", action="store_true", help="one JSON object")

    one = command("run", _lesson_run, "run a lesson and leave a report to hand out", parts)
    one.add_argument("lesson", metavar="NN", help="its number, as `list` gives it: 05")
    one.add_argument("--set", metavar="NAME=VALUE", nargs="+", action="extend", default=[],
                     help="as `lesson parameters` lists them: nu=0.02 seed=3")  # fmt: skip
    one.add_argument("--out", metavar="FILE", type=Path, required=True, help="the report, .ipynb")
    one.add_argument("--solutions", action="store_true", help="with solutions and notes")
    one.add_argument("--json", action="store_true", help="one JSON object")
    one.add_argument("--debug", action="store_true", help="the whole traceback of a failed cell")

    one = command("doctor", _doctor, "what works on this machine and what does not")
    one.add_argument("--json", action="store_true", help="one JSON object")
    return parser


# ---- the commands -----------------------------------------------------------------------


def _open(arguments: Any) -> int:
    from sciml_widgets import workspace

    target = arguments.folder or workspace.default_folder()
    workspace.lab_command(target, arguments.port)  # complains before anything is copied
    copied = workspace.copy_lessons(target)
    try:
        workspace.trust(target, copied)
    except Exception as error:  # a convenience: without it, pictures wait for the first cell
        print(f"The lessons could not be marked as trusted: {error}", file=sys.stderr)
    print("\n".join([f"Your lessons: {target}", *workspace.summary(copied)]))
    sys.stdout.flush()
    workspace.open_lab(target, arguments.port)


def _list(arguments: Any) -> int:
    labs, lessons = _labs(), _lessons()
    if arguments.json:
        there = [
            {"name": name, "title": lab.title, "about": lab.about, "frames": lab.length}
            for name, lab in labs.items()
        ]
        print(json.dumps({"labs": there, "lessons": lessons}))
        return GOOD
    print("Labs (sciml-widgets run LAB)")
    width = max(map(len, labs), default=0)
    for name, lab in labs.items():
        print(f"  {name:<{width}}  {lab.title}")
        if lab.about:
            print(f"  {'':<{width}}  {lab.about}")
    print("\nLessons (sciml-widgets open)")
    for one in lessons:
        draft = ", draft" if one["status"] == "draft" else ""
        print(f"  {one['key']:<3}  {one['title']}  ({one['minutes']} minutes{draft})")
        print(f"       needs {'; '.join(one['prerequisites'])}")
    if not lessons:
        print("  none here")
    return GOOD


def _run(arguments: Any) -> int:
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


def _sweep(arguments: Any) -> int:
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
    with _cluster(arguments.dask) as executor:
        made = sweep(
            experiment, grid, folder=arguments.out, executor=executor, frames=arguments.frames,
            until=arguments.until, workers=arguments.workers,
        )  # fmt: skip
    if arguments.picture:
        _write(made.figure().savefig, arguments.picture)
    if arguments.json:
        rows = made.to_pandas().astype(object)
        rows = rows.where(rows.notna(), None).to_dict("records")
        print(json.dumps({"lab": arguments.lab, "best": made.said, "points": rows}))
    else:
        print(f"{made.to_pandas().to_string()}\n{made.said}".rstrip())
    for key, why in made.lost.items():
        say(f"the run {key} was lost twice: {why}")
    failed = [one for one in made.records.values() if one.state == "failed"]
    for one in failed[:1]:
        say(f"{len(failed)} of {len(made.jobs)} runs failed: {one.message}")
    return BROKE if made.lost or failed else GOOD


def _replay(arguments: Any) -> int:
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


def _lesson_parameters(arguments: Any) -> int:
    from sciml_widgets.course.lesson import lessons
    from sciml_widgets.course.parameters import parameters, spoken

    wanted = [_lesson(arguments.lesson)] if arguments.lesson else lessons()
    if arguments.json:
        print(json.dumps({one.key: [each.told() for each in parameters(one)] for one in wanted}))
    else:
        print("\n".join(map(spoken, wanted)))
    return GOOD


def _lesson_run(arguments: Any) -> int:
    from sciml_widgets.course.parameters import chosen, parameters
    from sciml_widgets.course.report import ready, report

    one = _lesson(arguments.lesson)
    ready(arguments.out)
    values = chosen(parameters(one), arguments.set)
    made = report(one, values, arguments.out, solutions=arguments.solutions)
    print(json.dumps(made.told()) if arguments.json else made)
    return GOOD


def _doctor(arguments: Any) -> int:
    from sciml_widgets import doctor

    found = doctor.report()
    print(json.dumps(found) if arguments.json else doctor.text(found))
    return GOOD if doctor.healthy(found) else BROKE


# ---- what there is ------------------------------------------------------------------------


def _labs() -> dict[str, type["Experiment"]]:
    from sciml_widgets.labs import labs

    return labs()


def _lab(name: str, asked: str = "") -> type["Experiment"]:
    there = _labs()
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


def _lesson(key: str) -> "Lesson":
    from sciml_widgets.course.lesson import lesson

    try:
        return lesson(key)
    except LookupError as error:
        raise ValueError(str(error)) from None


def _lessons() -> list[dict[str, Any]]:
    from sciml_widgets.course.lesson import lessons

    try:
        there = lessons()
    except FileNotFoundError:
        return []
    return [
        {"key": one.key, "number": one.number, "title": one.title, "minutes": one.minutes,
         "status": one.status, "prerequisites": one.prerequisites, "file": one.path.name}
        for one in there
    ]  # fmt: skip


# ---- small things -------------------------------------------------------------------------


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


@contextlib.contextmanager
def _cluster(address: str | None) -> Iterator[Any]:
    """The executor of a Dask cluster, or None: then the processes are here."""
    if address is None:
        yield None
        return
    try:
        from dask.distributed import Client
    except ModuleNotFoundError:
        raise ValueError("--dask needs Dask: pip install 'sciml-widgets[dask]'") from None
    try:
        client = Client(address, timeout="10s")
    except OSError as error:
        raise ValueError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        yield client.get_executor()


def _both(first: Any, then: Any) -> Any:
    """Two watchers as one; the second says when it wants to be called again."""
    if first is None or then is None:
        return first or then

    def watch(player: "Player") -> Any:
        first(player)
        return then(player)

    return watch


def _write(act: Callable[[Path], None], path: Path) -> None:
    try:
        act(path)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}") from None


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 10 or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000000000")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time above 0")
    return value
