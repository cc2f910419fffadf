"""A rule as a sentence, for people."""

from typing import Any

_FACTS = {
    "modality": "modality",
    "body_part": "body part",
    "procedure_code": "procedure code",
    "description": "description",
    "hospital": "hospital",
    "priority": "priority",
    "sex": "sex",
    "weekday": "weekday",
    "age_years": "age",
    "image_count": "number of images",
    "time_of_day": "time of day",
}


def rule_in_words(rule: dict[str, Any]) -> str:
    """Return "When modality is MG: only readers of breast."."""
    condition = condition_in_words(rule["when"])
    return f"{'When ' + condition if condition else 'Always'}: {_effects(rule['then'])}."


def condition_in_words(condition: dict[str, Any]) -> str:
    """Return the condition as words, empty for the one that always holds."""
    if not condition:
        return ""
    for key, joint in (("all", " and "), ("any", " or ")):
        if key in condition:
            return joint.join(_bracketed(part) for part in condition[key])
    if "not" in condition:
        return f"not ({condition_in_words(condition['not'])})"
    return _comparison(_FACTS[condition["fact"]], condition["operator"], condition["value"])


def _bracketed(part: dict[str, Any]) -> str:
    words = condition_in_words(part) or "anything"
    return f"({words})" if {"all", "any"} & set(part) else words


def _comparison(fact: str, operator: str, value: Any) -> str:
    if operator == "in":
        return f"{fact} is {' or '.join(value)}"
    if operator == "range":
        return f"{fact} is {value[0]} to {value[1]}"
    if operator == "between_times":
        return f"{fact} is {value[0]} to {value[1]}"
    if operator == "contains_word":
        return f"{fact} has the word “{value}”"
    return f"{fact} is {value}"


def _effects(effects: dict[str, Any]) -> str:
    words = []
    if effects.get("require_subspecialty"):
        words.append(f"only readers of {effects['require_subspecialty']}")
    if effects.get("never_reader"):
        words.append(f"never {effects['never_reader']}")
    return ", ".join(words) or "any eligible reader"
