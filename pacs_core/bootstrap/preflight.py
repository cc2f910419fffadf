"""What must hold before anything is started: a free home, free ports, reachable servers. Standard library first."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import PortTaken, ServiceUnreachable, SetUpError, StaleState
from .installation import Installation
from .locks import only_one

_PURPOSES = {"HTTP_PORT": "the web server", "DIMSE_PORT": "DICOM", "HL7_PORT": "HL7"}


@contextmanager
def holding_home(installation: Installation) -> Iterator[None]:
    """Hold the state directory: two Meridians on one directory would fight over its database."""
    _make_home(installation)
    message = (
        f"Meridian already runs on {installation.home} (process {{pid}}). "
        "Maybe stop it, or set MERIDIAN_HOME and the ports for a second installation."
    )
    with only_one(installation.home / "lock", message):
        yield


def refuse_used_home(installation: Installation) -> None:
    """Fail early, before minutes of set-up, when another Meridian holds the state directory."""
    with holding_home(installation):
        pass


def refuse_taken_ports(installation: Installation) -> None:
    """Raise PortTaken for the first port that can't be listened on."""
    for name, port in installation.ports.items():
        host = installation.http_host if name == "HTTP_PORT" else ""
        refuse_taken_port(name, port, host=host)


def refuse_taken_port(name: str, port: int, *, host: str = "") -> None:
    """Raise PortTaken when nobody can listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise PortTaken(
                f"Port {port} ({name}) needs more rights than this user has. Maybe set {name} above 1023."
            ) from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                purpose = _PURPOSES.get(name, name)
                raise PortTaken(
                    f"Port {port} for {purpose} is taken by another program. Maybe set {name} to a free port."
                ) from None
            raise SetUpError(
                f"{host}:{port} can't be listened on: {error.strerror}. Maybe correct HTTP_HOST."
            ) from None


def refuse_unreachable_database(name: str, url: str) -> None:
    """Raise ServiceUnreachable when the configured database does not answer."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise ServiceUnreachable(f"The database of {name} can't be reached: {reason}") from None


def refuse_role_above_policies(name: str, url: str) -> None:
    """Raise SetUpError when the role of `url` ignores row-level security: every hospital would see every other."""
    import psycopg

    with psycopg.connect(url, connect_timeout=5) as connection:
        question = "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        role, is_above = connection.execute(question).fetchone() or ("", True)
    if is_above:
        raise SetUpError(
            f"The role {role} of {name} is a superuser or has BYPASSRLS, so row-level security would not bind it. "
            "Maybe name the role meridian_app."
        )


def refuse_unreachable_broker(url: str) -> None:
    """Raise ServiceUnreachable when the configured Valkey or Redis does not answer."""
    import redis

    readable = "redis" + url.removeprefix("valkey") if url.startswith("valkey") else url
    try:
        redis.Redis.from_url(
            readable.replace("redis+socket://", "unix://"), socket_connect_timeout=5, socket_timeout=5
        ).ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise ServiceUnreachable(f"The broker of REDIS_URL can't be reached: {error}") from None


def _make_home(installation: Installation) -> None:
    home = installation.home
    try:
        if not home.exists():
            home.mkdir(parents=True)
            # Patient data: nobody else lists it. PostgreSQL's own user (when root starts Meridian) must pass through.
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise StaleState(f"MERIDIAN_HOME {home} can't be made: {error.strerror}.") from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise StaleState(f"MERIDIAN_HOME {home} belongs to another user and can't be written. Maybe set MERIDIAN_HOME.")
    lock = home / "lock"
    if lock.exists() and not os.access(lock, os.W_OK):
        raise StaleState(f"MERIDIAN_HOME {home} was made by another user. Maybe start Meridian as that user.")
