"""Which records are of one person: the closure of links between hospitals and of merges within them.

`Patient.person` is that closure written down, so that a history of priors is one indexed look. Links and merges stay
the truth; after each the number is worked out again, over all hospitals, since a person's records know no border.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Q

from pacs_core.access.scopes import Scope, all_hospitals_scope, current_scope, open_scope
from pacs_core.archive.models import Patient, PatientLink

IDENTITY_LOCK = 7_301_005


def lock_identity() -> None:
    """Let one merge, move, link or undo run at a time, in the whole network, until the transaction ends.

    They are rare and take milliseconds; in turn, each sees what the one before did, wherever their records meet.
    Taken before any row.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [IDENTITY_LOCK])


def network_scope() -> Scope:
    """Return the open scope's principal over all hospitals, for what must be right whoever looks."""
    return Scope(all_hospitals_scope(process="identity").hospital_ids, current_scope().principal)


def refresh_people(*patient_ids: int) -> None:
    """Number the records of each of these patients' persons again; the identity lock is held."""
    with open_scope(network_scope()):
        left = set(patient_ids)
        while left:
            records = _records_of_one_person(left.pop())
            left -= records
            _number(records)


def _records_of_one_person(patient_id: int) -> set[int]:
    found: set[int] = set()
    fresh = {patient_id}
    while fresh:
        found |= fresh
        fresh = _neighbours(fresh) - found
    return found


def _neighbours(patient_ids: Iterable[int]) -> set[int]:
    ids = list(patient_ids)
    ends = PatientLink.objects.filter(
        Q(patient_id__in=ids) | Q(other_patient_id__in=ids), status=PatientLink.Status.LINKED
    ).values_list("patient_id", "other_patient_id")
    merged = Patient.objects.filter(Q(pk__in=ids) | Q(merged_into_id__in=ids), merged_into__isnull=False)
    return {end for pair in (*ends, *merged.values_list("pk", "merged_into_id")) for end in pair}


def _number(records: set[int]) -> None:
    """Write the person's number, the smallest key; a person with one record left needs none."""
    rows = Patient.objects.filter(pk__in=records)
    number = min(records) if rows.filter(merged_into__isnull=True).count() > 1 else None
    if number is None:
        rows.filter(person__isnull=False).update(person=None)
    else:
        rows.exclude(person=number).update(person=number)
