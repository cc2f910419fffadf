"""The system user PostgreSQL runs as when Meridian is started by root (PostgreSQL refuses to run as root)."""

import os
import pwd
import shutil
import stat
import subprocess
import time
from pathlib import Path

from .errors import SetUpError

POSTGRES_USER = "meridian_postgres"


def user_for_postgres() -> str | None:
    """Return the system user to run PostgreSQL as, made when missing; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for _attempt in range(5):
        if _exists(POSTGRES_USER):
            return POSTGRES_USER
        _add_user()
        time.sleep(0.2)
    raise SetUpError(
        f"PostgreSQL can't run as root and the system user {POSTGRES_USER} could not be made. "
        "Maybe start Meridian as an ordinary user."
    )


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _add_user() -> None:
    """Run useradd; a failure (two installations at once hold the lock of /etc/passwd) is seen by the caller's check."""
    program = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if program is None:
        raise SetUpError(
            "PostgreSQL can't run as root and useradd is missing. Maybe start Meridian as an ordinary user."
        )
    shell = "/usr/sbin/nologin"
    arguments = [
        program,
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        shell,
    ]
    subprocess.run([*arguments, POSTGRES_USER], capture_output=True, check=False)


def give_directory(directory: Path, user: str) -> None:
    """Give an own directory to `user`, readable by no one else."""
    entry = pwd.getpwnam(user)
    os.chown(directory, entry.pw_uid, entry.pw_gid)
    directory.chmod(0o700)


def open_way_to(path: Path) -> list[Path]:
    """Let other users pass through (never list) the folders above `path`; return those that were closed before.

    A clone in /root is the usual case: without the search bit the database's user reaches neither program nor data.
    """
    opened = []
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            opened.append(folder)
    return opened
