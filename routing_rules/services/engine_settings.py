"""The network's own weights of the engine: what late minutes, mismatches and unfair shares are worth here."""

import math
from collections.abc import Mapping
from dataclasses import fields

from django.db import transaction
from django.utils import timezone

from hospitals.models import User
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from routing_rules.engine.weights import EngineWeights
from routing_rules.errors import InvalidWeight
from routing_rules.models import NetworkSettings

HIGHEST = 100.0


@transaction.atomic
def set_engine_weights(*, weights: Mapping[str, float], user: User) -> NetworkSettings:
    """Let the engine weigh as `weights` says from its next plan on; what is not named has the engine's default.

    InvalidWeight names the weight and the reason. Setting what is set already changes nothing.
    """
    defaults = {one.name: one.default for one in fields(EngineWeights)}
    kept = {}
    for name, value in weights.items():
        _check(name, value, defaults)
        if value != defaults[name]:
            kept[name] = float(value)
    NetworkSettings.objects.get_or_create(pk=1)
    settings = NetworkSettings.objects.select_for_update(no_key=True).get(pk=1)
    if settings.weights == kept:
        return settings
    settings.weights, settings.changed_at, settings.changed_by = kept, timezone.now(), user
    settings.save(update_fields=["weights", "changed_at", "changed_by"])
    record_audit(action="engine_settings.changed", object_type="engine_settings", object_id=1, detail={"weights": kept})
    emit_event("EngineSettingsChanged", hospital_id=None)
    return settings


def _check(name: str, value: float, defaults: Mapping[str, object]) -> None:
    if name not in defaults:
        raise InvalidWeight(name, f"is no weight of the engine. Maybe one of {', '.join(defaults)}.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidWeight(name, "is no number")
    if not 0 <= value <= HIGHEST:
        raise InvalidWeight(name, f"is not from 0 to {HIGHEST:g}")
