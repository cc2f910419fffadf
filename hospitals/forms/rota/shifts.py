"""One shift of the calendar. The services validate."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hospitals.forms.rota.fields import ZonedForm, clock_field, day_field
from hospitals.models import Shift
from hospitals.selectors.rota_lists import rota_readers
from hospitals.spans import Span

_BREAK = re.compile(r"(\d{1,2}):?(\d{2})?\s*(?:-|–|to)\s*(\d{1,2}):?(\d{2})?")


class CalendarShiftForm(ZonedForm):
    """One shift; an end that is not after the start is the next day's."""

    radiologist = forms.ModelChoiceField(label=_("Reader"), queryset=None)
    day = day_field(_("Day"))
    starts = clock_field(_("From"))
    ends = clock_field(_("To"))
    later = forms.TypedChoiceField(
        label=_("Ends"),
        choices=[("0", _("as the clock says")), ("1", _("one day later"))],
        coerce=int,
        required=False,
        empty_value=0,
    )
    breaks = forms.CharField(
        label=_("Breaks"),
        required=False,
        max_length=200,
        help_text=_("12:00-12:30, 16-16:15. Nothing new is opened in a break."),
        widget=forms.TextInput(attrs={"placeholder": "12:00-12:30", "autocomplete": "off"}),
    )
    is_on_call = forms.BooleanField(label=_("On call"), required=False, help_text=_("Reads only what a call brings."))

    def __init__(self, *args: Any, shift: Shift | None = None, zone: ZoneInfo | None = None, **options: Any) -> None:
        if shift is not None and zone is not None:
            options["initial"] = initial_of_shift(shift, zone)
        super().__init__(*args, auto_id="shift_%s", **options)
        self.fields["radiologist"].queryset = rota_readers()
        if shift is not None:
            # Of a shift that is there, the times are what usually changes.
            self.order_fields(["zone", "day", "starts", "ends", "later", "radiologist"])
            self.fields["radiologist"].empty_label = None

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        starts_at = self.instant(given["day"], given["starts"])
        later = int(given["ends"] <= given["starts"]) + (given.get("later") or 0)
        ends_at = self.instant(given["day"] + timedelta(days=later), given["ends"])
        return {
            "radiologist": given["radiologist"],
            "starts_at": starts_at,
            "ends_at": ends_at,
            "is_on_call": given["is_on_call"],
            "breaks": [self._span_after(given["day"], given["starts"], *pause) for pause in given["breaks"]],
        }

    def clean_breaks(self) -> list[tuple[time, time]]:
        found = []
        for part in filter(None, (text.strip() for text in self.cleaned_data["breaks"].split(","))):
            match = _BREAK.fullmatch(part)
            try:
                assert match is not None
                hour, minute, end_hour, end_minute = (int(figure or 0) for figure in match.groups())
                found.append((time(hour, minute), time(end_hour, end_minute)))
            except (AssertionError, ValueError) as error:
                raise ValidationError(
                    _("%(part)s cannot be read. Maybe 12:00-12:30."), params={"part": part}
                ) from error
        return found

    def _span_after(self, day: date, starts: time, begins: time, ends: time) -> Span:
        """Return the first time after the shift's start that the clock shows this."""
        first = day if begins >= starts else day + timedelta(days=1)
        last = first if ends > begins else first + timedelta(days=1)
        return self.instant(first, begins), self.instant(last, ends)


def initial_of_shift(shift: Shift, zone: ZoneInfo) -> dict[str, Any]:
    starts, ends = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    days = (ends.date() - starts.date()).days
    pauses = sorted((pause.starts_at, pause.ends_at) for pause in shift.breaks.all())
    return {
        "zone": zone.key,
        "radiologist": shift.radiologist_id,
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "later": str(days - int(ends.time() <= starts.time())),
        "breaks": ", ".join(f"{a.astimezone(zone):%H:%M}-{b.astimezone(zone):%H:%M}" for a, b in pauses),
        "is_on_call": shift.is_on_call,
    }


class MoveShiftForm(ZonedForm):
    """A bar of the calendar that was dragged: from when to when on the zone's wall clock, and whose it is."""

    radiologist = forms.ModelChoiceField(queryset=None)
    starts = forms.CharField(max_length=16, help_text="2031-03-03T06:00")
    ends = forms.CharField(max_length=16)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["radiologist"].queryset = rota_readers()

    def clean_starts(self) -> datetime:
        return _clock(self.cleaned_data["starts"])

    def clean_ends(self) -> datetime:
        return _clock(self.cleaned_data["ends"])

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {name: given[name] for name in ("radiologist", "starts", "ends")} | {"zone": ZoneInfo(given["zone"])}


def _clock(given: str) -> datetime:
    try:
        clock = datetime.fromisoformat(given)
    except ValueError as error:
        raise ValidationError(_("This is no date and time.")) from error
    if clock.tzinfo is not None:
        raise ValidationError(_("This names a zone of its own."))
    return clock
