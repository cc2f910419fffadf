"""What is known of an order's examination: begun, performed or discontinued; it decides what scanners are offered."""

from django.db import transaction
from django.db.models import Q, QuerySet

from pacs_core.archive.models import PerformedProcedureStep, ScheduledStepAttributes
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from worklist.models import Order, WorklistItem

Status = Order.Status
StepStatus = PerformedProcedureStep.Status
ItemStatus = WorklistItem.Status


def follow_performed_step(*, performed_step_id: int) -> None:
    """Bring the orders that a step was scheduled for in step with it; safe to call again, in any order."""
    order_ids: set[int] = set()
    for scheduled in ScheduledStepAttributes.objects.filter(performed_step=performed_step_id):
        named = Q(study_instance_uid=scheduled.study_instance_uid)
        if scheduled.accession_number:
            named |= Q(
                accession_number=scheduled.accession_number,
                issuer_of_accession_number=scheduled.issuer_of_accession_number,
            )
        orders = Order.objects.filter(named, hospital_id=scheduled.hospital_id)
        order_ids.update(orders.values_list("pk", flat=True))
    for order_id in sorted(order_ids):
        follow_steps_of_order(order_id=order_id)


@transaction.atomic
def follow_steps_of_order(*, order_id: int) -> None:
    """Work the order's status out from all steps that name it; a cancelled order stays cancelled.

    It is examined again while any step goes on, performed once one was completed, and discontinued when all were.
    """
    orders = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("patient", "identified_as")
    order = orders.get(pk=order_id)
    steps = list(_steps_of(order).only("status", "started_at", "ended_at", "discontinuation_reason"))
    if not steps or order.status == Status.CANCELLED:
        return
    changes = _examination_of(steps)
    # A step that its scanner never ended makes no examination wait whose report is signed.
    if changes["status"] == Status.IN_PROGRESS and order.worklist_items.filter(status=ItemStatus.SIGNED).exists():
        return
    if all(getattr(order, name) == value for name, value in changes.items()):
        return
    Order.objects.filter(pk=order.pk).update(**changes)
    # The order's text is what it was: `changed_at` says when its sender changed it.
    emit_event("OrderChanged", hospital_id=order.hospital_id, order_id=order.pk)
    record_audit(
        action=f"order.{changes['status']}",
        object_type="order",
        object_id=order.pk,
        hospital_id=order.hospital_id,
        detail={"performed_steps": [step.pk for step in steps]},
    )


def _steps_of(order: Order) -> QuerySet[PerformedProcedureStep]:
    """Return the steps that name the order by study UID, or by accession number for the same patient."""
    people = [person for person in (order.patient, order.identified_as) if person]
    same_patient = Q.create(
        [
            Q(performed_step__patient_id=one.patient_id, performed_step__issuer_of_patient_id=one.issuer_of_patient_id)
            for one in people
        ],
        connector=Q.OR,
    )
    scheduled = ScheduledStepAttributes.objects.filter(hospital_id=order.hospital_id)
    by_study = scheduled.filter(study_instance_uid=order.study_instance_uid)
    by_accession = scheduled.filter(
        same_patient,
        accession_number=order.accession_number,
        issuer_of_accession_number=order.issuer_of_accession_number,
    )
    # Two queries, as no index serves an "or" over two tables.
    step_ids = {
        *by_study.values_list("performed_step", flat=True),
        *by_accession.values_list("performed_step", flat=True),
    }
    steps = PerformedProcedureStep.objects.filter(pk__in=step_ids).order_by("started_at", "pk")
    return steps.filter(changed_at__gte=order.placed_again_at) if order.placed_again_at else steps


def _examination_of(steps: list[PerformedProcedureStep]) -> dict[str, object]:
    found = {step.status for step in steps}
    reasons = [step.discontinuation_reason for step in steps if step.status == StepStatus.DISCONTINUED]
    status = (
        Status.IN_PROGRESS
        if StepStatus.IN_PROGRESS in found
        else Status.PERFORMED
        if StepStatus.COMPLETED in found
        else Status.DISCONTINUED
    )
    is_ended = status != Status.IN_PROGRESS
    return {
        "status": status,
        "examination_started_at": steps[0].started_at,
        "examination_ended_at": max(step.ended_at for step in steps if step.ended_at) if is_ended else None,
        "discontinuation_reason": reasons[-1] if status == Status.DISCONTINUED else "",
    }


def note_examined(item: WorklistItem) -> None:
    """Take the item's order for examined when its images are complete or its report is signed; safe to call again.

    Complete images end no examination whose scanner reports its steps: that one says so itself. Images from
    before the order was placed again say nothing about it.
    """
    order, study, is_signed = item.order, item.study, item.status == ItemStatus.SIGNED
    if order is None or item.reconciliation_reason or not (study.completed_at or is_signed):
        return
    if order.placed_again_at and study.last_received_at < order.placed_again_at:
        return
    ends = (Status.ORDERED, Status.IN_PROGRESS) if is_signed else (Status.ORDERED,)
    if Order.objects.filter(pk=order.pk, status__in=ends).update(status=Status.PERFORMED):
        order.status = Status.PERFORMED
        record_audit(action="order.performed", object_type="order", object_id=order.pk, hospital_id=order.hospital_id)
