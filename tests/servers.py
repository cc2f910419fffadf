"""The tests' own PostgreSQL and Valkey: started once a run, a database and a Valkey number for each xdist worker.

Imported by conftest.py before Django reads its settings; the environment variables set here are its configuration.
"""

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

from pacs_core.bootstrap.database_roles import create_database, drop_database
from pacs_core.bootstrap.embedded_postgres import EmbeddedPostgres
from pacs_core.bootstrap.embedded_valkey import EmbeddedValkey
from tests.database_template import PROJECT, copy_kept_cluster, keep_cluster, kept_cluster

TEMPLATE = "meridian_template"


def database_url(role: str, database: str) -> str:
    """Return the URL of a database on the tests' server for postgres, meridian_owner or meridian_app."""
    return f"postgresql://{role}@/{database}?host={quote(os.environ['MERIDIAN_TEST_SOCKET'], safe='')}"


def start_servers() -> None:
    """Start both servers, migrate the template database as the owner; stop them when this process ends."""
    root = Path(tempfile.mkdtemp(prefix="meridian-tests-"))
    root.chmod(0o755)
    postgres = EmbeddedPostgres(root / "postgres", durable=False)
    valkey = EmbeddedValkey(root / "valkey")
    owner_process = os.getpid()

    def stop() -> None:
        if os.getpid() == owner_process:
            postgres.stop()
            valkey.stop()
            shutil.rmtree(root, ignore_errors=True)

    atexit.register(stop)
    valkey.start()
    kept = kept_cluster()
    is_kept = copy_kept_cluster(kept, postgres.data_directory)
    postgres.start()
    os.environ["MERIDIAN_TEST_ROOT"] = str(root)
    os.environ["MERIDIAN_TEST_SOCKET"] = str(postgres._socket_directory)
    os.environ["MERIDIAN_TEST_VALKEY"] = valkey.url
    if not is_kept:
        postgres.ensure_roles()
        postgres.create_database(TEMPLATE)
        _migrate(root)
        postgres.stop()
        keep_cluster(postgres.data_directory, kept)
        postgres.start()


def _migrate(root: Path) -> None:
    migration = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"],
        cwd=PROJECT,
        env=os.environ
        | {
            "DATABASE_URL": database_url("meridian_owner", TEMPLATE),
            "MERIDIAN_HOME": str(root / "migrate"),
            "MERIDIAN_MODE": "test",
        },
        capture_output=True,
        text=True,
    )
    if migration.returncode:
        raise RuntimeError(f"The migrations failed:\n{migration.stdout}{migration.stderr}")


def fresh_database(name: str) -> None:
    """Copy the migrated template to a new database `name`."""
    superuser = database_url("postgres", "postgres")
    drop_database(superuser, name)
    create_database(superuser, database_url("postgres", name), name, template=TEMPLATE)


def configure_worker() -> None:
    """Give this process a database, a Valkey number and a state directory, and point Django at them."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    number = 0 if worker == "main" else int(worker.removeprefix("gw")) + 1
    name = f"meridian_{worker}"
    fresh_database(name)
    home = Path(os.environ["MERIDIAN_TEST_ROOT"]) / f"home-{worker}"
    home.mkdir(exist_ok=True)
    os.environ.update(
        MERIDIAN_MODE="test",
        MERIDIAN_HOME=str(home),
        DATABASE_URL=database_url("meridian_app", name),
        OWNER_DATABASE_URL=database_url("meridian_owner", name),
        REDIS_URL=f"{os.environ['MERIDIAN_TEST_VALKEY'].rstrip('/').removesuffix('/0')}/{number}",
        DJANGO_SETTINGS_MODULE="pacs_core.settings",
    )


def check_database_is_ours() -> None:
    """Fail the run at once when Django was set up with another process's database."""
    from django.conf import settings

    wanted = os.environ["DATABASE_URL"].split("@/")[1].split("?")[0]
    if settings.DATABASES["default"]["NAME"] != wanted:
        raise RuntimeError(f"Django uses {settings.DATABASES['default']['NAME']}, this process owns {wanted}.")


def empty_database(keep: frozenset[str]) -> None:
    """Truncate every table but `keep`, as the owner: the application's role may not.

    Processes of a running installation may hold rows of several tables just now: a deadlock is tried again.
    """
    for _ in range(20):
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            return _truncate(keep)
    raise RuntimeError("The tables could not be emptied: their rows are held all the time.")


def _truncate(keep: frozenset[str]) -> None:
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
        tables = [row[0] for row in connection.execute("select tablename from pg_tables where schemaname = 'public'")]
        doomed = [f'"{table}"' for table in tables if table not in keep]
        connection.execute(f"truncate {', '.join(doomed)} restart identity cascade")


def filled_tables() -> frozenset[str]:
    """Return the tables that migrations filled; they survive empty_database."""
    with psycopg.connect(database_url("postgres", TEMPLATE), autocommit=True) as connection:
        tables = [row[0] for row in connection.execute("select tablename from pg_tables where schemaname = 'public'")]
        return frozenset(table for table in tables if connection.execute(f'select 1 from "{table}" limit 1').fetchone())
