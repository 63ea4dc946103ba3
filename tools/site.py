"""The site: the executed lessons and all pages of the documentation, as HTML without a network.

    python -m tools.site

Everything is copied to build/site-source, as the repository has it, and built by Sphinx into
build/site. A broken link, or a page that nothing leads to, is an error. SITE_REPOSITORY says where
the launch buttons lead; without it there are none.
"""

import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = ("sphinx", "myst_nb", "sphinx_book_theme", "sphinx_copybutton")
PAGES = {
    "Start": ("README.md",),
    "To teach with it": ("lessons/INSTRUCTORS.md", "lessons/GLOSSARY.md", "docs/workshops.md",
                         "docs/clusters.md"),
    "How it is made": ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/jose.md"),
    "Measured": ("benchmarks/README.md", "benchmarks/solve.md", "benchmarks/adjoint.md",
                 "benchmarks/sweeping.md", "docs/load.md", "docs/binder.md",
                 "docs/faults.md"),
}  # fmt: skip
"""What stands beside the lessons; what is not there is left out."""
NAMED = {"README.md": "Install and use", "benchmarks/README.md": "The panel's cost"}
"""Pages whose own heading would be no help in the contents."""
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)[^)]*\)")
RAW = re.compile(r'<(?:img|source)[^>]+\bsrc(?:set)?="([^":]+)"')
EXTRA = ("LICENSE", "LICENSE-CONTENT", "CITATION.cff", "docs/*.png", "docs/*.webp")


def main() -> None:
    """Copy, build, and say where it is. Exit 1 with one line where something is missing."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"No {', '.join(missing)}: type `make site`, which installs what it needs")
    source, out = ROOT / "build" / "site-source", ROOT / "build" / "site"
    for folder in (source, out):
        shutil.rmtree(folder, ignore_errors=True)
    gather(ROOT, source)

    from sphinx.cmd.build import build_main  # pyright: ignore[reportMissingImports]

    code = build_main(["-W", "--keep-going", "-q", "-b", "html", str(source), str(out)])
    if code:
        sys.exit(code)
    pages = [page for page in out.rglob("*.html") if "_static" not in page.parts]
    print(f"{len(pages)} pages: {out / 'index.html'}")


def gather(root: Path, source: Path) -> None:
    """Copy what the site is made of into `source`, and write its first page."""
    lessons = sorted((root / "lessons").glob("[0-9]*.ipynb"))
    pages = {part: [name for name in names if (root / name).exists()]
             for part, names in PAGES.items()}  # fmt: skip
    for name in (name for names in pages.values() for name in names):
        copied(root / name, source / name)
    for pattern in EXTRA:
        for path in root.glob(pattern):
            copied(path, source / path.relative_to(root))
    for lesson in lessons:
        copied(lesson, source / "lessons" / lesson.name)
    for page in source.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(inward(text, page.relative_to(source), root, source), encoding="utf-8")
    own = root / "docs" / "site"
    copied(own / "conf.py", source / "conf.py")
    copied(own / "site.css", source / "_static" / "site.css")
    trees = [tree("Lessons", [f"lessons/{lesson.name}" for lesson in lessons])]
    trees += [tree(part, names) for part, names in pages.items() if names]
    first = (own / "index.md").read_text(encoding="utf-8")
    rows = "\n".join(f"- [{title(lesson)}](lessons/{lesson.name})" for lesson in lessons)
    (source / "index.md").write_text(
        "\n\n".join([first, "## Lessons", rows, *trees]) + "\n", encoding="utf-8"
    )
    for page in [*source.rglob("*.md")]:
        for shown in RAW.findall(page.read_text(encoding="utf-8")):
            place = page.relative_to(source).parent / shown
            copied(root / place, source / "_beside" / place)


def inward(text: str, page: Path, root: Path, source: Path) -> str:
    """A page's text; a link to code, which has no page here, leads to the repository, if known."""
    repository = os.environ.get("SITE_REPOSITORY", "").rstrip("/")
    branch = os.environ.get("SITE_BRANCH", "main")

    def settled(link: re.Match[str]) -> str:
        if "://" in link[2] or (source / page.parent / link[2]).exists():
            return link[0]
        there = (root / page.parent / link[2]).resolve()
        if not there.exists():
            return link[0]  # leads nowhere: Sphinx says so
        place = there.relative_to(root.resolve()).as_posix()
        return f"[{link[1]}]({repository}/blob/{branch}/{place})" if repository else link[1]

    parts = re.split(r"(```.*?```)", text, flags=re.DOTALL)  # every second one is code
    parts[::2] = [LINK.sub(settled, part) for part in parts[::2]]
    return "".join(parts)


def title(lesson: Path) -> str:
    """The heading of a notebook: "5 · A network that obeys an equation"."""
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    text = "".join(cells[0]["source"])
    return next(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))


def tree(caption: str, names: Sequence[str]) -> str:
    """A part of the table of contents."""
    lines = [f"{NAMED[name]} <{name}>" if name in NAMED else name for name in names]
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *lines, "```"])


def copied(path: Path, to: Path) -> None:
    """One file, its folder made."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)


if __name__ == "__main__":
    main()
