"""Recorded results: what long runs gave, with everything needed to run them again. Runs nothing.

A file `lessons/results/05_accuracy.json` holds the values and the fingerprints of the code behind
them; `make results` writes it, lessons read it, a test says when that code has changed since.
"""

import ast
import functools
import hashlib
import io
import json
import math
import statistics
import tokenize
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from sciml_widgets import workspace

__all__ = ["Recorded", "changed", "fingerprints", "read", "results", "spread", "write"]


@dataclass(frozen=True)
class Recorded:
    """One part of a lesson's results, and how it came about.

    `sources` maps each file behind the values, or the tagged cells of a lesson's script
    (`lessons/05_burgers.py#solver`), to the fingerprint of its code.
    """

    name: str
    values: dict[str, Any]
    command: str
    seeds: list[int]
    threads: int
    seconds: float
    versions: dict[str, str]
    sources: dict[str, str]

    def how(self) -> str:
        """One sentence for below a table."""
        seeds = f"seeds {', '.join(map(str, self.seeds))}; " if self.seeds else ""
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        torch = f"torch {self.versions['torch']}, " if "torch" in self.versions else ""
        return f"Made by `{self.command}`: {seeds}{torch}{threads} a run."


def results(key: str) -> dict[str, Recorded]:
    """What is recorded for lesson "05", by part: `results("05")["accuracy"].values`.

    Raises LookupError if nothing is.
    """
    folder = workspace.source() / "results"
    found = [read(path) for path in sorted(folder.glob(f"{key}_*.json"))]
    if not found:
        raise LookupError(f"no results of lesson {key!r} in {folder}: run `make results`")
    return {one.name: one for one in found}


def read(path: Path) -> Recorded:
    """One file. Raises ValueError, naming it."""
    try:
        return Recorded(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path.name} is not a whole file of results: {error}") from None


def write(recorded: Recorded, path: Path) -> None:
    """One file, in an order that does not change; a number that is not finite becomes null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = _finite(asdict(recorded))
    text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _finite(value: Any) -> Any:
    """The same data with None for what JSON has no number for: NaN and infinity."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def fingerprints(sources: Iterable[str], root: Path) -> dict[str, str]:
    """The fingerprint of each source below `root`: sha256 of its code.

    Comments, texts for people and white space do not count. Raises OSError for a missing file,
    LookupError for a missing cell.
    """
    return {source: _fingerprint(source, root) for source in sources}


def changed(recorded: Recorded, root: Path) -> list[str]:
    """The sources whose code is not what made these results."""
    now = fingerprints(recorded.sources, root)
    return [source for source, made in recorded.sources.items() if now[source] != made]


def spread(numbers: Iterable[float], *, percent: bool = False, digits: int = 2) -> str:
    """Median and range, in words: "0.41 (0.37 to 0.55)"; with `percent`, times 100.

    >>> spread([0.0037, 0.0055, 0.0041], percent=True)
    '0.41 % (0.37 to 0.55)'
    """
    values = sorted(100 * number if percent else number for number in numbers)
    middle, low, high = (
        f"{float(f'{value:.{digits}g}'):,g}"
        for value in (statistics.median(values), values[0], values[-1])
    )
    return f"{middle}{' %' if percent else ''} ({low} to {high})"


def _fingerprint(source: str, root: Path) -> str:
    file, _, tag = source.partition("#")
    if tag:
        from sciml_widgets.course.script import tagged

        code = tagged(root / file, tag)
    else:
        code = (root / file).read_text(encoding="utf-8")
    return hashlib.sha256(_bare(code).encode()).hexdigest()


@functools.cache
def _bare(code: str) -> str:
    """The code as tokens, with its indents, but without comments and words for people.

    A string is words if it stands alone or has a space in it; of an f-string the same holds for
    each piece between its values.
    """
    text, tree = code.encode(), ast.parse(code)
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inside = {id(part) for whole in joined for part in ast.walk(whole) if part is not whole}
    spans = [
        (
            starts[node.lineno - 1] + node.col_offset,
            starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0),
            left,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and id(node) not in inside
        if (left := _wordless(node, id(node) in alone)) is not None
    ]
    for start, end, left in sorted(spans, reverse=True):
        text = text[:start] + left.encode() + text[end:]
    found = []
    for token in tokenize.generate_tokens(io.StringIO(text.decode()).readline):
        if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE):
            found.append(tokenize.tok_name[token.type])
        elif token.type not in (tokenize.NL, tokenize.COMMENT):
            found.append(token.string)
    return " ".join(found)


def _wordless(node: ast.expr, alone: bool) -> str | None:
    """What is kept of a string: nothing of words, the values of an f-string; None: all."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "" if alone or " " in node.value else None
    if not isinstance(node, ast.JoinedStr):
        return None
    pieces = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            pieces.append(ast.unparse(part.value))
        elif isinstance(part, ast.Constant) and " " not in str(part.value):
            pieces.append(repr(part.value))
    return f"({' '.join(pieces)})"
