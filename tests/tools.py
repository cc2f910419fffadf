"""Programs of the system that some tests need; missing ones skip the test, or fail it in CI."""

import os
import shutil

import pytest


def require_tool(name: str) -> str:
    """Return the path of a program; skip the test where it is missing, fail when CI is true."""
    path = shutil.which(name)
    if path:
        return path
    reason = f"{name} is not installed on this machine"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
