"""What the calendar of the rota shows, and a week of it copied to another."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.forms.rota.fields import ZonedForm, day_field
from hospitals.models import ReaderGroup, User
from hospitals.models.hospital import time_zone_names
from hospitals.models.reading import SUBSPECIALTIES
from hospitals.selectors.administration import administered_hospitals
from hospitals.selectors.rota_lists import rota_readers

SPANS = [("1", _("Day")), ("7", _("Week")), ("14", _("2 weeks"))]


class RotaViewForm(forms.Form):
    """What the calendar shows, read from the address; what cannot be read is the default."""

    zone = forms.ChoiceField(required=False, label=_("Clock"))
    hospital = forms.ModelChoiceField(
        required=False, queryset=None, label=_("Hospital"), empty_label=_("All hospitals")
    )
    subspecialty = forms.ChoiceField(
        required=False,
        label=_("Subspecialty"),
        choices=[("", _("All subspecialties")), *((name, name) for name in SUBSPECIALTIES)],
    )
    group = forms.ModelChoiceField(
        required=False, queryset=None, label=_("Group"), empty_label=_("All groups"), to_field_name="name"
    )
    start = forms.DateField(required=False, widget=forms.HiddenInput)
    days = forms.ChoiceField(required=False, choices=SPANS, widget=forms.HiddenInput)
    coverage = forms.ChoiceField(
        required=False, label=_("Coverage"), choices=[("", _("Cover and gaps")), ("all", _("Cover of each"))]
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, auto_id="filter_%s")
        self.user = user
        self.fields["hospital"].queryset = hospitals = administered_hospitals()
        self.fields["group"].queryset = groups = ReaderGroup.objects.order_by("name")
        self.fields["group"].label_from_instance = lambda group: group.name
        if not groups:
            self.fields["group"].widget = forms.HiddenInput()
        zones = [user.time_zone, *(hospital.time_zone for hospital in hospitals), "UTC"]
        self.fields["zone"].choices = [(name, name.replace("_", " ")) for name in dict.fromkeys(zones)]
        self.initial["zone"] = user.time_zone
        self.is_valid()

    @property
    def chosen_zone(self) -> ZoneInfo:
        name = self.cleaned_data.get("zone") or self.user.time_zone
        return ZoneInfo(name if name in time_zone_names() else "UTC")

    @property
    def number_of_days(self) -> int:
        return int(self.cleaned_data.get("days") or 7)

    def first_day(self, today: date) -> date:
        """Return the day asked for; of a week or two its Monday."""
        first = self.cleaned_data.get("start") or today
        if not date(2000, 1, 1) <= first <= date(2100, 1, 1):
            first = today
        return first if self.number_of_days == 1 else first - timedelta(days=first.weekday())

    def readers(self) -> Any:
        group, hospital = self.cleaned_data.get("group"), self.cleaned_data.get("hospital")
        return rota_readers(
            subspecialty=self.cleaned_data.get("subspecialty") or "",
            group=group.name if group else "",
            hospital_id=hospital.pk if hospital else None,
        )


class CopyWeekForm(ZonedForm):
    monday = day_field(_("Week from"))
    to_monday = day_field(_("To the week from"), help_text=_("Mondays. Same clock times, also over summer time."))
    radiologists = forms.ModelMultipleChoiceField(
        label=_("Readers"), queryset=None, widget=forms.SelectMultiple(attrs={"size": 7})
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, auto_id="copy_%s", **options)
        self.fields["radiologists"].queryset = rota_readers()
