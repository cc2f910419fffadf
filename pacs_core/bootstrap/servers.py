"""The database and the broker of an installation: configured ones are checked, missing ones are embedded."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .embedded_postgres import EmbeddedPostgres
from .embedded_valkey import EmbeddedValkey
from .installation import Installation
from .preflight import refuse_role_above_policies, refuse_unreachable_broker, refuse_unreachable_database
from .steps import say, skipped, step
from .stopping import ignore_signals

DATABASE = "meridian"


@dataclass
class Servers:
    """Where database and broker are, and the embedded server objects when they are ours."""

    database_url: str
    owner_database_url: str
    redis_url: str
    postgres: EmbeddedPostgres | None
    valkey: EmbeddedValkey | None


@contextmanager
def running_servers(installation: Installation) -> Iterator[Servers]:
    """Start what has to be started, give the addresses, and stop it again at the end however the block ends."""
    postgres: EmbeddedPostgres | None = None
    valkey: EmbeddedValkey | None = None
    try:
        if not installation.database_url:
            log = installation.logs / "postgresql.log"
            postgres = EmbeddedPostgres(installation.home / "postgresql", log_file=log)
        if not installation.redis_url:
            valkey = EmbeddedValkey(installation.home / "valkey", log_file=installation.logs / "valkey.log")
        yield _start(installation, postgres, valkey)
    finally:
        ignore_signals()
        if valkey:
            valkey.stop()
        if postgres:
            postgres.stop()


def _start(installation: Installation, postgres: EmbeddedPostgres | None, valkey: EmbeddedValkey | None) -> Servers:
    servers = Servers(
        installation.database_url, installation.owner_database_url, installation.redis_url, postgres, valkey
    )
    if postgres:
        with step("PostgreSQL (embedded)"):
            postgres.start()
            postgres.ensure_roles()
            postgres.create_database(DATABASE)
        servers.database_url, servers.owner_database_url = postgres.app_url(DATABASE), postgres.owner_url(DATABASE)
        for folder in postgres.opened_folders:
            say(f"    {folder}: others may now pass through, not list: PostgreSQL's own user needs the way.")
    else:
        refuse_unreachable_database("DATABASE_URL", servers.database_url)
        refuse_role_above_policies("DATABASE_URL", servers.database_url)
        refuse_unreachable_database("OWNER_DATABASE_URL", servers.owner_database_url)
        skipped("PostgreSQL (DATABASE_URL)", "reachable")
    if valkey:
        with step("Valkey (embedded)"):
            valkey.start()
        servers.redis_url = valkey.url
    else:
        refuse_unreachable_broker(servers.redis_url)
        skipped("Valkey (REDIS_URL)", "reachable")
    return servers


def process_environment(installation: Installation, servers: Servers) -> dict[str, str]:
    """Return the environment of Meridian's processes: the application's role only, never the owner's URL."""
    environment = dict(os.environ)
    for name in ("OWNER_DATABASE_URL", "MERIDIAN_STARTED_AT"):
        environment.pop(name, None)
    environment |= {name: str(port) for name, port in installation.ports.items()}
    environment |= {
        "MERIDIAN_HOME": str(installation.home),
        "MERIDIAN_MODE": installation.mode,
        "HTTP_HOST": installation.http_host,
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "DJANGO_SETTINGS_MODULE": "pacs_core.settings",
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}",
    }
    environment.setdefault("WEB_WORKERS", "2")
    environment.setdefault("CELERY_WORKERS", "2")
    return environment


@contextmanager
def environment_file(installation: Installation, servers: Servers) -> Iterator[None]:
    """Keep MERIDIAN_HOME/environment while the block runs, for `manage.py` in another terminal.

    It names the embedded servers and the ports; what the environment configures is not written to a file.
    """
    path = installation.home / "environment"
    lines = [f"{name}={port}" for name, port in installation.ports.items()]
    if servers.postgres:
        lines.append(f"DATABASE_URL={servers.database_url}")
    if servers.valkey:
        lines.append(f"REDIS_URL={servers.redis_url}")
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
