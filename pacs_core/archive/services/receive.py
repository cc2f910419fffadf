"""Take an instance from the network: a durable file and one row, before anyone is told of success."""

from pathlib import Path
from typing import Any

from pacs_core.archive.errors import InstanceMismatch, InstanceNotReadable, NothingKept, StorageFull
from pacs_core.archive.files import instance_path, move_durably, sha256_of_dataset
from pacs_core.archive.models import ReceivedInstance
from pacs_core.archive.services.contradictions import already_decided, take_uncontested
from pacs_core.archive.services.nudge import nudge_index_on_commit
from pacs_core.archive.services.quarantine import quarantine_file
from pacs_core.archive.spool import is_out_of_space, refuse_when_storage_is_full
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.identifiers import InstanceIdentifiers, read_identifiers

# ReceivedInstance.source: what a reader made of a study, in the viewer or on the reading page.
SOURCE_OF_READERS = "viewer"


def receive_instance(
    *,
    spool_path: Path,
    hospital_id: int,
    calling_ae_title: str = "",
    source: str,
    expected_sop_instance_uid: str | None = None,
    dataset_sha256: str | None = None,
    header: InstanceIdentifiers | None = None,
) -> ReceivedInstance:
    """Move a spool file into the archive and write the row that makes it indexed later.

    Runs in the caller's open scope and transaction; answer success only after that has committed. On InstanceRefused
    the caller must let its transaction COMMIT all the same (catch it inside the scope): content that cannot be filed
    is kept with a quarantine row. The spool file is gone afterwards, except on an unexpected error. `source` is
    "dimse", "stow" or SOURCE_OF_READERS; `dataset_sha256` spares reading the file again when it was hashed while it
    arrived, and `header` the walk that read_identifiers made of it.
    """
    try:
        refuse_when_storage_is_full()
        header = header or _read_or_quarantine(
            spool_path, hospital_id, calling_ae_title, source, expected_sop_instance_uid
        )
        sha256 = dataset_sha256 or sha256_of_dataset(spool_path)
        origin = {"hospital_id": hospital_id, "calling_ae_title": calling_ae_title, "source": source}
        received = _received_row(spool_path, header, sha256, origin)
        if not take_uncontested(received, header):
            if known := already_decided(path=spool_path, header=header, sha256=sha256, **origin):
                return known
            received.save(force_insert=True)
        _keep(spool_path, received)
        return received
    except NothingKept:
        spool_path.unlink(missing_ok=True)
        raise
    except OSError as error:
        if not is_out_of_space(error):
            raise
        spool_path.unlink(missing_ok=True)
        raise StorageFull from error


def _received_row(
    spool_path: Path, header: InstanceIdentifiers, sha256: str, origin: dict[str, Any]
) -> ReceivedInstance:
    study, instance = header.study_instance_uid, header.sop_instance_uid
    return ReceivedInstance(
        study_instance_uid=study,
        sop_instance_uid=instance,
        file_path=instance_path(
            hospital_id=origin["hospital_id"], study_instance_uid=study, sop_instance_uid=instance, sha256=sha256
        ),
        size_bytes=spool_path.stat().st_size,
        sha256=sha256,
        **origin,
    )


def _keep(spool_path: Path, received: ReceivedInstance) -> None:
    """Give the row, which commits after this, its file; without one the row goes again, as some callers go on."""
    try:
        size_bytes = move_durably(spool_path, received.file_path)
    except (NothingKept, OSError):
        received.delete()
        raise
    if size_bytes != received.size_bytes:  # the same content was there, sent by another with other meta information
        ReceivedInstance.objects.filter(pk=received.pk).update(size_bytes=size_bytes)
    nudge_index_on_commit(hospital_id=received.hospital_id, study_instance_uid=received.study_instance_uid)


def _read_or_quarantine(
    spool_path: Path, hospital_id: int, calling_ae_title: str, source: str, expected_sop_instance_uid: str | None
) -> InstanceIdentifiers:
    header: InstanceIdentifiers | None = None
    try:
        header = read_identifiers(spool_path)
        refusal, code = InstanceMismatch(), "sop_instance_mismatch"
        if expected_sop_instance_uid in (None, header.sop_instance_uid):
            return header
    except DicomError as error:
        refusal, code = InstanceNotReadable(str(error)), reason_code_of(error)
    quarantine_file(
        path=spool_path,
        hospital_id=hospital_id,
        source=source,
        calling_ae_title=calling_ae_title,
        reason_code=code,
        reason=str(refusal),
        study_instance_uid=header.study_instance_uid if header else "",
        sop_instance_uid=header.sop_instance_uid if header else "",
    )
    raise refusal


def reason_code_of(error: DicomError) -> str:
    """Turn TruncatedDataset into truncated_dataset."""
    name = type(error).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
