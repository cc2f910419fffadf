"""The filter bars of the administration's lists, read from the address; what cannot be read is no restriction."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.models import User
from hospitals.selectors.administration import administered_hospitals
from pacs_core.archive.models import StudyConflict
from pacs_core.network.outbound.models import OutboundJob
from pacs_core.network.research.models import DeidentifiedExport

_ANY = [("", _("Any"))]
_DAYS = [("1", _("1 day")), ("7", _("7 days")), ("30", _("30 days")), ("365", _("a year"))]


def search_field(label: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": label})
    return forms.CharField(required=False, max_length=100, label=label, widget=widget)


def hospital_field() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(required=False, queryset=None, label=_("Hospital"), empty_label=_("Any"))


class ListFilterForm(forms.Form):
    """A filter bar; `defaults` are the choices of an address that names none."""

    defaults: dict[str, str] = {}

    def __init__(self, data: Any) -> None:
        values = self.defaults | {name: data[name] for name in data}
        super().__init__(values, auto_id="filter_%s")
        if "hospital" in self.fields:
            self.fields["hospital"].queryset = administered_hospitals()

    def chosen(self) -> dict[str, Any]:
        """Return each field's value; an unreadable one as its default, else as nothing."""
        self.is_valid()
        values = {}
        for name, field in self.fields.items():
            nothing = None if isinstance(field, forms.ModelChoiceField) else self.defaults.get(name, "")
            values[name] = self.cleaned_data.get(name) or nothing
        if "days" in values:
            values["days"] = int(values["days"]) if values["days"] else None
        return values


class HospitalFilterForm(ListFilterForm):
    search = search_field(_("Code, name or city"))
    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[*_ANY, ("active", _("active")), ("inactive", _("inactive"))]
    )


class NodeFilterForm(ListFilterForm):
    search = search_field(_("AE title or host"))
    hospital = hospital_field()
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[*_ANY, ("sends", _("sends")), ("never", _("never sent")), ("paused", _("paused"))],
    )


class Hl7SourceFilterForm(ListFilterForm):
    search = search_field(_("Application or facility"))
    hospital = hospital_field()


class PeopleFilterForm(ListFilterForm):
    search = search_field(_("Name or mail address"))
    role = forms.ChoiceField(required=False, label=_("Role"), choices=[*_ANY, *User.Role.choices])
    hospital = hospital_field()
    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[*_ANY, ("active", _("active")), ("locked_out", _("locked out"))]
    )


class RejectionFilterForm(ListFilterForm):
    search = search_field(_("AE title or address"))
    days = forms.ChoiceField(required=False, label=_("Last seen within"), choices=[*_ANY, *_DAYS])


class QuarantineFilterForm(ListFilterForm):
    defaults = {"state": "open"}
    search = search_field(_("AE title, reason or UID"))
    hospital = hospital_field()
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("open", _("waits")), ("retried", _("filed again")), ("rejected", _("rejected")), ("all", _("all"))],
    )


class OutboundFilterForm(ListFilterForm):
    search = search_field(_("AE title or what stopped it"))
    hospital = hospital_field()
    state = forms.ChoiceField(required=False, label=_("State"), choices=[*_ANY, *OutboundJob.Status.choices])


class DamagedFileFilterForm(ListFilterForm):
    search = search_field(_("UID of study or image"))
    hospital = hospital_field()


class ExportFilterForm(ListFilterForm):
    search = search_field(_("Project or node"))
    hospital = hospital_field()
    state = forms.ChoiceField(required=False, label=_("State"), choices=[*_ANY, *DeidentifiedExport.Status.choices])


class ConflictFilterForm(ListFilterForm):
    defaults = {"state": "open"}
    search = search_field(_("UID of study or image"))
    hospital = hospital_field()
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("open", _("waits")), *StudyConflict.Decision.choices, ("all", _("all"))],
    )


class RejectionNoteFilterForm(ListFilterForm):
    search = search_field(_("UID of study or image"))
    hospital = hospital_field()
    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[*_ANY, ("in_force", _("hides")), ("revoked", _("revoked"))]
    )


class AuditFilterForm(ListFilterForm):
    defaults = {"days": "7"}
    search = search_field(_("Person or process"))
    action = forms.CharField(
        required=False, max_length=60, label=_("Did"), widget=forms.TextInput(attrs={"placeholder": "report."})
    )
    target = forms.CharField(
        required=False, max_length=120, label=_("To"), widget=forms.TextInput(attrs={"placeholder": "worklist_item 5"})
    )
    hospital = hospital_field()
    days = forms.ChoiceField(required=False, label=_("Within"), choices=_DAYS)
