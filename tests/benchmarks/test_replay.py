"""Replay over stored examinations takes no more than in proportion to their number.

REPLAY_ITEMS=10000 prints the figures of docs/benchmarks.md. Seconds are those of the processor, so that whatever else
the machine does is no part of them; those of the clock are printed beside them.
"""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string

from pacs_core import flow
from routing_rules.demonstration_history import load_history
from routing_rules.selectors.rule_sets import rule_set_in_force
from routing_rules.services.trial_replay import replay
from tests.story import see_all
from worklist.models import WorklistItem

ITEMS, DAYS = int(os.environ.get("REPLAY_ITEMS", "2500")), 30
# Of a pair of sizes; quadratic work would be ten times the share.
MOST_TIMES_THE_SHARE = 1.5


@pytest.mark.timeout(600)
@pytest.mark.django_db
def test_replay_over_ten_times_the_items_takes_little_more_than_ten_times_as_long() -> None:
    for name in flow.DEMONSTRATION_LOADERS:
        with see_all():
            import_string(name)()
    now = timezone.now()
    with see_all() as scope:
        load_history(days=DAYS, per_day=ITEMS / DAYS * 1.25, seed=1, now=now)
        rules = rule_set_in_force().rules
        number = WorklistItem.objects.count()
    assert number >= ITEMS
    draft = [
        {
            "name": "Stat to neuro",
            "when": {"fact": "priority", "operator": "equals", "value": "stat"},
            "then": {"prefer_subspecialty": "neuro"},
        },
        *rules,
    ]
    seconds, wall = {}, {}
    for days in (3, DAYS):
        told: list[float] = []
        began, began_at = time.process_time(), time.monotonic()
        result = replay(
            days=days,
            now=now + timedelta(seconds=1),
            hospital_ids=scope.hospital_ids,
            rules_in_force=rules,
            rules_tried=draft,
            rota_changes=(),
            tell=lambda share, words, told=told: told.append(share),
        )
        seconds[result["counted"]] = time.process_time() - began
        wall[result["counted"]] = time.monotonic() - began_at
        assert told == sorted(told)
        assert len(set(told)) > 10
    (few, few_seconds), (many, many_seconds) = seconds.items()
    print(
        f"\n{few} items in {few_seconds:.1f} s, {many} in {many_seconds:.1f} s: ratio {many_seconds / few_seconds:.1f};"
        f" by the clock {wall[few]:.1f} and {wall[many]:.1f} s"
    )
    assert many >= ITEMS
    assert many_seconds / few_seconds < MOST_TIMES_THE_SHARE * many / few
