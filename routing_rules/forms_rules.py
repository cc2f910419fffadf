"""Forms of the rules' pages that are not the editor: reader groups, the engine's settings."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hospitals.models import ReaderGroup, User
from routing_rules.selectors.engine_settings import DIALS, OWN, presets, weights_of
from routing_rules.services.engine_settings import HIGHEST


class ReadersField(forms.ModelMultipleChoiceField):
    """Radiologists to tick, each by name with what they read."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: User) -> str:
        profile = getattr(obj, "radiologist_profile", None)
        read = ", ".join(profile.subspecialties) if profile else ""
        return f"{obj.name} · {read}" if read else obj.name


class ReaderGroupForm(forms.Form):
    """A group's name, which stays as it is once rules may name it, and its members."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Rules name the group by it; it stays as it is: Night team.")
    )
    members = ReadersField(label=_("Members"), queryset=User.objects.none(), required=False)

    def __init__(self, data: Any = None, *, group: ReaderGroup | None = None) -> None:
        initial = {"members": list(group.members.values_list("pk", flat=True))} if group else {}
        super().__init__(data, initial=initial, label_suffix="")
        readers = User.objects.filter(role=User.Role.RADIOLOGIST, is_active=True)
        self.fields["members"].queryset = readers.select_related("radiologist_profile").order_by("name")
        if group is not None:
            del self.fields["name"]


class EngineSettingsForm(forms.Form):
    """A preset, or "own" with a number on each dial; what has no dial stays as the network has it."""

    preset = forms.ChoiceField(choices=())

    def __init__(self, data: Any = None, *, weights: Mapping[str, float]) -> None:
        super().__init__(data, label_suffix="")
        self._now = weights
        self.fields["preset"].choices = [(one.name, one.label) for one in presets()] + [(OWN, _("Own weights"))]
        for dial in DIALS:
            self.fields[dial.name] = forms.FloatField(
                label=dial.label,
                initial=weights[dial.name],
                min_value=0,
                max_value=HIGHEST,
                required=False,
                widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("preset") == OWN:
            for dial in DIALS:
                if cleaned.get(dial.name) is None and dial.name not in self.errors:
                    self.add_error(dial.name, _("A number from 0 on is needed."))
        return cleaned

    def weights(self) -> dict[str, float]:
        """Return what was chosen, as services.engine_settings takes it."""
        if self.cleaned_data["preset"] != OWN:
            return weights_of(self.cleaned_data["preset"])
        return {**self._now, **{dial.name: self.cleaned_data[dial.name] for dial in DIALS}}
