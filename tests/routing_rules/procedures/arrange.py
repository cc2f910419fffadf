"""Catalogue entries, map rows and finished readings for the tests of the procedure map."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from hospitals.models import Hospital, User
from routing_rules.models import Procedure, ProcedureMapping
from tests.story import in_hospital, make_item, make_order, make_study
from worklist.models import WorklistItem


def make_procedure(code: str = "CT_HEAD", **fields: Any) -> Procedure:
    values: dict[str, Any] = {
        "name": "CT head without contrast",
        "modality": "CT",
        "body_part": "HEAD",
        "subspecialty": "neuro",
        "relative_value": 0.85,
        "expected_minutes": 8.0,
    }
    return Procedure.objects.create(code=code, **(values | fields))


def make_mapping(
    hospital: Hospital,
    procedure: Procedure | None = None,
    *,
    code: str = "CTHEAD",
    description: str = "",
    **fields: Any,
) -> ProcedureMapping:
    with in_hospital(hospital):
        return ProcedureMapping.objects.create(
            hospital=hospital,
            procedure=procedure,
            **({"modality": "CT", "local_code": code, "local_description": description} | fields),
        )


def make_named_item(hospital: Hospital, code: str, description: str, modality: str = "CT") -> WorklistItem:
    """An open item whose order has this code and text."""
    order = make_order(hospital, procedure_code=code, procedure_description=description, modality=modality)
    return make_item(hospital, order=order)


def make_reading(
    item: WorklistItem, reader: User, *, minutes: float, signed_at: datetime | None = None
) -> WorklistItem:
    """Give the item the times of a reading that took `minutes`."""
    signed_at = signed_at or timezone.now() - timedelta(hours=1)
    with in_hospital(item.hospital):
        WorklistItem.objects.filter(pk=item.pk).update(
            status="signed",
            assigned_to=reader,
            claimed_by=reader,
            claimed_at=signed_at - timedelta(minutes=minutes),
            signed_at=signed_at,
        )
        item.refresh_from_db()
    return item


def make_study_only_item(hospital: Hospital, description: str, modality: str = "CT") -> WorklistItem:
    """An item without an order: only the images name the examination."""
    return make_item(hospital, make_study(hospital, description=description, modalities=[modality]))
