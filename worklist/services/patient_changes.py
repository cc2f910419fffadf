"""Orders and worklist items follow their patients when those are merged or studies are moved."""

from django.db import transaction
from django.db.models import F, Q, QuerySet

from pacs_core.archive.models import PatientChange, Study
from pacs_core.archive.services.reassignment import reassign
from worklist.models import Order, WorklistItem
from worklist.services.matching import lock_study_names, named_studies
from worklist.services.opening import bring_item_in_step
from worklist.transitions import announce_item, lock_item


def reassign_orders(
    *,
    from_patient_id: int,
    to_patient_id: int,
    study_ids: list[int] | None = None,
    order_ids: list[int] | None = None,
) -> list[int]:
    """Give a patient's orders to another, or only these, or those of these studies; return their keys.

    In flow.RESOLVERS.
    """
    orders = Order.objects.filter(patient=from_patient_id)
    if order_ids is not None:
        orders = orders.filter(pk__in=order_ids)
    if study_ids is not None:
        orders = orders.filter(pk__in=WorklistItem.objects.filter(study__in=study_ids).values("order"))
    return reassign(orders, patient_id=to_patient_id)


def return_orders(
    *, order_ids: list[int], identified_as_ids: list[int], from_patient_id: int, to_patient_id: int
) -> None:
    """Give back the orders that a change took, and those that came since for the merged IDs. In flow.RESOLVERS."""
    came_since = Q(patient=from_patient_id, identified_as__in=identified_as_ids)
    reassign(Order.objects.filter(Q(pk__in=order_ids) | came_since), patient_id=to_patient_id)


def what_a_visit_made(*, patient_id: int, visit_number: str) -> tuple[list[int], list[int]]:
    """Return the keys of the patient's orders of a visit (PV1-19), and of the studies read for them.

    In flow.RESOLVERS.
    """
    orders = Order.objects.filter(patient=patient_id, admission_id=visit_number).order_by("pk")
    order_ids = list(orders.values_list("pk", flat=True))
    items = WorklistItem.objects.filter(order__in=order_ids).order_by("study_id")
    return order_ids, list(items.values_list("study_id", flat=True))


@transaction.atomic
def follow_patient_change(*, patient_change_id: int) -> None:
    """Look again at which order belongs to each study that changed its patient, and tell who has its item open.

    Safe to call again. A change of details tells the items of all the patient's studies.
    """
    studies = list(_concerned(PatientChange.objects.get(pk=patient_change_id)).select_related("worklist_item"))
    for study in studies:
        lock_study_names(study)
    for study in studies:
        item = lock_item(study.worklist_item.pk)
        bring_item_in_step(item)
        WorklistItem.objects.filter(pk=item.pk).update(version=F("version") + 1)
        announce_item(item, "WorklistItemChanged", action="patient")


def _concerned(change: PatientChange) -> QuerySet[Study]:
    """Return the studies with an item that changed their patient, or whose order did, or that such an order names."""
    if change.kind == PatientChange.Kind.DEMOGRAPHICS:
        found = Study.kept.filter(patient=change.patient_id)
    else:
        named = set(change.study_ids)
        for order in Order.objects.filter(pk__in=change.order_ids):
            named |= set(named_studies(order).values_list("pk", flat=True))
        found = Study.kept.filter(Q(pk__in=named) | Q(worklist_item__order__in=change.order_ids))
    return found.filter(worklist_item__isnull=False).order_by("pk")
