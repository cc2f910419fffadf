"""The worklist's filter; what cannot be read is no restriction.

What is searched for is a patient's name as often as not: it travels in a request's body only, so that no address,
history or log of a server holds it.
"""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from hospitals.models import Hospital, Membership, User
from pacs_core.access.scopes import current_scope
from worklist.models import Priority, WorklistItem
from worklist.selectors.items import ItemFilter
from worklist.selectors.saved_views import DEFAULT_VIEW, SAVED_VIEWS

MODALITIES = ("CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA")
_ANY = [("", _("Any"))]


def filter_values(request: HttpRequest) -> QueryDict:
    """Return what a request narrows down to: its body, else its address without a search."""
    if request.method == "POST":
        return request.POST
    values = request.GET.copy()
    values.pop("search", None)
    return values


class WorklistFilterForm(forms.Form):
    search = forms.CharField(required=False, max_length=100, label=_("Patient, ID or accession number"))
    view = forms.ChoiceField(
        required=False, choices=[(key, key) for key in SAVED_VIEWS], widget=forms.HiddenInput, initial=DEFAULT_VIEW
    )
    hospital = forms.ModelChoiceField(
        required=False, queryset=Hospital.objects.none(), label=_("Hospital"), empty_label=_("Any")
    )
    modality = forms.ChoiceField(
        required=False, choices=[*_ANY, *((name, name) for name in MODALITIES)], label=_("Modality")
    )
    priority = forms.ChoiceField(required=False, choices=[*_ANY, *Priority.choices], label=_("Priority"))
    status = forms.ChoiceField(required=False, choices=[*_ANY, *WorklistItem.Status.choices], label=_("Status"))
    assigned = forms.ChoiceField(required=False, label=_("Assigned to"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hospital_ids = current_scope().hospital_ids
        self.fields["search"].widget = forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": _("Name, ID, accession")}
        )
        self.fields["hospital"].queryset = Hospital.objects.filter(pk__in=hospital_ids).order_by("name")
        readers = User.objects.filter(
            role=User.Role.RADIOLOGIST, pk__in=Membership.objects.filter(hospital__in=hospital_ids).values("user")
        )
        mine = [("me", _("Me"))] if user.role == User.Role.RADIOLOGIST else []
        self.fields["assigned"].choices = lambda: [
            *_ANY,
            *mine,
            ("nobody", _("Nobody")),
            *((str(pk), name) for pk, name in readers.order_by("name").values_list("pk", "name")),
        ]

    def given(self, **more: str | None) -> dict[str, str]:
        """Return the values as they came, without empty ones, to ask for the same again."""
        values = {name: self.data.get(name) for name in self.fields} | more
        return {name: value for name, value in values.items() if value}

    def query(self, **more: str | None) -> str:
        """Return the values as an address may hold them: without the search."""
        values = self.given(**more)
        values.pop("search", None)
        return urlencode(values)

    def chosen(self) -> ItemFilter:
        """Return the filter; a field that cannot be read is left out."""
        self.is_valid()
        values = self.cleaned_data
        hospital = values.get("hospital")
        return ItemFilter(
            view=values.get("view") or DEFAULT_VIEW,
            search=values.get("search", ""),
            hospital_id=hospital.pk if hospital else None,
            modality=values.get("modality", ""),
            priority=values.get("priority", ""),
            status=values.get("status", ""),
            assigned=values.get("assigned", ""),
        )
