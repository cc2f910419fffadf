"""Programs of the system that tests drive: Chromium, DCMTK, Poppler, qpdf. Installed where we may, else named."""

import os
import shutil
import time
from dataclasses import dataclass

from .errors import CommandFailed, ToolMissing
from .installation import BUILD_ROOT, PROJECT_ROOT
from .steps import run_command, say, skipped, step

_ATTEMPTS = 3


@dataclass(frozen=True)
class SystemTool:
    """A program, and the Debian package that carries it."""

    program: str
    package: str


TOOLS = (
    SystemTool("chromium", "chromium"),
    SystemTool("dcmsend", "dcmtk"),
    SystemTool("pdfsig", "poppler-utils"),
    SystemTool("qpdf", "qpdf"),
    SystemTool("softhsm2-util", "softhsm2"),
    SystemTool("fc-match", "fontconfig"),
)


def missing_tools() -> list[SystemTool]:
    """List the tools whose program is not on the PATH."""
    return [tool for tool in TOOLS if shutil.which(tool.program) is None]


def provide_tools() -> dict[str, str]:
    """Install what is missing when we are root on Debian, and return the variable that names what is still missing.

    Tests that need a tool named in MERIDIAN_MISSING_TOOLS show as skipped; with CI=true a missing one is an error.
    """
    missing = missing_tools()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        with step("System packages"):
            _install([tool.package for tool in missing])
        missing = missing_tools()
    elif not missing:
        skipped("System packages", "present")
    if not missing:
        return {}
    packages = " ".join(tool.package for tool in missing)
    if os.environ.get("CI") == "true":
        raise ToolMissing(f"Tests need {packages} from the system. Maybe run: apt-get install {packages}")
    say(f"  Tests that need {packages} are skipped. To run them: apt-get install {packages}")
    return {"MERIDIAN_MISSING_TOOLS": ",".join(tool.program for tool in missing)}


def _install(packages: list[str]) -> None:
    """Run apt-get, again after a pause: mirrors fail for moments, and another apt-get may hold the lock."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    options = ["-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"]
    log = BUILD_ROOT / "logs" / "apt.log"
    commands = (["update", *options], ["install", "-y", "--no-install-recommends", *options, *packages])
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            for command in commands:
                run_command(
                    ["apt-get", *command], directory=PROJECT_ROOT, environment=environment, what="apt-get", log=log
                )
            return
        except CommandFailed as error:
            if attempt == _ATTEMPTS:
                say(str(error))
                return
            time.sleep(5 * attempt)
