"""The worklist's filter, read from the address; what cannot be read is no restriction."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.models import Hospital, Membership, User
from pacs_core.access.scopes import current_scope
from worklist.models import Priority, WorklistItem
from worklist.selectors.items import ItemFilter
from worklist.selectors.saved_views import DEFAULT_VIEW, SAVED_VIEWS

MODALITIES = ("CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA")
_ANY = [("", _("Any"))]


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
        self.fields["search"].widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
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
