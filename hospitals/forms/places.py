"""Forms of hospitals, DICOM nodes and HL7 senders; the services validate, these only read and explain."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from hospitals.models import Hospital
from hospitals.selectors.administration import FIELDS_OF_A_HOSPITAL, administered_hospitals
from pacs_core.network.models import Node, validate_ae_title
from pacs_core.network.nodes.selectors import SHARED_FIELDS
from pacs_core.network.nodes.values import validate_dicomweb_address


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
    hospital = forms.ModelChoiceField(
        label=_("Hospital"), queryset=None, help_text=_("Whatever this node sends belongs to this hospital.")
    )
    ae_title = forms.CharField(
        label=_("AE title"),
        max_length=16,
        validators=[validate_ae_title],
        help_text=_("The title that the scanner or PACS calls with; capitals matter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    host = forms.CharField(
        label=_("Host"), max_length=255, required=False, help_text=_("Where we reach it: a name or an address.")
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, required=False)
    may_store = forms.BooleanField(
        label=_("May store"), required=False, initial=True, help_text=_("Send us images (C-STORE).")
    )
    may_find = forms.BooleanField(
        label=_("May find"), required=False, help_text=_("Search its hospital's studies (C-FIND).")
    )
    may_move = forms.BooleanField(
        label=_("May move"), required=False, help_text=_("Have its hospital's images sent to it (C-MOVE).")
    )
    may_query_worklist = forms.BooleanField(
        label=_("May query the worklist"),
        required=False,
        help_text=_("Ask what is to be examined: patients and orders of its hospital (Modality Worklist)."),
    )
    may_report_steps = forms.BooleanField(
        label=_("May report steps"),
        required=False,
        help_text=_("Say that an examination was begun, completed or discontinued (MPPS)."),
    )
    sends_priors = forms.BooleanField(
        label=_("Sends priors only"),
        required=False,
        help_text=_("Its studies are shown as priors and wait for no reader, until an order or a scanner names them."),
    )

    completion_rule = forms.TypedChoiceField(
        label=_("A study is complete"),
        choices=[("", _("after the quiet time")), *Node.CompletionRule.choices],
        required=False,
        empty_value=None,
        help_text=_("When all of its images are here."),
    )
    quiet_seconds = forms.IntegerField(
        label=_("Quiet time in seconds"),
        min_value=1,
        max_value=86_400,
        required=False,
        help_text=_("Without another image. Empty: the hospital's."),
    )
    expected_instances = forms.IntegerField(
        label=_("Images of a study"),
        min_value=1,
        required=False,
        help_text=_("Of each study, where their number is awaited. Empty: as many as its images announce."),
    )
    longest_wait_minutes = forms.IntegerField(
        label=_("Longest wait in minutes"),
        min_value=1,
        max_value=1_440,
        required=False,
        help_text=_("After its last image a study is complete in any case. Empty: 30."),
    )
    is_network_service = forms.BooleanField(
        label=_("Service of the whole network"),
        required=False,
        help_text=_("Rules may send it any hospital's studies, patients' names included. For AI services."),
    )
    wants_availability = forms.BooleanField(
        label=_("Told when a study is complete"),
        required=False,
        help_text=_("By an Instance Availability Notification, again for late images. Needs host and port."),
    )
    dicomweb_url = forms.CharField(
        label=_("DICOMweb address"),
        max_length=500,
        required=False,
        validators=[validate_dicomweb_address],
        help_text=_("Where its /studies is: https://pacs.example/dicom-web. Studies then go to it by STOW-RS."),
    )
    dicomweb_user = forms.CharField(
        label=_("DICOMweb user"), max_length=150, required=False, help_text=_("Empty: the secret is a bearer token.")
    )
    dicomweb_secret = forms.CharField(
        label=_("DICOMweb secret"),
        max_length=2_000,
        required=False,
        strip=False,
        help_text=_("Password or token, never shown again. Empty keeps the one there is; another host needs it anew."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, node: Node | None = None, may_share: bool = False, **kwargs: Any) -> None:
        """Make the form; without `may_share` the node's right to the whole network, and where such a node is, stay."""
        if node is not None:
            shown = set(self.base_fields) - {"hospital", "dicomweb_secret"}
            kwargs["initial"] = {name: getattr(node, name) for name in shown}
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["is_network_service"]
            if node is not None and node.is_network_service:
                for name in SHARED_FIELDS[1:]:
                    self.fields[name].disabled = True
        if node is not None:
            del self.fields["hospital"]
            return
        choose_hospital(self)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "hospital"}


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
