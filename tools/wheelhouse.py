"""A wheelhouse: all that an installation needs, in one folder (`make wheelhouse`). Knows pip only.

    python -m tools.wheelhouse [FOLDER]

The wheels are for this system and this Python. A README beside them says how to install from them
where there is no network.
"""

import subprocess
import sys
from pathlib import Path

from tools.install import PYTHON, cpu_index, pinned, pip

README = """\
sciml_widgets, with everything that it needs, for {system} and Python {python}.
No network is needed. In the folder that holds this one (on Windows write .venv\\Scripts\\ for
.venv/bin/):

    python -m venv .venv
    .venv/bin/python -m pip install --no-index --find-links {name} "sciml-widgets[lab]"
    .venv/bin/sciml-widgets open
"""


def main(folder: str = "build/wheelhouse") -> None:
    """Fill the folder; what is there already is not fetched again."""
    house = Path(folder)
    house.mkdir(parents=True, exist_ok=True)
    for old in house.glob("sciml_widgets-*.whl"):
        old.unlink()
    torch = pinned("torch")
    pip("download", "--no-deps", "--dest", folder, *cpu_index(torch), torch)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ".")
    pip("download", "--dest", folder, "--find-links", folder, "pip", "sciml-widgets[lab]")
    ask = "import platform, sys; print(platform.platform()); print('%d.%d' % sys.version_info[:2])"
    told = subprocess.run([PYTHON, "-c", ask], check=True, capture_output=True, text=True)
    system, python = told.stdout.splitlines()
    text = README.format(system=system, python=python, name=house.name)
    (house / "README.txt").write_text(text, encoding="utf-8")
    size = sum(file.stat().st_size for file in house.iterdir())
    print(f"{house}: {len(list(house.glob('*.whl')))} wheels, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
