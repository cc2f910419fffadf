"""How much each reader has carried: relative value per hour, of the present shift and of 28 days."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import F, Min, QuerySet, Sum
from django.db.models.functions import Coalesce

from hospitals.models import Shift
from hospitals.selectors.rota import LONGEST_SHIFT, reading_windows
from routing_rules.engine import burden
from worklist.models import WorklistItem

DAYS = 28
# Minutes that a reader is taken to have carried the network's mean for, so that a shift's first study decides nothing.
_PRIOR_MINUTES = 75.0
Status = WorklistItem.Status


@dataclass(frozen=True)
class Carried:
    """Relative value signed, and the hours in which it was."""

    value: float = 0.0
    hours: float = 0.0


class _Kept:
    """The 28 days up to the last whole hour: a plan each second need not add them up each second."""

    history: tuple[datetime | None, dict[int, Carried]] = (None, {})


def burdens(
    of_shift: Mapping[int, Carried], of_days: Mapping[int, Carried], speeds: Mapping[int, float]
) -> dict[int, float]:
    """Return by reader how far the value per hour, adjusted for speed, is above the mean (below: negative), a share."""
    readers = sorted(of_shift.keys() | of_days.keys())
    shares = burden.burdens(
        _by_row(of_shift, readers),
        _by_row(of_days, readers),
        np.array([speeds.get(pk, 1.0) for pk in readers]),
        prior_minutes=_PRIOR_MINUTES,
    )
    return dict(zip(readers, shares.tolist(), strict=True))


def _by_row(carried: Mapping[int, Carried], readers: list[int]) -> burden.Carried:
    rows = [carried.get(pk, Carried()) for pk in readers]
    return burden.Carried(np.array([row.value for row in rows]), np.array([row.hours for row in rows]))


def carried_in_shifts(now: datetime) -> dict[int, Carried]:
    """Return what each reader whose shift is running has carried in it; two queries."""
    running = Shift.objects.filter(starts_at__lte=now, ends_at__gt=now, is_on_call=False)
    begun = dict(running.values_list("radiologist_id").annotate(Min("starts_at")).order_by())
    signed = WorklistItem.objects.filter(
        status=Status.SIGNED,
        signed_at__gte=now - LONGEST_SHIFT,
        claimed_by__shifts__is_on_call=False,
        claimed_by__shifts__starts_at__lte=F("signed_at"),
        claimed_by__shifts__ends_at__gt=now,
    )
    values = _values(signed)
    return {pk: Carried(values.get(pk, 0.0), (now - at) / timedelta(hours=1)) for pk, at in sorted(begun.items())}


def carried_in_days(now: datetime) -> dict[int, Carried]:
    """Return what each reader has carried in the 28 days before the last whole hour; four queries once an hour."""
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    known_end, known = _Kept.history
    if known_end == end:
        return known
    start = end - timedelta(days=DAYS)
    hours: dict[int, float] = defaultdict(float)
    for window in reading_windows(start, end):
        if not window.is_on_call:
            hours[window.radiologist_id] += (window.ends_at - window.starts_at) / timedelta(hours=1)
    values = _values(WorklistItem.objects.filter(status=Status.SIGNED, signed_at__gte=start, signed_at__lt=end))
    found = {pk: Carried(values.get(pk, 0.0), hours[pk]) for pk in sorted(hours)}
    _Kept.history = (end, found)
    return found


def _values(signed: QuerySet[WorklistItem]) -> dict[int, float]:
    rows = signed.filter(claimed_by__isnull=False).values_list("claimed_by").order_by()
    return dict(rows.annotate(value=Sum(Coalesce("demand__relative_value", 1.0))))


def shares_above_mean(carried: Mapping[int, Carried], speeds: Mapping[int, float]) -> dict[int, float]:
    """Return by reader how far the value per hour is above the mean, a share; nobody's while nothing was signed."""
    return burdens(carried, {}, speeds) if any(one.value for one in carried.values()) else {}
