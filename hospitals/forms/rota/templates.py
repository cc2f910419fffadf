"""Templates of shifts: as they recur, and applied to readers and days."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.forms.filters import ListFilterForm
from hospitals.forms.places import time_zones
from hospitals.forms.rota.fields import clock_field, day_field
from hospitals.models import ShiftTemplate
from hospitals.selectors.rota_lists import rota_readers, visible_templates

WEEKDAYS = [
    *((0, _("Mon")), (1, _("Tue")), (2, _("Wed")), (3, _("Thu"))),
    *((4, _("Fri")), (5, _("Sat")), (6, _("Sun"))),
]


class ApplyTemplateForm(forms.Form):
    template = forms.ModelChoiceField(label=_("Template"), queryset=None, empty_label=None)
    radiologists = forms.ModelMultipleChoiceField(
        label=_("Readers"), queryset=None, widget=forms.SelectMultiple(attrs={"size": 7})
    )
    first = day_field(_("First day"))
    last = day_field(_("Last day"), help_text=_("Shifts that are there already are not made again."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, auto_id="apply_%s", **options)
        self.fields["template"].queryset = visible_templates()
        self.fields["template"].label_from_instance = template_words
        self.fields["radiologists"].queryset = rota_readers()


class TemplateForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    starts_at_time = clock_field(_("Begins"))
    ends = clock_field(_("Ends"), help_text=_("Not after the beginning: the next day's."))
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zones, help_text=_("Its clock counts, in summer and in winter.")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    break_starts = clock_field(_("Break from"), required=False)
    break_minutes = forms.IntegerField(label=_("Break, minutes"), min_value=0, max_value=600, required=False)
    is_on_call = forms.BooleanField(label=_("On call"), required=False)
    is_active = forms.BooleanField(
        label=_("In use"), required=False, initial=True, help_text=_("A retired one is offered no more; shifts stay.")
    )

    def __init__(self, *args: Any, template: ShiftTemplate | None = None, **options: Any) -> None:
        if template is not None:
            options["initial"] = initial_of_template(template)
        super().__init__(*args, **options)
        if template is None:
            del self.fields["is_active"]

    def values(self) -> dict[str, Any]:
        """Return what the service takes: lengths in minutes of the wall clock."""
        given = dict(self.cleaned_data)
        starts = given["starts_at_time"]
        given["minutes"] = _minutes_between(starts, given.pop("ends")) or 24 * 60
        pause = given.pop("break_starts")
        given["break_after_minutes"] = _minutes_between(starts, pause) if pause else None
        given["break_minutes"] = given["break_minutes"] or 0
        return given


def initial_of_template(template: ShiftTemplate) -> dict[str, Any]:
    begins = datetime.combine(date(2000, 1, 3), template.starts_at_time)
    pause = template.break_after_minutes
    return {
        "name": template.name,
        "time_zone": template.time_zone,
        "starts_at_time": template.starts_at_time,
        "ends": (begins + timedelta(minutes=template.minutes)).time(),
        "weekdays": template.weekdays,
        "break_starts": (begins + timedelta(minutes=pause)).time() if pause is not None else None,
        "break_minutes": template.break_minutes or None,
        "is_on_call": template.is_on_call,
        "is_active": template.is_active,
    }


def template_words(template: ShiftTemplate) -> str:
    begins = datetime.combine(date(2000, 1, 3), template.starts_at_time)
    ends = begins + timedelta(minutes=template.minutes)
    days = weekday_words(template.weekdays)
    return f"{template.name}, {begins:%H:%M}–{ends:%H:%M} {template.time_zone}, {days}"


def weekday_words(weekdays: Sequence[int]) -> str:
    names = {number: str(name) for number, name in WEEKDAYS}
    if len(set(weekdays)) == len(WEEKDAYS):
        return str(_("every day"))
    if sorted(weekdays) == [0, 1, 2, 3, 4]:
        return f"{names[0]}–{names[4]}"
    return ", ".join(names[number] for number in sorted(weekdays))


class TemplateFilterForm(ListFilterForm):
    defaults = {"state": "active"}
    state = forms.ChoiceField(
        required=False, label=_("Show"), choices=[("active", _("in use")), ("all", _("retired too"))]
    )


def _minutes_between(starts: time, ends: time) -> int:
    return ((ends.hour - starts.hour) * 60 + ends.minute - starts.minute) % (24 * 60)
