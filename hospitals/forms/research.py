"""Forms of research projects and of the copies that they ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.forms.places import choose_hospital
from pacs_core.network.nodes.selectors import visible_nodes
from pacs_core.network.research.models import validate_project_code
from pacs_core.network.research.selectors import visible_projects


class ResearchProjectForm(forms.Form):
    hospital = forms.ModelChoiceField(
        label=_("Hospital"), queryset=None, help_text=_("Whose studies the project gets copies of.")
    )
    code = forms.CharField(
        label=_("Code"),
        max_length=16,
        validators=[validate_project_code],
        help_text=_("Begins every pseudonym: LUNG2026 gives LUNG2026-7Q2KXMWAF3BD. Capitals, digits and _; it stays."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=_("Name"), max_length=120)
    retain_modified_dates = forms.BooleanField(
        label=_("Keep intervals between dates"),
        required=False,
        initial=True,
        help_text=_("All dates of a patient move back by the same secret number of days. Otherwise they are removed."),
    )
    clean_descriptors = forms.BooleanField(
        label=_("Keep descriptions, cleaned"),
        required=False,
        initial=True,
        help_text=_("Words of radiology stay, every other word goes. Otherwise descriptions are removed."),
    )
    clean_structured_content = forms.BooleanField(
        label=_("Keep structured reports, cleaned"),
        required=False,
        initial=True,
        help_text=_("Measurements and codes stay, names go. Otherwise such reports are left out."),
    )
    retain_patient_characteristics = forms.BooleanField(
        label=_("Keep sex, age, size and weight"), required=False, help_text=_("Ages above 89 become 89.")
    )
    retain_safe_private = forms.BooleanField(
        label=_("Keep vendors' harmless values"),
        required=False,
        help_text=_("Such as b-values of diffusion. Every other private element goes."),
    )
    retain_uids = forms.BooleanField(
        label=_("Keep UIDs"),
        required=False,
        help_text=_("Whoever has the originals can then tell whose copies these are."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_hospital(self)

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        return given | {"hospital_id": given.pop("hospital").pk}


class DeidentifiedExportForm(forms.Form):
    project = forms.ModelChoiceField(label=_("Project"), queryset=None, empty_label=_("Choose a project"))
    studies = forms.CharField(
        label=_("Studies"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("Accession numbers or study UIDs of the project's hospital, one a line."),
    )
    ae_title = forms.ChoiceField(
        label=_("To"), required=False, help_text=_("A ZIP is kept for seven days; a node gets the copies by C-STORE.")
    )
    accepts_doubtful_pixels = forms.BooleanField(
        label=_("I have looked: no name is in the pixels"),
        required=False,
        help_text=_(
            "Ultrasound, secondary captures, photographs and screen shots often show the patient's name and are left "
            "out without this."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = visible_projects()
        self.fields["project"].queryset = projects
        self.fields["project"].label_from_instance = lambda project: f"{project.code} · {project.name}"
        only = list(projects[:2])
        if len(only) == 1:
            self.fields["project"].initial = only[0]
        nodes = visible_nodes().exclude(host="").values_list("ae_title", flat=True)
        self.fields["ae_title"].choices = [("", _("A ZIP with DICOMDIR")), *((title, title) for title in nodes)]

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        return given | {"studies": list(dict.fromkeys(given["studies"].split()))}
