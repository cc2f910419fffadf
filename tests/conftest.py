"""Fixtures of the whole suite: real servers, the application's database role, the story's people."""

import os
import shutil
from collections.abc import Iterator

import django
import pytest

from tests import servers

if "MERIDIAN_TEST_ROOT" not in os.environ:
    servers.start_servers()
servers.configure_worker()
django.setup()
servers.check_database_is_ours()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Hide the settings from the workers to be started.

    pytest-django would load them before the worker's own conftest has named the worker's database: all workers would
    share the controller's.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail when a folder that starts an installation is spread over workers: each of them would start its own."""
    if "PYTEST_XDIST_WORKER" in os.environ and item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
        pytest.fail("The groups of xdist are not kept. Maybe run with --dist loadgroup, or with the pinned pytest.")


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The worker's database is a copy of the migrated template: nothing to create."""


@pytest.fixture(scope="session")
def tables_filled_by_migrations() -> frozenset[str]:
    return servers.filled_tables()


@pytest.fixture
def committed_db(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tables_filled_by_migrations: frozenset[str]
) -> Iterator[None]:
    """Real commits, seen by threads, consumers and other processes; every table is emptied afterwards."""
    from django.db import connections

    with django_db_blocker.unblock():
        yield
        connections.close_all()
        servers.empty_database(tables_filled_by_migrations)


@pytest.fixture(autouse=True)
def _fresh_state_directories(settings: object) -> None:
    """Make the folders; what an earlier test left in the spool does not count against this one."""
    shutil.rmtree(settings.INCOMING_ROOT, ignore_errors=True)
    for directory in ("STORAGE_ROOT", "INCOMING_ROOT"):
        getattr(settings, directory).mkdir(parents=True, exist_ok=True)
