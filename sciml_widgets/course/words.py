"""Text with numbers in it, as a cell's output. Knows no lesson and no number."""

import re
from collections.abc import Iterable, Sequence

__all__ = ["Words", "fold", "say", "table"]


class Words(str):
    """Markdown that a notebook shows as text; no line ends between a number and its %."""

    def _repr_markdown_(self) -> str:
        return str(self) if "```" in self else re.sub(r"(?<=\d) %", "\u00a0%", self)

    def __repr__(self) -> str:
        return str(self)


def say(*paragraphs: str) -> Words:
    """Paragraphs of Markdown, tables among them."""
    return Words("\n\n".join(paragraphs))


def fold(summary: str, *paragraphs: str) -> Words:
    """Paragraphs that are closed until somebody clicks on the summary."""
    opening = f"<details><summary><b>{summary}</b></summary>"
    return say(opening, *paragraphs, "</details>")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown. Raises ValueError for a row of another length, or a `|` in a cell.

    >>> print(table(["", "error"], [["network", "1 %"]]))
    |  | error |
    |:--|:--|
    | network | 1 % |
    """
    lines = [list(head), *(list(row) for row in rows)]
    for line in lines:
        if len(line) != len(head) or any("|" in cell for cell in line):
            raise ValueError(f"expected {len(head)} cells without | in a row, got {line}")
    drawn = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([drawn[0], f"|{':--|' * len(head)}", *drawn[1:]])
