"""Forms of decisions about contradicting images, and of rejecting images; the services decide what is possible."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pacs_core.archive.models import RejectionNote, Study


class StudyField(forms.CharField):
    """A study in sight by its StudyInstanceUID or accession number."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        rows = Study.kept.filter(study_instance_uid=text)[:1] or Study.kept.filter(accession_number=text)[:2]
        studies = list(rows)
        if not studies:
            raise ValidationError(_("No study has this UID or accession number. Maybe it is another hospital's."))
        if len(studies) > 1:
            raise ValidationError(_("Several studies have this accession number. Maybe give the StudyInstanceUID."))
        return studies[0]


class ConflictDecisionForm(forms.Form):
    """What to do with every image of a conflict; `decision` is the button that was pressed."""

    decision = forms.ChoiceField(choices=[(name, name) for name in ("accept", "this_study", "own", "reject")])
    target = StudyField(
        label=_("Other study (UID or accession number)"),
        max_length=64,
        required=False,
        help_text=_("Only to file them under a third study of the same hospital."),
    )
    remark = forms.CharField(
        label=_("Remark"), max_length=300, required=False, help_text=_("Why. A rejection needs it.")
    )


class RejectImagesForm(forms.Form):
    study = StudyField(label=_("Study (UID or accession number)"), max_length=64)
    series_instance_uid = forms.CharField(
        label=_("SeriesInstanceUID"), max_length=64, required=False, help_text=_("Empty for the whole study.")
    )
    code = forms.ChoiceField(label=_("Title of the note"), choices=RejectionNote.Code.choices)
    remark = forms.CharField(label=_("Remark"), max_length=300, required=False)
