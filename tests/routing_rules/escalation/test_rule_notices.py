"""What rules ask to be told: each person once an item and rule, the reader when there is one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain

import pytest
from django.utils import timezone

from hospitals.models import Hospital, ReaderGroup, User
from routing_rules.models import ItemDemand, Notice, RuleNotice
from routing_rules.services.notices import clear_notices
from routing_rules.services.rule_notices import tell_what_rules_ask
from routing_rules.services.rule_sets import publish_rule_set
from tests.routing_rules.escalation.arrange import assigned, change, make_waiting, notices
from tests.story import make_hospital, make_radiologist, make_user, see_all
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db
Demanded = Callable[..., None]


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def now() -> datetime:
    return timezone.now() + timedelta(minutes=1)


@pytest.fixture
def ada(north: Hospital) -> User:
    return make_radiologist(north)


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north)


@pytest.fixture
def demanded() -> Demanded:
    """Write what rules demand of an item: names of rules with those whom they notify."""

    def write(item: WorklistItem, **asked: list[str]) -> None:
        rules = [
            {
                "name": name,
                "when": {"fact": "modality", "operator": "equals", "value": "CT"},
                "then": {"notify": people},
            }
            for name, people in asked.items()
        ]
        with see_all():
            rule_set = publish_rule_set(rules=[*rules, {"name": "Default", "when": {}, "then": {}}])
            ItemDemand.objects.update_or_create(
                worklist_item=item,
                defaults={
                    "hospital_id": item.hospital_id,
                    "rule_set": rule_set,
                    "facts": {},
                    "demand": {"notify": [*chain(*asked.values())], "matched": [*asked, "Default"]},
                    "item_version": item.version,
                },
            )

    return write


def test_everybody_named_is_told_once(
    north: Hospital, now: datetime, ada: User, olga: User, demanded: Demanded
) -> None:
    group, stranger = make_radiologist(north), make_user("coordinator", make_hospital("SOUTH"))
    ReaderGroup.objects.create(name="Stroke").members.add(group)
    item = make_waiting(north, now, used=0.1)
    demanded(item, stroke=["coordinators", "group:Stroke", ada.email, stranger.email, "nobody@example.org"])
    assert tell_what_rules_ask(now=now) == 1
    assert tell_what_rules_ask(now=now) == 0
    for person in (ada, olga, group):
        assert notices(person) == [("rule", item.pk)]
    assert notices(stranger) == []
    with see_all():
        assert Notice.objects.filter(recipient=ada).get().words == "stroke"
        assert RuleNotice.objects.get().told == sorted([ada.pk, olga.pk, group.pk])


def test_the_reader_is_told_when_there_is_one_and_the_next_one_too(
    north: Hospital, now: datetime, ada: User, olga: User, demanded: Demanded
) -> None:
    item = make_waiting(north, now, used=0.1)
    demanded(item, stroke=["reader", "coordinators"])
    tell_what_rules_ask(now=now)
    assert (notices(olga), notices(ada)) == ([("rule", item.pk)], [])
    next_reader = make_radiologist(north)
    for reader in (ada, next_reader, ada):
        change(item, status="assigned", assigned_to=reader)
        tell_what_rules_ask(now=now)
        with see_all():
            clear_notices(now=now)
    assert notices(ada) == notices(next_reader) == notices(olga) == [("rule", item.pk)]
    assert notices(next_reader, unread=True) == []


def test_a_demand_for_the_reader_alone_waits_for_one(north: Hospital, now: datetime, demanded: Demanded) -> None:
    item = make_waiting(north, now, used=0.1)
    demanded(item, stroke=["reader"])
    assert tell_what_rules_ask(now=now) == 0
    with see_all():
        assert not RuleNotice.objects.exists()


def test_two_rules_are_two_notices_and_a_new_version_of_one_is_not(
    north: Hospital, now: datetime, olga: User, demanded: Demanded
) -> None:
    item = make_waiting(north, now, used=0.1)
    demanded(item, stroke=["coordinators"], night=["coordinators"])
    tell_what_rules_ask(now=now)
    demanded(item, stroke=["coordinators"])
    tell_what_rules_ask(now=now)
    assert notices(olga) == [("rule", item.pk)] * 2


def test_a_signed_item_asks_for_nothing(
    north: Hospital, now: datetime, ada: User, olga: User, demanded: Demanded
) -> None:
    item = assigned(north, now, ada, used=0.1)
    demanded(item, stroke=["coordinators", "reader"])
    change(item, status="signed")
    assert tell_what_rules_ask(now=now) == 0
    assert notices(olga) == notices(ada) == []
