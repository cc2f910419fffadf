"""Shift templates: the shifts of a network as they recur, by name."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from hospitals.errors import InvalidValue
from hospitals.models import ShiftTemplate
from hospitals.selectors.rota import LONGEST_SHIFT
from pacs_core.audit.services import record_audit

LONGEST_MINUTES = int(LONGEST_SHIFT.total_seconds() // 60)
FIELDS = (
    *("name", "time_zone", "starts_at_time", "minutes", "weekdays"),
    *("break_after_minutes", "break_minutes", "is_on_call", "is_active"),
)


@transaction.atomic
def add_template(*, name: str, time_zone: str, starts_at_time: time, minutes: int, **values: Any) -> ShiftTemplate:
    """Add a template; `minutes` and the break count on the wall clock of its time zone, weekdays from 0 for Monday."""
    given = {"name": name, "time_zone": time_zone, "starts_at_time": starts_at_time, "minutes": minutes, **values}
    return _saved(ShiftTemplate(), given, "added")


@transaction.atomic
def change_template(*, template: ShiftTemplate, **values: Any) -> ShiftTemplate:
    """Change a template; shifts that were made by it stay as they are. `is_active` False retires it."""
    template = ShiftTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    return _saved(template, values, "changed")


def _saved(template: ShiftTemplate, values: dict[str, Any], verb: str) -> ShiftTemplate:
    if unknown := set(values) - set(FIELDS):
        raise InvalidValue(unknown.pop(), "is no field of a template")
    changed = sorted(name for name, value in values.items() if getattr(template, name) != value)
    for name in changed:
        setattr(template, name, values[name])
    template.weekdays = sorted(set(template.weekdays))
    _check(template)
    if changed:
        template.save()
        record_audit(
            action=f"shift_template.{verb}",
            object_type="shift_template",
            object_id=template.pk,
            detail={"fields": changed},
        )
    return template


def _check(template: ShiftTemplate) -> None:
    try:
        template.full_clean()
    except ValidationError as error:
        raise InvalidValue.from_validation(error) from error
    if not 0 < template.minutes <= LONGEST_MINUTES:
        raise InvalidValue("minutes", f"must be at least 1 and at most {LONGEST_MINUTES}, which is 36 hours")
    if not template.weekdays or not set(template.weekdays) <= set(range(7)):
        raise InvalidValue("weekdays", "needs at least one day, 0 for Monday to 6 for Sunday")
    after = template.break_after_minutes
    if (after is not None) != bool(template.break_minutes):
        raise InvalidValue("break_minutes", "and when the break begins belong together. Maybe leave both empty.")
    if after is not None and after + template.break_minutes >= template.minutes:
        raise InvalidValue("break_after_minutes", "must leave the break inside the shift")
