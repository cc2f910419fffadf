"""Forms of the shares at which escalation acts, and of a message to a reader."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from routing_rules.engine.escalation import STEPS, Shares
from routing_rules.models import ReaderMessage
from routing_rules.selectors.escalation import Policy
from routing_rules.selectors.reader_messages import Addressee
from routing_rules.services.escalation_policies import PolicyChange

ON_SHIFT = "on_shift"
LABELS = {
    "remind_reader": _("remind the reader"),
    "widen_pool": _("widen the pool"),
    "alert_coordinator": _("alert the coordinators"),
    "call_on_call": _("call who is on call"),
}


class EscalationForm(forms.Form):
    """Per priority and step a share in per cent, empty for never; the edit number that was looked at goes with it."""

    def __init__(self, data: Any = None, *, policies: Iterable[Policy]) -> None:
        self.policies = list(policies)
        super().__init__(data)
        for policy in self.policies:
            self.fields[f"{policy.priority}-edit_number"] = forms.IntegerField(
                min_value=0, widget=forms.HiddenInput, initial=policy.edit_number
            )
            for step in STEPS:
                self.fields[f"{policy.priority}-{step}"] = _share_field(policy, step)

    def changes(self) -> list[PolicyChange]:
        """Return what the form asks for, of every priority."""
        values = self.cleaned_data
        return [
            PolicyChange(
                policy.priority,
                Shares(*(_share(values[f"{policy.priority}-{step}"]) for step in STEPS)),
                values[f"{policy.priority}-edit_number"],
            )
            for policy in self.policies
        ]

    def shares_of(self, policy: Policy) -> Shares:
        """Return what the form shows for a priority, what is in force where it cannot be read."""
        if not self.is_bound or not self.is_valid():
            return policy.shares
        return next(change.shares for change in self.changes() if change.priority == policy.priority)


def _share_field(policy: Policy, step: str) -> forms.IntegerField:
    share = policy.shares.of(step)
    label = _("%(priority)s: %(step)s at per cent of the service level") % {
        "priority": policy.label,
        "step": LABELS[step],
    }
    widget = forms.NumberInput(
        attrs={"aria-label": label, "placeholder": _("never"), "data-step": step, "inputmode": "numeric"}
    )
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=200,
        required=False,
        initial=None if share is None else round(share * 100),
        widget=widget,
        error_messages={"invalid": _("A whole number, or empty for never.")},
    )


def _share(percent: int | None) -> float | None:
    return None if percent is None else percent / 100


class MessageForm(forms.Form):
    """A message to one reader, or to all on shift; a reply goes to whoever asked."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    reader = forms.ChoiceField(label=_("To"))
    text = forms.CharField(
        label=_("Message"),
        error_messages={"required": _("The message is empty.")},
        max_length=ReaderMessage._meta.get_field("text").max_length,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data: Any = None, *, people: Iterable[Addressee], reader: str = "") -> None:
        super().__init__(data, initial={"request_id": uuid.uuid4(), "reader": reader})
        people = list(people)
        on_shift = [_choice(one) for one in people if one.is_on_shift]
        others = [_choice(one) for one in people if not one.is_on_shift]
        everybody = [(ON_SHIFT, _("Everybody on shift (%(count)s)") % {"count": len(on_shift)})] if on_shift else []
        groups = [(_("On shift"), on_shift), (_("Off shift"), others)]
        self.fields["reader"].choices = [("", _("Choose a reader")), *everybody, *[one for one in groups if one[1]]]
        self._on_shift = [one.reader.pk for one in people if one.is_on_shift]

    def recipient_ids(self) -> list[int]:
        chosen = self.cleaned_data["reader"]
        return self._on_shift if chosen == ON_SHIFT else [int(chosen)]


class ReplyForm(forms.Form):
    """A reader's answer."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Reply"),
        error_messages={"required": _("The message is empty.")},
        max_length=ReaderMessage._meta.get_field("text").max_length,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"request_id": uuid.uuid4()})


def _choice(one: Addressee) -> tuple[str, str]:
    return str(one.reader.pk), one.reader.name
