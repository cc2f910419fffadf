"""A draft tried as a whole, as the editor and the API show it: sentences, figures, findings, gaps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from routing_rules.engine.rules import Rule
from routing_rules.selectors.finding_words import finding_as_dict
from routing_rules.selectors.rule_facts import sample_in_view
from routing_rules.selectors.rule_findings import findings_of
from routing_rules.selectors.rule_network import names_of_people, network_of_rules
from routing_rules.selectors.rule_preview import CheckedRules, Preview, preview_as_dict, preview_of
from routing_rules.selectors.rule_sets import newest_published


def try_rules(rules: Sequence[Rule], *, now: datetime) -> dict[str, Any]:
    """Return what the rules would do with the examinations in view, and what is wrong with them."""
    in_force = newest_published()
    preview = preview_of(rules, in_force=in_force.rules if in_force else [], sample=sample_in_view(now))
    answer = preview_as_dict(preview, names_of_people())
    return answer | {"findings": findings_as_dicts(preview.checked, preview, now=now)}


def findings_as_dicts(rules: CheckedRules, preview: Preview, *, now: datetime) -> list[dict[str, Any]]:
    """Return the findings in words: of single rules in their order."""
    found = findings_of(rules, network_of_rules())
    return [finding_as_dict(finding, rules.rules, both=preview.both) for finding in found]
