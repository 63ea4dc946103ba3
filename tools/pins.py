"""Pins: writes constraints.txt and Binder's requirements from what .venv holds (`make pins`)."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = "sciml-widgets"
ELSEWHERE = {
    **{"appnope": "1.0.0", "colorama": "0.4.6", "pywinpty": "3.1.2"},
    **{"aiohappyeyeballs": "2.7.1", "aiohttp": "3.14.5", "aiosignal": "1.4.0"},
    **{"frozenlist": "1.8.0", "multidict": "7.2.1", "propcache": "0.5.4", "yarl": "1.25.1"},
}
"""What only macOS or Windows needs, and what papermill needs on Python 3.12 only."""

HEAD = "# Made by `make pins` from an environment that passed `make test`.\n"


def main() -> None:
    """Write both files; the index that Binder takes torch from stays as it is in its file."""
    found = {canonicalize_name(d.name): d.version.partition("+")[0] for d in distributions()}
    pins = {name: f"{name}=={version}\n" for name, version in (found | ELSEWHERE).items()}
    Path("constraints.txt").write_text(
        HEAD + "# pip reads `==2.13.0` as any build of that release, CPU or CUDA.\n"
        + "".join(pins[name] for name in sorted(pins) if name != OWN)
    )  # fmt: skip
    binder = Path("binder/requirements.txt")
    index = re.search(r"^--extra-index-url.*\n", binder.read_text(), re.MULTILINE)
    if index is None:
        sys.exit(f"{binder} has no line --extra-index-url")
    wanted = {"hatchling", *needs("hatchling", ""), *needs(OWN, "lab"), *needs(OWN, "trees")}
    wanted -= {OWN, "torch"}
    torch = pins["torch"].replace("\n", "+cpu\n")
    rest = "".join(pins[name] for name in sorted(wanted))
    binder.write_text(HEAD + index[0] + torch + rest)


def needs(name: str, extra: str) -> Iterator[str]:
    """Everything that a package needs here, directly or not, by canonical name."""
    todo, done = [(name, extra), (name, "")], set[tuple[str, str]]()
    while todo:
        one, extra = todo.pop()
        if (one, extra) in done:
            continue
        done.add((one, extra))
        for line in distribution(one).requires or []:
            rule = Requirement(line)
            if rule.marker is None or rule.marker.evaluate({"extra": extra}):
                child = canonicalize_name(rule.name)
                yield child
                todo += [(child, ""), *((child, more) for more in rule.extras)]


if __name__ == "__main__":
    main()
