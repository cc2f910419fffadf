"""Forms of the patients' pages; a search may name a patient, so it travels in a request's body only."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.models import Hospital
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Patient, PatientLink

_ANY = _("Any")
_SEXES = [("", _("Not known")), ("F", _("Female")), ("M", _("Male")), ("O", _("Other"))]


def hospitals_of_scope() -> Any:
    return Hospital.objects.filter(pk__in=current_scope().hospital_ids).order_by("name")


class PatientFilterForm(forms.Form):
    """`beside` is the record that another one is looked for to compare it with."""

    search = forms.CharField(
        required=False,
        max_length=100,
        label=_("Name, ID or other number"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("Name, ID, number")}),
    )
    hospital = forms.ModelChoiceField(required=False, queryset=None, label=_("Hospital"), empty_label=_ANY)
    beside = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, values: Any) -> None:
        super().__init__(values, auto_id="filter_%s")
        self.fields["hospital"].queryset = hospitals_of_scope()

    def chosen(self) -> dict[str, Any]:
        """Return what find_patients takes; a field that cannot be read is left out."""
        self.is_valid()
        hospital = self.cleaned_data.get("hospital")
        return {"search": self.cleaned_data.get("search", ""), "hospital_id": hospital.pk if hospital else None}

    def query(self) -> str:
        """Return the values as an address may hold them: without the search."""
        values = {name: self.data.get(name) for name in ("hospital", "beside", "page")}
        return urlencode({name: value for name, value in values.items() if value})


class LinkFilterForm(forms.Form):
    status = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[
            (PatientLink.Status.SUGGESTED, _("to decide")),
            (PatientLink.Status.LINKED, _("linked")),
            (PatientLink.Status.DECLINED, _("not the same person")),
        ],
    )

    def chosen(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("status") or PatientLink.Status.SUGGESTED


class CorrectionForm(forms.Form):
    """A patient's details as they should be; images leave with them, signed reports keep what they say."""

    name = forms.CharField(
        label=_("Name"), max_length=324, required=False, help_text=_("As DICOM writes it: FAMILY^GIVEN^MIDDLE.")
    )
    birth_date = forms.DateField(label=_("Born"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    sex = forms.ChoiceField(label=_("Sex"), choices=_SEXES, required=False)
    reason = forms.CharField(label=_("Why"), max_length=300)

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        born = patient.birth_date.isoformat() if patient.birth_date else ""
        kwargs["initial"] = {"name": patient.name, "birth_date": born, "sex": patient.sex}
        super().__init__(*args, **kwargs)

    def values(self) -> dict[str, Any]:
        """Return what change_demographics takes; a field left empty is to be emptied."""
        given = self.cleaned_data
        fields = {name: given[name] for name in ("name", "birth_date", "sex")}
        return fields | {
            "reason": given["reason"],
            "cleared": frozenset(name for name, value in fields.items() if not value),
        }


class NationalIdentifierRuleForm(forms.Form):
    hospital = forms.ModelChoiceField(label=_("Hospital"), queryset=None, empty_label=_("Choose a hospital"))
    scheme = forms.CharField(
        label=_("National scheme"), max_length=32, help_text=_("One name in the whole network, such as NHS.")
    )
    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=64,
        required=False,
        help_text=_("As the hospital sends it: PID-3.4, or IssuerOfPatientID of OtherPatientIDsSequence."),
    )
    type_code = forms.CharField(
        label=_("Type"), max_length=16, required=False, help_text=_("As the hospital sends it in PID-3.5: NI, SS.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hospital"].queryset = hospitals_of_scope()
