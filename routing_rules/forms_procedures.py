"""Filter bars and forms of the procedure map; the services validate, these only read and explain."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.models import Hospital
from hospitals.models.reading import SUBSPECIALTIES
from pacs_core.access.scopes import current_scope
from routing_rules.models import Procedure
from routing_rules.services.catalogue import LEAST_MINUTES, MODALITIES, MOST_MINUTES, MOST_RELATIVE_VALUE

_ANY = [("", _("Any"))]
_MODALITIES = [*_ANY, *((name, name) for name in MODALITIES)]
_SUBSPECIALTIES = [(name, name) for name in SUBSPECIALTIES]


def _search(label: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": label})
    return forms.CharField(required=False, max_length=100, label=label, widget=widget)


class _FilterForm(forms.Form):
    """A filter bar read from the address; what cannot be read is no restriction."""

    defaults: dict[str, str] = {}

    def __init__(self, data: Any) -> None:
        super().__init__(self.defaults | {name: data[name] for name in data}, auto_id="filter_%s")

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        empty = {name: None if isinstance(field, forms.ModelChoiceField) else "" for name, field in self.fields.items()}
        return {name: self.cleaned_data.get(name) or empty[name] for name in self.fields}


class MappingFilterForm(_FilterForm):
    defaults = {"state": "waiting"}
    search = _search(_("Code or words"))
    hospital = forms.ModelChoiceField(
        required=False, queryset=Hospital.objects.none(), label=_("Hospital"), empty_label=_("Any")
    )
    modality = forms.ChoiceField(required=False, choices=_MODALITIES, label=_("Modality"))
    state = forms.ChoiceField(
        required=False,
        label=_("Show"),
        choices=[
            ("waiting", _("waiting")),
            ("mapped", _("mapped")),
            ("by_itself", _("mapped by themselves")),
            ("retired", _("on retired procedures")),
            ("", _("all")),
        ],
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        hospitals = Hospital.objects.filter(pk__in=current_scope().hospital_ids)
        self.fields["hospital"].queryset = hospitals.order_by("name")


class CatalogueFilterForm(_FilterForm):
    defaults = {"state": "active"}
    search = _search(_("Code, name or body part"))
    modality = forms.ChoiceField(required=False, choices=_MODALITIES, label=_("Modality"))
    subspecialty = forms.ChoiceField(required=False, choices=[*_ANY, *_SUBSPECIALTIES], label=_("Subspecialty"))
    state = forms.ChoiceField(
        required=False,
        label=_("Show"),
        choices=[("active", _("in use")), ("retired", _("retired")), ("", _("all"))],
    )


class ProcedureForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Names the procedure in rules, files and the API; it stays as it is: CT_HEAD."),
    )
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As readers call it."))
    modality = forms.ChoiceField(label=_("Modality"), choices=[("", _("Choose")), *_MODALITIES[1:]])
    body_part = forms.CharField(
        label=_("Body part"), max_length=40, required=False, help_text=_("In capitals, as in DICOM: CHEST.")
    )
    subspecialty = forms.ChoiceField(
        label=_("Subspecialty"),
        required=False,
        choices=[("", _("None")), *_SUBSPECIALTIES],
        help_text=_("Who reads it best; rules may require it."),
    )
    relative_value = forms.FloatField(
        label=_("Relative value"),
        min_value=0,
        max_value=MOST_RELATIVE_VALUE,
        help_text=_("Work relative value units (wRVU): what fairness is counted in."),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    expected_minutes = forms.FloatField(
        label=_("Minutes"),
        min_value=LEAST_MINUTES,
        max_value=MOST_MINUTES,
        help_text=_("For an average specialist; counts until enough readings are known."),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    def __init__(self, *args: Any, procedure: Procedure | None = None, **kwargs: Any) -> None:
        if procedure is not None:
            kwargs["initial"] = {name: getattr(procedure, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if procedure is not None:
            del self.fields["code"]


class CatalogueFileForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "Columns code, name, modality, body_part, subspecialty, relative_value, expected_minutes, is_active: as an "
            "export gives them. Known codes are changed, others added; nothing is taken when a line has a fault."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
