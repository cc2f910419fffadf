"""Where this installation lives and which ports it uses, from environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import SetUpError

PROJECT_ROOT = Path(__file__).resolve().parents[2]
BUILD_ROOT = PROJECT_ROOT / "build"
VIRTUAL_ENVIRONMENT = PROJECT_ROOT / ".venv"
PYTHON = VIRTUAL_ENVIRONMENT / "bin" / "python"
REQUIREMENTS = PROJECT_ROOT / "requirements"

_MODES = ("demonstration", "production", "test")
_PORTS = {"HTTP_PORT": 8000, "DIMSE_PORT": 11112, "HL7_PORT": 2575}


@dataclass(frozen=True)
class Installation:
    """One state directory with its ports; several can run from one clone or from several."""

    home: Path
    mode: str
    ports: Mapping[str, int]
    http_host: str
    database_url: str
    owner_database_url: str
    redis_url: str

    @property
    def logs(self) -> Path:
        """Return the folder with one log file a process."""
        return self.home / "logs"

    @property
    def demonstration_logins(self) -> Path:
        """Return the file with what show_demonstration_logins printed."""
        return self.home / "demonstration-logins.txt"

    @property
    def web_address(self) -> str:
        """Return the address a browser on this machine opens."""
        host = "127.0.0.1" if self.http_host in ("", "0.0.0.0", "::") else self.http_host
        return f"http://{host}:{self.ports['HTTP_PORT']}"

    @property
    def is_demonstration(self) -> bool:
        """Tell whether the demonstration network may be loaded."""
        return self.mode == "demonstration"


def read_installation(environment: Mapping[str, str] = os.environ) -> Installation:
    """Read the installation from `environment`; raise SetUpError naming the variable that can't be used."""
    home = environment.get("MERIDIAN_HOME", "").strip() or str(PROJECT_ROOT / "var")
    installation = Installation(
        home=Path(home).expanduser().absolute(),
        mode=environment.get("MERIDIAN_MODE", "").strip() or "demonstration",
        ports={name: _port(environment, name, default) for name, default in _PORTS.items()},
        http_host=environment.get("HTTP_HOST", "").strip() or "127.0.0.1",
        database_url=environment.get("DATABASE_URL", "").strip(),
        owner_database_url=environment.get("OWNER_DATABASE_URL", "").strip(),
        redis_url=environment.get("REDIS_URL", "").strip(),
    )
    _refuse_contradictions(installation)
    return installation


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name, "").strip() or str(default)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise SetUpError(f"{name} is {value!r}, not a port number between 1 and 65535.")
    return int(value)


def _refuse_contradictions(installation: Installation) -> None:
    if installation.mode not in _MODES:
        raise SetUpError(f"MERIDIAN_MODE is {installation.mode!r}. Maybe one of {', '.join(_MODES)}.")
    by_port: dict[int, str] = {}
    for name, port in installation.ports.items():
        if port in by_port:
            raise SetUpError(f"{by_port[port]} and {name} are both {port}. Maybe set one of them to another port.")
        by_port[port] = name
    if installation.mode == "production" and not (installation.database_url and installation.redis_url):
        raise SetUpError(
            "MERIDIAN_MODE is production but DATABASE_URL or REDIS_URL is unset. "
            "The embedded servers are for demonstrations."
        )
    if installation.database_url and not installation.owner_database_url:
        raise SetUpError(
            "DATABASE_URL is set but OWNER_DATABASE_URL is not. "
            "Maybe set it to the URL of the role that owns the tables: only that role can migrate."
        )
