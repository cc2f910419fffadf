"""Forms of trials: which days, which rules, which shifts more or fewer."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
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
LINES = 3


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
        reader: User | None = self.cleaned_data["reader"]
        if reader is None:
            return
        zone, days = ZoneInfo(reader.time_zone), DAYS_OF_WEEK[self.cleaned_data["days"]]
        day: date = start.astimezone(zone).date() - timedelta(days=1)
        while day <= end.astimezone(zone).date():
            begins = datetime.combine(day, self.cleaned_data["starts_at"], zone).astimezone(UTC)
            ends = begins + timedelta(hours=self.cleaned_data["hours"])
            if day.weekday() in days and begins < end and ends > start:
                yield RotaChange(self.cleaned_data["change"] == "add", reader.pk, begins, ends)
            day += timedelta(days=1)


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
        self.lines = [RotaLineForm(data, prefix=f"rota-{number}") for number in range(LINES)]

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


def rule_set_words(rule_set: RuleSet) -> str:
    """Name a rule set: "draft: Night neuro", "version 7: Stroke first"."""
    if rule_set.version is None:
        return _("draft: %(name)s") % {"name": rule_set.name or f"#{rule_set.pk}"}
    words = _("version %(version)s") % {"version": rule_set.version}
    return f"{words}: {rule_set.note}" if rule_set.note else str(words)
