"""Which order belongs to a study: by study UID, or by accession number with its issuer, never across patients.

Order and images may come at the same moment in two processes, each blind to the other's open transaction. Both sides
therefore first lock the names they could meet by, so that the second sees what the first committed.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from pacs_core.archive.models import Study
from worklist.models import Order, WorklistItem

Reconciliation = WorklistItem.Reconciliation


@dataclass(frozen=True)
class Match:
    """The order that may be taken for the study's, and why a person has to look."""

    order: Order | None = None
    reason: str = ""


def lock_names(*, hospital_id: int, study_instance_uid: str, issuer: str, accession_number: str) -> None:
    """Hold the names by which an order and a study could meet until the transaction ends."""
    names = []
    if study_instance_uid:
        names.append(f"order-match:{hospital_id}:study:{study_instance_uid}")
    if accession_number:
        names.append(f"order-match:{hospital_id}:accession:{issuer}:{accession_number}")
    with connection.cursor() as cursor:
        # In one order everywhere, so that two holders never wait for each other.
        for name in sorted(names):
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def lock_order_names(order: Order) -> None:
    lock_names(
        hospital_id=order.hospital_id,
        study_instance_uid=order.study_instance_uid,
        issuer=order.issuer_of_accession_number,
        accession_number=order.accession_number,
    )


def lock_study_names(study: Study) -> None:
    lock_names(
        hospital_id=study.hospital_id,
        study_instance_uid=study.study_instance_uid,
        issuer=study.issuer_of_accession_number,
        accession_number=study.accession_number,
    )


def match_study(study: Study) -> Match:
    """Find the study's order; a doubt gives no order but a reason for a person."""
    orders = Order.objects.filter(hospital_id=study.hospital_id)
    by_study = list(orders.filter(study_instance_uid=study.study_instance_uid).order_by("pk")[:2])
    by_accession = (
        orders.filter(
            accession_number=study.accession_number, issuer_of_accession_number=study.issuer_of_accession_number
        ).first()
        if study.accession_number
        else None
    )
    candidates = {order.pk: order for order in (*by_study, by_accession) if order is not None}
    if len(candidates) > 1:
        return Match(reason=Reconciliation.ORDERS_DISAGREE)
    order = next(iter(candidates.values()), None)
    if order is None:
        return Match()
    if order.patient_id != study.patient_id:
        return Match(reason=Reconciliation.PATIENT_DIFFERS)
    return Match(order, Reconciliation.ORDER_CANCELLED if order.status == Order.Status.CANCELLED else "")


def named_studies(order: Order) -> QuerySet[Study]:
    """Return the studies that the order names, by accession number with issuer or by study UID."""
    names = Q(accession_number=order.accession_number, issuer_of_accession_number=order.issuer_of_accession_number)
    if order.study_instance_uid:
        names |= Q(study_instance_uid=order.study_instance_uid)
    return Study.objects.filter(names, hospital_id=order.hospital_id)


def items_that_could_meet(order: Order) -> list[WorklistItem]:
    """Return the items of studies that the order names, and those it is attached to, locked in order."""
    study_ids = set(named_studies(order).values_list("pk", flat=True))
    study_ids |= set(order.worklist_items.values_list("study_id", flat=True))
    return list(
        WorklistItem.objects.select_for_update(no_key=True, of=("self",))
        .select_related("study", "order")
        .filter(study_id__in=study_ids)
        .order_by("pk")
    )
