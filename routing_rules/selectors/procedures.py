"""The catalogue and the map as planner, rules and pages ask for them.

`procedures_of` and what it returns need no further query: each procedure carries what the network has learnt of it.
"""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import F, FilteredRelation, Q, QuerySet

from routing_rules.engine import workload
from routing_rules.models import LearntReadingTime, Procedure, ProcedureMapping
from routing_rules.procedure_words import LocalProcedure, local_procedure_of, modality_family
from worklist.models import WorklistItem

# Work RVU of a usual examination of the modality (CMS physician fee schedule), while the map names no procedure.
RELATIVE_VALUE_BY_MODALITY = {
    "CR": 0.2,
    "DX": 0.2,
    "MG": 0.8,
    "US": 0.7,
    "CT": 1.2,
    "MR": 1.6,
    "NM": 1.0,
    "PT": 2.4,
    "XA": 1.5,
    "RF": 0.5,
}
RELATIVE_VALUE_OTHERWISE = 0.8


def catalogue() -> QuerySet[Procedure]:
    """Return the whole catalogue, retired entries too, each with `learnt_minutes` and `number_of_readings` or None."""
    return Procedure.objects.annotate(
        _learnt=FilteredRelation("learnt_times", condition=Q(learnt_times__radiologist__isnull=True)),
        learnt_minutes=F("_learnt__minutes"),
        number_of_readings=F("_learnt__number_of_readings"),
    )


def procedures_of(items: Iterable[WorklistItem]) -> dict[int, Procedure | None]:
    """Return each item's procedure by item id, None where the map has no answer yet; two queries for all.

    Needs study and order loaded. The hospital's own row counts first, then its other rows of the same code when they
    agree, then the catalogue's entry with the very code and modality.
    """
    local = {item.pk: local_procedure_of(item) for item in items}
    if not local:
        return {}
    rows, by_code = _mapped_rows(local.values())
    codes = {name.code for name in local.values() if name.code}
    ids = {*rows.values(), *by_code.values()}
    procedures = {entry.pk: entry for entry in catalogue().filter(Q(pk__in=ids) | Q(code__in=codes, is_active=True))}
    same_code = {
        (modality_family(entry.modality), entry.code): entry for entry in procedures.values() if entry.is_active
    }
    found: dict[int, Procedure | None] = {}
    for item_id, name in local.items():
        procedure_id = rows.get(name) or by_code.get((name.hospital_id, name.modality, name.code))
        found[item_id] = (
            procedures[procedure_id] if procedure_id else same_code.get((modality_family(name.modality), name.code))
        )
    return found


def expected_minutes(procedure: Procedure | None, modality: str) -> float:
    """Return the minutes an average reader needs: learnt, else the catalogue's, else the modality's; no query.

    `procedure` as `procedures_of` or `catalogue` give it.
    """
    if procedure is None:
        return workload.expected_minutes(modality)
    return getattr(procedure, "learnt_minutes", None) or procedure.expected_minutes


def relative_value(procedure: Procedure | None, modality: str) -> float:
    """Return the work RVU of an examination, a usual one of the modality while the map names no procedure."""
    if procedure is None:
        return RELATIVE_VALUE_BY_MODALITY.get(modality, RELATIVE_VALUE_OTHERWISE)
    return procedure.relative_value


def speed_factors() -> dict[int, float]:
    """Return what multiplies a procedure's minutes for a reader (1.1: slower), by user id; absent: 1.0."""
    rows = LearntReadingTime.objects.filter(procedure__isnull=True, radiologist__isnull=False)
    return {reader: factor for reader, factor in rows.values_list("radiologist_id", "speed_factor") if factor}


def _mapped_rows(
    names: Iterable[LocalProcedure],
) -> tuple[dict[LocalProcedure, int], dict[tuple[int, str, str], int]]:
    """Return the procedure ids of the mapped rows by their whole key, and by code where a code's rows agree."""
    names = list(names)
    codes = {name.code for name in names if name.code}
    descriptions = {name.description for name in names if not name.code}
    rows: dict[LocalProcedure, int] = {}
    of_code: dict[tuple[int, str, str], set[int]] = defaultdict(set)
    mapped = ProcedureMapping.objects.filter(
        Q(local_code__in=codes) | Q(local_code="", local_description__in=descriptions),
        hospital_id__in={name.hospital_id for name in names},
        procedure__isnull=False,
    )
    columns = ("hospital_id", "modality", "local_code", "local_description", "procedure_id")
    for hospital_id, modality, code, description, procedure_id in mapped.values_list(*columns):
        rows[LocalProcedure(hospital_id, modality, code, description)] = procedure_id
        if code:
            of_code[hospital_id, modality, code].add(procedure_id)
    return rows, {key: ids.copy().pop() for key, ids in of_code.items() if len(ids) == 1}
