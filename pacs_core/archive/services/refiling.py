"""Make what waits in quarantine fit to be filed elsewhere: another study's UID and patient, new UIDs for taken ones."""

from dataclasses import replace

from pacs_core.archive.errors import ArchiveError, ConflictNotDecidable
from pacs_core.archive.files import file_at_hand
from pacs_core.archive.models import InstanceVersion, QuarantinedInstance, ReceivedInstance, Study, StudyConflict
from pacs_core.archive.selectors.standing import standing_of
from pacs_core.archive.services.filing import ReadInstance
from pacs_core.archive.services.metadata import metadata_of
from pacs_core.archive.services.patients import ISSUER_OF_THE_UNIDENTIFIED
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.header import InstanceHeader, header_of
from pacs_core.standards.dicom.json_model import JsonObject
from pacs_core.standards.dicom.reading import read_without_pixels
from pacs_core.standards.dicom.uid import new_uid


def read_quarantined(quarantined: QuarantinedInstance | InstanceVersion) -> tuple[InstanceHeader, JsonObject]:
    """Return header and metadata of a row's file; raises ConflictNotDecidable when it cannot be read now."""
    try:
        dataset, layout = read_without_pixels(file_at_hand(quarantined.file_path))
        header = header_of(dataset, layout)
        return header, metadata_of(dataset, layout, header)
    except (DicomError, ArchiveError, OSError) as error:
        text = str(error) if isinstance(error, DicomError | ArchiveError) else "its file is missing"
        raise ConflictNotDecidable(f"{quarantined.file_path} cannot be read: {text}") from error


def own_study_uid(conflict: StudyConflict) -> str:
    """Return the UID of a study of their own: the one they name, or a new one where that is somebody else's."""
    if conflict.reason_code in ("patient_mismatch", "study_of_other_hospital"):
        return new_uid()
    return conflict.study_instance_uid


def renamed(waiting: list[QuarantinedInstance], *, study_uid: str, target: Study | None) -> list[ReadInstance]:
    """Return the instances as those of this study, and of the target's patient, each with a received row.

    A series UID that another study has, and a SOPInstanceUID that anything has, is replaced by a new one.
    """
    new_series: dict[str, str] = {}
    used: set[str] = set()
    batch = []
    for quarantined in waiting:
        header, metadata = read_quarantined(quarantined)
        header = replace(header, study_instance_uid=study_uid, **_patient_of(target))
        standing = standing_of(header=header, hospital_id=quarantined.hospital_id, sha256=quarantined.sha256)
        if standing.series_elsewhere or (standing.series_study or study_uid) != study_uid:
            uid = new_series.setdefault(header.series_instance_uid, new_uid())
            header = replace(header, series_instance_uid=uid)
        is_taken = standing.held_id or standing.instance_elsewhere or standing.waiting_sha256
        if is_taken or header.sop_instance_uid in used:
            header = replace(header, sop_instance_uid=new_uid())
        used.add(header.sop_instance_uid)
        batch.append((quarantined, header, metadata))
    return [ReadInstance(_received_again(one, header), header, metadata) for one, header, metadata in batch]


def _patient_of(target: Study | None) -> dict[str, str]:
    if target is None:
        return {}
    patient = target.patient
    if patient.issuer_of_patient_id == ISSUER_OF_THE_UNIDENTIFIED:
        return {"patient_id": "", "issuer_of_patient_id": ""}
    return {"patient_id": patient.patient_id, "issuer_of_patient_id": patient.issuer_of_patient_id}


def _received_again(quarantined: QuarantinedInstance, header: InstanceHeader) -> ReceivedInstance:
    return ReceivedInstance.objects.create(
        hospital_id=quarantined.hospital_id,
        source=quarantined.source,
        calling_ae_title=quarantined.calling_ae_title,
        study_instance_uid=header.study_instance_uid,
        sop_instance_uid=header.sop_instance_uid,
        file_path=quarantined.file_path,
        size_bytes=quarantined.size_bytes,
        sha256=quarantined.sha256,
        received_at=quarantined.received_at,
    )
