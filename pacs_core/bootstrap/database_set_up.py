"""The database before the processes start: tables, checks, the demonstration network; each only when needed."""

import sys
from collections.abc import Mapping
from pathlib import Path

from .installation import PROJECT_ROOT, Installation
from .servers import Servers
from .steps import Stamp, run_command, skipped, step

_APPS = ("pacs_core", "hospitals", "worklist", "routing_rules", "reporting")


def prepare_database(
    installation: Installation, servers: Servers, environment: Mapping[str, str], *, root: Path = PROJECT_ROOT
) -> None:
    """Migrate as the owner, check as the application, load the demonstration network at the first start."""
    migrate(installation, servers, environment, root)
    check(installation, servers, environment, root)
    if installation.is_demonstration:
        load_demonstration_network(installation, environment, root)


def migrate(installation: Installation, servers: Servers, environment: Mapping[str, str], root: Path) -> None:
    """Bring the tables up to date, in the owner's role."""
    migrations = [path for path in _sources(root) if path.parent.name == "migrations"]
    stamp = Stamp(installation.home / "stamps" / "migrations", migrations)
    # A configured database may have been restored from a backup meanwhile: only our own is skipped.
    if servers.postgres and stamp.is_current:
        skipped("Database tables")
        return
    with step("Database tables"):
        as_owner = dict(environment) | {"DATABASE_URL": servers.owner_database_url}
        manage(["migrate", "--no-input"], as_owner, installation, root, what="Migrating the database")
    stamp.write()


def check(installation: Installation, servers: Servers, environment: Mapping[str, str], root: Path) -> None:
    """Run Django's checks and ours; in the demonstration only when the code has changed since."""
    stamp = Stamp(installation.home / "stamps" / "checks", _sources(root))
    if servers.postgres and installation.is_demonstration and stamp.is_current:
        skipped("Configuration checks")
        return
    with step("Configuration checks"):
        deploy = ["--deploy", "--fail-level", "WARNING"] if installation.mode == "production" else []
        command = ["check", "--database", "default", *deploy]
        manage(command, environment, installation, root, what="The configuration check")
    stamp.write()


def load_demonstration_network(installation: Installation, environment: Mapping[str, str], root: Path) -> None:
    """Load the network and keep the list of its logins for the welcome screen; again when its code has changed."""
    sources = [path for path in _sources(root) if "demonstration" in str(path.relative_to(root))]
    stamp = Stamp(
        installation.home / "stamps" / "demonstration-network", sources, outputs=[installation.demonstration_logins]
    )
    if stamp.is_current:
        skipped("Demonstration network", "loaded")
        return
    with step("Demonstration network"):
        what = "Loading the demonstration network"
        manage(["load_demonstration_network"], environment, installation, root, what=what)
        logins = manage(["show_demonstration_logins"], environment, installation, root, what="Listing its logins")
        installation.demonstration_logins.write_text(logins, encoding="utf-8")
    stamp.write()


def manage(
    arguments: list[str], environment: Mapping[str, str], installation: Installation, root: Path, *, what: str
) -> str:
    """Run a manage.py command, its whole output in the logs, and return its standard output."""
    log = installation.logs / f"{arguments[0]}.log"
    command = [sys.executable, "manage.py", *arguments]
    return run_command(command, directory=root, environment=environment, what=what, log=log)


def _sources(root: Path) -> list[Path]:
    return [path for app in _APPS for path in (root / app).rglob("*.py")]
