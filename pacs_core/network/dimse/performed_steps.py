"""N-CREATE and N-SET of the Modality Performed Procedure Step (PS3.4 F.7.2): durable before success is answered."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection
from pydicom.dataset import Dataset
from pynetdicom.events import Event

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.errors import PerformedStepEnded, PerformedStepHeld, PerformedStepUnknown, without_values
from pacs_core.archive.services.performed_steps import begin_performed_step, change_performed_step
from pacs_core.network.dimse.admission import Caller, caller_of
from pacs_core.network.dimse.statuses import (
    DUPLICATE_SOP_INSTANCE,
    INVALID_ATTRIBUTE_VALUE,
    INVALID_OBJECT_INSTANCE,
    MISSING_ATTRIBUTE,
    MISSING_ATTRIBUTE_VALUE,
    NO_SUCH_SOP_INSTANCE,
    NOT_AUTHORIZED,
    PROCESSING_FAILURE,
    RESOURCE_LIMITATION,
    SUCCESS,
    status_of,
)
from pacs_core.standards.dicom.performed_step import StepAttributeRefused
from pacs_core.standards.dicom.uid import new_uid, unusable_uid_reason

logger = logging.getLogger(__name__)

Answer = tuple[Dataset, Dataset | None]

# A step of 50,000 images stays below.
MOST_BYTES = 16 * 1024**2
# PS3.4 F.7.2.2.2.
NO_LONGER_UPDATED = 0xA710
_FAULTS = {"absent": MISSING_ATTRIBUTE, "empty": MISSING_ATTRIBUTE_VALUE, "invalid": INVALID_ATTRIBUTE_VALUE}


def answer_create(event: Event) -> Answer:
    """Keep a step that has begun; one that names no UID gets ours (PS3.7 10.1.5.1.4)."""
    caller, request = caller_of(event.assoc), event.request
    asked_uid = str(request.AffectedSOPInstanceUID or "")

    def begin() -> Dataset | None:
        uid = asked_uid or new_uid()
        begin_performed_step(
            hospital_id=caller.hospital_id,
            sop_instance_uid=uid,
            calling_ae_title=caller.ae_title,
            attributes=event.attribute_list,
        )
        if asked_uid:
            return None
        answer = Dataset()
        answer.AffectedSOPInstanceUID = uid
        return answer

    return _answered(caller, asked_uid, request.AttributeList, begin)


def answer_set(event: Event) -> Answer:
    """Change a step that is in progress; the change that ends it is the last one."""
    caller, request = caller_of(event.assoc), event.request
    uid = str(request.RequestedSOPInstanceUID)

    def change() -> None:
        change_performed_step(hospital_id=caller.hospital_id, sop_instance_uid=uid, attributes=event.modification_list)

    return _answered(caller, uid, request.ModificationList, change)


def _answered(caller: Caller, uid: str, encoded: object, work: Callable[[], Dataset | None]) -> Answer:
    """Do the work in the caller's hospital; the status says what was wrong where nothing was kept."""
    if not caller.may_report_steps:
        return status_of(NOT_AUTHORIZED, "This node may report no steps"), None
    if uid and (reason := unusable_uid_reason(uid)):
        return status_of(INVALID_OBJECT_INSTANCE, f"SOPInstanceUID: {reason}"), None
    if encoded is not None and len(encoded.getbuffer()) > MOST_BYTES:
        return status_of(RESOURCE_LIMITATION, f"More than {MOST_BYTES} bytes"), None
    try:
        with open_scope(hospital_scope(process="dimse", hospital_id=caller.hospital_id)):
            return status_of(SUCCESS), work()
    except StepAttributeRefused as refusal:
        return status_of(_FAULTS[refusal.fault], str(refusal)), None
    except PerformedStepHeld:
        return status_of(DUPLICATE_SOP_INSTANCE, "This procedure step is here already"), None
    except PerformedStepUnknown:
        return status_of(NO_SUCH_SOP_INSTANCE, "There is no such procedure step"), None
    except PerformedStepEnded as ended:
        return status_of(PROCESSING_FAILURE, str(ended), error_id=NO_LONGER_UPDATED), None
    except (OperationalError, InterfaceError) as error:
        logger.error("Database away for a procedure step: %s", type(error).__name__)
        connection.close()
        return status_of(RESOURCE_LIMITATION, "The archive is away, try again later"), None
    except Exception as error:
        logger.error("Procedure step failed: %s", type(error).__name__, exc_info=without_values(error))
        return status_of(PROCESSING_FAILURE), None
