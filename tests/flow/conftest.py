"""One installation of real processes for each module of journeys."""

from collections.abc import Iterator

import pytest

from tests.browser_session import Session, SignIn
from tests.installation import Installation, running_installation


@pytest.fixture(scope="module")
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
