"""Lists take a fixed number of queries, written down in tests/<app>/query_counts.json.

MERIDIAN_REWRITE_BASELINES=1 writes the files anew; the difference belongs into the commit that caused it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configuration
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.architecture.lists import LISTS, GrowingNetwork, every_list

FEW, MANY = 3, 12
TESTS = Path(__file__).resolve().parent.parent
Counts = dict[tuple[str, str], tuple[int, int]]


def count_queries(network: GrowingNetwork) -> dict[tuple[str, str], int]:
    counts = {}
    for app, role, pattern in every_list():
        client = Client()
        client.force_login(network.people[role])
        address = network.address(pattern)
        client.get(address)  # what is looked up once in a process is not the list's
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        counts[app, pattern] = len(queries)
    return counts


@pytest.fixture(scope="module")
def counts(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Counts:
    for folder in (configuration.STORAGE_ROOT, configuration.INCOMING_ROOT):
        folder.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr(configuration, "STATIC_ROOT", tmp_path_factory.mktemp("static"))
        network = GrowingNetwork()
        for _ in range(FEW):
            network.grow()
        few = count_queries(network)
        for _ in range(MANY - FEW):
            network.grow()
        many = count_queries(network)
        transaction.set_rollback(True)
    return {key: (few[key], many[key]) for key in few}


@pytest.mark.parametrize(("app", "address"), [(app, address) for app, _role, address in every_list()])
def test_a_longer_list_takes_no_more_queries(counts: Counts, app: str, address: str) -> None:
    few, many = counts[app, address]
    assert few == many


@pytest.mark.parametrize("app", LISTS)
def test_queries_are_those_written_down(counts: Counts, app: str) -> None:
    found = {address: few for (owner, address), (few, _many) in counts.items() if owner == app}
    baseline = TESTS / app / "query_counts.json"
    if os.environ.get("MERIDIAN_REWRITE_BASELINES") == "1":
        baseline.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    assert found == json.loads(baseline.read_text()), "Maybe rewrite it (see above) and look at the difference."
