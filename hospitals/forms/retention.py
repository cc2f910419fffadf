"""Forms of what is kept: rules, legal holds; the services judge, these only read and explain."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.forms.filters import ListFilterForm, hospital_field, search_field
from hospitals.forms.places import choose_hospital
from pacs_core.archive.models_retention import ImageDeletion, RetentionRule

_ANY = [("", _("Any"))]


class RetentionRuleForm(forms.Form):
    hospital = forms.ModelChoiceField(queryset=None, label=_("Hospital"))
    modality = forms.RegexField(
        r"^[A-Za-z]{0,16}$",
        label=_("Modality"),
        required=False,
        max_length=16,
        help_text=_("As in the header: CT, MR, MG. Empty: of all modalities without a rule of their own."),
    )
    keep_days = forms.IntegerField(
        label=_("Keep for days"),
        required=False,
        min_value=1,
        max_value=36_500,
        help_text=_("From the day of the examination. Ten years are 3653. Empty: for ever."),
    )
    keep_children_until_age = forms.IntegerField(
        label=_("Children until age"),
        required=False,
        min_value=18,
        max_value=120,
        help_text=_("Images of who was under 18 are kept until this age, if that is later."),
    )
    archive_after_days = forms.IntegerField(
        label=_("Archive class after days"),
        required=False,
        min_value=1,
        max_value=36_500,
        help_text=_("With a bucket: then reading takes hours, and storing costs less. Empty: never."),
    )

    def __init__(self, *args: Any, rule: RetentionRule | None = None, **kwargs: Any) -> None:
        if rule is not None:
            kwargs["initial"] = {name: getattr(rule, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        choose_hospital(self)
        if rule is not None:
            del self.fields["hospital"], self.fields["modality"]

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given.pop("hospital", None)
        if "modality" in given:
            given["modality"] = given["modality"].upper()
        return given


class LegalHoldForm(forms.Form):
    hospital = forms.ModelChoiceField(queryset=None, label=_("Hospital"))
    accession_number = forms.CharField(
        label=_("Accession number"), required=False, max_length=64, help_text=_("Keeps this study's images.")
    )
    patient_id = forms.CharField(
        label=_("Patient ID"), required=False, max_length=64, help_text=_("Keeps all images of this patient.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("Who asked for it, and why."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_hospital(self)


class RetentionRuleFilterForm(ListFilterForm):
    hospital = hospital_field()


class LegalHoldFilterForm(ListFilterForm):
    defaults = {"state": "in_force"}
    search = search_field(_("Accession number, patient ID or reason"))
    hospital = hospital_field()
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("in_force", _("in force")), ("released", _("released")), ("all", _("all"))],
    )


class ImageDeletionFilterForm(ListFilterForm):
    defaults = {"state": "announced"}
    search = search_field(_("Accession number"))
    hospital = hospital_field()
    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[*ImageDeletion.State.choices, ("all", _("all"))]
    )
