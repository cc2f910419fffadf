"""A whole run of the planner, database included: how long after an arrival the plan has it.

What is asserted is the ratio of the processor's times: the database's clock counts what else the machine does.
"""

import gc
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hospitals.models import Hospital, User
from pacs_core.celery import leave_what_is_loaded_uncollected
from routing_rules.services.planning import plan_now
from tests.benchmarks.network import LARGE, SMALL, TIMES_AS_LARGE, add_items, hand_out, make_big_network
from tests.story import see_all

ARRIVALS = 9
# Everything of the items and readers is read anew for each run, and the pairs grow with their product.
MOST_TIMES_SLOWER = 2 * TIMES_AS_LARGE
_seed = count(100)


@pytest.fixture(autouse=True)
def as_in_a_worker() -> Iterator[None]:
    leave_what_is_loaded_uncollected()
    yield
    gc.unfreeze()


@dataclass(frozen=True)
class Run:
    """Milliseconds of the processor in this process, of the database by its clock, and of both with their waits."""

    processor: float
    database: float
    altogether: float
    queries: int


def run_after_an_arrival(places: list[Hospital]) -> Run:
    with see_all():
        add_items(places, 1, random.Random(next(_seed)))
    with CaptureQueriesContext(connection) as seen:
        begun, begun_here = time.perf_counter(), time.process_time()
        done = plan_now(even_if_not_asked=True)
        processor, altogether = time.process_time() - begun_here, time.perf_counter() - begun
    assert len(done[0].decisions) >= 1
    database = sum(float(query["time"]) for query in seen.captured_queries)
    return Run(1000 * processor, 1000 * database, 1000 * altogether, len(seen))


def measured(*, items: int, readers: int) -> Run:
    """Return the median later run: the first ones evaluate every demand and hand out what nobody has."""
    places = make_big_network(items=items, readers=readers)
    with see_all():
        hand_out(list(User.objects.filter(role="radiologist").order_by("pk")), unassigned_share=0.0)
    begun = time.process_time()
    first = plan_now(even_if_not_asked=True)
    seconds, decided = time.process_time() - begun, sum(len(one.decisions) for one in first)
    runs = [run_after_an_arrival(places) for _ in range(ARRIVALS)]
    medians = (
        statistics.median(getattr(run, name) for run in runs) for name in ("processor", "database", "altogether")
    )
    later = Run(*medians, runs[-1].queries)
    print(
        f"{items} waiting, {readers} readers: all anew with {decided} decisions {seconds:.1f} s of the processor; "
        f"after an arrival {later.processor:.0f} ms of the processor, {later.queries} queries in another "
        f"{later.database:.0f} ms, {later.altogether:.0f} ms by the clock"
    )
    return later


@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_a_run_after_an_arrival_in_a_larger_network_stays_within_reach() -> None:
    with transaction.atomic():
        small = measured(**SMALL)
        transaction.set_rollback(True)
    large = measured(**LARGE)
    ratio = large.processor / small.processor
    print(f"{ratio:.1f} times as long")
    assert ratio < MOST_TIMES_SLOWER
