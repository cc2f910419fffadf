"""One log file a process, rotated at start and while it runs."""

import os
from pathlib import Path
from typing import IO

LARGEST_BYTES = 10 * 1024 * 1024
KEPT = 3


def open_log(path: Path) -> IO[bytes]:
    """Open `path` for appending, after rotating it when it has grown too large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rotate(path)
    return open(path, "ab", buffering=0)


def rotate(path: Path) -> bool:
    """Move `path` to path.1, path.1 to path.2 and so on when it is too large; tell whether that was done."""
    if not path.exists() or path.stat().st_size < LARGEST_BYTES:
        return False
    for number in range(KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            os.replace(older, path.with_name(f"{path.name}.{number + 1}"))
    os.replace(path, path.with_name(f"{path.name}.1"))
    return True
