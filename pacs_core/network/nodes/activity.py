"""What an administrator sees of a node: what it sends by hour and day, what it holds open, why it was refused."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from pacs_core.access.scopes import current_scope
from pacs_core.network.models import EchoTest, Node, NodeTraffic, OpenAssociation, RejectedAssociation
from pacs_core.network.nodes.associations import GONE_AFTER
from pacs_core.network.nodes.selectors import visible_rejected_associations

HOURS, DAYS = 24, 14


@dataclass
class Span:
    """An hour or a day of a node: what it sent."""

    begins_at: datetime
    instances: int = 0
    bytes: int = 0
    refused: int = 0

    @property
    def megabytes(self) -> float:
        return self.bytes / 1e6

    def add(self, row: NodeTraffic) -> None:
        self.instances += row.instances
        self.bytes += row.bytes
        self.refused += row.refused


def traffic_by_hour(node: Node, *, now: datetime) -> list[Span]:
    """Return the last 24 hours, the running one last."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    spans = [Span(first + timedelta(hours=number)) for number in range(HOURS)]
    by_hour = {span.begins_at: span for span in spans}
    for row in _traffic(node, since=first):
        if row.hour_at in by_hour:
            by_hour[row.hour_at].add(row)
    return spans


def traffic_by_day(node: Node, *, now: datetime, zone: ZoneInfo) -> list[Span]:
    """Return the last days of the hospital's calendar, today last."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    # By calendar days: one of them may have 23 or 25 hours.
    days = [today - timedelta(days=number) for number in reversed(range(DAYS))]
    by_day = defaultdict(lambda: Span(now), {day.date(): Span(day) for day in days})
    for row in _traffic(node, since=days[0]):
        by_day[row.hour_at.astimezone(zone).date()].add(row)
    return [by_day[day.date()] for day in days]


def open_associations_of(node: Node, *, now: datetime) -> QuerySet[OpenAssociation]:
    rows = OpenAssociation.objects.filter(node=node, hospital_id__in=current_scope().hospital_ids)
    return rows.filter(beat_at__gte=now - GONE_AFTER).order_by("opened_at")


def rejections_of(node: Node) -> QuerySet[RejectedAssociation]:
    return visible_rejected_associations().filter(calling_ae_title=node.ae_title)


def latest_echo_of(node: Node) -> EchoTest | None:
    return EchoTest.objects.filter(node=node, hospital_id__in=current_scope().hospital_ids).order_by("-pk").first()


def _traffic(node: Node, *, since: datetime) -> QuerySet[NodeTraffic]:
    return NodeTraffic.objects.filter(node=node, hospital_id__in=current_scope().hospital_ids, hour_at__gte=since)
