"""What the archive's tests share."""

import pytest

from pacs_core.archive.services import receive


@pytest.fixture
def at_once(monkeypatch):
    """Receive as when instances come in transactions that do not see each other: the indexer alone decides."""
    monkeypatch.setattr(receive, "already_decided", lambda **_: None)
