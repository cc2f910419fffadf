"""Patients as coordinators and administrators look for them, and what a patient's page shows."""

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Patient, PatientChange, PatientIdentifier, PatientLink, Study
from pacs_core.archive.names import name_contains
from worklist.models import Order

PATIENT_ROLES = (
    User.Role.COORDINATOR.value,
    User.Role.HOSPITAL_ADMINISTRATOR.value,
    User.Role.SYSTEM_ADMINISTRATOR.value,
)
MOST_SHOWN = 100
MOST_WORDS = 6


def visible_patients() -> QuerySet[Patient]:
    """Patients of the open scope's hospitals, without those that were merged into another."""
    patients = Patient.objects.select_related("hospital").filter(merged_into__isnull=True)
    return patients.filter(hospital_id__in=current_scope().hospital_ids)


def find_patients(*, search: str = "", hospital_id: int | None = None) -> QuerySet[Patient]:
    """Narrow down to words of name (without case and accents), IDs, old IDs or other numbers; the newest first."""
    shown = {"number_of_studies": _studies_of_patient(), "person_in_view": _person_in_view()}
    patients = visible_patients().annotate(**shown).order_by("-pk")
    if hospital_id is not None:
        patients = patients.filter(hospital_id=hospital_id)
    for word in search.replace("^", " ").replace(",", " ").split()[:MOST_WORDS]:
        patients = patients.filter(
            name_contains("name", word)
            | Q(patient_id__icontains=word)
            | Q(pk__in=Patient.objects.filter(merged_into__isnull=False, patient_id=word).values("merged_into"))
            | Q(pk__in=PatientIdentifier.objects.filter(value=word).values("patient"))
        )
    return patients


def patient_in_view(patient_id: int) -> Patient:
    """Return a patient, merged ones too; NotVisible for an absent or another hospital's."""
    patients = Patient.objects.select_related("hospital", "merged_into").annotate(person_in_view=_person_in_view())
    found = patients.filter(pk=patient_id).filter(hospital_id__in=current_scope().hospital_ids).first()
    if found is None:
        raise NotVisible(f"There is no patient {patient_id} for you.")
    return found


@dataclass(frozen=True)
class Side:
    """A record as it is compared with another."""

    patient: Patient
    studies: list[Study]
    orders: int
    aliases: list[Patient]
    identifiers: list[PatientIdentifier]


def side_of(patient: Patient) -> Side:
    """Return all that a person needs to tell whose record it is."""
    studies = Study.objects.filter(patient=patient).select_related("worklist_item__order", "identified_as")
    return Side(
        patient=patient,
        studies=list(studies.order_by("-study_at", "-pk")[:MOST_SHOWN]),
        orders=Order.objects.filter(patient=patient).count(),
        aliases=list(patient.aliases.order_by("pk")[:MOST_SHOWN]),
        identifiers=list(patient.identifiers.order_by("issuer", "value")),
    )


def changes_in_view() -> QuerySet[PatientChange]:
    """Merges, moves and corrections at the hospitals in view, the newest first."""
    changes = PatientChange.objects.filter(hospital_id__in=current_scope().hospital_ids)
    return changes.select_related("hospital", "patient", "other_patient", "actor", "undone_by").order_by("-pk")


def changes_of(patient: Patient) -> list[PatientChange]:
    concerns = Q(patient=patient) | Q(other_patient=patient)
    return list(changes_in_view().filter(concerns)[:MOST_SHOWN])


def links_in_view() -> QuerySet[PatientLink]:
    """Links and suggestions between hospitals that are both in view, of records that were not merged away.

    The most alike first.
    """
    own = current_scope().hospital_ids
    links = PatientLink.objects.filter(
        hospital_id__in=own,
        other_hospital_id__in=own,
        patient__merged_into__isnull=True,
        other_patient__merged_into__isnull=True,
    )
    shown = ("hospital", "other_hospital", "patient", "other_patient", "decided_by")
    return links.select_related(*shown).order_by("-score", "pk")


def links_of(patient: Patient) -> list[PatientLink]:
    """Return the patient's links and suggestions, with the record at the other end as `far_end`."""
    links = list(links_in_view().filter(Q(patient=patient) | Q(other_patient=patient))[:MOST_SHOWN])
    for link in links:
        is_first = link.patient_id == patient.pk
        link.far_end = link.other_patient if is_first else link.patient
        link.far_hospital = link.other_hospital if is_first else link.hospital
    return links


def link_between(one: Patient, other: Patient) -> PatientLink | None:
    return links_in_view().filter(patient__in=(one, other), other_patient__in=(one, other)).first()


def linked_studies(patient: Patient) -> list[Study]:
    """Return the studies of other records in view that are of the same person, the newest first."""
    if patient.person is None:
        return []
    studies = Study.objects.select_related("hospital", "patient").exclude(patient=patient)
    of_person = studies.filter(patient__person=patient.person, hospital_id__in=current_scope().hospital_ids)
    return list(of_person.order_by("-study_at", "-pk")[:MOST_SHOWN])


def _person_in_view() -> Case:
    """Return the person's number where another record of it is in view; else it would tell that one is elsewhere."""
    of_person = Patient.objects.filter(person=OuterRef("person"), merged_into__isnull=True)
    others = of_person.exclude(pk=Coalesce(OuterRef("merged_into"), OuterRef("pk")))
    return Case(When(Exists(others.filter(hospital_id__in=current_scope().hospital_ids)), then=F("person")))


def _studies_of_patient() -> Coalesce:
    counted = Study.objects.filter(patient=OuterRef("pk")).order_by().values("patient").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number"), output_field=IntegerField()), 0)
