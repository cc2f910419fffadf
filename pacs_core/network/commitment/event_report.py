"""The result of a storage commitment, as N-EVENT-REPORT says it (PS3.4 J.3.3), over an association of our own."""

from django.conf import settings
from pydicom.dataset import Dataset
from pynetdicom import build_context, build_role
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.models import Node
from pacs_core.network.outbound.association import NothingSent, open_association

ALL_COMMITTED, FAILURES_EXIST = 1, 2  # Event Type ID
SUCCESS = 0x0000


def event_type(request: CommitmentRequest) -> int:
    return FAILURES_EXIST if request.failures else ALL_COMMITTED


def event_information(request: CommitmentRequest) -> Dataset:
    """Return every instance that was asked for, as committed or as failed (PS3.4 table J.3-2)."""
    failed = {(sop_class, uid): reason for sop_class, uid, reason in request.failures}
    report = Dataset()
    report.TransactionUID = request.transaction_uid
    report.RetrieveAETitle = settings.DIMSE_AE_TITLE
    committed = [_reference(*pair) for pair in request.references if tuple(pair) not in failed]
    if committed:
        report.ReferencedSOPSequence = committed
    if failed:
        report.FailedSOPSequence = [_reference(*pair, reason=reason) for pair, reason in failed.items()]
    return report


def send_event_report(request: CommitmentRequest, node: Node) -> None:
    """Send the result on a new association; NothingSent says why the node did not take it.

    We ask for the role of provider (PS3.7 D.3.3.4): that is who reports. A node that answers nothing about roles gets
    the report all the same, as many of them know no other way.
    """
    association = open_association(
        node,
        [build_context(StorageCommitmentPushModel)],
        roles=[build_role(StorageCommitmentPushModel, scp_role=True)],
        takes="the reports of storage commitment",
    )
    try:
        answer, _ = association.send_n_event_report(
            event_information(request),
            event_type(request),
            StorageCommitmentPushModel,
            StorageCommitmentPushModelInstance,
        )
    except (RuntimeError, ValueError) as error:
        association.abort()
        raise NothingSent(f"{node.ae_title} ended the association before the report was sent.") from error
    if association.is_established:
        association.release()
    check_answer(answer.get("Status"), ae_title=node.ae_title)


def check_answer(status: int | None, *, ae_title: str) -> None:
    """Raise NothingSent unless this answer to the report is success."""
    if status is None:
        raise NothingSent(f"{ae_title} gave no answer to the report.")
    if status != SUCCESS:
        raise NothingSent(f"{ae_title} refused the report (status 0x{status:04X}).")


def _reference(sop_class_uid: str, sop_instance_uid: str, *, reason: int = 0) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
    if reason:
        item.FailureReason = reason
    return item
