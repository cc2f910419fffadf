"""A rule as a sentence, for people: every fact, operator and effect in words."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hospitals.models.reading import SUBSPECIALTIES
from routing_rules.engine.effects import DEFAULT_HOLD_SHARE, GROUP_PREFIX, check_effects, texts
from routing_rules.engine.facts import DECLARED_FACTS
from routing_rules.engine.operators import value_fits
from routing_rules.errors import InvalidRule

Names = Mapping[str, str]

FACT_WORDS: dict[str, Promise] = {
    "modality": gettext_lazy("modality"),
    "body_part": gettext_lazy("body part"),
    "procedure_code": gettext_lazy("the hospital's procedure code"),
    "procedure": gettext_lazy("procedure of the catalogue"),
    "subspecialty": gettext_lazy("subspecialty by the catalogue"),
    "description": gettext_lazy("description"),
    "hospital": gettext_lazy("hospital"),
    "contract": gettext_lazy("contract"),
    "patient_class": gettext_lazy("patient class"),
    "priority": gettext_lazy("priority"),
    "age_years": gettext_lazy("age"),
    "sex": gettext_lazy("sex"),
    "image_count": gettext_lazy("number of images"),
    "prior_reader": gettext_lazy("reader of the last examination"),
    "ai_finding": gettext_lazy("AI finding"),
    "time_of_day": gettext_lazy("time of day"),
    "weekday": gettext_lazy("weekday"),
    "holiday": gettext_lazy("holiday"),
    "elapsed_share": gettext_lazy("share of the service level used"),
}
VALUE_WORDS: dict[str, dict[str, Promise]] = {
    "priority": {
        "stat": gettext_lazy("STAT"),
        "urgent": gettext_lazy("urgent"),
        "routine": gettext_lazy("routine"),
    },
    "weekday": {
        "monday": gettext_lazy("Monday"),
        "tuesday": gettext_lazy("Tuesday"),
        "wednesday": gettext_lazy("Wednesday"),
        "thursday": gettext_lazy("Thursday"),
        "friday": gettext_lazy("Friday"),
        "saturday": gettext_lazy("Saturday"),
        "sunday": gettext_lazy("Sunday"),
    },
    "sex": {"M": gettext_lazy("male"), "F": gettext_lazy("female"), "O": gettext_lazy("other")},
    "notify": {"coordinators": gettext_lazy("the coordinators"), "reader": gettext_lazy("the reader")},
}


def rule_in_words(rule: dict[str, Any], names: Names | None = None) -> str:
    """Return "When modality is MG: only readers of breast."; `names` are people's names by mail address."""
    condition = condition_in_words(rule["when"], names)
    effects = effects_in_words(rule["then"], names)
    if condition:
        return _("When %(condition)s: %(effects)s.") % {"condition": condition, "effects": effects}
    return _("Always: %(effects)s.") % {"effects": effects}


def condition_in_words(condition: dict[str, Any], names: Names | None = None) -> str:
    """Return the condition as words, empty for the one that always holds."""
    if not condition:
        return ""
    for key, joint in (("all", _(" and ")), ("any", _(" or "))):
        if key in condition:
            return joint.join(_bracketed(part, names) for part in condition[key])
    if "not" in condition:
        return _("not (%(condition)s)") % {"condition": condition_in_words(condition["not"], names) or _("anything")}
    return comparison_in_words(condition, names)


def _bracketed(part: dict[str, Any], names: Names | None) -> str:
    words = condition_in_words(part, names) or _("anything")
    return f"({words})" if {"all", "any"} & set(part) else words


def comparison_in_words(comparison: dict[str, Any], names: Names | None = None) -> str:
    """Return one comparison in words, also one that is still being filled in."""
    fact, operator, value = comparison.get("fact", ""), comparison.get("operator"), comparison.get("value")
    if not isinstance(fact, str) or fact not in FACT_WORDS:
        return _("(a condition to fill in)")
    say = _OPERATORS.get(str(operator))
    if say is None or not value_fits(str(operator), DECLARED_FACTS[fact], value):
        return _("%(fact)s (to fill in)") % {"fact": FACT_WORDS[fact]}
    return say(fact, value, names or {})


def value_in_words(fact: str, value: Any, names: Names) -> str:
    """Return one value of a fact as people say it."""
    known = VALUE_WORDS.get(fact, {}).get(str(value))
    if known is not None:
        return str(known)
    if fact in ("prior_reader", "notify"):
        return names.get(str(value), str(value))
    return f"{value * 100:g} %" if fact == "elapsed_share" and isinstance(value, int | float) else str(value)


def _equals(fact: str, value: Any, names: Names) -> str:
    if fact == "holiday":
        return _("it is a holiday") if value else _("it is no holiday")
    return _("%(fact)s is %(value)s") % {"fact": FACT_WORDS[fact], "value": value_in_words(fact, value, names)}


def _one_of(fact: str, value: Any, names: Names) -> str:
    choices = _(" or ").join(value_in_words(fact, one, names) for one in texts(value))
    return _("%(fact)s is %(value)s") % {"fact": FACT_WORDS[fact], "value": choices}


