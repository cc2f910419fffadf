"""What the archive knows of an instance that arrives, before anyone is told of success."""

from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

from pacs_core.archive.errors import FileNotAtHand, StudyNotFileable
from pacs_core.archive.files import file_at_hand
from pacs_core.archive.models import Instance, QuarantinedInstance, Study
from pacs_core.archive.services.patients import names_patient_of, patient_key
from pacs_core.standards.dicom.comparison import is_same_content
from pacs_core.standards.dicom.identifiers import InstanceIdentifiers

Resolution = QuarantinedInstance.Resolution
INSTANCE_LOCK = 7_301_003  # as in the function archive_standing


@dataclass(frozen=True)
class Standing:
    """Where an instance's UIDs already are; of other hospitals only that they are there."""

    held_id: int | None
    held_sha256: str | None
    held_study: str | None
    instance_elsewhere: bool
    series_study: str | None
    series_elsewhere: bool
    issuer: str | None
    patient: str | None
    study_elsewhere: bool
    waiting_sha256: str | None
    waiting_study: str | None
    waiting_path: str | None
    set_aside: str | None
    is_former: bool

    @property
    def is_decided(self) -> bool:
        """The same content came before and a person had it filed, or had it replaced."""
        return self.is_former or self.set_aside in (Resolution.ACCEPTED, Resolution.REASSIGNED)

    @property
    def is_set_aside(self) -> bool:
        """The same content waits for a person already, or was rejected by one."""
        return self.set_aside in ("", Resolution.REJECTED)


def standing_of(*, header: InstanceIdentifiers, hospital_id: int, sha256: str) -> Standing:
    """Look an instance up and hold its SOPInstanceUID until the transaction ends: of two at once, one is first."""
    uids = (header.study_instance_uid, header.series_instance_uid, header.sop_instance_uid)
    with connection.cursor() as cursor:
        cursor.execute("select * from archive_standing(%s, %s, %s, %s, %s)", [hospital_id, *uids, sha256])
        (row,) = cursor.fetchall()
    return Standing(*row)


def hold_instance(sop_instance_uid: str) -> None:
    """Hold a SOPInstanceUID against who receives it, as `standing_of` does, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, %s))", [sop_instance_uid, INSTANCE_LOCK])


def conflict_in(standing: Standing, *, header: InstanceIdentifiers, hospital_id: int, sha256: str, path: Path) -> str:
    """Return the reason code of what contradicts the archive, "" when the instance may be filed."""
    study = header.study_instance_uid
    if standing.study_elsewhere:
        return "study_of_other_hospital"
    if standing.instance_elsewhere:
        return "instance_of_other_hospital"
    if standing.series_elsewhere:
        return "series_of_other_hospital"
    if (standing.held_study or standing.waiting_study or study) != study:
        return "instance_of_other_study"
    if standing.patient is not None and not _is_of_patient(standing, header, hospital_id):
        return "patient_mismatch"
    if (standing.series_study or study) != study:
        return "series_of_other_study"
    earlier = standing.held_sha256 or standing.waiting_sha256 or sha256
    return "" if earlier == sha256 or holds_the_same(_earlier_path(standing), path) else "content_differs"


def holds_the_same(stored: str, other: Path) -> bool:
    """Compare a stored file, named by its row, with another; one that cannot be had now counts as different."""
    try:
        return is_same_content(file_at_hand(stored), other)
    except (FileNotAtHand, OSError):
        return False


def _earlier_path(standing: Standing) -> str:
    if standing.held_id is None:
        return standing.waiting_path or ""
    return Instance.kept.values_list("file_path", flat=True).get(pk=standing.held_id)


def _is_of_patient(standing: Standing, header: InstanceIdentifiers, hospital_id: int) -> bool:
    hospital = apps.get_model(settings.TENANT_MODEL).objects.get(pk=hospital_id)
    try:
        if patient_key(header, hospital) == (standing.issuer, standing.patient):
            return True
    except StudyNotFileable:
        return True  # too long to be anybody's: the indexer sets it aside for that
    study = Study.kept.select_related("patient", "identified_as").get(study_instance_uid=header.study_instance_uid)
    return names_patient_of(study, header, hospital)
