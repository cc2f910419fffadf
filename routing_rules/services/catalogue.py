"""The catalogue of procedures: add, change, retire; checked before it is saved, with an audit entry."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from django.db import transaction

from hospitals.models.reading import SUBSPECIALTIES
from pacs_core.access.scopes import all_hospitals_scope, current_scope, open_scope
from pacs_core.audit.services import record_audit
from routing_rules.errors import InvalidProcedure
from routing_rules.models import Procedure, ProcedureMapping
from routing_rules.procedure_words import same_modality
from routing_rules.services.procedures import announce_mapping, map_codes_of

MODALITIES = ("CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA")
FIELDS = ("code", "name", "modality", "body_part", "subspecialty", "relative_value", "expected_minutes", "is_active")
MOST_RELATIVE_VALUE, LEAST_MINUTES, MOST_MINUTES = 50.0, 0.5, 240.0
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.\-]{0,39}")


@transaction.atomic
def add_procedure(**values: Any) -> tuple[Procedure, int]:
    """Add an entry of FIELDS' values; return it and how many waiting names with its very code were mapped to it."""
    procedure = Procedure(**_checked(Procedure(), values))
    if Procedure.objects.filter(code=procedure.code).exists():
        raise InvalidProcedure("code", f"{procedure.code} is in the catalogue already. Maybe change that entry.")
    procedure.save()
    _record("procedure.added", procedure, sorted(values))
    with _whole_network():
        return procedure, map_codes_of(procedure) if procedure.is_active else 0


@transaction.atomic
def change_procedure(*, procedure: Procedure, **values: Any) -> Procedure:
    """Change an entry's values, its code stays; InvalidProcedure names what cannot be taken."""
    values.pop("code", None)
    locked = Procedure.objects.select_for_update().get(pk=procedure.pk)
    checked = _checked(locked, values)
    changed = sorted(name for name, value in checked.items() if getattr(locked, name) != value)
    if not changed:
        return locked
    with _whole_network():
        if "modality" in changed:
            _refuse_other_modality(locked, checked["modality"])
        announce_mapping(_hospitals_of(locked))
    for name in changed:
        setattr(locked, name, checked[name])
    locked.save(update_fields=changed)
    _record("procedure.changed", locked, changed)
    return locked


@transaction.atomic
def retire_procedure(*, procedure: Procedure, replacement: Procedure | None = None) -> int:
    """Retire an entry; its names go to `replacement` (return how many), or keep its figures until they are mapped."""
    locked = Procedure.objects.select_for_update().get(pk=procedure.pk)
    if replacement is not None:
        _check_replacement(locked, replacement)
    moved = 0
    with _whole_network():
        announce_mapping(_hospitals_of(locked))
        if replacement is not None:
            moved = ProcedureMapping.objects.filter(procedure=locked).update(procedure=replacement)
    locked.is_active = False
    locked.save(update_fields=["is_active"])
    _record("procedure.retired", locked, ["is_active"])
    return moved


@contextmanager
def _whole_network() -> Iterator[None]:
    """See every hospital's rows, still on behalf of the same person: the catalogue is the network's."""
    principal = current_scope().principal
    with open_scope(replace(all_hospitals_scope(process=""), principal=principal)):
        yield


def _check_replacement(retired: Procedure, replacement: Procedure) -> None:
    if replacement.pk == retired.pk or not replacement.is_active:
        raise InvalidProcedure("replacement", f"{replacement.code} is retired itself. Maybe choose another one.")
    if not same_modality(retired.modality, replacement.modality):
        raise InvalidProcedure(
            "replacement", f"{replacement.code} is {replacement.modality}, {retired.code} is {retired.modality}."
        )


def _checked(known: Procedure, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values in their one form; raise for the first that cannot be taken."""
    checked = dict(values)
    for name, value in values.items():
        if name not in FIELDS:
            raise InvalidProcedure(name, f"no such field. Maybe one of {', '.join(FIELDS)}.")
        checked[name] = _CHECKS[name](value) if name in _CHECKS else value
    if known.pk is None:
        for name in ("code", "name", "modality", "relative_value", "expected_minutes"):
            if name not in checked:
                raise InvalidProcedure(name, "is missing")
    return checked


def _code(value: Any) -> str:
    code = str(value).strip().upper()
    if not _CODE.fullmatch(code):
        raise InvalidProcedure("code", f"{code!r} is no code: letters, digits, _ . or -, 40 at most. Maybe CT_HEAD.")
    return code


def _name(value: Any) -> str:
    name = " ".join(str(value).split())
    if not 1 <= len(name) <= 120:
        raise InvalidProcedure("name", "must have 1 to 120 letters")
    return name


def _modality(value: Any) -> str:
    modality = str(value).strip().upper()
    if modality not in MODALITIES:
        raise InvalidProcedure("modality", f"{modality!r} is none that is read. Maybe one of {', '.join(MODALITIES)}.")
    return modality


def _body_part(value: Any) -> str:
    body_part = " ".join(str(value or "").upper().split())
    if len(body_part) > 40:
        raise InvalidProcedure("body_part", "must have 40 letters at most")
    return body_part


def _subspecialty(value: Any) -> str:
    subspecialty = str(value or "").strip().lower()
    if subspecialty and subspecialty not in SUBSPECIALTIES:
        near = get_close_matches(subspecialty, SUBSPECIALTIES, 1)
        hint = near[0] if near else f"one of {', '.join(SUBSPECIALTIES)}"
        raise InvalidProcedure("subspecialty", f"{subspecialty!r} is unknown. Maybe {hint}.")
    return subspecialty


def _number(field: str, value: Any, least: float, most: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidProcedure(field, f"{value!r} is no number. Maybe write 1.25 with a point.") from None
    if not least <= number <= most:
        raise InvalidProcedure(field, f"{value} lies outside {least:g} to {most:g}")
    return number


_CHECKS = {
    "code": _code,
    "name": _name,
    "modality": _modality,
    "body_part": _body_part,
    "subspecialty": _subspecialty,
    "relative_value": lambda value: _number("relative_value", value, 0.0, MOST_RELATIVE_VALUE),
    "expected_minutes": lambda value: _number("expected_minutes", value, LEAST_MINUTES, MOST_MINUTES),
    "is_active": bool,
}


def _refuse_other_modality(procedure: Procedure, modality: str) -> None:
    for row in ProcedureMapping.objects.filter(procedure=procedure).exclude(modality="").iterator():
        if not same_modality(row.modality, modality):
            raise InvalidProcedure(
                "modality",
                f"Names of {row.modality} are mapped to {procedure.code}. Maybe retire it and add another one.",
            )


def _hospitals_of(procedure: Procedure) -> set[int]:
    return set(ProcedureMapping.objects.filter(procedure=procedure).values_list("hospital_id", flat=True))


def _record(action: str, procedure: Procedure, fields: list[str]) -> None:
    record_audit(action=action, object_type="procedure", object_id=procedure.pk, detail={"fields": fields})
