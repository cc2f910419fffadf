"""Forms of people, their memberships, privileges and shifts; the services validate, these only read and explain."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.forms.places import choose_hospital, time_zones
from hospitals.models import Hospital, User
from hospitals.models.reading import SUBSPECIALTIES
from hospitals.selectors.administration import administered_hospitals
from hospitals.services.reader_profile import MOST_OPEN_ITEMS

MODALITIES = ("CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA")
MOST_DAYS = 31


class PersonForm(forms.Form):
    email = forms.EmailField(label=_("Mail address"), help_text=_("The name to sign in with. It stays as it is."))
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As printed under a report: Dr. Ada Roth."))
    role = forms.ChoiceField(label=_("Role"), help_text=_("One role for each account decides what it may do."))
    hospitals = forms.ModelMultipleChoiceField(
        label=_("Hospitals"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whose data the person may see. A system administrator sees all."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zones, help_text=_("Shifts are planned and shown in this zone.")
    )
    telephone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    subspecialties = forms.MultipleChoiceField(
        label=_("Subspecialties"),
        choices=[(name, name) for name in SUBSPECIALTIES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of a radiologist: the rules give only such cases."),
    )
    maximum_open_items = forms.IntegerField(
        label=_("Open items at most"),
        min_value=1,
        max_value=MOST_OPEN_ITEMS,
        required=False,
        help_text=_("Of a radiologist: no more cases are assigned while so many wait."),
    )

    def __init__(self, *args: Any, person: User | None = None, roles: Sequence[str], **kwargs: Any) -> None:
        if person is not None:
            kwargs["initial"] = initial_of(person)
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [choice for choice in User.Role.choices if choice[0] in roles]
        if person is None:
            self.fields["hospitals"].queryset = administered_hospitals()
            self.fields["hospitals"].label_from_instance = lambda hospital: f"{hospital.code} · {hospital.name}"
        else:
            del self.fields["email"], self.fields["hospitals"]
        if User.Role.RADIOLOGIST not in roles:
            del self.fields["subspecialties"], self.fields["maximum_open_items"]

    def values(self) -> dict[str, Any]:
        """Return what the service takes; the hospitals as codes."""
        given = dict(self.cleaned_data)
        if "hospitals" in given:
            given["hospital_codes"] = [hospital.code for hospital in given.pop("hospitals")]
        if given.get("role") != User.Role.RADIOLOGIST:
            given.pop("subspecialties", None)
            given.pop("maximum_open_items", None)
        return given


def initial_of(person: User) -> dict[str, Any]:
    profile = getattr(person, "radiologist_profile", None)
    return {
        "name": person.name,
        "role": person.role,
        "time_zone": person.time_zone,
        "telephone": person.telephone,
        "subspecialties": profile.subspecialties if profile else [],
        "maximum_open_items": profile.maximum_open_items if profile else None,
    }


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters; no common word, nothing like the name or the mail address."),
    )


class MembershipForm(forms.Form):
    hospital = forms.ModelChoiceField(label=_("Hospital"), queryset=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="membership_%s", **kwargs)
        choose_hospital(self)


class PrivilegeForm(forms.Form):
    hospital = forms.ModelChoiceField(label=_("Hospital"), queryset=None)
    modality = forms.ChoiceField(
        label=_("Modality"), required=False, choices=[("", _("Any")), *((name, name) for name in MODALITIES)]
    )
    until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="privilege_%s", **kwargs)
        choose_hospital(self)

    def values(self) -> dict[str, Any]:
        """Return what the service takes; the last day ends at midnight of the hospital's zone."""
        hospital: Hospital = self.cleaned_data["hospital"]
        last_day = self.cleaned_data["until"]
        ends_at = None
        if last_day:
            ends_at = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), hospital.zone)
        return {"hospital": hospital, "modality": self.cleaned_data["modality"], "valid_until": ends_at}


class ShiftForm(forms.Form):
    day = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    starts = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("To"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    days = forms.IntegerField(label=_("Days in a row"), min_value=1, max_value=MOST_DAYS, initial=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="shift_%s", **kwargs)

    def spans(self, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
        """Return (start, end) of each shift, aware, in the person's zone; an end before the start is the next day's."""
        values = self.cleaned_data
        over_night = values["ends"] <= values["starts"]
        spans = []
        for day in (values["day"] + timedelta(days=number) for number in range(values["days"])):
            last = day + timedelta(days=1) if over_night else day
            spans.append((datetime.combine(day, values["starts"], zone), datetime.combine(last, values["ends"], zone)))
        return spans


class IdentifierForm(forms.Form):
    hospital = forms.ModelChoiceField(label=_("Hospital"), queryset=None)
    identifier = forms.CharField(label=_("Number"), max_length=64, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="identifier_%s", **kwargs)
        choose_hospital(self)
