"""The command line: from what was typed to an exit code. Computes nothing, loads torch late."""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sciml_widgets.arguments import parser
from sciml_widgets.commands import labs, lessons, machine, overview
from sciml_widgets.commands.codes import BAD_INPUT, BROKE, INTERRUPTED

__all__ = ["WORK", "main"]

WORK: Mapping[str, Callable[[Any], int]] = {
    "open": lessons.open_copy,
    "list": overview.tell,
    "run": labs.run_lab,
    "sweep": labs.sweep_lab,
    "replay": labs.replay_record,
    "lesson parameters": lessons.tell_parameters,
    "lesson run": lessons.run_lesson,
    "lesson copy": lessons.copy_lessons,
    "doctor": machine.examine,
    "lab-settings": machine.change_settings,
}
"""By the words of a command, what does it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit code: 0, 1, 2, or 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not know the letter ν
    arguments = argparse.Namespace(debug=False)
    try:
        parser(WORK).parse_args(argv, arguments)
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
