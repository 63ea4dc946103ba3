"""The commands about lessons: your own copy, what may be set, a report. Runs no cell itself."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sciml_widgets.commands.codes import GOOD

if TYPE_CHECKING:
    from sciml_widgets.course import Lesson
    from sciml_widgets.workspace import Copied

__all__ = ["copy_lessons", "open_copy", "run_lesson", "tell_parameters"]


def open_copy(arguments: Any) -> int:
    """Bring your copy up to date and become JupyterLab on it."""
    from sciml_widgets import workspace

    target = arguments.folder or workspace.default_folder()
    workspace.lab_command(target, arguments.port)  # complains before anything is copied
    print("\n".join(_told(target, _copied(target))))
    sys.stdout.flush()
    workspace.open_lab(target, arguments.port)


def tell_parameters(arguments: Any) -> int:
    """List what may be set in a lesson, or in all."""
    from sciml_widgets.course import lessons
    from sciml_widgets.course.parameters import parameters, spoken

    wanted = [_lesson(arguments.lesson)] if arguments.lesson else lessons()
    if arguments.json:
        print(json.dumps({one.key: [each.told() for each in parameters(one)] for one in wanted}))
    else:
        print("\n".join(map(spoken, wanted)))
    return GOOD


def run_lesson(arguments: Any) -> int:
    """Run a lesson with the values given and leave a report."""
    from sciml_widgets.course.parameters import chosen, parameters
    from sciml_widgets.course.report import ready, report

    one = _lesson(arguments.lesson)
    ready(arguments.out)
    values = chosen(parameters(one), arguments.set)
    made = report(one, values, arguments.out, solutions=arguments.solutions)
    print(json.dumps(made.told()) if arguments.json else made)
    return GOOD


def copy_lessons(arguments: Any) -> int:
    """Copy the lessons, never over a changed file, and tell what was done."""
    copied = _copied(arguments.folder)
    files = [{"file": one.file, "what": one.what, "beside": one.beside} for one in copied]
    lines = "\n".join(_told(arguments.folder, copied))
    print(json.dumps({"files": files}) if arguments.json else lines)
    return GOOD


def _lesson(key: str) -> "Lesson":
    from sciml_widgets.course import lesson

    try:
        return lesson(key)
    except LookupError as error:
        raise ValueError(str(error)) from None


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
