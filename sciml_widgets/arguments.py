"""What may be typed on the command line: commands, options, help. Knows no command's work."""

import argparse
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["Parser", "parser"]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see {self.prog} --help)")


def parser(work: Mapping[str, Callable[[Any], int]]) -> Parser:
    """The parser of all that may be typed. `work`: by the words of a command, what does it."""
    from sciml_widgets import __version__

    top = Parser(
        prog="sciml-widgets", allow_abbrev=False,
        description="Scientific machine learning that you can touch.",
    )  # fmt: skip
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(words: str, help: str, under: Any = commands) -> Parser:
        name = words.rpartition(" ")[2]
        made = under.add_parser(name, help=help, description=help, allow_abbrev=False)
        made.set_defaults(command=work[words])
        return made

    one = command("open", "open JupyterLab on your own copy of the lessons")
    one.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="where the copy goes")
    one.add_argument("--port", type=_count, help="port of JupyterLab (default: a free one)")

    one = command("list", "labs and lessons, with minutes and what they need")
    one.add_argument("--json", action="store_true", help="one JSON object")

    one = command("run", "run a lab without a panel")
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

    one = command("sweep", "run a lab at each point of a grid, a process for each run")
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

    one = command("replay", "run a record again: the same numbers, or where they part")
    one.add_argument("record", metavar="FILE", type=Path, help="a record, as `run --out` saves it")
    one.add_argument("--json", action="store_true", help="one JSON object")
    one.add_argument("--debug", action="store_true", help="the whole traceback of a failed lab")

    parts = commands.add_parser(
        "lesson", aliases=["lessons"], help="copy lessons, run one with other values",
        description="Your own copy of the lessons, and lessons with other values.",
    ).add_subparsers(metavar="COMMAND", required=True)  # fmt: skip

    one = command("lesson parameters", "what may be set in a lesson", parts)
    one.add_argument("lesson", metavar="NN", nargs="?", help="its number: 05; default: all")
    one.add_argument("--json", action="store_true", help="one JSON object")

    one = command("lesson run", "run a lesson and leave a report to hand out", parts)
    one.add_argument("lesson", metavar="NN", help="its number, as `list` gives it: 05")
    one.add_argument("--set", metavar="NAME=VALUE", nargs="+", action="extend", default=[],
                     help="as `lesson parameters` lists them: nu=0.02 seed=3")  # fmt: skip
    one.add_argument("--out", metavar="FILE", type=Path, required=True, help="the report, .ipynb")
    one.add_argument("--solutions", action="store_true", help="with solutions and notes")
    one.add_argument("--json", action="store_true", help="one JSON object")
    one.add_argument("--debug", action="store_true", help="the whole traceback of a failed cell")

    one = command("lesson copy", "copy the lessons, or bring a copy up to date", parts)
    one.add_argument("folder", metavar="DIR", type=Path, help="never over a changed file")
    one.add_argument("--json", action="store_true", help="one JSON object")

    one = command("doctor", "what works on this machine and what does not")
    one.add_argument("--json", action="store_true", help="one JSON object")

    one = command("lab-settings", "JupyterLab's defaults for a hub or a room")
    what = one.add_mutually_exclusive_group()
    what.add_argument("--install", action="store_true", help="put them into this environment")
    what.add_argument("--remove", action="store_true", help="take them out again")
    one.add_argument("--dry-run", action="store_true", help="say it, change nothing")
    one.add_argument("--json", action="store_true", help="one JSON object")
    return top


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
