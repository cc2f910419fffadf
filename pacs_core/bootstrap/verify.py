"""`make lint` and `make test`."""

import difflib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .assets import build_front_end
from .document_links import check_document_links
from .embedded_postgres import EmbeddedPostgres
from .errors import SetUpError
from .installation import BUILD_ROOT, PROJECT_ROOT
from .locks import exclusive
from .node_tools import node_environment
from .steps import run_command, say, step
from .system_packages import provide_tools

_SCHEMA = PROJECT_ROOT / "docs" / "openapi.yaml"


def verify(verb: str, arguments: Sequence[str]) -> int:
    """Run lint, and for `test` the tests too; the exit status is pytest's."""
    tools = provide_tools() if verb == "test" else {}
    with exclusive(BUILD_ROOT / "set-up.lock"):
        if verb == "test":
            build_front_end(BUILD_ROOT / "logs")
        environment = node_environment()
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment.pop("MERIDIAN_STARTED_AT", None)
    if not lint(environment):
        return 1
    return run_tests(arguments, environment | tools) if verb == "test" else 0


def run_tests(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run pytest on two processes; no test run may touch a configured database or broker."""
    own = {key: value for key, value in environment.items() if key not in _CONFIGURED} | {"MERIDIAN_MODE": "test"}
    chosen = list(arguments) or ["-n", own.get("TEST_PROCESSES", "2"), "--dist", "loadgroup"]
    return subprocess.run([sys.executable, "-m", "pytest", *chosen], cwd=PROJECT_ROOT, env=own, check=False).returncode


_CONFIGURED = (
    "DATABASE_URL",
    "OWNER_DATABASE_URL",
    "REDIS_URL",
    "MERIDIAN_HOME",
    "HTTP_PORT",
    "DIMSE_PORT",
    "HL7_PORT",
)


def lint(environment: Mapping[str, str]) -> bool:
    """Run every check, show what each complains about, and tell whether all are content."""
    commands: list[tuple[str, list[str]]] = [
        ("ruff check", ["ruff", "check", "."]),
        ("ruff format", ["ruff", "format", "--check", "."]),
        ("import-linter", ["lint-imports", "--no-cache"]),
        ("pyright", ["pyright"]),
    ]
    checks: list[tuple[str, Callable[[], None]]] = [
        (title, lambda command=command, title=title: _command(title, command, environment))
        for title, command in commands
    ]
    checks.append(("Links in documents", check_document_links))
    with tempfile.TemporaryDirectory(prefix="meridian-lint-") as folder:
        django = _django_environment(environment, Path(folder))
        checks.append(("Missing migrations", lambda: _missing_migrations(django, Path(folder))))
        checks.append(("API schema", lambda: _schema_differs(django)))
        # All of them run, also after a failure: one round shows everything there is to mend.
        results = [_content(title, check) for title, check in checks]
        return all(results)


def _content(title: str, check: Callable[[], None]) -> bool:
    try:
        with step(title):
            check()
    except SetUpError as error:
        say(str(error))
        return False
    return True


def _command(title: str, command: list[str], environment: Mapping[str, str]) -> None:
    result = subprocess.run(
        command, cwd=PROJECT_ROOT, env=dict(environment), capture_output=True, text=True, errors="replace", check=False
    )
    if result.returncode != 0:
        raise SetUpError(f"{title} complains:\n{result.stdout}{result.stderr}")


def _django_environment(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    own = {key: value for key, value in environment.items() if key not in _CONFIGURED}
    return own | {"MERIDIAN_MODE": "test", "MERIDIAN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "pacs_core.settings"}


def _missing_migrations(environment: dict[str, str], folder: Path) -> None:
    """Ask a real, empty database too: without one makemigrations only warns that it can't check the history."""
    server = EmbeddedPostgres(folder / "postgresql", durable=False)
    try:
        server.start()
        server.ensure_roles()
        server.create_database("meridian")
        environment = environment | {"DATABASE_URL": server.app_url("meridian")}
        command = [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]
        _command("makemigrations", command, environment)
    finally:
        server.stop()


def _schema_differs(environment: Mapping[str, str]) -> None:
    """Compare the committed schema with the one the code gives; `make schema` writes it."""
    command = [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn"]
    now = run_command(command, directory=PROJECT_ROOT, environment=environment, what="Making the API schema")
    committed = _SCHEMA.read_text() if _SCHEMA.exists() else ""
    if now.strip() != committed.strip():
        lines = list(
            difflib.unified_diff(committed.splitlines(), now.splitlines(), "docs/openapi.yaml", "the code", n=1)
        )
        difference = "\n".join(lines[:60])
        raise SetUpError(f"The API has changed and docs/openapi.yaml has not. Maybe run `make schema`.\n{difference}")
