"""A whole run of the planner, database included: how long after an arrival the plan has it."""

import random
import statistics
import time
from itertools import count

import pytest

from hospitals.models import Hospital
from routing_rules.services.planning import plan_now
from tests.benchmarks.network import add_items, make_big_network
from tests.story import see_all

ARRIVALS = 12
_seed = count(100)


def milliseconds_of_a_run(places: list[Hospital]) -> float:
    with see_all():
        add_items(places, 1, random.Random(next(_seed)))
    begun = time.perf_counter()
    (done,) = plan_now(even_if_not_asked=True)
    assert len(done.decisions) >= 1
    return (time.perf_counter() - begun) * 1000


def measured(*, items: int, readers: int) -> tuple[float, float]:
    """Return the first run's and the median later run's milliseconds."""
    places = make_big_network(items=items, readers=readers)
    begun = time.perf_counter()
    plan_now(even_if_not_asked=True)
    first = (time.perf_counter() - begun) * 1000
    plan_now(even_if_not_asked=True)
    later = [milliseconds_of_a_run(places) for _ in range(ARRIVALS)]
    return first, statistics.median(later)


@pytest.mark.django_db
@pytest.mark.parametrize(("items", "readers"), [(50, 4), (500, 40)])
def test_a_run_after_an_arrival(items: int, readers: int) -> None:
    first, later = measured(items=items, readers=readers)
    print(f"{items} waiting, {readers} readers: all anew {first:.0f} ms, after an arrival {later:.0f} ms")
    assert later < 2000
