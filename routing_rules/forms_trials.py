"""Forms of trials: which days, which rules, which shifts more or fewer."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.models import User
from hospitals.selectors.rota import RotaChange
from routing_rules.models import RuleSet
from routing_rules.selectors.trials import readers_to_choose, rule_sets_to_choose
from routing_rules.services.trials import MOST_DAYS_REPLAYED, MOST_DAYS_SIMULATED, MOST_RUNS

DAYS_OF_WEEK: dict[str, tuple[int, ...]] = {
    "every": (0, 1, 2, 3, 4, 5, 6),
    "weekdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6),
    **{str(day): (day,) for day in range(7)},
}
_DAY_CHOICES = [
    ("every", _("every day")),
    ("weekdays", _("Monday to Friday")),
    ("weekend", _("Saturday and Sunday")),
    *zip(
        (str(day) for day in range(7)),
        (_("Mondays"), _("Tuesdays"), _("Wednesdays"), _("Thursdays"), _("Fridays"), _("Saturdays"), _("Sundays")),
        strict=True,
    ),
]
# So many lines are offered, more where a trial that is repeated had more; so many are taken.
LINES, MOST_LINES = 3, 40


class RotaLineForm(forms.Form):
    """One change of the rota that recurs: a reader reads more, or less, from a time on the reader's own clock."""

    change = forms.ChoiceField(choices=[("add", _("reads more")), ("remove", _("reads less"))], label=_("Change"))
    reader = forms.ModelChoiceField(None, required=False, empty_label=_("nobody"), label=_("Reader"))
    days = forms.ChoiceField(choices=_DAY_CHOICES, label=_("Days"))
    starts_at = forms.TimeField(
        initial="14:00", label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    hours = forms.IntegerField(initial=8, min_value=1, max_value=24, label=_("Hours"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reader"].queryset = readers_to_choose()
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label
            field.required = False

    def clean(self) -> dict[str, Any]:
        """Ask for the rest only where a reader is chosen."""
        chosen = super().clean() or self.cleaned_data
        if chosen.get("reader") is not None:
            for name in ("change", "days", "starts_at", "hours"):
                if name not in self.errors and chosen.get(name) in (None, ""):
                    self.add_error(name, _("Say this too."))
        return chosen

    def changes(self, start: datetime, end: datetime) -> Iterator[RotaChange]:
        """Yield the change of each day in [start, end), none where no reader is chosen."""
        asked = self.cleaned_data
        if asked["reader"] is not None:
            line = (asked["change"] == "add", asked["reader"], asked["starts_at"], asked["hours"])
            yield from _recurring(*line, DAYS_OF_WEEK[asked["days"]], start, end)


class TrialForm(forms.Form):
    """What both kinds of trial ask; `lines` are the changes of the rota."""

    rule_set = forms.ModelChoiceField(
        None,
        required=False,
        empty_label=_("those in force"),
        label=_("Rules"),
        help_text=_("A draft, or a version of before"),
    )

    days: forms.IntegerField

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["rule_set"]
        self.fields["days"].widget.attrs["autofocus"] = True
        field.queryset, field.label_from_instance = rule_sets_to_choose(), rule_set_words
        asked = (initial or {}).get("lines", [])
        sent = sum(f"rota-{number}-reader" in data for number in range(MOST_LINES)) if data else 0
        self.lines = [
            RotaLineForm(data, prefix=f"rota-{number}", initial=asked[number] if number < len(asked) else None)
            for number in range(max(LINES, len(asked), sent))
        ]

    def is_valid(self) -> bool:
        return all([super().is_valid(), *(line.is_valid() for line in self.lines)])

    def rota_changes(self, start: datetime, end: datetime) -> list[RotaChange]:
        return [change for line in self.lines for change in line.changes(start, end)]


class ReplayForm(TrialForm):
    days = forms.IntegerField(
        initial=14, min_value=1, max_value=MOST_DAYS_REPLAYED, label=_("Days back"), help_text=_("1 to 90, until now")
    )
    field_order = ["days", "rule_set"]


class SimulationForm(TrialForm):
    days = forms.IntegerField(
        initial=3, min_value=1, max_value=MOST_DAYS_SIMULATED, label=_("Days ahead"), help_text=_("1 to 7, from now")
    )
    runs = forms.IntegerField(
        initial=12,
        min_value=1,
        max_value=MOST_RUNS,
        label=_("Runs"),
        help_text=_("More runs take longer and narrow what chance does"),
    )
    seed = forms.IntegerField(
        initial=1, min_value=0, max_value=2**31 - 1, label=_("Seed"), help_text=_("The same number draws the same days")
    )
    field_order = ["days", "rule_set", "runs", "seed"]


def lines_of(
    changes: Iterable[RotaChange], start: datetime, end: datetime, readers: Mapping[int, User]
) -> tuple[list[dict[str, Any]], int]:
    """Return the lines, as initial values, that ask for these changes of [start, end), and how many no line can say."""
    changes, lines, said = list(changes), [], 0
    alike: dict[tuple[bool, int, time, float], set[datetime]] = defaultdict(set)
    for change in changes:
        if change.radiologist_id in readers and not change.is_on_call:
            begins = change.starts_at.astimezone(ZoneInfo(readers[change.radiologist_id].time_zone))
            hours = (change.ends_at - change.starts_at) / timedelta(hours=1)
            alike[change.adds, change.radiologist_id, begins.time(), hours].add(change.starts_at)
    for (adds, reader_id, starts_at, hours), begun in alike.items():
        # The fields know whole hours and minutes.
        if hours != int(hours) or not 1 <= hours <= 24 or starts_at.replace(second=0, microsecond=0) != starts_at:
            continue
        for name, days in DAYS_OF_WEEK.items():
            given = _recurring(adds, readers[reader_id], starts_at, int(hours), days, start, end)
            instants = {change.starts_at for change in given}
            if instants and instants <= begun:
                values = {"change": "add" if adds else "remove", "reader": reader_id, "days": name}
                lines.append(values | {"starts_at": starts_at, "hours": int(hours)})
                said += len(instants)
                begun -= instants
    return lines[:MOST_LINES], len(changes) - said


def _recurring(
    adds: bool, reader: User, starts_at: time, hours: int, days: tuple[int, ...], start: datetime, end: datetime
) -> Iterator[RotaChange]:
    """Yield the change of each such day that touches [start, end), on the reader's own clock."""
    zone = ZoneInfo(reader.time_zone)
    day: date = start.astimezone(zone).date() - timedelta(days=1)
    while day <= end.astimezone(zone).date():
        begins = datetime.combine(day, starts_at, zone).astimezone(UTC)
        ends = begins + timedelta(hours=hours)
        if day.weekday() in days and begins < end and ends > start:
            yield RotaChange(adds, reader.pk, begins, ends)
        day += timedelta(days=1)


def rule_set_words(rule_set: RuleSet) -> str:
    """Name a rule set: "draft: Night neuro", "version 7: Stroke first"."""
    if rule_set.version is None:
        return _("draft: %(name)s") % {"name": rule_set.name or f"#{rule_set.pk}"}
    words = _("version %(version)s") % {"version": rule_set.version}
    return f"{words}: {rule_set.note}" if rule_set.note else str(words)
