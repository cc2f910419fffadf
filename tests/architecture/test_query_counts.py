"""Lists take a fixed number of queries, written down in tests/<app>/query_counts.json.

MERIDIAN_REWRITE_BASELINES=1 writes the files anew; the difference belongs into the commit that caused it.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configuration
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.architecture.lists import LISTS, GrowingNetwork, every_list

pytestmark = pytest.mark.xdist_group("query_counts")  # what all lists answer is asked once, for all tests
FEW, MANY = 3, 12
TESTS = Path(__file__).resolve().parent.parent
# Totals and cut lists, as long for many rows as for few.
OF_ONE_LENGTH = {"/worklist/views/", "/dicom-web/studies?limit=2", "/coordination/cover/"}


@dataclass(frozen=True)
class Answer:
    """What one list took and gave."""

    queries: int
    size: int


Answers = dict[tuple[str, str], Answer]


def ask_for_all(network: GrowingNetwork) -> Answers:
    answers = {}
    for app, role, pattern in every_list():
        client = Client()
        client.force_login(network.people[role])
        address = network.address(pattern)
        client.get(address)  # what is looked up once in a process is not the list's
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        answers[app, pattern] = Answer(len(queries), len(answer.content))
    return answers


@pytest.fixture(scope="module")
def answers(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Answers, Answers]:
    """What every list answers for few and for many rows."""
    for folder in (configuration.STORAGE_ROOT, configuration.INCOMING_ROOT):
        folder.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr(configuration, "STATIC_ROOT", tmp_path_factory.mktemp("static"))
        network = GrowingNetwork()
        for _ in range(FEW):
            network.grow()
        few = ask_for_all(network)
        for _ in range(MANY - FEW):
            network.grow()
        many = ask_for_all(network)
        transaction.set_rollback(True)
    return few, many


@pytest.mark.parametrize(("app", "address"), [(app, address) for app, _role, address in every_list()])
def test_a_longer_list_takes_no_more_queries(answers: tuple[Answers, Answers], app: str, address: str) -> None:
    few, many = (answer[app, address] for answer in answers)
    assert many.queries == few.queries
    assert many.size > few.size or address in OF_ONE_LENGTH, "The list did not get longer: GrowingNetwork misses it."


@pytest.mark.parametrize("app", LISTS)
def test_queries_are_those_written_down(answers: tuple[Answers, Answers], app: str) -> None:
    found = {address: answer.queries for (owner, address), answer in answers[0].items() if owner == app}
    baseline = TESTS / app / "query_counts.json"
    if os.environ.get("MERIDIAN_REWRITE_BASELINES") == "1":
        baseline.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    assert found == json.loads(baseline.read_text()), "Maybe rewrite it (see above) and look at the difference."
