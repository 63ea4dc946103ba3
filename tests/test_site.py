"""The site: what it is made of, that nothing in it leads nowhere, and that it builds offline."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import site

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    site.gather(ROOT, folder)
    return folder


def test_every_lesson_and_every_page_is_there_and_led_to(source: Path) -> None:
    first = (source / "index.md").read_text(encoding="utf-8")
    lessons = sorted(path.name for path in (ROOT / "lessons").glob("[0-9]*.ipynb"))
    for name in lessons:
        assert (source / "lessons" / name).exists()
        assert first.count(f"lessons/{name}") == 2, "in the list, and in the contents"
    pages = {str(path.relative_to(source)) for path in source.rglob("*.md")} - {"index.md"}
    assert pages and all(f"\n{page}\n" in first or f" <{page}>\n" in first for page in pages)


def test_no_link_between_pages_leads_nowhere(source: Path) -> None:
    dead = []
    for page in source.rglob("*.md"):
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in target and not (page.parent / target).exists():
                dead.append(f"{page.relative_to(source)}: {target}")
    assert not dead


def test_a_picture_in_raw_html_stands_beside_its_page(source: Path) -> None:
    shown = [(page, each) for page in source.rglob("*.md")
             for each in site.RAW.findall(page.read_text(encoding="utf-8"))]  # fmt: skip
    assert {each for _, each in shown} >= {"docs/panel.webp", "docs/panel.png"}
    for page, each in shown:
        assert (source / "_beside" / page.relative_to(source).parent / each).exists()
    assert '"_beside"' in (source / "conf.py").read_text(encoding="utf-8")


def test_what_cells_say_is_shown_with_its_tables_and_formulas(source: Path) -> None:
    settings: dict[str, object] = {}
    exec((source / "conf.py").read_text(encoding="utf-8"), settings)
    assert settings["nb_render_markdown_format"] == "myst", "commonmark knows neither"
    assert {"amsmath", "dollarmath"} <= set(settings["myst_enable_extensions"])  # type: ignore


def test_a_lesson_is_called_by_its_heading() -> None:
    (lesson,) = (ROOT / "lessons").glob("05_*.ipynb")
    assert site.title(lesson).startswith("5 · ")


def test_what_is_missing_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "NEEDED", ("sphinx_that_nobody_has",))
    with pytest.raises(SystemExit, match="sphinx_that_nobody_has: type `make site`"):
        site.main()


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("myst_nb") is None, reason="make site installs it")
def test_it_builds_without_a_warning_and_asks_nobody(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tools.site"], cwd=ROOT, check=True)
    for page in (ROOT / "build" / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loads = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', text)
        assert not loads, page.name
        if "_static" in page.parts:
            continue
        words = re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
        assert not re.search(r"\|:[-–]", words), f"{page.name}: a table as bare text"
        for each in re.findall(r'<(?:img|source)[^>]+\bsrc(?:set)?="([^":]+)"', text):
            assert (page.parent / each).exists(), f"{page.name}: {each}"


def test_a_link_to_code_leads_to_the_repository_or_stays_as_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, source = tmp_path / "root", tmp_path / "source"
    for path in (root / "code" / "a.py", root / "docs" / "a.md", source / "docs" / "b.md"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    text = "[`a`](../code/a.py) [b](b.md#x) [c](https://c.org/) [d](d.md)\n"
    text += "```\n[e](../code/a.py)\n```"
    page = Path("docs/a.md")
    monkeypatch.delenv("SITE_REPOSITORY", raising=False)
    assert site.inward(text, page, root, source) == text.replace("[`a`](../code/a.py)", "`a`")
    monkeypatch.setenv("SITE_REPOSITORY", "https://there.org/us/")
    there = "[`a`](https://there.org/us/blob/main/code/a.py)"
    assert site.inward(text, page, root, source) == text.replace("[`a`](../code/a.py)", there)
