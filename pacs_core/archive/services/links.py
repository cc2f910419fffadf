"""Link records of one person, and take it back; a decision of people, or a shared national identifier's.

A link's row is visible only to who may see both hospitals, so whoever decides here sees both sides.
"""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope, open_scope
from pacs_core.archive.errors import IdentityConflict
from pacs_core.archive.models import Patient, PatientLink
from pacs_core.archive.services.people import lock_identity, network_scope, refresh_people
from pacs_core.audit.services import record_audit

Status, Basis = PatientLink.Status, PatientLink.Basis


@transaction.atomic
def link_patients(*, patient_id: int, other_patient_id: int, reason: str = "") -> PatientLink:
    """Say that two hospitals' records are of one person; raises NotVisible, IdentityConflict."""
    lock_identity()
    records = list(Patient.objects.filter(pk__in=(patient_id, other_patient_id)).order_by("pk"))
    if len(records) != 2:
        raise NotVisible("One of the patients does not exist for you, or both are the same.")
    first, second = records
    if first.hospital_id == second.hospital_id:
        raise IdentityConflict("Both records are of one hospital: merge them instead.")
    if first.merged_into_id or second.merged_into_id:
        raise IdentityConflict("One of the records was merged into another: link that one.")
    link = pair_of(first, second, Basis.PERSON)
    return _decide(link, Status.LINKED, reason)


@transaction.atomic
def decide_link(*, patient_link_id: int, status: str, reason: str = "") -> PatientLink:
    """Link a suggested pair, or say, of a linked one too, that it is two people; NotVisible, IdentityConflict."""
    lock_identity()
    link = PatientLink.objects.select_related("patient", "other_patient").filter(pk=patient_link_id).first()
    if link is None:
        raise NotVisible(f"There is no link {patient_link_id} for you.")
    if status == Status.LINKED and link.hospital_id == link.other_hospital_id:
        raise IdentityConflict("Both records are of one hospital: merge them instead.")
    return _decide(link, status, reason)


def _decide(link: PatientLink, status: str, reason: str) -> PatientLink:
    if link.status == status:
        return link
    if status == Status.LINKED and joins_declined(link.patient, link.other_patient, besides=link.pk):
        raise IdentityConflict("Somebody decided that two of these records are not of one person. Maybe ask who did.")
    was_linked = link.status == Status.LINKED
    link.status, link.decided_at = status, timezone.now()
    link.decided_by_id, link.decision_reason = current_scope().principal.user_id, reason.strip()[:300]
    link.save(update_fields=["status", "decided_at", "decided_by", "decision_reason"])
    refresh_people(*ends_of(link))
    declined = "patient.unlinked" if was_linked else "patient.link_declined"
    record_link_audit(link, "patient.linked" if status == Status.LINKED else declined)
    return link


def pair_of(first: Patient, second: Patient, basis: str) -> PatientLink:
    """Return the row of a pair, the lower key first; a new one is a suggestion."""
    link, _is_new = PatientLink.objects.get_or_create(
        patient=first,
        other_patient=second,
        defaults={
            "hospital_id": first.hospital_id,
            "other_hospital_id": second.hospital_id,
            "status": Status.SUGGESTED,
            "basis": basis,
        },
    )
    return link


def ends_of(link: PatientLink) -> tuple[int, int]:
    return link.patient_id, link.other_patient_id


def joins_declined(one: Patient, other: Patient, *, besides: int = 0) -> bool:
    """Say whether linking these would make one person of two records that somebody said are two people's."""
    with open_scope(network_scope()):
        ours, theirs = (_records_with(record) for record in (one, other))
        declined = PatientLink.objects.filter(
            Q(patient__in=ours, other_patient__in=theirs) | Q(patient__in=theirs, other_patient__in=ours),
            status=Status.DECLINED,
        )
        return declined.exclude(pk=besides).exists()


def _records_with(patient: Patient) -> list[int]:
    number = Patient.objects.values_list("person", flat=True).get(pk=patient.pk)
    if number is None:
        return [patient.pk]
    return list(Patient.objects.filter(person=number).values_list("pk", flat=True))


def record_link_audit(link: PatientLink, action: str) -> None:
    """Tell each hospital's trail of its own record; the link's key leads to the other for who may see it."""
    for hospital_id, patient_id in zip((link.hospital_id, link.other_hospital_id), ends_of(link), strict=True):
        record_audit(
            action=action,
            object_type="patient",
            object_id=patient_id,
            hospital_id=hospital_id,
            detail={"link": link.pk, "basis": link.basis},
        )
