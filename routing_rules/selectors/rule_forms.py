"""The forms of the editor: which fact is compared how and with what, which effect is filled in with what.

As routing_rules/assets/rules reads it: a fact has operators, each with the widget of its value; an effect has parts,
each a key of a rule's `then`.
"""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing_rules.engine.effects import DEFAULT_HOLD_SHARE, MAXIMUM_MINUTES
from routing_rules.engine.facts import DECLARED_FACTS
from routing_rules.selectors.rule_facts import Sample
from routing_rules.selectors.rule_vocabulary import (
    addressees,
    choices_of_facts,
    nodes,
    reader_groups,
    readers,
    words_of_descriptions,
)
from routing_rules.selectors.rule_words import FACT_WORDS

_EXAMINATION, _PATIENT, _PLACE, _TIME = (
    gettext_lazy("Examination"),
    gettext_lazy("Patient"),
    gettext_lazy("Origin"),
    gettext_lazy("Time"),
)
GROUPS: dict[str, Promise] = {
    **dict.fromkeys(("modality", "body_part", "procedure", "procedure_code", "subspecialty"), _EXAMINATION),
    **dict.fromkeys(("description", "priority", "image_count", "prior_reader", "ai_finding"), _EXAMINATION),
    **dict.fromkeys(("hospital", "contract", "patient_class"), _PLACE),
    **dict.fromkeys(("age_years", "sex"), _PATIENT),
    **dict.fromkeys(("time_of_day", "weekday", "holiday", "elapsed_share"), _TIME),
}
# What is not in these lists may be typed in: a hospital may begin to use it tomorrow.
FREE = frozenset({"modality", "body_part", "procedure_code", "description", "patient_class", "ai_finding", "contract"})
_UNITS = {"age_years": gettext_lazy("years"), "image_count": gettext_lazy("images")}
Form = dict[str, Any]


def forms(sample: Sample) -> dict[str, list[Form]]:
    """Return the facts and the effects with all their choices."""
    choices = choices_of_facts(sample)
    words = words_of_descriptions(sample)
    return {
        "facts": [_fact(name, choices.get(name, []), words) for name in GROUPS],
        "effects": _effects(choices["subspecialty"]),
    }


def _fact(name: str, choices: list[dict[str, str]], words: list[dict[str, str]]) -> Form:
    return {
        "key": name,
        "label": _sentence_case(str(FACT_WORDS[name])),
        "group": str(GROUPS[name]),
        "operators": _operators(name, DECLARED_FACTS[name], words if name == "description" else []),
        "choices": choices,
        "isFree": name in FREE,
        "unit": "%" if name == "elapsed_share" else str(_UNITS.get(name, "")),
    }


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _operator(key: str, label: str, widget: str, **more: Any) -> Form:
    return {"key": key, "label": label, "widget": widget, **more}


def _operators(name: str, kind: str, words: list[dict[str, str]]) -> list[Form]:
    """Return the comparisons of a fact, the usual one first."""
    if kind == "number":
        is_share = name == "elapsed_share"
        return [
            _operator("range", _("is from … to"), "percent_range" if is_share else "number_range", least=0),
            _operator("equals", _("is exactly"), "percent" if is_share else "number", least=0),
        ]
    if kind == "clock":
        return [
            _operator("between_times", _("is from … to"), "time_range"),
            _operator("is_before", _("is before"), "time"),
        ]
    if kind == "flag":
        return [_operator("equals", _("is"), "yes_no")]
    contains = _operator("contains_word", _("has the word"), "text", choices=words)
    equal = [_operator("in", _("is one of"), "many"), _operator("equals", _("is"), "one")]
    if kind == "text":
        return [contains, *equal] if name == "description" else [*equal, {**contains, "choices": []}]
    matches = _operator("matches_code", _("matches (* any, ? one)"), "many_patterns")
    return [*equal, matches, {**contains, "choices": []}]


def _part(key: str, widget: str, **more: Any) -> Form:
    return {"key": key, "label": "", "widget": widget, **more}


def _effect(name: str, label: str, group: str, *parts: Form) -> Form:
    return {"id": name, "label": label, "group": group, "parts": list(parts)}


def _effects(subspecialties: list[dict[str, str]]) -> list[Form]:
    who, order, after = _("Who reads"), _("How soon"), _("Beside it")
    people, groups = readers(), reader_groups()
    return [
        _effect(
            "require_subspecialty",
            _("Only readers of"),
            who,
            _part("require_subspecialty", "one", choices=subspecialties),
        ),
        _effect(
            "prefer_subspecialty",
            _("Preferably readers of"),
            who,
            _part("prefer_subspecialty", "one", choices=subspecialties),
        ),
        _effect("require_group", _("Only the group"), who, _part("require_group", "one", choices=groups)),
        _effect("prefer_group", _("Preferably the group"), who, _part("prefer_group", "one", choices=groups)),
        _effect("require_reader", _("Only this reader"), who, _part("require_reader", "one", choices=people)),
        _effect("prefer_reader", _("Preferably this reader"), who, _part("prefer_reader", "one", choices=people)),
        _effect("never_reader", _("Never these readers"), who, _part("never_reader", "many", choices=people)),
        _effect(
            "hold_for_subspecialty",
            _("Hold for readers of"),
            who,
            _part("hold_for_subspecialty", "one", choices=subspecialties),
            _part(
                "hold_share",
                "percent",
                label=_("Until this share of the service level is used"),
                before=_("until"),
                unit=_("% of the service level is used"),
                preset=DEFAULT_HOLD_SHARE,
                least=1,
                most=100,
            ),
        ),
        _effect(
            "keep_with_one_reader",
            _("Linked examinations and follow-ups with one reader"),
            who,
            _part("keep_with_one_reader", "flag", preset=True),
        ),
        _effect("reading", _("Kind of reading"), who, _part("reading", "one", choices=_readings())),
        _effect("raise_priority", _("Priority at least"), order, _part("raise_priority", "one", choices=_raised())),
        _effect(
            "set_service_level_minutes",
            _("Service level"),
            order,
            _part("set_service_level_minutes", "number", unit=_("minutes"), least=1, most=MAXIMUM_MINUTES),
        ),
        _effect(
            "change_service_level",
            _("Service level times"),
            order,
            _part("change_service_level", "number", least=0.1, most=10),
        ),
        _effect("send_to_nodes", _("Send to"), after, _part("send_to_nodes", "many", choices=nodes())),
        _effect("notify", _("Notify"), after, _part("notify", "many", choices=addressees())),
    ]


def _readings() -> list[dict[str, str]]:
    return [
        {"value": "double", "label": _("Two independent readings")},
        {"value": "two_tier", "label": _("A resident first, then an attending radiologist")},
        {"value": "single", "label": _("One reading")},
    ]


def _raised() -> list[dict[str, str]]:
    return [{"value": "stat", "label": _("STAT")}, {"value": "urgent", "label": _("Urgent")}]
