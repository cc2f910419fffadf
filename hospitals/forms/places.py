"""Forms of hospitals, DICOM nodes and HL7 senders; the services validate, these only read and explain."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hospitals.models import Hospital
from hospitals.selectors.administration import FIELDS_OF_A_HOSPITAL, administered_hospitals
from pacs_core.network.models import Node
from pacs_core.network.nodes.selectors import SHARED_FIELDS, settings_of_a_node


def time_zones() -> list[tuple[str, str]]:
    """Return the zones that people choose from: area/city, without the historical aliases."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class HospitalForm(forms.Form):
    code = forms.RegexField(
        r"^[A-Z][A-Z0-9_]{1,15}$",
        label=_("Code"),
        max_length=16,
        help_text=_("Names the hospital in lists, on the command line and in the API: NORTH. It stays as it is."),
        error_messages={"invalid": _("2 to 16 capitals, digits or _, a letter first: NORTH.")},
    )
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As printed on reports."))
    city = forms.CharField(label=_("City"), max_length=80, required=False)
    telephone = forms.CharField(
        label=_("Telephone"), max_length=40, required=False, help_text=_("Whom a reader calls with a critical finding.")
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zones, help_text=_("Its times on screen and in reports are in this zone.")
    )
    quiet_seconds = forms.IntegerField(
        label=_("Quiet time in seconds"),
        min_value=1,
        max_value=3600,
        initial=30,
        help_text=_("A study is complete after this long without another image."),
    )
    issuer_of_patient_id = forms.CharField(
        label=_("Issuer of patient ID"),
        max_length=64,
        required=False,
        help_text=_("Assumed where an image or order names none; the code when left empty."),
    )
    issuer_of_accession_number = forms.CharField(
        label=_("Issuer of accession number"),
        max_length=64,
        required=False,
        help_text=_("Assumed where an image or order names none; the code when left empty."),
    )
    is_active = forms.BooleanField(
        label=_("Active"), required=False, initial=True, help_text=_("People see an inactive hospital's data no more.")
    )

    def __init__(self, *args: Any, hospital: Hospital | None = None, may_all: bool = True, **kwargs: Any) -> None:
        if hospital is not None:
            kwargs["initial"] = {name: getattr(hospital, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if hospital is not None:
            del self.fields["code"]
        if not may_all:
            for name in set(self.fields) - set(FIELDS_OF_A_HOSPITAL):
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """Return what the service takes; an empty issuer is left to its default."""
        given = dict(self.cleaned_data)
        for name in ("issuer_of_patient_id", "issuer_of_accession_number"):
            if name in given and not given[name]:
                del given[name]
        return given


class NodeForm(forms.Form):
    """Every setting of a node, as its model names and explains them; a new setting is shown without a line here."""

    def __init__(self, *args: Any, node: Node | None = None, may_share: bool = False, **kwargs: Any) -> None:
        """Make the form; without `may_share` the node's right to the whole network, and where such a node is, stay."""
        names = settings_of_a_node()
        if node is not None:
            kwargs["initial"] = {name: getattr(node, name) for name in names}
        super().__init__(*args, **kwargs)
        if node is None:
            self.fields["hospital"] = forms.ModelChoiceField(
                label=_("Hospital"), queryset=None, help_text=_("Whatever this node sends belongs to this hospital.")
            )
            choose_hospital(self)
        self.fields |= forms.fields_for_model(Node, fields=names)
        self.fields["ae_title"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        for name in ("calls_from_time", "calls_until_time"):
            self.fields[name].widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        self.fields["completion_rule"].choices = [("", _("after the quiet time")), *Node.CompletionRule.choices]
        self.fields["most_associations"].required = False
        self.fields["dicomweb_secret"] = forms.CharField(
            label=_("DICOMweb secret"),
            max_length=2_000,
            required=False,
            strip=False,
            help_text=_("Password or token, never shown again. Empty keeps it; another host needs it anew."),
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )
        if node is None:
            self.fields["may_store"].initial = True
        if not may_share:
            del self.fields["is_network_service"]
            if node is not None and node.is_network_service:
                for name in set(SHARED_FIELDS) & set(self.fields):
                    self.fields[name].disabled = True

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields under headings; those that belong under none of them come under the last."""
        left = dict.fromkeys(self.fields)
        parts = []
        for heading, names in _SECTIONS:
            shown = [self[name] for name in names if name in left]
            for name in names:
                left.pop(name, None)
            parts.append((heading, shown))
        parts.append((_("Further settings"), [self[name] for name in left]))
        return [(heading, fields) for heading, fields in parts if fields]

    def values(self) -> dict[str, Any]:
        """Return what the service takes; a number that was left out stays as it is, where there must be one."""
        needed = {field.name for field in Node._meta.fields if not field.null}
        given = {name: value for name, value in self.cleaned_data.items() if name != "hospital"}
        return {name: value for name, value in given.items() if value is not None or name not in needed}


_SECTIONS = (
    (_("Who it is"), ("hospital", "ae_title", "host", "port", "is_reached_over_tls")),
    (_("What it may"), ("may_store", "may_find", "may_move", "may_query_worklist", "may_report_steps")),
    (_("How we know it"), ("addresses", "requires_tls", "certificate_fingerprints", "certificate_subject")),
    (_("What it is sent"), ("wants_availability", "dicomweb_url", "dicomweb_user", "dicomweb_secret")),
    (
        _("When a study is complete"),
        ("completion_rule", "quiet_seconds", "expected_instances", "longest_wait_minutes"),
    ),
    (_("How much and when"), ("most_associations", "instances_per_minute", "calls_from_time", "calls_until_time")),
)


class Hl7SourceForm(forms.Form):
    hospital = forms.ModelChoiceField(
        label=_("Hospital"), queryset=None, help_text=_("Orders from this sender belong to this hospital.")
    )
    application = forms.CharField(
        label=_("Sending application"), max_length=180, help_text=_("MSH-3 of its messages, letter by letter: RIS.")
    )
    facility = forms.CharField(
        label=_("Sending facility"), max_length=180, help_text=_("MSH-4 of its messages, letter by letter: NORTH.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_hospital(self)

    def clean(self) -> None:
        for name in ("application", "facility"):
            if set(self.cleaned_data.get(name, "")) & set("|^~\\&"):
                self.add_error(name, ValidationError(_("HL7 separators (| ^ ~ \\ &) cannot be part of it.")))


def choose_hospital(form: forms.Form) -> None:
    """Let the form's `hospital` be one of those in view; chosen already where there is only one."""
    hospitals = administered_hospitals()
    form.fields["hospital"].queryset = hospitals
    form.fields["hospital"].empty_label = _("Choose a hospital")
    form.fields["hospital"].label_from_instance = lambda hospital: f"{hospital.code} · {hospital.name}"
    only = list(hospitals[:2])
    if len(only) == 1:
        form.fields["hospital"].initial = only[0]
