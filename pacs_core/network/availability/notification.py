"""Instance Availability Notification as user (PS3.4 R): what it says (PS3.3 C.4.23), and N-CREATE of it."""

from itertools import groupby

from django.conf import settings
from pydicom.dataset import Dataset
from pynetdicom import build_context
from pynetdicom.sop_class import InstanceAvailabilityNotification

from pacs_core.archive.models import Instance, Study
from pacs_core.network.models import Node
from pacs_core.network.outbound.association import NothingSent, open_association

# A repeated notification has the UID of the first attempt: who has it already is told (PS3.7 10.1.5.1.6).
_TAKEN = (0x0000, 0x0111, 0x0107, 0x0116)


def notification_of(study: Study) -> Dataset:
    """Return the notification of every instance that the study has now, all of them online here."""
    rows = Instance.objects.filter(series__study=study).order_by("series_id", "instance_number", "pk")
    columns = rows.values_list("series__series_instance_uid", "sop_class_uid", "sop_instance_uid")
    notification = Dataset()
    notification.ReferencedPerformedProcedureStepSequence = []
    notification.StudyInstanceUID = study.study_instance_uid
    notification.ReferencedSeriesSequence = [
        _series(uid, [_instance(*names) for _, *names in of_series])
        for uid, of_series in groupby(columns, key=lambda row: row[0])
    ]
    return notification


def send_notification(notification: Dataset, *, sop_instance_uid: str, node: Node) -> None:
    """Send it on an association of its own; NothingSent says why the node did not take it."""
    contexts = [build_context(InstanceAvailabilityNotification)]
    association = open_association(node, contexts, takes="the notifications of available instances")
    try:
        answer, _ = association.send_n_create(notification, InstanceAvailabilityNotification, sop_instance_uid)
    except (RuntimeError, ValueError) as error:
        association.abort()
        raise NothingSent(f"{node.ae_title} ended the association before it was told.") from error
    if association.is_established:
        association.release()
    status = answer.get("Status")
    if status is None:
        raise NothingSent(f"{node.ae_title} gave no answer to the notification.")
    if status not in _TAKEN:
        raise NothingSent(f"{node.ae_title} refused the notification (status 0x{status:04X}).")


def _series(series_instance_uid: str, instances: list[Dataset]) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID = series_instance_uid
    item.ReferencedSOPSequence = instances
    return item


def _instance(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
    item.InstanceAvailability = "ONLINE"
    item.RetrieveAETitle = settings.DIMSE_AE_TITLE
    return item
