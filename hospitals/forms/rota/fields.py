"""What the forms of the rota share: days, clocks, and the zone that they are told in."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hospitals.models.hospital import time_zone_names


def day_field(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


def clock_field(label: Any, **options: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **options)


class ZonedForm(forms.Form):
    """A form whose days and clocks are those of one zone, named in it."""

    zone = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def clean_zone(self) -> str:
        if self.cleaned_data["zone"] not in time_zone_names():
            raise ValidationError(_("This is no time zone. Maybe Europe/Berlin."))
        return self.cleaned_data["zone"]

    def instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.cleaned_data["zone"])).astimezone(UTC)
