"""A hundred radiologists reach for one examination through the API at the same moment: one gets it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import httpx
import pytest

from hospitals.services.people import create_token
from tests.installation import Installation
from tests.story import make_hospital, make_item, make_radiologist, see_all
from worklist.models import WorklistItem

CLAIMS = 100


@pytest.fixture
def item(committed_db: None, installation: Installation) -> WorklistItem:
    """An item that nobody has; without a rule set nobody is given it either."""
    return make_item(make_hospital("NORTH"))


def test_one_winner_and_99_clear_answers(installation: Installation, item: WorklistItem) -> None:
    readers = [make_radiologist(item.hospital) for _ in range(CLAIMS)]
    with see_all():
        tokens = [create_token(email=reader.email) for reader in readers]
    together = Barrier(CLAIMS)

    def claim(token: str) -> httpx.Response:
        with httpx.Client(base_url=installation.url, timeout=120) as client:
            together.wait()
            return client.post(
                f"/api/worklist-items/{item.pk}/claim/", headers={"Authorization": f"Token {token}"}, json={}
            )

    with ThreadPoolExecutor(CLAIMS) as pool:
        answers = list(pool.map(claim, tokens))
    assert {answer.text for answer in answers if answer.status_code >= 500} == set()
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (CLAIMS - 1)
    winner = readers[next(number for number, answer in enumerate(answers) if answer.status_code == 200)]
    with see_all():
        item.refresh_from_db()
        assert (item.claimed_by, item.assigned_to, item.status) == (winner, winner, "reading")
        assert item.transitions.filter(action="claim").count() == 1
    for answer in answers:
        if answer.status_code == 409:
            problem = answer.json()
            assert problem["holder"] == {"id": winner.pk, "name": winner.name}
            assert datetime.fromisoformat(problem["since"]) == item.claimed_at
            assert "is being read by" in problem["detail"]
