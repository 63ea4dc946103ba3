"""Memory: runs every lesson and fails when one takes more than Binder gives. Knows no lesson.

Usage: python tools/memory.py FOLDER GIB
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = 0.15
"""GiB that JupyterLab itself takes beside a kernel."""


def main(folder: str, limit: str) -> None:
    """Print the peak of each lesson's largest process so far; exit 1 when it passes the limit."""
    for lesson in sorted(Path(folder).glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as out:
            command = ["nbconvert", "--to", "notebook", "--execute", "--output-dir", out]
            subprocess.run([sys.executable, "-m", *command, str(lesson)], check=True)
        unit = 2**30 if sys.platform == "darwin" else 2**20  # bytes there, KiB on Linux
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
        print(f"{lesson.name}: {peak:.2f} GiB of {limit}, beside {SERVER} for the server")
        if peak + SERVER > float(limit):
            sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
