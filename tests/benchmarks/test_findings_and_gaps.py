"""A draft tried in a network of a hundred hospitals and two hundred readers: what a page waits for."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from hospitals.models import Credential, Shift, User
from routing_rules.engine.findings.gaps import uncovered
from routing_rules.engine.rules import Rule
from routing_rules.models import ItemDemand, RuleSet
from routing_rules.selectors.gap_words import gap_sentences
from routing_rules.selectors.rota_gaps import forget_rota, gaps_of, read_rota_ahead
from routing_rules.selectors.rule_facts import forget_samples, read_sample
from routing_rules.selectors.rule_findings import findings_of
from routing_rules.selectors.rule_network import network_of_rules
from routing_rules.selectors.rule_preview import checked
from routing_rules.selectors.rule_trial import try_rules
from tests.benchmarks.network import SUBSPECIALTIES, make_big_network
from tests.story import see_all
from worklist.models import WorklistItem

RULES_TRIED = 40
DAYS = 14
REPEATS = 3
Sizes = tuple[int, int, int]
SMALL: Sizes = (25, 50, 1500)
LARGE: Sizes = (100, 200, 6000)
# A page may wait two seconds; a machine that is busy with other tests takes some times that.
MOST_MILLISECONDS = 6000


def rules_of(hospitals: int, chance: random.Random) -> list[Rule]:
    """Rules as networks have them: some for a few hospitals, a kind, a subspecialty, some for hours or days."""
    rules: list[Rule] = [
        {
            "name": f"Rule {number}",
            "when": {
                "all": [
                    _one_of("hospital", [f"H{chance.randrange(hospitals):03}" for _ in range(3)]),
                    _one_of("modality", chance.sample(("CT", "MR", "CR", "MG"), 2)),
                    chance.choice(
                        (
                            {"fact": "time_of_day", "operator": "between_times", "value": ["22:00", "06:00"]},
                            _one_of("weekday", ["saturday", "sunday"]),
                            _one_of("priority", ["stat", "urgent"]),
                        )
                    ),
                ]
            },
            "then": {chance.choice(("require_subspecialty", "prefer_subspecialty")): chance.choice(SUBSPECIALTIES)},
        }
        for number in range(RULES_TRIED)
    ]
    return [*rules, {"name": "Everything else", "when": {}, "then": {}}]


def _one_of(fact: str, values: list[str]) -> dict[str, Any]:
    return {"fact": fact, "operator": "in", "value": sorted(set(values))}


def plan_two_weeks(chance: random.Random) -> None:
    """Give every reader ten shifts, and let one credential in fifty lapse within the two weeks."""
    now = timezone.now()
    Shift.objects.all().delete()
    Shift.objects.bulk_create(
        Shift(radiologist=reader, starts_at=start, ends_at=start + timedelta(hours=8))
        for reader in User.objects.filter(role="radiologist")
        for start in (now + timedelta(days=day, hours=chance.randrange(12)) for day in chance.sample(range(DAYS), 10))
    )
    lapsing = list(Credential.objects.order_by("pk")[::50])
    for credential in lapsing:
        credential.valid_until = now + timedelta(hours=chance.randrange(24 * DAYS))
    Credential.objects.bulk_update(lapsing, ["valid_until"], batch_size=500)


def note_facts() -> None:
    """Keep what a planner's run keeps of every examination: what the rules ask of it, with its facts."""
    sample = read_sample(timezone.now())
    places = dict(WorklistItem.objects.values_list("pk", "hospital_id"))
    rule_set = RuleSet.objects.latest("version")
    ItemDemand.objects.bulk_create(
        (
            ItemDemand(
                hospital_id=places[one.worklist_item_id],
                worklist_item_id=one.worklist_item_id,
                rule_set=rule_set,
                facts=one.facts,
                demand={},
                item_version=1,
            )
            for one in sample.examinations
        ),
        batch_size=2000,
    )


def milliseconds(act: Callable[[], object]) -> float:
    """Return the shortest of some times."""
    took = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        act()
        took.append((time.perf_counter() - begun) * 1000)
    return min(took)


def measured(size: Sizes) -> dict[str, float]:
    hospitals, readers, items = size
    chance = random.Random(7)
    make_big_network(items=items, readers=readers, hospitals=hospitals)
    plan_two_weeks(chance)
    tried = checked(rules_of(hospitals, chance))
    with see_all():
        note_facts()
        now, network = timezone.now(), network_of_rules()
        sample = read_sample(now)
        ahead = read_rota_ahead(sample, network, now)
        found = uncovered(tried.applied, ahead.kinds, ahead.cover)
        assert found.hours.any()
        assert not found.hours.all()
        return {
            "kinds of examinations": float(len(ahead.kinds.facts)),
            "reader lines": float(len(ahead.cover.emails)),
            "findings": milliseconds(lambda: findings_of(tried, network)),
            "examinations": milliseconds(lambda: read_sample(now)),
            "rota ahead": milliseconds(lambda: read_rota_ahead(sample, network, now)),
            "gaps": milliseconds(lambda: gap_sentences(gaps_of(tried.applied, ahead), ahead)),
            "a page, nothing kept": milliseconds(lambda: _tried_anew(tried.rules)),
            "a page while typing": milliseconds(lambda: try_rules(tried.rules, now=now)),
        }


def _tried_anew(rules: Any) -> None:
    forget_samples()
    forget_rota()
    try_rules(rules, now=timezone.now())


def measured_and_taken_back(size: Sizes) -> dict[str, float]:
    with transaction.atomic():
        figures = measured(size)
        transaction.set_rollback(True)
    forget_samples()
    forget_rota()
    return figures


@pytest.mark.django_db
def test_a_draft_in_a_large_network() -> None:
    small, large = measured_and_taken_back(SMALL), measured_and_taken_back(LARGE)
    for size, figures in ((SMALL, small), (LARGE, large)):
        hospitals, readers, items = size
        print(f"\n{hospitals} hospitals, {readers} readers, {items} examinations, {RULES_TRIED} rules")
        for name, figure in figures.items():
            print(f"  {name:24}{figure:8.0f}  {figure / small[name]:.1f} times")
    assert large["a page, nothing kept"] < MOST_MILLISECONDS
