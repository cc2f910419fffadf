"""Create, change, claim, finish and cancel workitems (PS3.4 CC.2); each change is an event of its hospital.

All run in the caller's open scope. A claim is one statement; the transaction UID of who claimed is the lock.
"""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone

from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.network.workitems.attributes import (
    READINESS,
    checked_changes,
    checked_new,
    missing_at_the_end,
    starts_at,
    value_of,
)
from pacs_core.network.workitems.errors import WorkitemConflict, WorkitemInvalid
from pacs_core.network.workitems.models import Workitem
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.uid import unusable_uid_reason

State = Workitem.State
# Event Type IDs (PS3.4 table CC.2.4-1)
STATE_REPORT, CANCEL_REQUESTED, PROGRESS_REPORT = 1, 2, 3
FINAL_STATES = (State.COMPLETED, State.CANCELED)


def create_workitem(*, hospital_id: int, workitem_uid: str | None, model: JsonObject) -> Workitem:
    """Keep a new workitem; its UID is made here when none is given. Raises WorkitemInvalid or WorkitemConflict."""
    uid = workitem_uid or f"2.25.{secrets.randbits(127)}"
    if reason := unusable_uid_reason(uid):
        raise WorkitemInvalid(f"The workitem's UID is not valid: {reason}.")
    dataset = checked_new(model)
    try:
        with transaction.atomic():
            workitem = Workitem.objects.create(
                hospital_id=hospital_id, workitem_uid=uid, dataset=dataset, scheduled_at=starts_at(dataset)
            )
    except IntegrityError as error:
        raise WorkitemConflict("A workitem of this UID exists already.") from error
    _note(workitem, "workitem.created")
    report(workitem, STATE_REPORT)
    return workitem


def update_workitem(*, workitem_uid: str, transaction_uid: str, model: JsonObject) -> Workitem:
    """Change attributes: while scheduled by anybody, then by who claimed it, never afterwards."""
    changes = checked_changes(model)
    workitem = locked_workitem(workitem_uid)
    if workitem.state in FINAL_STATES:
        raise WorkitemConflict(f"The workitem is {workitem.state} and changes no more.")
    if workitem.state == State.IN_PROGRESS:
        _require_lock(workitem, transaction_uid)
    before = value_of(workitem.dataset, READINESS)
    workitem.dataset = workitem.dataset | changes
    workitem.scheduled_at, workitem.changed_at = starts_at(workitem.dataset), timezone.now()
    workitem.save(update_fields=["dataset", "scheduled_at", "changed_at"])
    _note(workitem, "workitem.changed")
    report(workitem, STATE_REPORT if value_of(workitem.dataset, READINESS) != before else PROGRESS_REPORT)
    return workitem


def change_workitem_state(*, workitem_uid: str, state: str, transaction_uid: str) -> bool:
    """Claim, complete or cancel (PS3.4 table CC.1.1-2); False when a final state was reached already.

    Raises WorkitemInvalid or WorkitemConflict.
    """
    if state not in (State.IN_PROGRESS, *FINAL_STATES):
        raise WorkitemInvalid("ProcedureStepState (0074,1000) must be IN PROGRESS, COMPLETED or CANCELED.")
    if not transaction_uid or unusable_uid_reason(transaction_uid):
        raise WorkitemInvalid("TransactionUID (0008,1195) is missing or no UID.")
    if state == State.IN_PROGRESS:
        _claim(workitem_uid, transaction_uid)
        return True
    return _finish(workitem_uid, state, transaction_uid)


def request_cancellation(*, workitem_uid: str, reasons: JsonObject) -> None:
    """Cancel what nobody claimed, else tell who did (PS3.4 CC.2.2); WorkitemConflict when it is over."""
    workitem = locked_workitem(workitem_uid)
    if workitem.state in FINAL_STATES:
        raise WorkitemConflict(f"The workitem is already {workitem.state}.")
    workitem.cancellation, workitem.changed_at = reasons, timezone.now()
    if workitem.state == State.SCHEDULED:
        workitem.state = State.CANCELED
    workitem.save(update_fields=["cancellation", "state", "changed_at"])
    _note(workitem, "workitem.cancellation_requested")
    report(workitem, STATE_REPORT if workitem.state == State.CANCELED else CANCEL_REQUESTED)


def locked_workitem(workitem_uid: str) -> Workitem:
    """Return the workitem, locked until the transaction ends; raises NotVisible."""
    found = Workitem.objects.select_for_update(no_key=True, of=("self",)).filter(workitem_uid=workitem_uid).first()
    if found is None:
        raise NotVisible("No such workitem is visible.")
    return found


def report(workitem: Workitem, event_type: int) -> None:
    """Tell subscribers after commit; the event holds ids and the state as it is now."""
    emit_event(
        "WorkitemChanged",
        hospital_id=workitem.hospital_id,
        workitem_id=workitem.pk,
        event_type=event_type,
        state=str(workitem.state),
        readiness=str(value_of(workitem.dataset, READINESS)),
    )


def _claim(workitem_uid: str, transaction_uid: str) -> None:
    claimed = Workitem.objects.filter(workitem_uid=workitem_uid, state=State.SCHEDULED).update(
        state=State.IN_PROGRESS,
        transaction_uid=transaction_uid,
        claimed_by=current_scope().principal.user_id,
        changed_at=timezone.now(),
    )
    workitem = locked_workitem(workitem_uid)
    if claimed != 1:
        raise WorkitemConflict(f"The workitem is {workitem.state}: only a scheduled one can be claimed.")
    _note(workitem, "workitem.claimed")
    report(workitem, STATE_REPORT)


def _finish(workitem_uid: str, state: str, transaction_uid: str) -> bool:
    workitem = locked_workitem(workitem_uid)
    if workitem.state == State.SCHEDULED:
        raise WorkitemConflict("The workitem is SCHEDULED: claim it first, or request its cancellation.")
    if workitem.transaction_uid:
        _require_lock(workitem, transaction_uid)
    if workitem.state in FINAL_STATES:
        if workitem.state == state:
            return False
        raise WorkitemConflict(f"The workitem is already {workitem.state}.")
    if state == State.COMPLETED and (missing := missing_at_the_end(workitem.dataset)):
        raise WorkitemConflict(f"The performed procedure does not tell yet: {missing}. Maybe update it first.")
    workitem.state, workitem.changed_at = state, timezone.now()
    workitem.save(update_fields=["state", "changed_at"])
    _note(workitem, "workitem.finished")
    report(workitem, STATE_REPORT)
    return True


def _require_lock(workitem: Workitem, transaction_uid: str) -> None:
    if not secrets.compare_digest(workitem.transaction_uid.encode(), transaction_uid.encode()):
        raise WorkitemConflict("The transaction UID is not that of who claimed the workitem.")


def _note(workitem: Workitem, action: str) -> None:
    record_audit(action=action, object_type="workitem", object_id=workitem.pk, hospital_id=workitem.hospital_id)
