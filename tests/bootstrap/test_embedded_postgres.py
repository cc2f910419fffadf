"""The embedded PostgreSQL: start, stop, roles, and what earlier runs leave behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pacs_core.bootstrap.embedded_postgres import EmbeddedPostgres
from pacs_core.bootstrap.errors import SetUpError, StaleState
from pacs_core.bootstrap.preflight import refuse_role_above_policies


@pytest.fixture(scope="module")
def short_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mpg-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def server(short_folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(short_folder / "postgresql", durable=False)
    server.start()
    server.ensure_roles()
    server.create_database("story")
    yield server
    server.stop()


def test_roles_have_no_right_that_ignores_row_level_security(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.superuser_url()) as connection:
        connection.execute("ALTER ROLE meridian_app BYPASSRLS")
    server.ensure_roles()
    with psycopg.connect(server.superuser_url()) as connection:
        found = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles "
            "WHERE rolname LIKE 'meridian%' ORDER BY 1"
        ).fetchall()
    assert found == [(name, False, False, False) for name in ("meridian_app", "meridian_ops", "meridian_owner")]


def test_superuser_as_the_applications_role_is_refused(server: EmbeddedPostgres) -> None:
    refuse_role_above_policies("DATABASE_URL", server.app_url("story"))
    with pytest.raises(SetUpError, match="role postgres of DATABASE_URL is a superuser"):
        refuse_role_above_policies("DATABASE_URL", server.superuser_url("story"))


def test_app_writes_rows_of_the_owners_tables_and_nothing_more(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.owner_url("story"), autocommit=True) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS note (id serial PRIMARY KEY, words text)")
    with psycopg.connect(server.app_url("story"), autocommit=True) as app:
        app.execute("INSERT INTO note (words) VALUES ('a')")
        assert app.execute("DELETE FROM note RETURNING words").fetchall() == [("a",)]
        for forbidden in ("TRUNCATE note", "DROP TABLE note", "CREATE TABLE other (id int)", "CREATE SCHEMA other"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)


def test_copy_of_a_template_keeps_the_rights(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.owner_url("story"), autocommit=True) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS note (id serial PRIMARY KEY, words text)")
    server.create_database("copy", template="story")
    app = psycopg.connect(server.app_url("copy"))
    app.execute("INSERT INTO note (words) VALUES ('b')")
    server.drop_database("copy")
    with pytest.raises(psycopg.OperationalError):
        app.execute("SELECT 1")
    app.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(server.app_url("copy"))


def test_server_listens_on_no_port_and_its_socket_is_private(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.superuser_url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    socket = server.data_directory / ".s.PGSQL.5432"
    assert socket.stat().st_mode & 0o077 == 0
    assert server.data_directory.stat().st_mode & 0o077 == 0


def test_failed_statement_leaves_no_value_in_the_log(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.superuser_url("story"), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE patient (name text UNIQUE)")
        connection.execute("INSERT INTO patient VALUES ('SECRET^NAME')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO patient VALUES ('SECRET^NAME')")
    log = server.log_file.read_text()
    assert "duplicate key" in log
    assert "SECRET" not in log


def test_long_path_gets_a_private_socket_directory(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="mpg-") as folder:
        server = EmbeddedPostgres(Path(folder) / ("long" * 25) / "postgresql", durable=False)
        try:
            server.start()
            psycopg.connect(server.superuser_url()).close()
        finally:
            server.stop()


def test_killed_server_starts_again_with_what_was_committed(short_folder: Path) -> None:
    server = EmbeddedPostgres(short_folder / "killed")
    server.start()
    try:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (id int)")
        server.running_process.send_signal(signal.SIGKILL)
        server.running_process.wait(10)
        again = EmbeddedPostgres(short_folder / "killed")
        again.start()
        try:
            with psycopg.connect(again.superuser_url()) as connection:
                assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        finally:
            again.stop()
    finally:
        server.stop()


def test_server_left_running_is_ended_first(short_folder: Path) -> None:
    left = EmbeddedPostgres(short_folder / "left", durable=False)
    left.start()
    again = EmbeddedPostgres(short_folder / "left", durable=False)
    try:
        again.start()
        assert left.running_process.wait(5) is not None
        psycopg.connect(again.superuser_url()).close()
    finally:
        again.stop()
        left.stop()


def test_pid_file_that_names_another_living_process_is_removed(short_folder: Path) -> None:
    server = EmbeddedPostgres(short_folder / "reused", durable=False)
    server.start()
    server.stop()
    # Of the database's own user, as after a container's restart: there PostgreSQL itself refuses to start.
    owner = server.data_directory.owner() if os.geteuid() == 0 else None
    other = subprocess.Popen(["sleep", "60"], user=owner)
    try:
        (server.data_directory / "postmaster.pid").write_text(f"{other.pid}\n{server.data_directory}\n")
        server.start()
        assert other.poll() is None
    finally:
        server.stop()
        other.kill()
        other.wait()


@pytest.mark.parametrize(("version", "sentence"), [("14", "was made by PostgreSQL 14"), ("", "was made by PostgreSQL")])
def test_cluster_of_another_version_is_refused(short_folder: Path, version: str, sentence: str) -> None:
    server = EmbeddedPostgres(short_folder / f"version{version}", durable=False)
    server.start()
    server.stop()
    (server.data_directory / "PG_VERSION").write_text(f"{version}\n")
    with pytest.raises(StaleState, match=sentence):
        server.start()


def test_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(StaleState, match="holds files but no PostgreSQL cluster"):
        EmbeddedPostgres(tmp_path, durable=False).start()


def test_server_ends_with_the_process_that_started_it(short_folder: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from pacs_core.bootstrap.embedded_postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False)\n"
        "server.start()\n"
        "print(server.running_process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(short_folder / "orphan")], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    starter.stdout.close()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and Path(f"/proc/{pid}").exists() and _state(pid) != "Z":
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists() or _state(pid) == "Z"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"
