"""The coordinator's board with a network of any size: page and live refresh in server time, asserted as a ratio."""

import gzip
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext

from hospitals.models import User
from tests.benchmarks.network import LARGE, SMALL, TIMES_AS_LARGE, add_past, hand_out, make_big_network
from tests.story import make_user, see_all

RUNS = 5
# What is drawn stays the same, what is counted grows with items and readers.
MOST_TIMES_SLOWER = 1.5 * TIMES_AS_LARGE
VERSION = re.compile(r'<tr data-key="(\d+)" data-version="(\w+)"')


@dataclass(frozen=True)
class Measured:
    """Milliseconds of a request: this process's processor, then the database by its clock; kilobytes as sent."""

    milliseconds: float
    queries: int
    of_database: float
    kilobytes: float
    compressed: float


def measure(ask: Callable[[], bytes]) -> Measured:
    body = ask()
    spent = []
    for _ in range(RUNS):
        begun = time.process_time()
        ask()
        spent.append(1000 * (time.process_time() - begun))
    with CaptureQueriesContext(connection) as seen:
        ask()
    of_database = 1000 * sum(float(query["time"]) for query in seen.captured_queries)
    sizes = len(body) / 1024, len(gzip.compress(body, 6)) / 1024
    return Measured(statistics.median(spent), len(seen), of_database, *sizes)


def marks(html: str) -> str:
    return ",".join(f"{key}.{version}" for key, version in VERSION.findall(html))


def board_of(*, items: int, readers: int) -> dict[str, Measured]:
    places = make_big_network(items=items, readers=readers)
    with see_all():
        people = list(User.objects.filter(role="radiologist").order_by("pk"))
    add_past(places, people, 2 * items, days=28)
    hand_out(people)
    olga = make_user("coordinator", *places, email="olga@example.org", name="Olga Hansen")
    client = Client()
    client.force_login(olga)
    # Past the test client's own get, which keeps a copy of the context of every template that is drawn.
    requests, answer = RequestFactory(), ClientHandler(enforce_csrf_checks=False)
    requests.cookies = client.cookies

    def page() -> bytes:
        return answer(requests.get("/coordination/").environ).content

    def live(**values: str) -> bytes:
        return answer(requests.post("/coordination/live/", values).environ).content

    known: dict[str, str] = {}

    def next_live() -> bytes:
        """Ask as a browser does that has drawn the answer before."""
        body = live(**known)
        readers_part, items_part = body.decode().split('data-rows-of="item-table"')
        known.update(known_readers=marks(readers_part), known_items=marks(items_part))
        return body

    next_live()
    found = {
        "page": measure(page),
        "live, all of it": measure(live),
        "live, the next one": measure(next_live),
        "live, other view": measure(lambda: live(view="waiting")),
    }
    for name, one in found.items():
        print(
            f"{items} items, {readers} readers, {name}: {one.milliseconds:.0f} ms, {one.queries} queries in another "
            f"{one.of_database:.0f} ms, {one.kilobytes:.0f} kB, {one.compressed:.0f} kB compressed"
        )
    return found


@pytest.mark.timeout(600)
@pytest.mark.django_db
def test_the_board_of_a_larger_network_stays_within_reach() -> None:
    with transaction.atomic():
        small = board_of(**SMALL)
        transaction.set_rollback(True)
    large = board_of(**LARGE)
    for name in small:
        ratio = large[name].milliseconds / small[name].milliseconds
        print(f"{name}: {ratio:.1f} times as long")
        assert ratio < MOST_TIMES_SLOWER, name
