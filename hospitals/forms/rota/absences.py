"""Time off, holidays, and the filters of the lists of time off, holidays and swaps."""

from datetime import time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.forms.filters import ListFilterForm
from hospitals.forms.rota.fields import ZonedForm, clock_field, day_field
from hospitals.selectors.administration import administered_hospitals
from hospitals.selectors.rota_lists import rota_readers


class TimeOffForm(ZonedForm):
    """Days off, or hours of one day."""

    radiologist = forms.ModelChoiceField(label=_("Reader"), queryset=None)
    first = day_field(_("First day"))
    last = day_field(_("Last day"))
    starts = clock_field(_("From"), required=False)
    ends = clock_field(_("To"), required=False, help_text=_("Leave both empty for whole days."))
    reason = forms.CharField(label=_("Why"), max_length=120, required=False)

    def __init__(self, *args: Any, is_own: bool = False, **options: Any) -> None:
        super().__init__(*args, auto_id="time_off_%s", **options)
        self.fields["radiologist"].queryset = rota_readers()
        if is_own:
            del self.fields["radiologist"]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        starts_at = self.instant(given["first"], given["starts"] or time.min)
        last = given["last"] if given["ends"] else given["last"] + timedelta(days=1)
        values = {
            "starts_at": starts_at,
            "ends_at": self.instant(last, given["ends"] or time.min),
            "reason": given["reason"],
        }
        return values | ({"radiologist": given["radiologist"]} if "radiologist" in given else {})


class HolidayForm(forms.Form):
    on = day_field(_("Day"))
    name = forms.CharField(label=_("Name"), max_length=80)
    hospital = forms.ModelChoiceField(label=_("Hospital"), queryset=None, required=False, empty_label=_("All"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, auto_id="holiday_%s", **options)
        self.fields["hospital"].queryset = administered_hospitals()


class ImportHolidaysForm(forms.Form):
    jurisdiction = forms.CharField(
        label=_("Country or part"),
        max_length=16,
        widget=forms.TextInput(attrs={"placeholder": "DE-BE", "autocomplete": "off"}),
    )
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)
    hospital = forms.ModelChoiceField(label=_("Hospital"), queryset=None, required=False, empty_label=_("All"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, auto_id="import_%s", **options)
        self.fields["hospital"].queryset = administered_hospitals()


class TimeOffFilterForm(ListFilterForm):
    defaults = {"state": "coming"}
    state = forms.ChoiceField(
        required=False,
        label=_("Show"),
        choices=[("coming", _("coming")), ("asked", _("asked for")), ("past", _("past")), ("all", _("all"))],
    )


class SwapFilterForm(ListFilterForm):
    defaults = {"state": "open"}
    state = forms.ChoiceField(
        required=False,
        label=_("Show"),
        choices=[("open", _("open")), ("taken", _("waiting for you")), ("closed", _("decided")), ("all", _("all"))],
    )


class HolidayFilterForm(ListFilterForm):
    year = forms.IntegerField(required=False, label=_("Year"), widget=forms.NumberInput(attrs={"type": "number"}))
    hospital = forms.ModelChoiceField(required=False, queryset=None, label=_("Hospital"), empty_label=_("Any"))
