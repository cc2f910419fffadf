"""The demonstration's rules."""

from typing import Any

from routing_rules.models import RuleSet
from routing_rules.services.rule_sets import publish_rule_set


def _is_in(fact: str, *values: str) -> dict[str, Any]:
    return {"fact": fact, "operator": "in", "value": list(values)}


def _rule(name: str, when: dict[str, Any], subspecialty: str) -> dict[str, Any]:
    return {"name": name, "when": when, "then": {"require_subspecialty": subspecialty}, "stop": True}


_LIMBS = ("KNEE", "SHOULDER", "HIP", "ANKLE", "WRIST", "HAND", "FOOT", "ELBOW", "SPINE", "EXTREMITY")

RULES: list[dict[str, Any]] = [
    {
        "name": "Teaching: routine joints are read by a resident first",
        "when": {"all": [_is_in("body_part", *_LIMBS), {"fact": "priority", "operator": "equals", "value": "routine"}]},
        "then": {"reading": "two_tier"},
    },
    _rule("Nuclear medicine and PET", _is_in("modality", "PT", "NM"), "nuclear"),
    _rule(
        "Breast",
        {"any": [_is_in("modality", "MG"), _is_in("body_part", "BREAST")]},
        "breast",
    ),
    _rule("Children under 14", {"fact": "age_years", "operator": "range", "value": [0, 13]}, "paediatric"),
    _rule(
        "Head and neck",
        {
            "any": [
                _is_in("body_part", "HEAD", "BRAIN", "NECK"),
                {"fact": "description", "operator": "contains_word", "value": "head"},
                {"fact": "description", "operator": "contains_word", "value": "brain"},
            ]
        },
        "neuro",
    ),
    _rule("Bones and joints", _is_in("body_part", *_LIMBS), "musculoskeletal"),
    _rule("Chest", _is_in("body_part", "CHEST", "THORAX", "LUNG"), "chest"),
    _rule("Abdomen and pelvis", _is_in("body_part", "ABDOMEN", "PELVIS", "LIVER"), "body"),
    {"name": "Everything else: any reader", "when": {}, "then": {}},
]


def load() -> None:
    """Publish the demonstration's rules when no rule set exists."""
    if not RuleSet.objects.exists():
        publish_rule_set(rules=RULES, note="The demonstration's rules")
