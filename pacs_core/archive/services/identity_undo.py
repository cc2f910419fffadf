"""Undo a merge, move or correction: everything is as it was, and what came since under the old ID goes with it."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pacs_core import flow
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from pacs_core.archive.errors import ChangeNotUndoable
from pacs_core.archive.models import Patient, PatientChange, Study
from pacs_core.archive.services.identity import announce_change, as_json, lock_patients
from pacs_core.archive.services.people import lock_identity, refresh_people
from pacs_core.archive.services.reassignment import reassign

Kind = PatientChange.Kind


@transaction.atomic
def undo_patient_change(*, patient_change_id: int, reason: str = "") -> PatientChange:
    """Take a change back; raises NotVisible, ChangeNotUndoable (names the later change to undo first)."""
    lock_identity()
    change = PatientChange.objects.select_for_update(no_key=True, of=("self",)).filter(pk=patient_change_id).first()
    if change is None:
        raise NotVisible(f"There is no change {patient_change_id} for you.")
    if change.undone_at is not None:
        raise ChangeNotUndoable(f"Change {change.pk} was undone already.")
    _UNDO[Kind(change.kind)](change)
    change.undone_at, change.undone_by_id = timezone.now(), current_scope().principal.user_id
    change.undo_reason = reason.strip()[:300]
    change.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    announce_change(change, f"patient_change.{change.kind}_undone", undone=True)
    return change


def _undo_merge(change: PatientChange) -> None:
    _refuse_if_built_upon(change, Q(kind=Kind.MERGE, other_patient=change.patient_id))
    merged_id = _other(change)
    lock_patients(change.patient_id, merged_id, *change.alias_ids)
    Patient.objects.filter(pk=merged_id).update(merged_into=None)
    Patient.objects.filter(pk__in=change.alias_ids, merged_into=change.patient_id).update(merged_into=merged_id)
    reassign(Study.kept.filter(pk__in=change.study_ids), patient_id=merged_id)
    reassign(_came_since(change, merged_id), patient_id=merged_id)
    flow.resolve("return_orders")(
        order_ids=change.order_ids,
        identified_as_ids=[merged_id, *change.alias_ids],
        from_patient_id=change.patient_id,
        to_patient_id=merged_id,
    )
    refresh_people(change.patient_id, merged_id)


def _came_since(change: PatientChange, merged_id: int) -> QuerySet[Study]:
    """Return what was filed under the merged patient's ID since, without what a person moved to the survivor."""
    moved = PatientChange.objects.filter(kind=Kind.MOVE, patient=change.patient_id, undone_at__isnull=True)
    by_hand = {study_id for study_ids in moved.values_list("study_ids", flat=True) for study_id in study_ids}
    came = Study.kept.filter(patient=change.patient_id, identified_as__in=[merged_id, *change.alias_ids])
    return came.exclude(pk__in=by_hand | set(change.study_ids))


def _undo_move(change: PatientChange) -> None:
    _refuse_if_built_upon(change, Q(pk__in=()))
    source = Patient.objects.get(pk=_other(change))
    back_to_id = source.merged_into_id or source.pk
    lock_patients(change.patient_id, back_to_id)
    reassign(Study.kept.filter(pk__in=change.study_ids), patient_id=back_to_id)
    flow.resolve("return_orders")(
        order_ids=change.order_ids,
        identified_as_ids=[],
        from_patient_id=change.patient_id,
        to_patient_id=back_to_id,
    )


def _undo_demographics(change: PatientChange) -> None:
    patient = Patient.objects.select_for_update(no_key=True, of=("self",)).get(pk=change.patient_id)
    if any(as_json(getattr(patient, field)) != value for field, value in change.after.items()):
        raise ChangeNotUndoable("The details were changed again since. Maybe undo that change first.")
    for field, value in change.before.items():
        setattr(patient, field, _from_json(field, value))
    patient.compared_at = None
    patient.save(update_fields=[*change.before, "compared_at"])


def _refuse_if_built_upon(change: PatientChange, also: Q) -> None:
    """Refuse where a later change moved the same rows on, or merged the survivor: undone in turn, each is exact."""
    same_rows = Q(study_ids__overlap=change.study_ids) | Q(order_ids__overlap=change.order_ids)
    later = PatientChange.objects.filter(same_rows | also, pk__gt=change.pk, undone_at__isnull=True)
    found = later.order_by("-pk").values_list("pk", flat=True).first()
    if found is not None:
        raise ChangeNotUndoable(f"Change {found} came after this one. Maybe undo that first.")


def _other(change: PatientChange) -> int:
    if change.other_patient_id is None:
        raise ChangeNotUndoable(f"Change {change.pk} names no other patient.")
    return change.other_patient_id


def _from_json(field: str, value: Any) -> Any:
    return date.fromisoformat(value) if field == "birth_date" and value else value


_UNDO = {Kind.MERGE: _undo_merge, Kind.MOVE: _undo_move, Kind.DEMOGRAPHICS: _undo_demographics}
