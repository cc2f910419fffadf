"""The coming day as the planner sees it: planned reading time, usual arrivals, how much of the rota holds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import F, Sum

from hospitals.models import Shift
from hospitals.selectors.rota import Window
from routing_rules.engine.snapshot import Prospect
from routing_rules.selectors.arrivals import ArrivalProfile, arrival_profile

HOURS = 24
STEP_MINUTES = 15.0
_STEPS = int(HOURS * 60 / STEP_MINUTES)
_DAYS_OF_ROTA = 28
# Planned hours that full attendance is worth before the rota's own history teaches otherwise.
_PRIOR_HOURS = 20.0


class _Kept:
    """The last whole hour's history."""

    history: tuple[datetime | None, ArrivalProfile, float] = (None, ArrivalProfile(), 1.0)


def prospect_at(now: datetime, windows: Sequence[Window]) -> Prospect:
    """Return the coming 24 hours; `windows` are the rota's, on-call ones among them bring no planned time."""
    profile, attendance = _history(now)
    work = profile.cumulated_minutes(now, step_minutes=STEP_MINUTES, steps=_STEPS)
    return Prospect(
        step=STEP_MINUTES,
        capacity=_capacity(now, windows),
        work=tuple(round(minutes, 2) for minutes in work),
        priority_share={name: round(share, 4) for name, share in profile.priority_share.items()},
        attendance=round(attendance, 4),
    )


def _capacity(now: datetime, windows: Sequence[Window]) -> tuple[float, ...]:
    """Return the planned reading minutes of all from now to each instant of the grid."""
    minute = timedelta(minutes=1)
    spans = [
        (max(0.0, (window.starts_at - now) / minute), (window.ends_at - now) / minute)
        for window in windows
        if window.ends_at > now and not window.is_on_call
    ]
    instants = np.arange(_STEPS + 1)[:, None] * STEP_MINUTES
    starts, ends = np.array(spans).reshape(-1, 2).T
    minutes = np.maximum(0.0, np.minimum(instants, ends) - starts).sum(axis=1)
    return tuple(round(float(sum_of_all), 2) for sum_of_all in minutes)


def _history(now: datetime) -> tuple[ArrivalProfile, float]:
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    known, profile, attendance = _Kept.history
    if known != hour:
        profile, attendance = arrival_profile(now), _attendance(hour)
        _Kept.history = (hour, profile, attendance)
    return profile, attendance


def _attendance(until: datetime) -> float:
    """Return the share of the planned hours of 28 days that nobody dropped out of; one query."""
    shifts = Shift.objects.filter(
        starts_at__gte=until - timedelta(days=_DAYS_OF_ROTA), ends_at__lte=until, is_on_call=False
    )
    sums = shifts.aggregate(planned=Sum(F("ends_at") - F("starts_at")), lost=Sum(F("ends_at") - F("dropped_out_at")))
    planned = (sums["planned"] or timedelta()) / timedelta(hours=1)
    lost = (sums["lost"] or timedelta()) / timedelta(hours=1)
    return (planned - max(0.0, lost) + _PRIOR_HOURS) / (planned + _PRIOR_HOURS)
