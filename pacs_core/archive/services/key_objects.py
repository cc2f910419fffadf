"""Store which images of a study matter, as a key object selection beside them."""

from collections.abc import Sequence
from datetime import datetime

from pacs_core.archive.models import Instance, ReceivedInstance, Study
from pacs_core.archive.services.receive import SOURCE_OF_READERS, receive_instance
from pacs_core.archive.spool import SpoolFile
from pacs_core.standards.dicom.key_object_selection import KeyReference, key_object_selection
from pacs_core.standards.dicom.uid import uid_of_name


def store_key_object_selection(
    *, study: Study, images: Sequence[tuple[str, int]], name: str, observer: str, made_at: datetime
) -> ReceivedInstance | None:
    """Store a selection of (SOPInstanceUID, frame) of the study; None when none of the images is there any more.

    In the caller's scope and transaction. The same `name` gives the same UIDs, so storing again changes nothing;
    `made_at` is in the hospital's zone. Raises InstanceRefused.
    """
    wanted = {uid for uid, _ in images}
    rows = Instance.objects.filter(series__study=study, sop_instance_uid__in=wanted).select_related("series")
    held = {row.sop_instance_uid: row for row in rows}
    references = [
        KeyReference(held[uid].series.series_instance_uid, held[uid].sop_class_uid, uid, _frame(held[uid], frame))
        for uid, frame in images
        if uid in held
    ]
    if not references:
        return None
    content = key_object_selection(
        image=held[references[0].sop_instance_uid].metadata,
        references=references,
        sop_instance_uid=uid_of_name("key object selection", name),
        series_instance_uid=uid_of_name("series of key object selection", name),
        observer=observer,
        made_at=made_at,
    )
    spool = SpoolFile("key-images")
    try:
        spool.write(content)
        spool.finish()
        return receive_instance(spool_path=spool.path, hospital_id=study.hospital_id, source=SOURCE_OF_READERS)
    finally:
        spool.discard()


def _frame(instance: Instance, frame_number: int) -> int:
    """A frame of a single-frame image is not named (PS3.3 10.3)."""
    return frame_number if instance.number_of_frames > 1 else 0
