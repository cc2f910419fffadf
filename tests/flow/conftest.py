"""One installation of real processes for all journeys, on one worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser_session import Session, SignIn
from tests.installation import Installation, keep_together, running_installation


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    keep_together(items, Path(__file__).parent, seconds=180)


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    with running_installation() as running:
        yield running


@pytest.fixture
def sign_in(installation: Installation) -> Iterator[SignIn]:
    """Sign people in by their addresses; their connections are closed after the test."""
    sessions: list[Session] = []

    def start(email: str) -> Session:
        sessions.append(Session(installation.url, email))
        return sessions[-1]

    yield start
    for session in sessions:
        session.client.close()
