"""Slides that need no network: what is in a deck, what the cut keeps, what is fetched."""

import base64
import hashlib
import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

from sciml_widgets.course.lesson import lesson, lessons
from tools import slides

DOT = base64.b64encode(b"not really a picture").decode()
CELLS = [
    ("markdown", "# 7 · Small", {}, "slide"),
    ("code", "seed: int = 0", {"tags": ["parameters"]}, "skip"),
    ("markdown", "Stop and ask.", {"tags": ["lecturer"]}, "notes"),
    ("markdown", "## 1 · See it (2 minutes)\n\nA *wave*, $u_t$.", {}, "slide"),
    ("code", "panel = show(lab)", {"tags": ["five-minutes"]}, None),
    ("markdown", "## 2 · Exercises (2 minutes)", {}, "slide"),
    ("code", "answer = 1", {"tags": ["exercise", "one"]}, None),
    ("code", "answer = 2  # the solution", {"tags": ["solution", "one"]}, "skip"),
    ("code", "secret_drawing()", {"tags": ["drawing"]}, None),
    ("markdown", "## 3 · Key points (1 minute)", {"tags": ["five-minutes"]}, "slide"),
]


def book_of(cells: list[Any] = CELLS) -> Any:
    book = nbformat.v4.new_notebook()
    for kind, text, metadata, slide in cells:
        cell = getattr(nbformat.v4, f"new_{kind}_cell")(text, metadata=dict(metadata))
        if slide:
            cell.metadata["slideshow"] = {"slide_type": slide}
        if kind == "code":
            picture = {"data": {"image/png": DOT}, "metadata": {"image/png": {"alt": 'A "dot".'}}}
            cell.outputs = [nbformat.v4.new_output("display_data", **picture)]
        book.cells.append(cell)
    return book


def asked(page: str) -> set[str]:
    """What a browser would load for a page."""
    return set(re.findall(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"", page))


def test_a_deck_asks_for_nothing_but_the_files_beside_it() -> None:
    page = slides.deck(book_of(), "Small")
    loads = {one for one in asked(page) if not one.startswith("data:")}
    beside = {f"vendor/{name}" for _, files in slides.PARTS.values() for name in files.values()}
    assert loads <= beside | {"vendor/reveal/dist/theme/deck.css"}
    assert loads >= {"vendor/reveal/dist/reveal.js", "vendor/mathjax/tex-svg.js"}
    assert "@import" not in page and not re.search(r"url\(['\"]?https?:", page)


def test_a_deck_has_the_pictures_and_not_the_solutions() -> None:
    page = slides.deck(book_of(), "Small")
    images = re.findall(r"<img [^>]+>", page)
    assert len(images) == 2, "of the panel and of the drawing; an exercise says nothing yet"
    assert all("alt='A \"dot\".'" in one for one in images)
    assert page.count("<section") == 8, "four slides, each with one page"
    assert "panel" in page and "answer" in page
    assert "the solution" not in page and "secret_drawing" not in page
    assert re.search(r'<aside class="notes">.*Stop and ask', page, re.S)


def test_a_recorded_run_has_a_slide_of_its_own() -> None:
    book = book_of()
    before = slides.deck(book, "Small").count("<section")
    book.cells[4].outputs[0].data["text/html"] = "<div>it plays</div>"
    assert slides.deck(book, "Small").count("<section") == before + 1
    assert "slideshow" not in book.cells[4].metadata, "the source was changed"


def test_the_cut_is_the_tagged_cells() -> None:
    book = book_of()
    short = slides.cut(book)
    assert [cell.source for cell in short.cells] == [CELLS[0][1], CELLS[4][1], CELLS[9][1]]
    assert book == book_of() or len(book.cells) == len(CELLS), "the source was changed"


@pytest.mark.parametrize("one", lessons(), ids=lambda one: one.name)
def test_the_cut_of_every_lesson_is_short_and_shows_something(one: Any) -> None:
    cells = slides.cut(nbformat.read(one.path, as_version=4)).cells
    whole = json.loads(one.path.read_text(encoding="utf-8"))["cells"]
    assert 3 <= len(cells) <= 14 and len(cells) < len(whole) / 2
    assert any(
        "image/png" in out.get("data", {}) for cell in cells for out in cell.get("outputs", ())
    )
    assert "Key points" in cells[-1].source


@pytest.mark.training
def test_a_lesson_becomes_two_decks(tmp_path: Path) -> None:
    whole, short = slides.write(lesson("05"), tmp_path)
    assert (whole.name, short.name) == (
        "05_burgers.slides.html", "05_burgers.five-minutes.slides.html",
    )  # fmt: skip
    page = whole.read_text(encoding="utf-8")
    assert len(short.read_bytes()) < len(whole.read_bytes())
    assert not [one for one in asked(page) if one.startswith(("http", "//"))]
    assert all("alt=" in one for one in re.findall(r"<img [^>]+>", page))


def archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as packed:
        for name, data in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
    return made.getvalue()


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """npm replaced by an archive with one file; the list says what was asked for."""
    data, asked = archive({"dist/a.js": b"the file"}), []

    def fetch(spec: str, folder: Path) -> Path:
        asked.append(spec)
        (folder / "a.tgz").write_bytes(data)
        return folder / "a.tgz"

    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    monkeypatch.setattr(slides, "PARTS", {"a@1": (digest, {"dist/a.js": "a/a.js"})})
    monkeypatch.setattr(slides, "_fetch", fetch)
    return asked


def test_what_is_fetched_is_fetched_once(tmp_path: Path, fetched: list[str]) -> None:
    for _ in range(2):
        slides.provide(tmp_path)
    assert fetched == ["a@1"]
    assert (tmp_path / "a" / "a.js").read_bytes() == b"the file"
    assert (tmp_path / "reveal" / "dist" / "theme" / "deck.css").is_file()


def test_another_archive_than_the_checked_one_is_refused(
    tmp_path: Path, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slides, "PARTS", {"a@1": ("another", {"dist/a.js": "a/a.js"})})
    with pytest.raises(ValueError, match="a@1 is not the archive that was checked"):
        slides.provide(tmp_path)
    assert fetched and not (tmp_path / "a").exists()


def test_no_such_lesson_is_said(tmp_path: Path, fetched: list[str], capsys: Any) -> None:
    assert slides.main(["99", "--to", str(tmp_path)]) == 1
    assert "no lesson '99'" in capsys.readouterr().err
