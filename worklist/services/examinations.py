"""What is known of an order's examination: begun, performed or discontinued; it decides what scanners are offered."""

from pacs_core.audit.services import record_audit
from worklist.models import Order, WorklistItem

Status = Order.Status


def note_examined(item: WorklistItem) -> None:
    """Take the item's order for examined when its images are complete or its report is signed; safe to call again.

    Complete images end no examination whose scanner reports its steps: that one says so itself. Images from
    before the order was placed again say nothing about it.
    """
    order, study, is_signed = item.order, item.study, item.status == WorklistItem.Status.SIGNED
    if order is None or item.reconciliation_reason or not (study.completed_at or is_signed):
        return
    if order.placed_again_at and study.last_received_at < order.placed_again_at:
        return
    ends = (Status.ORDERED, Status.IN_PROGRESS) if is_signed else (Status.ORDERED,)
    if Order.objects.filter(pk=order.pk, status__in=ends).update(status=Status.PERFORMED):
        order.status = Status.PERFORMED
        record_audit(action="order.performed", object_type="order", object_id=order.pk, hospital_id=order.hospital_id)
