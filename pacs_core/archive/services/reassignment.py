"""Give studies, and what else names a patient, to another patient of their hospital."""

from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf


def reassign(rows: QuerySet[Any], *, patient_id: int) -> list[int]:
    """Give these rows (of a model with `patient` and `identified_as`) to the patient; return their keys.

    Whom images or messages name stays in `identified_as`; a row that comes back to whom it names loses it again, so
    that there and back is no change.
    """
    keys = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
    named = NullIf(Coalesce(F("identified_as_id"), F("patient_id")), Value(patient_id))
    rows.model._base_manager.filter(pk__in=keys).update(identified_as=named, patient=patient_id)
    return keys
