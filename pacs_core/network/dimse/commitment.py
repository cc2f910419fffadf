"""Storage Commitment Push Model (PS3.4 J): N-ACTION is answered once the request is durable; its result comes later.

A node with host and port gets the result on a new association, which every user must take (PS3.4 J.3.3.1.3) and many
take only there (fo-dicom/fo-dicom#1001). A node that we cannot call gets it on its own association while that is open.
"""

import logging

from django.db import InterfaceError, OperationalError, connection
from pydicom.dataset import Dataset
from pynetdicom.events import Event
from pynetdicom.sop_class import StorageCommitmentPushModelInstance

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.errors import without_values
from pacs_core.network.commitment.services import request_commitment
from pacs_core.network.dimse.admission import Caller, caller_of
from pacs_core.network.dimse.event_reporter import reporter_of
from pacs_core.network.dimse.statuses import (
    INVALID_ARGUMENT_VALUE,
    NO_SUCH_ACTION,
    NO_SUCH_SOP_INSTANCE,
    NOT_AUTHORIZED,
    PROCESSING_FAILURE,
    RESOURCE_LIMITATION,
    SUCCESS,
    status_of,
)
from pacs_core.network.models import Node
from pacs_core.standards.dicom.uid import unusable_uid_reason

logger = logging.getLogger(__name__)

REQUEST_STORAGE_COMMITMENT = 1  # Action Type ID
MOST_REFERENCES = 50_000

Answer = tuple[int | Dataset, Dataset | None]


class RequestRefused(Exception):
    """The request is not kept; `status` is that of the N-ACTION (PS3.7 10.1.4.1.10)."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


def answer_action(event: Event) -> Answer:
    """Keep the request and answer 0x0000, or say why it is not kept."""
    caller = caller_of(event.assoc)
    try:
        if not caller.may_store:
            raise RequestRefused(NOT_AUTHORIZED, "This node may store nothing")
        _refuse_other_actions(event)
        transaction_uid, references = _read(event)
        _keep(event, caller, transaction_uid, references)
    except RequestRefused as refusal:
        logger.warning("N-ACTION from %s answered 0x%04X", caller.ae_title, refusal.status)
        return status_of(refusal.status, str(refusal)), None
    except (OperationalError, InterfaceError) as error:
        logger.error("Database away while keeping a commitment request: %s", type(error).__name__)
        connection.close()
        return status_of(RESOURCE_LIMITATION, "The archive is away, try again later"), None
    except Exception as error:
        logger.error("Commitment request failed: %s", type(error).__name__, exc_info=without_values(error))
        return PROCESSING_FAILURE, None
    return SUCCESS, None


def _refuse_other_actions(event: Event) -> None:
    if str(event.request.RequestedSOPInstanceUID) != StorageCommitmentPushModelInstance:
        raise RequestRefused(NO_SUCH_SOP_INSTANCE, "Not the well-known instance 1.2.840.10008.1.20.1.1")
    if event.action_type != REQUEST_STORAGE_COMMITMENT:
        raise RequestRefused(NO_SUCH_ACTION, "ActionTypeID must be 1")


def _read(event: Event) -> tuple[str, list[list[str]]]:
    """Return the transaction and [SOP class, SOP instance] of each reference (PS3.4 table J.3-1)."""
    try:
        information = event.action_information
        transaction_uid = _uid(information, "TransactionUID")
        items = information.get("ReferencedSOPSequence") or []
        references = [[_uid(item, f"ReferencedSOP{kind}UID") for kind in ("Class", "Instance")] for item in items]
    except RequestRefused:
        raise
    except Exception as error:  # whatever pydicom raises on a stranger's bytes
        raise RequestRefused(INVALID_ARGUMENT_VALUE, "The action information cannot be read") from error
    if not references:
        raise RequestRefused(INVALID_ARGUMENT_VALUE, "ReferencedSOPSequence is absent or empty")
    if len(references) > MOST_REFERENCES:
        raise RequestRefused(RESOURCE_LIMITATION, f"More than {MOST_REFERENCES} instances: ask for fewer")
    return transaction_uid, references


def _uid(dataset: Dataset, keyword: str) -> str:
    uid = str(dataset.get(keyword) or "").strip()
    if reason := unusable_uid_reason(uid):
        raise RequestRefused(INVALID_ARGUMENT_VALUE, f"{keyword}: {reason}")
    return uid


def _keep(event: Event, caller: Caller, transaction_uid: str, references: list[list[str]]) -> None:
    node = Node.objects.filter(pk=caller.node_id).first()
    is_answered_here = node is None or not node.host or not node.port
    with open_scope(hospital_scope(process="dimse", hospital_id=caller.hospital_id)):
        request = request_commitment(
            hospital_id=caller.hospital_id,
            ae_title=caller.ae_title,
            transaction_uid=transaction_uid,
            references=references,
            is_answered_here=is_answered_here,
        )
    if is_answered_here:
        context_id = event.context.context_id
        reporter_of(event.assoc).report(job_id=request.pk, hospital_id=caller.hospital_id, context_id=context_id)
