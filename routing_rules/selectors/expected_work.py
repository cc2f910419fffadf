"""How much work the coming hours bring, by subspecialty, as floors below ask for it through flow.RESOLVERS."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F, Sum

from routing_rules.selectors.arrivals import DAYS_OF_HISTORY, arrival_profile
from worklist.models import WorklistItem


def expected_work(hours: Collection[datetime], *, now: datetime) -> dict[datetime, dict[str, float]]:
    """Return minutes of work expected to arrive in each hour by subspecialty, under "" that of all; three queries.

    From the arrivals of the last 28 days at the open scope's hospitals: by the hour for all, and each subspecialty by
    its share of all 28 days, since single hours of one are too few to go by. Nothing arrived: nothing is expected.
    """
    profile, shares = arrival_profile(now), _shares(now)
    expected = {}
    for hour in hours:
        minutes = profile.expected(hour, hour + timedelta(hours=1)).minutes
        expected[hour] = {"": minutes} | {name: minutes * share for name, share in shares.items()}
    return expected


def _shares(now: datetime) -> dict[str, float]:
    arrived = WorklistItem.objects.filter(opened_at__gte=now - timedelta(days=DAYS_OF_HISTORY), opened_at__lt=now)
    rows = arrived.exclude(status=WorklistItem.Status.CANCELLED).values_list(
        F("item_procedure__mapping__procedure__subspecialty")
    )
    minutes = {name or "": float(total) for name, total in rows.annotate(Sum("expected_minutes")).order_by()}
    total = sum(minutes.values())
    return {name: found / total for name, found in minutes.items() if name and total}
