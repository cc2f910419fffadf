"""Content that could not be filed: kept, shown to a person, filed again or rejected by one."""

from pathlib import Path

from django.utils import timezone

from pacs_core.access.scopes import current_scope
from pacs_core.archive.conflict_reasons import CONFLICT_REASONS
from pacs_core.archive.errors import FileNotAtHand, QuarantineAlreadyResolved, QuarantineRetryFailed, StorageUnavailable
from pacs_core.archive.files import file_at_hand, move_durably, quarantine_path, sha256_of_dataset
from pacs_core.archive.models import QuarantinedInstance, ReceivedInstance, StudyConflict
from pacs_core.archive.services.nudge import nudge_index_on_commit
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.header import read_header


def quarantine_file(
    *,
    path: Path,
    hospital_id: int,
    source: str,
    calling_ae_title: str = "",
    reason_code: str,
    reason: str,
    study_instance_uid: str = "",
    sop_instance_uid: str = "",
    sha256: str = "",
) -> QuarantinedInstance:
    """Move a file into the hospital's quarantine in the caller's transaction, with its event and audit entry."""
    relative_path = quarantine_path(hospital_id=hospital_id)
    size_bytes = move_durably(path, relative_path)
    quarantined = QuarantinedInstance.objects.create(
        hospital_id=hospital_id,
        source=source,
        calling_ae_title=calling_ae_title,
        file_path=relative_path,
        size_bytes=size_bytes,
        reason_code=reason_code,
        reason=reason[:300],
        study_instance_uid=study_instance_uid,
        sop_instance_uid=sop_instance_uid,
        sha256=sha256,
        conflict=conflict_for(hospital_id, study_instance_uid, reason_code),
    )
    _announce([quarantined])
    return quarantined


def quarantine_received(*, received: list[ReceivedInstance], reason_code: str, reason: str) -> None:
    """Take received instances of one study out of the indexer's way; their files stay where they are."""
    conflict = conflict_for(received[0].hospital_id, received[0].study_instance_uid, reason_code)
    quarantined = QuarantinedInstance.objects.bulk_create(
        QuarantinedInstance(
            hospital_id=row.hospital_id,
            source=row.source,
            calling_ae_title=row.calling_ae_title,
            file_path=row.file_path,
            size_bytes=row.size_bytes,
            reason_code=reason_code,
            reason=reason[:300],
            study_instance_uid=row.study_instance_uid,
            sop_instance_uid=row.sop_instance_uid,
            received_at=row.received_at,
            sha256=row.sha256,
            conflict=conflict,
        )
        for row in received
    )
    ReceivedInstance.objects.filter(pk__in=[row.pk for row in received]).update(
        outcome=ReceivedInstance.Outcome.QUARANTINED, indexed_at=timezone.now()
    )
    _announce(quarantined)


def conflict_for(hospital_id: int, study_instance_uid: str, reason_code: str) -> StudyConflict | None:
    """Return the question that an instance belongs to; None where it contradicts nothing."""
    return open_question(hospital_id, study_instance_uid, reason_code) if reason_code in CONFLICT_REASONS else None


def open_question(hospital_id: int, study_instance_uid: str, reason_code: str) -> StudyConflict:
    """Return the study's open conflict of this kind, made now when there is none, held until the transaction ends."""
    key = {"hospital_id": hospital_id, "study_instance_uid": study_instance_uid, "reason_code": reason_code}
    StudyConflict.objects.bulk_create([StudyConflict(**key)], ignore_conflicts=True)
    return StudyConflict.objects.select_for_update(no_key=True).get(**key, decided_at__isnull=True)


def retry_quarantined_instance(*, quarantined_instance_id: int) -> ReceivedInstance:
    """Give the file to the indexer again, after a person mended what stood in its way.

    Raises QuarantineRetryFailed when the file itself is the trouble, QuarantineAlreadyResolved, or DoesNotExist.
    """
    quarantined = _take_open(quarantined_instance_id)
    try:
        path = file_at_hand(quarantined.file_path)
        header = read_header(path)
        sha256 = sha256_of_dataset(path)
    except (DicomError, OSError, FileNotAtHand, StorageUnavailable) as error:
        text = "its file is missing" if isinstance(error, OSError) else str(error)
        raise QuarantineRetryFailed(f"Quarantined instance {quarantined.pk} cannot be filed: {text}") from error
    received = ReceivedInstance.objects.create(
        hospital_id=quarantined.hospital_id,
        source=quarantined.source,
        calling_ae_title=quarantined.calling_ae_title,
        study_instance_uid=header.study_instance_uid,
        sop_instance_uid=header.sop_instance_uid,
        file_path=quarantined.file_path,
        size_bytes=quarantined.size_bytes,
        sha256=sha256,
    )
    nudge_index_on_commit(hospital_id=received.hospital_id, study_instance_uid=received.study_instance_uid)
    _resolve(quarantined, QuarantinedInstance.Resolution.RETRIED)
    return received


def reject_quarantined_instance(*, quarantined_instance_id: int) -> QuarantinedInstance:
    """Note that the content will not be filed; the file is kept."""
    quarantined = _take_open(quarantined_instance_id)
    _resolve(quarantined, QuarantinedInstance.Resolution.REJECTED)
    return quarantined


def _take_open(quarantined_instance_id: int) -> QuarantinedInstance:
    quarantined = QuarantinedInstance.objects.select_for_update(no_key=True, of=("self",)).get(
        pk=quarantined_instance_id
    )
    if quarantined.resolved_at:
        raise QuarantineAlreadyResolved(quarantined.pk, quarantined.resolution)
    return quarantined


def _resolve(quarantined: QuarantinedInstance, resolution: str) -> None:
    quarantined.resolution = resolution
    quarantined.resolved_at = timezone.now()
    quarantined.resolved_by_id = current_scope().principal.user_id
    quarantined.save(update_fields=["resolution", "resolved_at", "resolved_by"])
    record_audit(
        action=f"quarantine.{resolution}",
        object_type="quarantined_instance",
        object_id=quarantined.pk,
        hospital_id=quarantined.hospital_id,
    )


def _announce(quarantined: list[QuarantinedInstance]) -> None:
    """One event and audit entry for a batch with one reason: a study of 5,000 images is one piece of news."""
    first = quarantined[0]
    emit_event(
        "InstanceQuarantined",
        hospital_id=first.hospital_id,
        quarantined_instance_id=first.pk,
        instances=len(quarantined),
        reason_code=first.reason_code,
    )
    record_audit(
        action="instance.quarantined",
        object_type="quarantined_instance",
        object_id=first.pk,
        hospital_id=first.hospital_id,
        detail={"reason_code": first.reason_code, "instances": len(quarantined)},
    )
