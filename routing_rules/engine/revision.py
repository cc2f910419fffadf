"""When an examination has to be looked at again though nothing happens to it: facts of time, the end of a hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from routing_rules.engine.conditions import comparisons

# So that "at" a limit has become "past" it.
_JUST_AFTER = timedelta(seconds=1)


@dataclass(frozen=True)
class TimeLimits:
    """When the answers of a rule set may change: times of day, midnight, shares of the service level."""

    times_of_day: tuple[str, ...] = ()
    at_midnight: bool = False
    shares: tuple[float, ...] = ()


def time_limits_of(rules: Iterable[dict[str, Any]]) -> TimeLimits:
    """Collect the limits from all conditions of checked rules."""
    times: set[str] = set()
    shares: set[float] = set()
    at_midnight = False
    for rule in rules:
        for part in comparisons(rule["when"]):
            fact, value = part["fact"], part["value"]
            if fact == "time_of_day":
                times |= {value, "00:00"} if isinstance(value, str) else set(value)
            elif fact == "elapsed_share":
                shares |= {
                    float(limit) for limit in (value if isinstance(value, list) else [value]) if limit is not None
                }
            at_midnight |= fact in ("weekday", "holiday")
    return TimeLimits(tuple(sorted(times)), at_midnight, tuple(sorted(shares)))


def next_revision(
    limits: TimeLimits,
    *,
    local_now: datetime,
    starts_at: datetime,
    agreed_minutes: float,
    hold_ends_at: datetime | None,
) -> datetime | None:
    """Return the first instant after now at which the demand, or what it means, can change; None when never.

    `local_now` is on the hospital's clock, `starts_at` when the clock of the service level started, `agreed_minutes`
    the agreed service level, before any rule.
    """
    moments = [starts_at + timedelta(minutes=share * agreed_minutes) + _JUST_AFTER for share in limits.shares]
    if hold_ends_at is not None:
        moments.append(hold_ends_at + _JUST_AFTER)
    for text in {*limits.times_of_day, *(("00:00",) if limits.at_midnight else ())}:
        for day in (0, 1):
            date = local_now.date() + timedelta(days=day)
            moments.append(datetime.combine(date, time.fromisoformat(text), tzinfo=local_now.tzinfo))
    # Aware instants of one zone compare by their wall clocks, so days of a clock change would come out wrong.
    return min((moment for moment in moments if moment.timestamp() > local_now.timestamp()), default=None, key=_instant)


def _instant(moment: datetime) -> float:
    return moment.timestamp()
