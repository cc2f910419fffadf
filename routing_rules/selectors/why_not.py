"""Why not this reader: one sentence from the item's last decision and from what stands between them now."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from routing_rules.selectors.choices import Situation, last_candidates, visible_asked

_PART_WORDS = {
    "lateness": gettext_lazy("lateness"),
    "waiting": gettext_lazy("an earlier start"),
    "minutes": gettext_lazy("reading time"),
    "mismatch": gettext_lazy("subspecialty"),
    "fairness": gettext_lazy("fairness"),
    "stability": gettext_lazy("having it on the list already"),
    "past_shift": gettext_lazy("the end of the shift"),
}


def why_not(worklist_item_id: int, reader_id: int, user: User, situation: Situation) -> str:
    """Say in one sentence why the reader is not the one who has the item, or that this is the one."""
    [asked] = visible_asked([worklist_item_id])
    reader = situation.readers.get(reader_id)
    if reader is None:
        raise NotVisible(f"There is no reader {reader_id} for you.")
    candidates = last_candidates([worklist_item_id]).get(worklist_item_id, {})
    candidate = candidates.get(reader_id)
    name, item = reader.user.name, asked.item
    holder = item.claimed_by_id or item.assigned_to_id
    if holder == reader_id:
        return _("%(name)s has it: %(reason)s.") % {"name": name, "reason": _lowered(_reason(candidate))}
    was_out = candidate["reason"] if candidate and not candidate["is_eligible"] else ""
    obstacle = situation.obstacle(asked, reader, was_out, user.time_zone)
    if obstacle:
        return _("Not %(name)s: %(reason)s.") % {"name": name, "reason": _lowered(obstacle.reason)}
    if was_out:
        return _("Not %(name)s when it was decided: %(reason)s. Nothing stands against it now.") % {
            "name": name,
            "reason": _lowered(was_out),
        }
    if item.is_pinned:
        return _("%(name)s could read it, but a person or a rule pinned it to another reader.") % {"name": name}
    if candidate is None:
        return _("%(name)s was not asked when it was decided. Nothing stands against it now.") % {"name": name}
    return _compared(name, candidate, candidates.get(holder or 0))


def _compared(name: str, candidate: Mapping[str, Any], chosen: Mapping[str, Any] | None) -> str:
    """Set what speaks for the reader beside what speaks for the one who has it."""
    if chosen is None:
        return _("%(name)s may read it: %(reason)s.") % {"name": name, "reason": _lowered(candidate["reason"])}
    worse = _worst_part(candidate.get("parts"), chosen.get("parts"))
    values = {
        "name": name,
        "reason": _lowered(candidate["reason"]),
        "chosen": chosen["name"],
        "other": _lowered(chosen["reason"]),
        "worse": worse,
    }
    if worse:
        return _("%(name)s may read it (%(reason)s), but %(chosen)s fits better by %(worse)s (%(other)s).") % values
    return _("%(name)s may read it (%(reason)s), but %(chosen)s fits the whole plan better (%(other)s).") % values


def _worst_part(own: Mapping[str, float] | None, chosen: Mapping[str, float] | None) -> str:
    """Name the part of the score in which the reader falls behind most; "" where no part does."""
    if not own or not chosen:
        return ""
    behind = {name: value - chosen.get(name, 0.0) for name, value in own.items()}
    name = max(behind, key=lambda part: behind[part])
    return str(_PART_WORDS.get(name, "")) if behind[name] > 0 else ""


def _reason(candidate: Mapping[str, Any] | None) -> str:
    return candidate["reason"] if candidate else _("a person decided so")


def _lowered(words: str) -> str:
    """Write words inside a sentence; abbreviations at their head stay as they are."""
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words
