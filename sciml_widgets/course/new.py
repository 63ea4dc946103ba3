"""Start a lesson from the template. Knows where lessons stand, not what they teach.

    python -m sciml_widgets.course.new 06 pendulum --title "A pendulum that is learned"

The template is a whole small lesson that runs; replace it piece by piece, then `make lessons`.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from sciml_widgets.course.script import with_front_page

__all__ = ["main", "new_lesson"]

LESSONS = Path(__file__).parents[2] / "lessons"


def new_lesson(number: str, name: str, title: str = "", folder: Path = LESSONS) -> Path:
    """Write `folder/06_pendulum.py` from the template and return its path.

    Raises:
        ValueError: not two digits, not a name for a file, or a number that is taken.
    """
    if not re.fullmatch(r"\d\d[bc]?", number):
        raise ValueError(f"NUMBER={number!r}: expected two digits, such as 06, or 06b")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"NAME={name!r}: expected small letters, digits and _, such as pendulum")
    title = title or name.replace("_", " ").capitalize()
    if not title.isprintable():
        raise ValueError(f"the title {title!r} must be one line")
    taken = sorted(folder.glob(f"{number}_*"))
    if taken:
        raise ValueError(f"lesson {number} is there: {taken[0].name}; choose another number")
    text = (LESSONS / "_template" / "lesson.py").read_text(encoding="utf-8")
    quoted = "'" + title.replace("'", "''") + "'"  # YAML
    part = f"\n#     part: {number[2:]}" if number[2:] else ""
    text = text.replace("number: __NUMBER__", f"number: {int(number[:2])}{part}")
    text = text.replace("__NUMBER__", number).replace("__TITLE__", quoted)
    path = folder / f"{number}_{name}.py"
    path.write_text(with_front_page(text, path), encoding="utf-8")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sciml_widgets.course.new")
    parser.add_argument("number", nargs="?", default="", help="two digits: 06")
    parser.add_argument("name", nargs="?", default="", help="for its files: pendulum")
    parser.add_argument("--title", default="", help="as students read it")
    asked = parser.parse_args(arguments)
    try:
        path = new_lesson(asked.number, asked.name, asked.title)
    except ValueError as error:
        parser.error(str(error))
    print(f"lessons/{path.name}: write it, then make lessons")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
