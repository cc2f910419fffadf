"""What a person looks at to decide which order belongs to a study."""

from django.db.models import Exists, OuterRef, Q

from worklist.models import Order, WorklistItem
from worklist.transitions import ASSIGNED, READING, UNASSIGNED

# A report that is being signed prints the order it was read with.
RECONCILABLE = (UNASSIGNED, ASSIGNED, READING)
MOST_CANDIDATES = 10


def can_be_reconciled(item: WorklistItem) -> bool:
    """Say whether there is a doubt, no order yet, or a person's decision that may be taken back."""
    has_a_question = bool(item.reconciliation_reason) or item.order_id is None or item.reconciled_at is not None
    return has_a_question and item.status in RECONCILABLE


def candidate_orders(item: WorklistItem) -> list[Order]:
    """Return open orders of the hospital with the study's accession number, patient or study UID, newest first.

    `is_taken` says that another study's item has the order already. The item's own order is none.
    """
    study = item.study
    alike = Q(patient_id=study.patient_id) | Q(study_instance_uid=study.study_instance_uid)
    if study.accession_number:
        alike |= Q(accession_number=study.accession_number)
    orders = Order.objects.filter(alike, hospital_id=item.hospital_id).exclude(status=Order.Status.CANCELLED)
    taken = WorklistItem.objects.filter(order=OuterRef("pk"))
    orders = orders.exclude(pk=item.order_id).select_related("patient").annotate(is_taken=Exists(taken))
    return list(orders.order_by("-pk")[:MOST_CANDIDATES])
