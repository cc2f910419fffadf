"""Programs of the system that some tests need; missing ones skip the test, or fail it in CI."""

import os
import shutil
import sys
from pathlib import Path

import pytest

# pynetdicom installs programs with the names of DCMTK's into the virtual environment; DCMTK's are the peers.
_OURS = str(Path(sys.executable).parent)
_SYSTEM_PATH = os.pathsep.join(
    folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder.rstrip("/") != _OURS
)


def require_tool(name: str) -> str:
    """Return the path of a program; skip the test where it is missing, fail when CI is true."""
    path = shutil.which(name, path=_SYSTEM_PATH)
    if path:
        return path
    reason = f"{name} is not installed on this machine"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
