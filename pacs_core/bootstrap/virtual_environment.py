"""The virtual environment with the pinned requirements. Runs on the machine's Python: standard library only."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import CommandFailed, ToolMissing
from .installation import BUILD_ROOT, PROJECT_ROOT, PYTHON, REQUIREMENTS, VIRTUAL_ENVIRONMENT, read_installation
from .locks import exclusive
from .preflight import refuse_taken_ports, refuse_used_home
from .steps import Stamp, run_command, skipped, step

_INSIDE = "MERIDIAN_BOOTSTRAP_INSIDE"


def continue_inside(verb: str, arguments: Sequence[str]) -> None:
    """Make the virtual environment current and replace this process by one inside it; return when already inside."""
    if os.environ.pop(_INSIDE, "") == "1":
        return
    groups = ["base"] if verb == "run" else ["base", "test"]
    if verb == "run":
        installation = read_installation()
        refuse_used_home(installation)
        refuse_taken_ports(installation)
    with exclusive(BUILD_ROOT / "set-up.lock"):
        ensure_virtual_environment()
        install("Python packages" if verb == "run" else "Python packages, with those for tests", groups)
    os.environ[_INSIDE] = "1"
    os.execv(PYTHON, [str(PYTHON), "-m", "pacs_core.bootstrap", verb, *arguments])


def ensure_virtual_environment() -> None:
    """Make .venv with an installer in it; a broken one (its interpreter is gone) is made again."""
    if _works():
        return
    with step("Virtual environment"):
        if (VIRTUAL_ENVIRONMENT / "pyvenv.cfg").exists():
            shutil.rmtree(VIRTUAL_ENVIRONMENT)
        ensure_ensurepip()
        run_command(
            [sys.executable, "-m", "venv", VIRTUAL_ENVIRONMENT],
            directory=PROJECT_ROOT,
            what="Making the virtual environment",
        )
        run_command(
            [
                PYTHON,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
                REQUIREMENTS / "installer.txt",
            ],
            directory=PROJECT_ROOT,
            what="Installing uv",
        )


def install(title: str, groups: Sequence[str]) -> None:
    """Install the pinned requirements of `groups` into .venv unless that was done with these very pins."""
    files = [REQUIREMENTS / f"{group}.txt" for group in groups]
    stamp = Stamp(VIRTUAL_ENVIRONMENT / f"installed-{'-'.join(groups)}", files)
    if stamp.is_current:
        skipped(title)
        return
    with step(title):
        arguments: list[str | Path] = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON]
        for file in files:
            arguments += ["-r", file]
        try:
            run_command(arguments, directory=PROJECT_ROOT, environment=_uv_environment(), what="Installing packages")
        except CommandFailed as error:
            raise CommandFailed(f"{error}\nMaybe this machine can't reach its Python package registry.") from error
    stamp.write()


def ensure_ensurepip() -> None:
    """Debian ships venv without ensurepip: install the package where we may, else say its name."""
    if _has_ensurepip():
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    apt = shutil.which("apt-get")
    if os.geteuid() == 0 and apt:
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        run_command([apt, "update", "-qq"], directory=PROJECT_ROOT, environment=quiet, what="apt-get update")
        run_command(
            [apt, "install", "-y", "-qq", package], directory=PROJECT_ROOT, environment=quiet, what="apt-get install"
        )
        if _has_ensurepip():
            return
    raise ToolMissing(f"Python's module ensurepip is missing. Maybe install it: apt-get install {package}")


def _has_ensurepip() -> bool:
    check = "from ensurepip import version; version()"
    return subprocess.run([sys.executable, "-c", check], capture_output=True, check=False).returncode == 0


def _works() -> bool:
    if not PYTHON.exists():
        return False
    check = "import sys, uv; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0


def _uv_environment() -> dict[str, str]:
    """Hand pip's index to uv, which reads no configuration of pip."""
    environment = dict(os.environ)
    environment.setdefault("UV_LINK_MODE", "copy")
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environment.keys():
        asked = subprocess.run(
            [PYTHON, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
        )
        index = environment.get("PIP_INDEX_URL", "") or asked.stdout.strip()
        if index:
            environment["UV_DEFAULT_INDEX"] = index
    return environment
