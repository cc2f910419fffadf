"""The migrated cluster that every test run starts from, kept in build/ until a migration or a package changes.

Migrating takes longer than most runs of a few tests; a copy of the stopped cluster's files takes a second.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
_KEPT = PROJECT / "build" / "test-cluster"
_FORGOTTEN_AFTER_SECONDS = 6 * 3600
_APPS = ("pacs_core", "hospitals", "worklist", "routing_rules", "reporting")


def kept_cluster() -> Path:
    """Return where the cluster for today's migrations is kept, whether or not it is there yet."""
    digest = hashlib.sha256(f"{sys.version}|{os.geteuid()}".encode())
    sources = [path for app in _APPS for path in (PROJECT / app).rglob("migrations/*.py")]
    for path in [
        *sorted(sources),
        PROJECT / "requirements" / "base.txt",
        PROJECT / "pacs_core/bootstrap/database_roles.py",
    ]:
        digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    return _KEPT / digest.hexdigest()[:20]


def copy_kept_cluster(kept: Path, data_directory: Path) -> bool:
    """Copy the kept cluster with its owner and rights; say whether there was one."""
    if not kept.is_dir():
        return False
    _copy(kept, data_directory)
    return True


def keep_cluster(data_directory: Path, kept: Path) -> None:
    """Keep a stopped cluster for later runs and forget old ones; another run may be copying one at this moment."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = _KEPT / f"unfinished.{secrets.token_hex(4)}"
    _copy(data_directory, unfinished)
    for other in _KEPT.iterdir():
        if other.stat().st_ctime < time.time() - _FORGOTTEN_AFTER_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
    try:
        unfinished.rename(kept)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)
