"""Where sockets live: beside the data when the path is short enough, else in a private folder of /tmp."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from .errors import StaleState
from .system_user import give_directory

# sun_path holds 108 bytes; ".s.PGSQL.5432.lock" and its slash take 19 of them.
LONGEST_DIRECTORY_BYTES = 88


def socket_directory(home: Path, *, user: str | None = None) -> Path:
    """Return a folder only its owner (and root) can enter and whose path fits into a socket address."""
    if len(os.fsencode(home)) <= LONGEST_DIRECTORY_BYTES:
        return home
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    directory = Path(tempfile.gettempdir()) / f"meridian-{name}"
    if len(os.fsencode(directory)) > LONGEST_DIRECTORY_BYTES:
        directory = Path("/tmp") / directory.name
    directory.mkdir(mode=0o700, exist_ok=True)
    if user and directory.stat().st_uid == 0:
        give_directory(directory, user)
    _refuse_foreign(directory, user)
    return directory


def _refuse_foreign(directory: Path, user: str | None) -> None:
    """Refuse a folder in /tmp that someone else made first: its owner could answer in the database's place."""
    found = directory.lstat()
    name = directory.owner() if user else ""
    ours = name == user if user else found.st_uid == os.geteuid()
    if not (stat.S_ISDIR(found.st_mode) and ours and stat.S_IMODE(found.st_mode) == 0o700):
        raise StaleState(
            f"{directory} belongs to another user. Maybe remove it, or set MERIDIAN_HOME to a shorter path."
        )