def _in_range(fact: str, value: Any, names: Names) -> str:
    low, high = (None if end is None else value_in_words(fact, end, names) for end in value)
    words = {"fact": FACT_WORDS[fact], "low": low, "high": high}
    if high is None:
        return _("%(fact)s is at least %(low)s") % words
    return _("%(fact)s is at most %(high)s") % words if low is None else _("%(fact)s is %(low)s to %(high)s") % words


def _contains(fact: str, value: Any, names: Names) -> str:
    return _("%(fact)s has the word “%(value)s”") % {"fact": FACT_WORDS[fact], "value": value}


def _matches_code(fact: str, value: Any, names: Names) -> str:
    return _("%(fact)s matches %(value)s") % {"fact": FACT_WORDS[fact], "value": _(" or ").join(texts(value))}


def _between(fact: str, value: Any, names: Names) -> str:
    return _("%(fact)s is %(low)s to %(high)s") % {"fact": FACT_WORDS[fact], "low": value[0], "high": value[1]}


def _before(fact: str, value: Any, names: Names) -> str:
    return _("%(fact)s is before %(value)s") % {"fact": FACT_WORDS[fact], "value": value}


_OPERATORS: dict[str, Callable[[str, Any, Names], str]] = {
    "equals": _equals,
    "in": _one_of,
    "range": _in_range,
    "contains_word": _contains,
    "matches_code": _matches_code,
    "between_times": _between,
    "is_before": _before,
}


def effects_in_words(effects: dict[str, Any], names: Names | None = None) -> str:
    """Return what a rule asks for, "any eligible reader" where it asks for nothing."""
    asked = [name for name in _EFFECTS if name in effects and effects[name] not in ("", False)]
    words = [
        _EFFECTS[name](effects[name], effects, names or {})
        if _is_filled(name, effects)
        else _("(an effect to fill in)")
        for name in asked
    ]
    return ", ".join(words) or _("any eligible reader")


def _is_filled(name: str, effects: dict[str, Any]) -> bool:
    share = {"hold_share": effects["hold_share"]} if name.startswith("hold") and "hold_share" in effects else {}
    try:
        check_effects({name: effects[name], **share}, "", SUBSPECIALTIES)
    except InvalidRule:
        return False
    return True


def people_in_words(value: Any, names: Names) -> str:
    """Return mail addresses, groups and roles as people say them."""
    found = []
    for one in texts(value):
        group = one.removeprefix(GROUP_PREFIX)
        is_group = one.startswith(GROUP_PREFIX)
        found.append(_("the group %(name)s") % {"name": group} if is_group else value_in_words("notify", one, names))
    return _(" and ").join(found)


def _hold(value: Any, effects: dict[str, Any], names: Names) -> str:
    share = effects.get("hold_share") or DEFAULT_HOLD_SHARE
    words = _("held for %(subspecialty)s until %(share)s of the service level is used, then for everybody")
    return words % {"subspecialty": value, "share": f"{share * 100:g} %"}


def _minutes(value: Any, effects: dict[str, Any], names: Names) -> str:
    words = ngettext("service level %(count)s minute", "service level %(count)s minutes", int(value))
    return words % {"count": f"{value:g}"}


def _reading(value: Any, effects: dict[str, Any], names: Names) -> str:
    words = {
        "single": _("one reading"),
        "double": _("two independent readings"),
        "two_tier": _("a resident first, then an attending radiologist"),
    }
    return words.get(value, str(value))


def _filled(words: Promise) -> Callable[[Any, dict[str, Any], Names], str]:
    """Return what puts a value, people by name, into the words."""
    return lambda value, effects, names: str(words) % {"value": people_in_words(value, names)}


_EFFECTS: dict[str, Callable[[Any, dict[str, Any], Names], str]] = {
    "require_subspecialty": _filled(gettext_lazy("only readers of %(value)s")),
    "prefer_subspecialty": _filled(gettext_lazy("preferably readers of %(value)s")),
    "require_group": _filled(gettext_lazy("only the group %(value)s")),
    "prefer_group": _filled(gettext_lazy("preferably the group %(value)s")),
    "require_reader": _filled(gettext_lazy("only %(value)s")),
    "prefer_reader": _filled(gettext_lazy("preferably %(value)s")),
    "never_reader": _filled(gettext_lazy("never %(value)s")),
    "hold_for_subspecialty": _hold,
    "keep_with_one_reader": lambda value, effects, names: _("linked examinations and follow-ups with one reader"),
    "reading": _reading,
    "raise_priority": lambda value, effects, names: (
        _("priority at least %(value)s") % {"value": VALUE_WORDS["priority"].get(value, value)}
    ),
    "set_service_level_minutes": _minutes,
    "change_service_level": lambda value, effects, names: _("service level times %(value)s") % {"value": f"{value:g}"},
    "send_to_nodes": _filled(gettext_lazy("sent to %(value)s")),
    "notify": _filled(gettext_lazy("%(value)s told")),
}
