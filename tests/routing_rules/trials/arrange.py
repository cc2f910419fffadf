"""Trials, finished ones too, and past days whose outcome can be reasoned, for the tests of trials."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hospitals.models import Hospital, Shift, User
from routing_rules.demonstration import RULES
from routing_rules.models import Trial
from tests.story import in_hospital, make_item, make_order
from worklist.models import WorklistItem

_OF_PRIORITY = {"number": 4, "late": 1, "late_percent": 25.0, "open": 0, "median": 12.0, "p95": 40.0}
COLUMNS = ("happened", "in_force", "tried")
ANY_READER: list[dict[str, Any]] = [{"name": "Everything: any reader", "when": {}, "then": {}}]


def make_trial(user: User, *hospitals: Hospital, **fields: Any) -> Trial:
    """A finished replay over the hospitals, with small figures."""
    values: dict[str, Any] = {
        "kind": "replay",
        "status": "done",
        "hospital_ids": sorted(hospital.pk for hospital in hospitals),
        "parameters": {
            "days": 2,
            "until": "2026-11-20T12:00:00+00:00",
            "rules_in_force": RULES,
            "version_in_force": 1,
            "rules": RULES,
            "rule_set": {"id": 1, "version": None, "name": "Night", "edit": 1},
            "rota_changes": [],
        },
        "result": _result(),
        "created_by": user,
    }
    return Trial.objects.create(**(values | fields))


def grow_result(trial: Trial, reader: User, item: WorklistItem) -> None:
    """Let the trial's result name one reader and one examination more."""
    result = trial.result or {}
    result["reader_ids"].append(reader.pk)
    for figures in result["figures"].values():
        figures["load"]["readers"].append({"items": 2, "hours": 8.0, "value_per_hour": 1.5, "busy_percent": 40})
    change = {"item": item.pk, "before": reader.pk, "after": reader.pk, "treated": True, "minutes_later": 3.0}
    result["changes"]["items"].append(change | {"hospital": item.hospital_id})
    trial.save()


def _result() -> dict[str, Any]:
    figures = {
        "by_priority": [_OF_PRIORITY] * 4,
        "weighted_lateness": 2.5,
        "match": {"matched": 3, "of": 4, "percent": 75.0},
        "load": {"gini": 0.1, "readers": []},
    }
    return {
        "columns": list(COLUMNS),
        "figures": {name: figures | {"load": {"gini": 0.1, "readers": []}} for name in COLUMNS},
        "changes": {
            **{"treated": 1, "treated_and_moved": 1, "moved": 2, "deadline_changed": 0, "late_by_own_deadlines": 1},
            "items": [],
        },
        "reader_ids": [],
        "days": [{"number": 8, **dict.fromkeys(COLUMNS, 1)} for _ in range(2)],
        "from": "2026-11-18T12:00:00+00:00",
        "until": "2026-11-20T12:00:00+00:00",
        "counted": 16,
        "replayed": 16,
        "imputed": 0,
    }


def past_item(
    hospital: Hospital,
    reader: User,
    *,
    came: datetime,
    minutes: float,
    opened: datetime,
    level: int = 60,
    priority: str = "urgent",
    **order: Any,
) -> WorklistItem:
    """An examination that came, was opened by the reader and took `minutes`."""
    item = make_item(
        hospital,
        order=make_order(hospital, priority=priority, **order),
        priority=priority,
        priority_rank=("stat", "urgent", "routine").index(priority),
        service_level_minutes=level,
        opened_at=came,
        deadline_at=came + timedelta(minutes=level),
    )
    with in_hospital(hospital):
        WorklistItem.objects.filter(pk=item.pk).update(
            status="signed",
            assigned_to=reader,
            claimed_by=reader,
            claimed_at=opened,
            signed_at=opened + timedelta(minutes=minutes),
        )
    return item


def past_shifts(readers: Sequence[User], start: datetime, end: datetime) -> None:
    """Let the readers be on shift from start to end and at no other time."""
    Shift.objects.filter(radiologist__in=readers).delete()
    Shift.objects.bulk_create(Shift(radiologist=reader, starts_at=start, ends_at=end) for reader in readers)


def make_simulation(user: User, *hospitals: Hospital, like: User | None = None) -> Trial:
    """A finished simulation of one day: two examinations of six are late while nobody is on shift."""
    late = {10: [0.0, 2.0, 0.0], 11: [0.5, 0.5, 0.0]}
    hours = [
        {
            "arrived": 3.0,
            "late": sum(late.get(number, [0.0])),
            "late_low": 0.0,
            "late_high": 2 * sum(late.get(number, [0.0])),
            "late_by_priority": late.get(number, [0.0, 0.0, 0.0]),
            "queue": 4.0,
            "queue_low": 2.0,
            "queue_high": 9.0,
            "readers": 0 if number in late else 2,
            "busy": None if number in late else 0.5,
        }
        for number in range(24)
    ]
    saving = {"subspecialty": "neuro", "like": like.pk if like else 0, "from_hour": 8, "to_hour": 16, "runs": 4}
    result = {
        "start": "2026-11-20T06:00:00+00:00",
        "hours": hours,
        "by_priority": [
            {"number": number, "late": {"mean": mean, "low": 0.0, "high": 2 * mean}, "late_percent": 5.0}
            | {"median": 12.0, "p95": 60.0}
            for number, mean in ((4.0, 0.5), (12.0, 2.5), (24.0, 0.0))
        ],
        "weighted": {"mean": 12.0, "low": 4.0, "high": 30.0},
        "at_risk": [
            {"from_hour": 10, "to_hour": 12, "late": 2.5, "arrived": 6.0, "queue": 9.0, "readers": 0, "busy": None}
        ],
        "one_more": [
            saving | {"minutes_per_hour": 40.0, "error_per_hour": 8.0, "late_items": 2.5},
            saving | {"minutes_per_hour": 0.2, "error_per_hour": 0.1, "late_items": 0.0},
        ],
        "waiting_now": 0,
        "history_items": 800,
        "history_days": 28,
    }
    parameters = {"days": 1, "runs": 4, "seed": 1, "rules": RULES, "version_in_force": 1, "rule_set": None}
    return make_trial(user, *hospitals, kind="simulation", parameters=parameters | {"rota_changes": []}, result=result)
