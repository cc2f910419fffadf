"""Findings about rules as people read them: a label, a sentence, and whether they forbid to publish."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from routing_rules.engine.findings.finding import Finding
from routing_rules.selectors.rule_words import FACT_WORDS

EFFECT_WORDS: dict[str, Promise] = {
    "require_subspecialty": gettext_lazy("required subspecialty"),
    "prefer_subspecialty": gettext_lazy("preferred subspecialty"),
    "require_group": gettext_lazy("required group"),
    "prefer_group": gettext_lazy("preferred group"),
    "require_reader": gettext_lazy("required reader"),
    "prefer_reader": gettext_lazy("preferred reader"),
    "set_service_level_minutes": gettext_lazy("service level"),
    "hold_for_subspecialty": gettext_lazy("hold for a subspecialty"),
    "reading": gettext_lazy("kind of reading"),
}
LABELS: dict[str, Promise] = {
    "unfinished": gettext_lazy("Unfinished"),
    "never_matches": gettext_lazy("Never applies"),
    "shadowed": gettext_lazy("Never reached"),
    "effect_never_counts": gettext_lazy("Without effect"),
    "first_decides": gettext_lazy("Disagrees"),
    "nobody_reads_subspecialty": gettext_lazy("No reader"),
    "gap": gettext_lazy("Gap in the rota"),
}
_UNKNOWN, _EXCLUDES = gettext_lazy("Unknown name"), gettext_lazy("Contradicts")
WORDS: dict[str, Promise] = {
    "unfinished": gettext_lazy("It cannot be applied as it is: %(reason)s"),
    "first_decides": gettext_lazy(
        "Its %(effect)s differs from that of %(others)s; where both apply, %(others)s decides."
    ),
    "effect_never_counts": gettext_lazy("Its %(effect)s never counts: %(others)s has always decided that before."),
    "reader_required_and_never": gettext_lazy("%(reader)s is required and kept out at once: nobody is left to read."),
    "reader_preferred_and_never": gettext_lazy("%(reader)s is preferred and kept out at once."),
    "required_reader_lacks_subspecialty": gettext_lazy(
        "%(reader)s is required but does not read %(subspecialty)s, which is required too: nobody is left to read."
    ),
    "held_from_required_reader": gettext_lazy(
        "It is held for %(subspecialty)s, which the required reader %(reader)s does not read: it waits without need."
    ),
    "required_reader_not_in_group": gettext_lazy(
        "%(reader)s is required but not in the required group %(group)s: nobody is left to read."
    ),
    "nobody_in_group_reads": gettext_lazy(
        "Nobody in the group %(group)s reads %(subspecialty)s: nobody is left to read."
    ),
    "nobody_reads_subspecialty": gettext_lazy("No reader of the network reads %(subspecialty)s."),
    "held_for_another": gettext_lazy(
        "It is held for %(held)s while only %(subspecialty)s may read it: it waits without need."
    ),
    "service_level_twice": gettext_lazy(
        "The service level is set to %(minutes)s minutes and then multiplied by %(factor)s as well."
    ),
    "double_reading_by_one": gettext_lazy("Two readers have to read it, but only %(reader)s may."),
    "required_reader_unknown": gettext_lazy(
        "%(reader)s is required, but is no active radiologist: nobody is left to read."
    ),
    "required_group_unknown": gettext_lazy(
        "There is no reader group %(group)s, which is required: nobody is left to read."
    ),
    "reader_unknown": gettext_lazy("%(reader)s is no active radiologist."),
    "group_unknown": gettext_lazy("There is no reader group %(group)s."),
    "node_unknown": gettext_lazy("There is no node %(node)s to send to."),
    "person_unknown": gettext_lazy("%(reader)s has no account: nobody would be told."),
}


def finding_as_dict(
    finding: Finding, rules: Sequence[Mapping[str, Any]], *, both: Callable[[int, int], int] | None = None
) -> dict[str, Any]:
    """Return a finding for screens and the API; `both` counts examinations that two rules matched lately."""
    position = finding.positions[0] if finding.positions else None
    return {
        "position": position,
        "rules": [rules[place]["name"] for place in finding.positions],
        "kind": finding.kind,
        "blocks": finding.is_blocking,
        "tone": "overdue" if finding.is_blocking else "soon",
        "label": str(_label(finding.kind)),
        "words": " ".join(filter(None, (_sentence(finding, rules), _evidence(finding, both)))),
    }


def _label(kind: str) -> Promise:
    if kind.endswith("_unknown"):
        return _UNKNOWN
    return LABELS.get(kind, _EXCLUDES)


def _sentence(finding: Finding, rules: Sequence[Mapping[str, Any]]) -> str:
    values = {name: _value(name, value) for name, value in finding.values.items()}
    values["others"] = _(" and ").join(f"“{rules[place]['name']}”" for place in finding.positions[1:])
    if finding.kind == "never_matches":
        if not finding.values.get("fact"):
            return _("It can never apply: its conditions exclude one another.")
        return _("It can never apply: its conditions on the %(fact)s exclude one another.") % values
    if finding.kind == "shadowed":
        words = ngettext(
            "%(others)s stops before it and takes everything that it would match.",
            "%(others)s stop before it and together take everything that it would match.",
            len(finding.positions) - 1,
        )
        return words % values
    if finding.kind == "value_unknown":
        return _("The network has no %(fact)s %(value)s.") % values
    sentence = str(WORDS[finding.kind]) % values
    if len(finding.positions) > 1 and finding.kind not in ("first_decides", "effect_never_counts"):
        return _("Together with %(others)s: %(sentence)s") % {**values, "sentence": sentence}
    return sentence


def _value(name: str, value: str) -> str:
    if name == "fact":
        return str(FACT_WORDS.get(value, value))
    return str(EFFECT_WORDS.get(value, value)) if name == "effect" else value


def _evidence(finding: Finding, both: Callable[[int, int], int] | None) -> str:
    """Say how often two rules that disagree have met."""
    if both is None or len(finding.positions) != 2 or finding.kind in ("shadowed", "effect_never_counts"):
        return ""
    count = both(finding.positions[0], finding.positions[1])
    if not count:
        return _("No examination of the last 30 days matched both.")
    words = ngettext(
        "%(count)s examination of the last 30 days matched both.",
        "%(count)s examinations of the last 30 days matched both.",
        count,
    )
    return words % {"count": f"{count:,}"}
