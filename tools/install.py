"""Set-up: makes .venv and installs the package, for `make`. Knows pip and nothing else.

It must run on the machine's own Python, whatever that is, to say what is wrong with it: so only
the standard library, and nothing newer than Python 3.7 in the text.
"""

import json
import os
import subprocess
import sys

CONSTRAINTS = ["--constraint", "constraints.txt"]
PYTHON = os.path.join(".venv", "Scripts" if os.name == "nt" else "bin", "python")


def main() -> None:
    """Make the environment, step by step; each step is quick when there is nothing to do."""
    trouble = complaint(sys.version_info[:2], sys.executable)
    if trouble:
        sys.exit(trouble)
    if not usable():
        print("Making the virtual environment .venv", flush=True)
        run(sys.executable, "-m", "venv", "--clear", ".venv")
    pip("install", "pip", "hatchling")
    install_torch()
    print("Installing everything else", flush=True)
    pip("install", "--no-build-isolation", "--editable", ".[lab]", "--group", "dev")
    print("Ready: .venv holds everything", flush=True)


def complaint(version: tuple, executable: str) -> str:
    """One line that says what to type when this Python will not do, or nothing."""
    name = f"{version[0]}.{version[1]}"
    if tuple(version) < (3, 11):
        return (
            f"{executable} is Python {name}; 3.11 or newer is needed. "
            "If you have one, say which: make lab PYTHON=python3.12"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return (
            f"{executable} cannot make virtual environments (no venv or ensurepip). "
            f"On Debian or Ubuntu type: sudo apt install python{name}-venv"
        )
    return ""


def usable() -> bool:
    """Whether .venv is there, whole, and new enough."""
    ask = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return os.path.exists(PYTHON) and not subprocess.run([PYTHON, "-c", ask]).returncode


def install_torch() -> None:
    """Install the pinned torch as a CPU build, unless the environment already has that release.

    pip is asked first what it would take. A build marked +cpu is simply installed, and so is any
    on macOS and Windows, where no other exists; otherwise the build comes from TORCH_CPU_INDEX.
    """
    wanted = pinned("torch")
    if installed("torch").partition("+")[0] == wanted.partition("==")[2]:
        return
    index = cpu_index(wanted)
    pip("install", *(["--no-deps", *index] if index else []), wanted)


def cpu_index(wanted: str) -> list:
    """What pip must be told to get a CPU build: nothing where it would take one anyway."""
    offered = resolved(wanted)
    print(f"torch: pip offers {offered}", flush=True)
    if not sys.platform.startswith("linux") or offered.endswith("+cpu"):
        return []
    index = os.environ.get("TORCH_CPU_INDEX") or sys.exit("No TORCH_CPU_INDEX: use make")
    print(f"That build brings CUDA; taking the CPU build from {index}", flush=True)
    return ["--index-url", index]


def pinned(name: str) -> str:
    """The line of constraints.txt for a package: `torch==2.13.0`."""
    with open("constraints.txt", encoding="utf-8") as file:
        return next(line.strip() for line in file if line.startswith(name + "=="))


def installed(name: str) -> str:
    """The version of a package in .venv, or nothing."""
    ask = f"from importlib.metadata import version; print(version({name!r}))"
    done = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True)
    return done.stdout.strip()


def resolved(requirement: str) -> str:
    """The version that pip would install now, local label included: `2.13.0+cpu`."""
    question = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
    command = [PYTHON, "-m", "pip", *question, "--report", "-", requirement]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"pip cannot find {requirement}: see above")
    return json.loads(done.stdout)["install"][0]["metadata"]["version"]


def pip(*arguments: str) -> None:
    """Run the environment's own pip under the constraints; quiet unless somebody watches."""
    command, *rest = arguments
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    run(PYTHON, "-m", "pip", command, *quiet, *CONSTRAINTS, *rest)


def run(*command: str) -> None:
    """Run a command; end with its exit code when it fails: it has said why."""
    done = subprocess.run(command)
    if done.returncode:
        sys.exit("Set-up stopped at: " + " ".join(command))


if __name__ == "__main__":
    main()
