"""Forms of the rota: what the page shows, shifts, templates, time off, holidays. The services validate."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hospitals.forms.filters import ListFilterForm
from hospitals.forms.places import time_zones
from hospitals.models import ReaderGroup, Shift, ShiftTemplate, User
from hospitals.models.hospital import time_zone_names
from hospitals.models.reading import SUBSPECIALTIES
from hospitals.selectors.administration import administered_hospitals
from hospitals.selectors.rota_lists import rota_readers, visible_templates
from hospitals.spans import Span

WEEKDAYS = [
    *((0, _("Mon")), (1, _("Tue")), (2, _("Wed")), (3, _("Thu"))),
    *((4, _("Fri")), (5, _("Sat")), (6, _("Sun"))),
]
SPANS = [("1", _("Day")), ("7", _("Week")), ("14", _("2 weeks"))]
_BREAK = re.compile(r"(\d{1,2}):?(\d{2})?\s*(?:-|–|to)\s*(\d{1,2}):?(\d{2})?")


def day_field(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


def clock_field(label: Any, **options: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **options)


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


class ZonedForm(forms.Form):
    """A form whose days and clocks are those of one zone, named in it."""

    zone = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def clean_zone(self) -> str:
        if self.cleaned_data["zone"] not in time_zone_names():
            raise ValidationError(_("This is no time zone. Maybe Europe/Berlin."))
        return self.cleaned_data["zone"]

    def instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.cleaned_data["zone"])).astimezone(UTC)


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
            del self.fields["radiologist"]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        starts_at = self.instant(given["day"], given["starts"])
        later = int(given["ends"] <= given["starts"]) + (given.get("later") or 0)
        ends_at = self.instant(given["day"] + timedelta(days=later), given["ends"])
        values = {
            "starts_at": starts_at,
            "ends_at": ends_at,
            "is_on_call": given["is_on_call"],
            "breaks": [self._span_after(given["day"], given["starts"], *pause) for pause in given["breaks"]],
        }
        return values | ({"radiologist": given["radiologist"]} if "radiologist" in given else {})

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
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "later": str(days - int(ends.time() <= starts.time())),
        "breaks": ", ".join(f"{a.astimezone(zone):%H:%M}-{b.astimezone(zone):%H:%M}" for a, b in pauses),
        "is_on_call": shift.is_on_call,
    }


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


class CopyWeekForm(ZonedForm):
    monday = day_field(_("Week from"))
    to_monday = day_field(_("To the week from"), help_text=_("Mondays. Same clock times, also over summer time."))
    radiologists = forms.ModelMultipleChoiceField(
        label=_("Readers"), queryset=None, widget=forms.SelectMultiple(attrs={"size": 7})
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, auto_id="copy_%s", **options)
        self.fields["radiologists"].queryset = rota_readers()


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


class TemplateFilterForm(ListFilterForm):
    defaults = {"state": "active"}
    state = forms.ChoiceField(
        required=False, label=_("Show"), choices=[("active", _("in use")), ("all", _("retired too"))]
    )


class HolidayFilterForm(ListFilterForm):
    year = forms.IntegerField(required=False, label=_("Year"), widget=forms.NumberInput(attrs={"type": "number"}))
    hospital = forms.ModelChoiceField(required=False, queryset=None, label=_("Hospital"), empty_label=_("Any"))


def _minutes_between(starts: time, ends: time) -> int:
    return ((ends.hour - starts.hour) * 60 + ends.minute - starts.minute) % (24 * 60)
