"""Items that have used a share of their service level, people to tell, and what they were told."""

from datetime import datetime, timedelta
from typing import Any

from hospitals.models import Hospital, Shift, User
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.models import EscalationStep, Notice
from routing_rules.services.escalation import take_due_steps
from tests.story import make_item, make_radiologist, see_all
from worklist.models import WorklistItem


def make_waiting(
    hospital: Hospital, now: datetime, *, used: float, priority: str = "stat", minutes: int = 30, **fields: Any
) -> WorklistItem:
    """An item of which this share of its service level has passed at `now`."""
    rank = ("stat", "urgent", "routine").index(priority)
    deadline_at = now + timedelta(minutes=minutes) * (1 - used)
    values = {"priority": priority, "priority_rank": rank, "service_level_minutes": minutes, "deadline_at": deadline_at}
    return make_item(hospital, **(values | fields))


def assigned(hospital: Hospital, now: datetime, reader: User, **fields: Any) -> WorklistItem:
    return make_waiting(hospital, now, status="assigned", assigned_to=reader, **fields)


def make_on_call(*hospitals: Hospital, now: datetime, **fields: Any) -> User:
    """A radiologist who is on call and not on shift."""
    reader = make_radiologist(*hospitals, on_shift=False, **fields)
    Shift.objects.create(
        radiologist=reader, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=8), is_on_call=True
    )
    return reader


def escalate(now: datetime) -> int:
    return take_due_steps(now=now)


def steps(item: WorklistItem) -> list[str]:
    """The steps taken for an item, in the order in which they were taken."""
    with see_all():
        return list(EscalationStep.objects.filter(worklist_item=item).order_by("pk").values_list("step", flat=True))


def notices(person: User, *, unread: bool = False) -> list[tuple[str, int | None]]:
    """What a person was told: kind and item, in order."""
    with see_all():
        found = Notice.objects.filter(recipient=person).order_by("pk")
        if unread:
            found = found.filter(read_at__isnull=True, cleared_at__isnull=True)
        return list(found.values_list("kind", "worklist_item_id"))


def history(item: WorklistItem) -> list[str]:
    with see_all():
        return list(item.transitions.filter(action="escalate").order_by("pk").values_list("reason", flat=True))


def change(item: WorklistItem, **values: Any) -> None:
    with open_scope(all_hospitals_scope(process="test")):
        WorklistItem.objects.filter(pk=item.pk).update(**values)
