"""Set aside what contradicts the archive before its sender is told of success."""

from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from pacs_core.archive.conflict_reasons import CONFLICT_REASONS
from pacs_core.archive.errors import InstanceConflicts
from pacs_core.archive.models import ReceivedInstance
from pacs_core.archive.selectors.standing import conflict_in, standing_of
from pacs_core.archive.services.patients import named_patient
from pacs_core.archive.services.quarantine import quarantine_file
from pacs_core.standards.dicom.identifiers import InstanceIdentifiers


def take_uncontested(received: ReceivedInstance, header: InstanceIdentifiers) -> bool:
    """Look an instance up and, where nothing that is known speaks against it, write its row, in one statement.

    False leaves everything to already_decided, which knows aliases of patients and compares contents. Holds the
    SOPInstanceUID until the transaction ends.
    """
    values = (
        *(received.hospital_id, header.study_instance_uid, header.series_instance_uid, header.sop_instance_uid),
        *(received.sha256, *named_patient(header), received.source, received.calling_ae_title),
        *(received.file_path, received.size_bytes, received.received_at),
    )
    with connection.cursor() as cursor:
        cursor.execute(f"select archive_take_uncontested({', '.join(['%s'] * len(values))})", values)
        ((received.pk,),) = cursor.fetchall()
    received._state.adding = received.pk is None
    return not received._state.adding


def already_decided(
    *, path: Path, header: InstanceIdentifiers, sha256: str, hospital_id: int, **origin: Any
) -> ReceivedInstance | None:
    """Look a spool file up in the archive; None when it may be filed.

    Raises InstanceConflicts for what contradicts the archive, which is then in quarantine, once however often it is
    sent. Returns a row that is done when a person has had the same content filed or replaced. The spool file is gone in
    both cases. `origin` is calling_ae_title and source. Holds the SOPInstanceUID until the transaction ends.
    """
    standing = standing_of(header=header, hospital_id=hospital_id, sha256=sha256)
    if standing.is_decided:
        return _note_known(path, header, sha256=sha256, hospital_id=hospital_id, **origin)
    reason_code = conflict_in(standing, header=header, hospital_id=hospital_id, sha256=sha256, path=path)
    if not reason_code:
        return None
    if standing.is_set_aside:
        path.unlink()
    else:
        quarantine_file(
            path=path,
            hospital_id=hospital_id,
            reason_code=reason_code,
            reason=CONFLICT_REASONS[reason_code],
            study_instance_uid=header.study_instance_uid,
            sop_instance_uid=header.sop_instance_uid,
            sha256=sha256,
            **origin,
        )
    raise InstanceConflicts(reason_code)


def _note_known(path: Path, header: InstanceIdentifiers, **values: Any) -> ReceivedInstance:
    size_bytes = path.stat().st_size
    path.unlink()
    return ReceivedInstance.objects.create(
        study_instance_uid=header.study_instance_uid,
        sop_instance_uid=header.sop_instance_uid,
        file_path="",
        size_bytes=size_bytes,
        outcome=ReceivedInstance.Outcome.DUPLICATE,
        indexed_at=timezone.now(),
        **values,
    )
