"""Replays of small networks whose outcome can be reasoned."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from hospitals.models import Hospital, User
from hospitals.selectors.rota import RotaChange
from routing_rules.services.trial_replay import replay
from tests.routing_rules.procedures.arrange import make_mapping, make_procedure
from tests.routing_rules.trials.arrange import ANY_READER, past_item, past_shifts
from tests.story import make_hospital, make_radiologist
from worklist.models import ServiceLevel, WorklistItem

pytestmark = pytest.mark.django_db
MINUTES, EVERY, ITEMS = 10.0, 6.0, 30


class Past:
    """Two readers, an urgent examination each six minutes, ten minutes to read one: one reader alone falls behind."""

    def __init__(self) -> None:
        self.north = make_hospital("NORTH")
        self.ada, self.ben = (make_radiologist(self.north, email=f"{name}@example.org") for name in ("ada", "ben"))
        ServiceLevel.objects.create(hospital=self.north, priority="urgent", minutes=60)
        self.now = timezone.now()
        self.start = self.now - timedelta(hours=20)
        make_mapping(self.north, make_procedure(expected_minutes=MINUTES, subspecialty=""))
        past_shifts([self.ada, self.ben], self.start, self.start + timedelta(hours=10))
        self.items = [self._item(number) for number in range(ITEMS)]

    def _item(self, number: int) -> WorklistItem:
        came = self.start + timedelta(minutes=EVERY * number)
        reader = (self.ada, self.ben)[number % 2]
        return past_item(self.north, reader, came=came, opened=came, minutes=MINUTES, level=60)

    def replay(
        self,
        rules: list[dict[str, Any]] | None,
        rota: tuple[RotaChange, ...] = (),
        hospitals: tuple[Hospital, ...] = (),
    ) -> dict[str, Any]:
        return replay(
            days=1,
            now=self.now,
            hospital_ids={hospital.pk for hospital in hospitals or (self.north,)},
            rules_in_force=ANY_READER,
            rules_tried=rules,
            rota_changes=rota,
            tell=lambda share, words: None,
        )


@pytest.fixture
def past() -> Past:
    return Past()


def _only(reader: User) -> list[dict[str, Any]]:
    return [{"name": "All to one", "when": {}, "then": {"require_reader": reader.email}}, *ANY_READER]


def _all(result: dict[str, Any], column: str) -> dict[str, Any]:
    return result["figures"][column]["by_priority"][-1]


def test_a_rule_that_sends_all_to_one_reader_makes_lateness_rise(past: Past) -> None:
    result = past.replay(_only(past.ada))
    assert result["columns"] == ["happened", "in_force", "tried"]
    assert _all(result, "happened")["late"] == 0
    assert _all(result, "in_force")["late"] == 0
    # Escalation widens the pool at 70 % of the hour, so the queue never grows without end; but it grows.
    assert _all(result, "tried")["median"] > 2 * _all(result, "in_force")["median"]
    assert result["changes"]["treated"] == ITEMS
    assert 0 < result["changes"]["treated_and_moved"] <= ITEMS
    named = {entry["item"] for entry in result["changes"]["items"]}
    assert named <= {item.pk for item in past.items}


def test_readings_take_what_they_took(past: Past) -> None:
    result = past.replay(None)
    assert result["columns"] == ["happened", "in_force"]
    assert _all(result, "in_force")["median"] == pytest.approx(MINUTES, abs=0.2)
    assert result["imputed"] == 0
    assert result["changes"] is None


def test_taking_the_second_reader_from_the_rota_makes_the_rest_wait(past: Past) -> None:
    gone = RotaChange(False, past.ben.pk, past.start - timedelta(hours=1), past.start + timedelta(hours=11))
    result = past.replay(None, rota=(gone,))
    assert result["changes"]["treated"] == 0
    tried, before = _all(result, "tried"), _all(result, "in_force")
    # The last of thirty waits for twenty-nine readings less the 174 minutes in which they came: 116 minutes.
    assert tried["p95"] > 100
    assert tried["late"] > 0 == before["late"]
    hours = [entry["hours"] for entry in result["figures"]["tried"]["load"]["readers"]]
    assert hours == [10.0, 0.0]


def test_a_second_reader_on_the_rota_halves_the_wait(past: Past) -> None:
    past_shifts([past.ben], past.now + timedelta(days=3), past.now + timedelta(days=4))
    comes = RotaChange(True, past.ben.pk, past.start, past.start + timedelta(hours=10))
    result = past.replay(None, rota=(comes,))
    assert _all(result, "tried")["median"] < _all(result, "in_force")["median"] / 2


def test_a_hold_keeps_an_examination_for_its_specialist_until_its_share(past: Past) -> None:
    past.ben.radiologist_profile.subspecialties = ["body"]
    past.ben.radiologist_profile.save()
    past.ada.radiologist_profile.subspecialties = ["neuro"]
    past.ada.radiologist_profile.save()
    away = RotaChange(False, past.ada.pk, past.start - timedelta(hours=1), past.start + timedelta(hours=11))
    held = [{"name": "Hold", "when": {}, "then": {"hold_for_subspecialty": "neuro", "hold_share": 0.5}}, *ANY_READER]
    result = past.replay(held, rota=(away,))
    first = _all(result, "tried")
    # Nobody of neuro is there: each waits half of its hour, then the other reader may.
    assert first["median"] >= 30 + MINUTES - 0.5


def test_only_the_hospitals_of_the_one_who_asked_are_counted(past: Past) -> None:
    south = make_hospital("SOUTH")
    for number in range(5):
        came = past.start + timedelta(minutes=30 * number)
        past_item(south, past.ada, came=came, opened=came, minutes=MINUTES)
    result = past.replay(_only(past.ada))
    assert result["counted"] == _all(result, "happened")["number"] == ITEMS
    assert result["replayed"] == ITEMS + 5
    assert {entry["item"] for entry in result["changes"]["items"]} <= {item.pk for item in past.items}
    assert sum(entry["items"] for entry in result["figures"]["happened"]["load"]["readers"]) == ITEMS
    assert past.replay(None, hospitals=(south,))["counted"] == 5


def test_the_same_days_give_the_same_figures(past: Past) -> None:
    assert past.replay(_only(past.ben)) == past.replay(_only(past.ben))


def test_an_examination_that_nobody_may_read_stays_open_and_is_late(past: Past) -> None:
    nobody = [{"name": "Nobody", "when": {}, "then": {"never_reader": [past.ada.email, past.ben.email]}}, *ANY_READER]
    result = past.replay(nobody)
    tried = _all(result, "tried")
    assert (tried["open"], tried["late"], tried["median"]) == (ITEMS, ITEMS, None)


def test_what_was_interrupted_is_taken_as_expected(past: Past) -> None:
    long_ago: datetime = past.start + timedelta(minutes=1)
    past_item(past.north, past.ada, came=long_ago, opened=long_ago, minutes=400)
    assert past.replay(None)["imputed"] >= 1


def test_a_rota_without_a_shift_leaves_everything_unread(past: Past) -> None:
    past_shifts([past.ada, past.ben], past.now + timedelta(days=3), past.now + timedelta(days=4))
    result = past.replay(None)
    assert _all(result, "in_force")["open"] == ITEMS
