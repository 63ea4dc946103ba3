"""The command line, a function for each command. Computes nothing itself, loads torch late."""

import argparse
import difflib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciml_widgets.arguments import parser

if TYPE_CHECKING:
    from sciml_widgets.course.lesson import Lesson
    from sciml_widgets.experiment import Experiment
    from sciml_widgets.player import Player
    from sciml_widgets.workspace import Copied

__all__ = ["main"]

GOOD, BROKE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: as asked; diverged, failed or missed; nothing was run; Ctrl-C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit code: 0, 1, 2, or 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not know the letter ν
    arguments = argparse.Namespace(debug=False)
    try:
        parser(_work()).parse_args(argv, arguments)
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


def _work() -> dict[str, Callable[[Any], int]]:
    """By the words of a command, what does it."""
    return {
        "open": _open,
        "list": _list,
        "run": _run,
        "sweep": _sweep,
        "replay": _replay,
        "lesson parameters": _lesson_parameters,
        "lesson run": _lesson_run,
        "lesson copy": _lesson_copy,
        "doctor": _doctor,
        "lab-settings": _lab_settings,
    }


# ---- the commands -----------------------------------------------------------------------


def _open(arguments: Any) -> int:
    from sciml_widgets import workspace

    target = arguments.folder or workspace.default_folder()
    workspace.lab_command(target, arguments.port)  # complains before anything is copied
    print("\n".join(_told(target, _copied(target))))
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
    with clusters.at(arguments.dask) as executor:
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


def _lesson_copy(arguments: Any) -> int:
    copied = _copied(arguments.folder)
    files = [{"file": one.file, "what": one.what, "beside": one.beside} for one in copied]
    lines = "\n".join(_told(arguments.folder, copied))
    print(json.dumps({"files": files}) if arguments.json else lines)
    return GOOD


def _lab_settings(arguments: Any) -> int:
    from sciml_widgets import lab_settings

    found, said = lab_settings.report(), list[str]()  # complains before anything is written
    if arguments.install:
        said += lab_settings.install(arguments.dry_run)
    elif arguments.remove and not lab_settings.remove(arguments.dry_run):
        said.append("there was nothing to remove")
    if arguments.dry_run:
        said.append("nothing was changed: a dry run")
    else:
        found = lab_settings.report()
    told = "\n".join([lab_settings.text(found), *said])
    print(json.dumps({**found, "said": said}) if arguments.json else told)
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


def _copied(target: Path) -> list["Copied"]:
    """The student's copy, trusted by Jupyter, so that recorded runs play before a cell runs."""
    from sciml_widgets import workspace

    copied = workspace.copy_lessons(target)
    try:
        workspace.trust(target, copied)
    except Exception as error:  # a convenience: without it, pictures wait for the first cell
        print(f"The lessons could not be marked as trusted: {error}", file=sys.stderr)
    return copied


def _told(target: Path, copied: list["Copied"]) -> list[str]:
    from sciml_widgets.workspace import summary

    return [f"Your lessons: {target}", *summary(copied)]


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


def _write(act: Callable[[Path], None], path: Path) -> None:
    try:
        act(path)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}") from None
