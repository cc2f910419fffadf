"""The coordinator's board: one line a reader, and what is unassigned or at risk."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum

from hospitals.models import Membership, Shift, User
from pacs_core.access.scopes import all_hospitals_scope, current_scope, open_scope
from worklist.models import WorklistItem

Status = WorklistItem.Status
OPEN = (Status.ASSIGNED, Status.READING, Status.SIGNING)
SHORTEST_SCALE_MINUTES = 60
# An item is at risk when less than this share of its service level is left.
SHARE_AT_RISK = 0.25


def board_lines(now: datetime) -> list[dict[str, Any]]:
    """Return a line for each reader of the hospitals in scope, on shift first, the longest queue first.

    Queues count a reader's work for every hospital, as minutes only; the study being read is named only in scope.
    """
    hospital_ids = current_scope().hospital_ids
    member = Membership.objects.filter(user=OuterRef("pk"), hospital__in=hospital_ids)
    readers = User.objects.filter(Exists(member), role=User.Role.RADIOLOGIST, is_active=True)
    readers = readers.select_related("radiologist_profile")
    running, coming, reading = _running_shifts(now), _coming_shifts(now), _now_reading()
    with open_scope(all_hospitals_scope(process="board")):
        queues, signed = _queues(), _signed_since(now - timedelta(hours=12))
    lines = []
    for reader in readers:
        queue, item = queues[reader.pk], reading.get(reader.pk)
        lines.append(
            {
                "reader": reader,
                "subspecialties": reader.radiologist_profile.subspecialties
                if hasattr(reader, "radiologist_profile")
                else [],
                "on_shift_until": running.get(reader.pk),
                "next_shift_at": coming.get(reader.pk),
                "reading": item,
                "reading_since": item.claimed_at if item else None,
                "stat_minutes": queue["stat"],
                "urgent_minutes": queue["urgent"],
                "routine_minutes": queue["routine"],
                "queue_minutes": queue["stat"] + queue["urgent"] + queue["routine"],
                "queue_items": queue["items"],
                "signed_today": signed.get(reader.pk, 0),
            }
        )
    lines.sort(key=lambda line: (line["on_shift_until"] is None, -line["queue_minutes"], line["reader"].name))
    return lines


def board_context(now: datetime) -> dict[str, Any]:
    """Return the lines with the scale that their bars share and the mean of those on shift."""
    lines = board_lines(now)
    queues = [line["queue_minutes"] for line in lines]
    on_shift = [line["queue_minutes"] for line in lines if line["on_shift_until"]]
    return {
        "readers": lines,
        "scale_minutes": max([SHORTEST_SCALE_MINUTES, *queues]),
        "mean_minutes": round(sum(on_shift) / len(on_shift)) if on_shift else 0,
    }


def items_at_risk(now: datetime) -> QuerySet[WorklistItem]:
    """Return open items that nobody has, or whose deadline is near or past, the nearest first."""
    left = ExpressionWrapper(F("service_level_minutes") * SHARE_AT_RISK * timedelta(minutes=1), DurationField())
    return (
        WorklistItem.objects.filter(status__in=(Status.UNASSIGNED, *OPEN))
        .annotate(margin=left)
        .filter(Q(status=Status.UNASSIGNED) | Q(deadline_at__lte=now + F("margin")))
        .select_related("study__patient", "hospital", "order", "assigned_to")
        .order_by("deadline_at", "pk")
    )


def _running_shifts(now: datetime) -> dict[int, datetime]:
    running = Shift.objects.filter(starts_at__lte=now, ends_at__gt=now).order_by("ends_at")
    return dict(running.values_list("radiologist_id", "ends_at"))


def _coming_shifts(now: datetime) -> dict[int, datetime]:
    coming = Shift.objects.filter(starts_at__gt=now).order_by("-starts_at")
    return dict(coming.values_list("radiologist_id", "starts_at"))


def _now_reading() -> dict[int, WorklistItem]:
    items = WorklistItem.objects.filter(status=Status.READING).select_related("study", "order", "hospital")
    return {item.claimed_by_id: item for item in items.order_by("claimed_at")}


def _queues() -> dict[int, dict[str, int]]:
    queues: dict[int, dict[str, int]] = defaultdict(lambda: {"stat": 0, "urgent": 0, "routine": 0, "items": 0})
    rows = WorklistItem.objects.filter(status__in=OPEN).values("assigned_to", "priority")
    for row in rows.annotate(minutes=Sum("expected_minutes"), items=Count("pk")):
        queue = queues[row["assigned_to"]]
        queue[row["priority"]] += round(row["minutes"])
        queue["items"] += row["items"]
    return queues


def _signed_since(since: datetime) -> dict[int, int]:
    signed = WorklistItem.objects.filter(status=Status.SIGNED, signed_at__gte=since)
    return dict(signed.values_list("assigned_to").annotate(Count("pk")))
