"""Write a file whole or not at all: a reader never sees half of one. Knows no content."""

import os
import threading
from pathlib import Path

__all__ = ["half", "refuse_place", "room_for", "write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` into the file, and make its folder if need be. Raises OSError.

    It is on the disk when this returns. A link stays a link.
    """
    refuse_place(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = half(path)
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path.resolve())
    finally:
        part.unlink(missing_ok=True)


def half(path: Path) -> Path:
    """Where it is written first: beside it, one name for each thread."""
    path = path.resolve()
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.half")


def room_for(path: Path) -> None:
    """Raises OSError, with one line, if `write_whole` would fail for the place. Leaves nothing."""
    try:
        refuse_place(path)
        folder = next(one for one in path.resolve().parents if one.exists())
        trial = folder / half(path).name
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}") from None


def refuse_place(path: Path) -> None:
    """Raises OSError for a folder, and for a device: putting a file in its place would end it."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder")
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is not a file")
