"""What the board is narrowed down to."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.models import Hospital
from hospitals.models.reading import SUBSPECIALTIES
from pacs_core.access.scopes import current_scope
from routing_rules.selectors.board import SORTS, ReaderFilter
from routing_rules.selectors.board_items import DEFAULT_VIEW, ITEM_VIEWS

_SORT_WORDS = {"queue": _("by queue"), "name": _("by name"), "shift": _("by shift"), "share": _("by share")}


class BoardForm(forms.Form):
    """Fields that cannot be read are left out, so that an old address still shows something."""

    subspecialty = forms.ChoiceField(
        label=_("Subspecialty"),
        required=False,
        choices=[("", _("Subspecialty")), *((n, n) for n in SUBSPECIALTIES)],
    )
    hospital = forms.ModelChoiceField(
        Hospital.objects.none(), label=_("Hospital"), required=False, empty_label=_("Hospital")
    )
    on_shift = forms.BooleanField(label=_("On shift"), required=False)
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=[(key, _SORT_WORDS[key]) for key in SORTS])
    view = forms.ChoiceField(required=False, choices=[(key, view.label) for key, view in ITEM_VIEWS.items()])
    find = forms.CharField(label=_("Find in this list"), required=False, max_length=100)
    known_readers = forms.CharField(required=False)
    known_items = forms.CharField(required=False)

    def __init__(self, data: object) -> None:
        super().__init__(data, auto_id="board-%s")
        self.fields["hospital"].queryset = Hospital.objects.filter(pk__in=current_scope().hospital_ids).order_by("code")
        self.fields["hospital"].label_from_instance = lambda hospital: hospital.code
        for name in ("subspecialty", "hospital"):
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label
        self.is_valid()

    def reader_filter(self) -> ReaderFilter:
        values = self.cleaned_data
        hospital = values.get("hospital")
        return ReaderFilter(
            subspecialty=values.get("subspecialty", ""),
            hospital_id=hospital.pk if hospital else None,
            on_shift=values.get("on_shift", False),
            sort=values.get("sort") or "queue",
        )

    def item_view(self) -> str:
        return self.cleaned_data.get("view") or DEFAULT_VIEW

    def search(self) -> str:
        return self.cleaned_data.get("find", "")

    def known(self, name: str) -> frozenset[str]:
        """Return the marks (selectors.row_versions) of the rows of `name`, readers or items, that the browser has."""
        return frozenset(self.cleaned_data.get(f"known_{name}", "").split(","))
