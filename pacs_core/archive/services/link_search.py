"""Look for other records of the same person: linked by a shared national identifier, else suggested to people."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.archive.models import NationalIdentifierRule, Patient, PatientLink
from pacs_core.archive.selectors.likeness import Likeness, likeness, neighbouring_dates
from pacs_core.archive.selectors.national_identifiers import same_national_identifier
from pacs_core.archive.services.links import ends_of, joins_declined, pair_of, record_link_audit
from pacs_core.archive.services.people import lock_identity, refresh_people

BATCH = 50
# Beyond these a day of birth is a placeholder (1 January 1900), and the queue would be full of it.
MOST_COMPARED, MOST_SUGGESTED = 500, 5
Status, Basis = PatientLink.Status, PatientLink.Basis


def compare_patients() -> int:
    """Compare the next patients that are new or have changed with everybody, over all hospitals; return how many."""
    with open_scope(all_hospitals_scope(process="identity")):
        lock_identity()
        waiting = list(
            Patient.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .filter(compared_at__isnull=True)
            .order_by("pk")[:BATCH]
        )
        for patient in waiting:
            if patient.merged_into_id is None:
                _compare(patient)
        Patient.objects.filter(pk__in=[patient.pk for patient in waiting]).update(compared_at=timezone.now())
    return len(waiting)


def compare_hospital_again(hospital_id: int) -> None:
    """Have a hospital's patients compared again, as after another rule about its national identifiers."""
    Patient.objects.filter(hospital=hospital_id).update(compared_at=None)


def _compare(patient: Patient) -> None:
    sharing = set() if not NationalIdentifierRule.objects.exists() else same_national_identifier(patient)
    found: dict[int, tuple[Patient, Likeness, bool]] = {
        other.pk: (other, likeness(patient, other), True)
        for other in Patient.objects.filter(pk__in=sharing, merged_into__isnull=True)
    }
    alike = [(other, likeness(patient, other), False) for other in _born_alike(patient) if other.pk not in found]
    alike = sorted((entry for entry in alike if entry[1].is_worth_a_look), key=lambda entry: -entry[1].score)
    found |= {entry[0].pk: entry for entry in alike[:MOST_SUGGESTED]}
    for other, how, shares in found.values():
        _note(patient, other, how, shares)
    _drop_outdated(patient, set(found))


def _born_alike(patient: Patient) -> QuerySet[Patient] | list[Patient]:
    if patient.birth_date is None or not patient.name:
        return []
    days = {patient.birth_date, *neighbouring_dates(patient.birth_date)}
    others = Patient.objects.filter(birth_date__in=days, merged_into__isnull=True).exclude(pk=patient.pk)
    return others.order_by("pk")[:MOST_COMPARED]


def _note(patient: Patient, other: Patient, how: Likeness, shares: bool) -> None:
    """Write the pair down; what a person has decided about it stays."""
    first, second = sorted((patient, other), key=lambda record: record.pk)
    reasons = [*(["national_identifier"] if shares else []), *how.reasons]
    link = pair_of(first, second, Basis.DEMOGRAPHICS)
    if link.status != Status.SUGGESTED:
        return
    link.reasons, link.score = reasons, how.score
    link.basis = Basis.NATIONAL_IDENTIFIER if shares else Basis.DEMOGRAPHICS
    if shares and _may_link(first, second, how):
        link.status, link.decided_at = Status.LINKED, timezone.now()
    link.save()
    if link.status == Status.LINKED:
        refresh_people(*ends_of(link))
        record_link_audit(link, "patient.linked")


def _may_link(first: Patient, second: Patient, how: Likeness) -> bool:
    """A shared number alone links two hospitals' records, unless they contradict each other.

    A newborn registered under the mother's number is the case that a person has to see.
    """
    return first.hospital_id != second.hospital_id and not how.contradicts and not joins_declined(first, second)


def _drop_outdated(patient: Patient, still_alike: set[int]) -> None:
    """Forget suggestions that a correction has made void."""
    suggested = PatientLink.objects.filter(
        Q(patient=patient) & ~Q(other_patient__in=still_alike) | Q(other_patient=patient) & ~Q(patient__in=still_alike),
        status=Status.SUGGESTED,
    )
    suggested.delete()
