"""What the rules saw of past items when they came, and what happened to them since; a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from hospitals.models import Holiday
from pacs_core.audit.models import AuditEntry
from routing_rules.engine.facts import WEEKDAYS
from routing_rules.models import AssignmentDecision
from routing_rules.selectors.facts import Examined
from worklist.models import WorklistItem

Status = WorklistItem.Status


def facts_on_arrival(entries: Sequence[Examined]) -> dict[int, dict[str, object]]:
    """Return what the rules saw when each item came: as stored with its first decision, else made again."""
    rows = [entry.item for entry in entries]
    stored = _first_facts(rows)
    readers, holidays = _earlier_readers(rows), _holidays(rows)
    found: dict[int, dict[str, object]] = {}
    for entry in entries:
        item = entry.item
        local = item.opened_at.astimezone(item.hospital.zone)
        on_arrival = {
            "weekday": WEEKDAYS[local.weekday()],
            "time_of_day": local.strftime("%H:%M"),
            "holiday": bool({item.hospital_id, None} & holidays.get(local.date(), set())),
            "prior_reader": readers.get(item.pk, ""),
            "elapsed_share": 0.0,
        }
        found[item.pk] = entry.facts.as_dict() | on_arrival | stored.get(item.pk, {})
    return found


def _first_facts(rows: Sequence[WorklistItem]) -> dict[int, dict[str, object]]:
    decisions = AssignmentDecision.objects.filter(worklist_item__in=[item.pk for item in rows])
    first = decisions.order_by("worklist_item_id", "decided_at", "pk").distinct("worklist_item_id")
    return {pk: facts for pk, facts in first.values_list("worklist_item_id", "facts") if facts}


def _earlier_readers(rows: Sequence[WorklistItem]) -> dict[int, str]:
    """Return the mail address of who had last signed a report of the patient when the item came, by item id."""
    patients = {item.study.patient_id for item in rows}
    signed = WorklistItem.objects.filter(status=Status.SIGNED, study__patient_id__in=patients, signed_at__isnull=False)
    by_patient: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    columns = ("study__patient_id", "signed_at", "claimed_by__email")
    for patient_id, signed_at, email in signed.order_by("signed_at", "pk").values_list(*columns):
        by_patient[patient_id].append((signed_at, email or ""))
    found = {}
    for item in rows:
        earlier = [email for at, email in by_patient[item.study.patient_id] if at <= item.opened_at]
        if earlier:
            found[item.pk] = earlier[-1]
    return found


def _holidays(rows: Sequence[WorklistItem]) -> dict[date, set[int | None]]:
    days = [item.opened_at.date() for item in rows]
    around = (min(days) - timedelta(days=1), max(days) + timedelta(days=1))
    found: dict[date, set[int | None]] = defaultdict(set)
    for on, hospital_id in Holiday.objects.filter(on__range=around).values_list("on", "hospital_id"):
        found[on].add(hospital_id)
    return found


def raised_at(rows: Sequence[WorklistItem]) -> dict[int, datetime]:
    """Return when the hospital last changed an order's priority, by order id, as the audit trail has it."""
    orders = [str(item.order_id) for item in rows if item.order_id]
    changes = AuditEntry.objects.filter(
        object_type="order", object_id__in=orders, action="order.changed", detail__fields__contains=["priority"]
    )
    return {int(order): at for order, at in changes.order_by("at").values_list("object_id", "at")}


def beginnings_of(rows: Sequence[WorklistItem]) -> dict[int, tuple[int, int]]:
    """Return how often each item was claimed, and how often its signing failed."""
    counted = (
        WorklistItem.objects.filter(pk__in=[item.pk for item in rows])
        .annotate(
            beginnings=Count("transitions", filter=Q(transitions__action="claim")),
            refusals=Count("transitions", filter=Q(transitions__action="signing_failed")),
        )
        .values_list("pk", "beginnings", "refusals")
    )
    return {pk: (beginnings, refusals) for pk, beginnings, refusals in counted}
