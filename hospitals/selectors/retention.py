"""What is kept and what goes, for the administration's pages; each list within the open scope."""

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from hospitals.errors import InvalidValue
from hospitals.models import Hospital
from pacs_core.access.errors import NotVisible
from pacs_core.archive.models import Patient, Study
from pacs_core.archive.models_retention import ImageDeletion, LegalHold, RetentionRule

Row = TypeVar("Row", bound=Model)


def find_rules(*, hospital: Hospital | None = None) -> QuerySet[RetentionRule]:
    rows = RetentionRule.objects.select_related("hospital").order_by("hospital__code", "modality")
    return rows.filter(hospital=hospital) if hospital else rows


def find_holds(*, search: str = "", hospital: Hospital | None = None, state: str = "") -> QuerySet[LegalHold]:
    """Legal holds; `state` in_force, released or all."""
    rows = LegalHold.objects.select_related("hospital", "patient", "study", "placed_by", "released_by")
    for word in search.split():
        rows = rows.filter(Q(study__accession_number=word) | Q(patient__patient_id=word) | Q(reason__icontains=word))
    rows = rows.filter(hospital=hospital) if hospital else rows
    if state != "all":
        rows = rows.filter(released_at__isnull=state != "released")
    return rows.order_by("-placed_at", "-pk")


def find_deletions(*, search: str = "", hospital: Hospital | None = None, state: str = "") -> QuerySet[ImageDeletion]:
    """Images that rules let go, the next first; `state` one of ImageDeletion.State or all."""
    rows = ImageDeletion.objects.select_related("hospital", "study__patient").defer("file_paths")
    for word in search.split():
        rows = rows.filter(study__accession_number=word)
    rows = rows.filter(hospital=hospital) if hospital else rows
    rows = rows.filter(state=state) if state in ImageDeletion.State.values else rows
    return rows.order_by("due_at", "pk")


def visible_rule(rule_id: int) -> RetentionRule:
    return _found(find_rules().filter(pk=rule_id).first(), f"retention rule {rule_id}")


def visible_hold(hold_id: int) -> LegalHold:
    return _found(find_holds(state="all").filter(pk=hold_id).first(), f"legal hold {hold_id}")


def visible_deletion(deletion_id: int) -> ImageDeletion:
    return _found(find_deletions().filter(pk=deletion_id).first(), f"deletion {deletion_id}")


def whom_to_hold(*, hospital: Hospital, accession_number: str, patient_id: str) -> tuple[Patient, Study | None]:
    """Return the patient, and the study when one is named; InvalidValue names the field that fits none or several."""
    if bool(accession_number) == bool(patient_id):
        raise InvalidValue("accession_number", "Name either a study by its accession number or a patient by the ID.")
    if accession_number:
        studies = list(Study.kept.filter(hospital=hospital, accession_number=accession_number)[:2])
        if len(studies) != 1:
            many = "Several studies have" if studies else "No study has"
            raise InvalidValue("accession_number", f"{many} this accession number at {hospital.code}.")
        return studies[0].patient, studies[0]
    patients = list(Patient.objects.filter(hospital=hospital, patient_id=patient_id)[:2])
    if len(patients) != 1:
        many = "Several issuers gave" if patients else "Nobody has"
        raise InvalidValue("patient_id", f"{many} this ID at {hospital.code}.")
    return patients[0], None


def _found(row: Row | None, what: str) -> Row:
    if row is None:
        raise NotVisible(f"No {what} is visible.")
    return row
