"""The procedure map: note what hospitals call their examinations, map it to the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from routing_rules.errors import ProcedureNotAllowed
from routing_rules.models import ItemProcedure, Procedure, ProcedureMapping
from routing_rules.procedure_words import LocalProcedure, local_procedure_of, modality_family, same_modality
from worklist.models import WorklistItem


@dataclass(frozen=True)
class Mapped:
    """How many rows a person mapped, how many more of the same codes followed, and what each row was before."""

    chosen: int
    followed: int
    before: dict[int, int | None]


@transaction.atomic
def note_procedure(item: WorklistItem) -> ProcedureMapping:
    """Give the item its row in the map, a new one where its hospital has not used the name before.

    Needs study and order loaded. Safe to call again: the row counts each item once, also when the item's name changes.
    """
    mapping = _row_named(local_procedure_of(item))
    # Two events of one item may be answered at the same time: the second waits for the first's row.
    known, is_new = ItemProcedure.objects.select_for_update().get_or_create(
        worklist_item=item, defaults={"hospital_id": item.hospital_id, "mapping": mapping}
    )
    if not is_new:
        if known.mapping_id == mapping.pk:
            return mapping
        ProcedureMapping.objects.filter(pk=known.mapping_id).update(number_of_studies=F("number_of_studies") - 1)
        known.mapping = mapping
        known.save(update_fields=["mapping"])
    ProcedureMapping.objects.filter(pk=mapping.pk).update(
        number_of_studies=F("number_of_studies") + 1, last_seen_at=timezone.now()
    )
    return mapping


def map_procedure(*, mapping_id: int, procedure_id: int | None, user: User) -> Mapped:
    """Map one row; see `map_procedures`."""
    return map_procedures(choices={mapping_id: procedure_id}, user=user)


@transaction.atomic
def map_procedures(*, choices: Mapping[int, int | None], user: User) -> Mapped:
    """Map rows of the hospitals in view to procedures, all or none; None sends a row back to the waiting ones.

    Rows of the same hospital, modality and code that wait follow. NotVisible for another hospital's row,
    ProcedureNotAllowed for a retired procedure or one of another modality.
    """
    rows = {
        row.pk: row
        for row in ProcedureMapping.objects.select_for_update(of=("self",))
        .select_related("hospital")
        .filter(pk__in=choices)
        .order_by("pk")
    }
    procedures = Procedure.objects.in_bulk({wanted for wanted in choices.values() if wanted is not None})
    for mapping_id, procedure_id in choices.items():
        if mapping_id not in rows:
            raise NotVisible(f"No row {mapping_id} of the procedure map is visible.")
        if procedure_id is not None:
            _check(rows[mapping_id], procedures.get(procedure_id), procedure_id)
    before = {mapping_id: row.procedure_id for mapping_id, row in rows.items()}
    followed: list[ProcedureMapping] = []
    for mapping_id, procedure_id in choices.items():
        _write(rows[mapping_id], procedure_id, user)
    for mapping_id, procedure_id in choices.items():
        if procedure_id is not None:
            followed += _followers(rows[mapping_id], procedure_id, user)
    announce_mapping({row.hospital_id for row in (*rows.values(), *followed)})
    before |= {row.pk: None for row in followed}
    return Mapped(chosen=len(choices), followed=len(followed), before=before)


@transaction.atomic
def map_codes_of(procedure: Procedure) -> int:
    """Map the waiting rows that carry the procedure's very code, at the hospitals in view; return how many."""
    waiting = ProcedureMapping.objects.select_for_update().filter(procedure=None, local_code=procedure.code)
    rows = [row for row in waiting if row.modality and same_modality(row.modality, procedure.modality)]
    for row in rows:
        _write(row, procedure.pk, None)
    announce_mapping({row.hospital_id for row in rows})
    return len(rows)


def announce_mapping(hospital_ids: set[int]) -> None:
    """Tell planning that what some open items are may have changed."""
    for hospital_id in sorted(hospital_ids):
        emit_event("ProceduresMapped", hospital_id=hospital_id)


def _row_named(name: LocalProcedure) -> ProcedureMapping:
    key = {
        "hospital_id": name.hospital_id,
        "modality": name.modality,
        "local_code": name.code,
        "local_description": name.description,
    }
    known = ProcedureMapping.objects.filter(**key).first()
    if known is not None:
        return known
    procedure_id = _by_itself(name)
    answer = {"procedure_id": procedure_id, "mapped_at": timezone.now() if procedure_id else None}
    row, _is_new = ProcedureMapping.objects.get_or_create(**key, defaults=answer)
    return row


def _by_itself(name: LocalProcedure) -> int | None:
    """Return what needs no person: the answer the hospital's rows of the code agree on, or the catalogue's own code."""
    if not name.code:
        return None
    same = ProcedureMapping.objects.filter(
        hospital_id=name.hospital_id, modality=name.modality, local_code=name.code, procedure__isnull=False
    )
    answers = list(same.order_by().values_list("procedure_id", flat=True).distinct()[:2])
    if answers:
        return answers[0] if len(answers) == 1 else None
    entry = Procedure.objects.filter(code=name.code, is_active=True).first()
    is_same = entry is not None and modality_family(entry.modality) == modality_family(name.modality)
    return entry.pk if entry is not None and is_same else None


def _check(row: ProcedureMapping, procedure: Procedure | None, procedure_id: int) -> None:
    called = row.local_description or row.local_code
    if procedure is None:
        raise ProcedureNotAllowed(f"The catalogue has no procedure {procedure_id}. Maybe it was removed meanwhile.")
    if not procedure.is_active:
        raise ProcedureNotAllowed(f"{procedure.code} is retired. Maybe choose its successor for {called}.")
    if not same_modality(row.modality, procedure.modality):
        raise ProcedureNotAllowed(
            f"{called} is {row.modality}, {procedure.code} is {procedure.modality}. Maybe choose another procedure."
        )


def _write(row: ProcedureMapping, procedure_id: int | None, user: User | None) -> None:
    row.procedure_id = procedure_id
    row.mapped_at = timezone.now() if procedure_id else None
    row.mapped_by = user if procedure_id else None
    row.save(update_fields=["procedure", "mapped_at", "mapped_by"])
    record_audit(
        action="procedure.mapped" if procedure_id else "procedure.unmapped",
        object_type="procedure_mapping",
        object_id=row.pk,
        hospital_id=row.hospital_id,
        detail={"procedure_id": procedure_id, "by_itself": user is None},
    )


def _followers(row: ProcedureMapping, procedure_id: int, user: User) -> list[ProcedureMapping]:
    if not row.local_code:
        return []
    same = ProcedureMapping.objects.filter(
        hospital_id=row.hospital_id, modality=row.modality, local_code=row.local_code
    ).exclude(pk=row.pk)
    if same.filter(procedure__isnull=False).exclude(procedure_id=procedure_id).exists():
        return []
    waiting = list(same.select_for_update().filter(procedure=None).order_by("pk"))
    for other in waiting:
        _write(other, procedure_id, user)
    return waiting
