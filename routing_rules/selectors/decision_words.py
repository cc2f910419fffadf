"""A stored decision as people read it: what an eligible reader's score is made of, part by part."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from routing_rules.models import AssignmentDecision

# The parts of the engine's cost in the order in which they are shown; what the network weighs first comes first.
PART_LABELS = {
    "lateness": _("expected lateness"),
    "waiting": _("wait until free"),
    "minutes": _("reader's time"),
    "mismatch": _("not the specialty"),
    "fairness": _("fair share"),
    "stability": _("on the list already"),
    "past_shift": _("after the shift"),
}


@dataclass(frozen=True)
class Part:
    """One summand of a score, in weighted late minutes; below zero it speaks for the reader."""

    label: str | Promise
    value: float


@dataclass(frozen=True)
class ShownDecision:
    """A decision with its candidates, each with `shown_parts`; those of decisions of old have none."""

    record: AssignmentDecision
    decision: dict[str, Any]


def shown_decision(record: AssignmentDecision) -> ShownDecision:
    """Return the decision with each candidate's parts in words, those that are nothing left out."""
    candidates = [
        candidate | {"shown_parts": _parts(candidate.get("parts") or {})} for candidate in record.decision["candidates"]
    ]
    return ShownDecision(record, record.decision | {"candidates": candidates})


def _parts(parts: dict[str, float]) -> list[Part]:
    return [
        Part(label, parts[name]) for name, label in PART_LABELS.items() if name in parts and abs(parts[name]) >= 0.005
    ]
