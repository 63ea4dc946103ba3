"""Write a file whole or not at all: a reader never sees half of one. Knows no content."""

import os
import threading
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` into the file, and make its folder if need be. Raises OSError."""
    if path.exists() and not path.is_file():  # a device would be replaced, a folder cannot
        raise OSError(f"{path} is not a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.half")
    try:
        half.write_bytes(data)
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)
