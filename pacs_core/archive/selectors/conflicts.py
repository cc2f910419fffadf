"""Both sides of what contradicts the archive, as a person sees them before deciding."""

from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, QuerySet
from django.utils.functional import cached_property

from pacs_core.access.scopes import current_scope
from pacs_core.archive.conflict_reasons import OF_OTHER_HOSPITAL
from pacs_core.archive.errors import ArchiveError
from pacs_core.archive.files import file_at_hand
from pacs_core.archive.models import Instance, QuarantinedInstance, RejectionNote, Series, Study, StudyConflict
from pacs_core.standards.dicom.codec_process import run_codec
from pacs_core.standards.dicom.comparison import Difference, differences
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.header import InstanceHeader, read_header
from pacs_core.standards.dicom.pictures import Picture, draw_frame

# Pictures and headers shown of a conflict: enough to recognise what came, whatever the number of images.
PAIRS = 6
PICTURE = Picture("image/jpeg", size=(192, 192))


def study_conflicts(*, only_open: bool = False) -> QuerySet[StudyConflict]:
    """The conflicts of the open scope's hospitals with `waiting` images, the newest first."""
    rows = StudyConflict.objects.select_related("hospital", "decided_by", "target_study")
    rows = rows.annotate(images=Count("instances")).order_by("-opened_at", "-pk")
    return rows.filter(decided_at__isnull=True) if only_open else rows


def rejection_notes(*, study_instance_uid: str = "") -> QuerySet[RejectionNote]:
    """The rejection notes of the open scope's hospitals with the number of `images` they name, the newest first."""
    rows = RejectionNote.objects.select_related("hospital", "made_by", "revoked_by")
    if study_instance_uid:
        rows = rows.filter(pk__in=RejectionNote.objects.filter(references__study_instance_uid=study_instance_uid))
    return rows.annotate(images=Count("references")).order_by("-made_at", "-pk")


@dataclass(frozen=True)
class Line:
    """One attribute of both sides."""

    label: str
    came: str
    filed: str

    @property
    def differs(self) -> bool:
        return bool(self.filed) and self.came != self.filed


class Sides:
    """Both sides of a conflict; what another hospital has filed is there only for who sees that hospital, too."""

    def __init__(self, conflict: StudyConflict) -> None:
        self.conflict = conflict

    @cached_property
    def came(self) -> list[QuarantinedInstance]:
        return list(self.conflict.instances.order_by("pk")[:PAIRS])

    @cached_property
    def header(self) -> InstanceHeader | None:
        """Of the first instance that came; None when its file cannot be read."""
        try:
            return read_header(file_at_hand(self.came[0].file_path)) if self.came else None
        except (DicomError, ArchiveError, OSError):
            return None

    @cached_property
    def filed(self) -> dict[str, Instance]:
        """The filed instances under the same SOPInstanceUIDs."""
        rows = Instance.kept.filter(sop_instance_uid__in=[one.sop_instance_uid for one in self.came])
        return {row.sop_instance_uid: row for row in rows.select_related("series__study__patient").defer("metadata")}

    @cached_property
    def study(self) -> Study | None:
        """The filed study that is contradicted, where it is in sight."""
        if self.filed:
            return next(iter(self.filed.values())).series.study
        if self.conflict.reason_code.startswith("series") and self.header:
            series = Series.kept.filter(series_instance_uid=self.header.series_instance_uid)
            found = series.select_related("study__patient").first()
            return found.study if found else None
        studies = Study.kept.select_related("patient", "hospital")
        return studies.filter(study_instance_uid=self.conflict.study_instance_uid).first()

    @property
    def is_beyond(self) -> bool:
        """Tell whether another hospital is concerned that is out of sight: then one can only reject."""
        return self.conflict.reason_code in OF_OTHER_HOSPITAL and self.study is None

    @property
    def lines(self) -> list[Line]:
        header, study = self.header, self.study
        if header is None:
            return []
        patient = study.patient if study else None
        pairs = (
            ("Patient", header.patient_name, patient and patient.name),
            ("PatientID", header.patient_id, patient and patient.patient_id),
            ("Birth date", header.birth_date, patient and patient.birth_date),
            ("Sex", header.sex, patient and patient.sex),
            ("Study", header.study_instance_uid, study and study.study_instance_uid),
            ("Accession number", header.accession_number, study and study.accession_number),
            ("Description", header.study_description, study and study.description),
            ("Modality", header.modality, study and ", ".join(study.modalities)),
        )
        return [Line(label, str(came or ""), str(filed or "")) for label, came, filed in pairs]

    @property
    def differences(self) -> list[Difference]:
        """The elements in which the first instance that came and the filed one under its UID differ."""
        instance = self.filed.get(self.came[0].sop_instance_uid) if self.came else None
        if instance is None:
            return []
        try:
            return differences(file_at_hand(instance.file_path), file_at_hand(self.came[0].file_path))
        except (DicomError, ArchiveError, OSError):
            return []


def picture_of(file_path: str) -> bytes | None:
    """Return a small JPEG of a stored file's first frame; None where there is none to show."""
    try:
        return run_codec(draw_frame, Path(file_at_hand(file_path)), 1, PICTURE)
    except (DicomError, ArchiveError, OSError):
        return None


def filed_file_of(quarantined: QuarantinedInstance) -> str | None:
    """Return the path of the filed instance under the same UID, None where none is in sight."""
    rows = Instance.kept.filter(
        sop_instance_uid=quarantined.sop_instance_uid, hospital_id__in=current_scope().hospital_ids
    )
    return rows.values_list("file_path", flat=True).first()
