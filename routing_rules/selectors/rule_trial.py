"""A draft tried as a whole, as the editor and the API show it: sentences, figures, findings, gaps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from routing_rules.engine.rules import Rule
from routing_rules.selectors.finding_words import LABELS, finding_as_dict
from routing_rules.selectors.gap_words import gap_sentences
from routing_rules.selectors.rota_gaps import gaps_of, rota_ahead
from routing_rules.selectors.rule_facts import sample_in_view
from routing_rules.selectors.rule_findings import findings_of
from routing_rules.selectors.rule_network import names_of_people, network_of_rules
from routing_rules.selectors.rule_preview import Preview, preview_as_dict, preview_of
from routing_rules.selectors.rule_sets import newest_published


def try_rules(rules: Sequence[Rule], *, now: datetime) -> dict[str, Any]:
    """Return what the rules would do with the examinations in view, and what is wrong with them."""
    in_force = newest_published()
    preview = preview_of(rules, in_force=in_force.rules if in_force else [], sample=sample_in_view(now))
    answer = preview_as_dict(preview, names_of_people())
    findings = findings_as_dicts(preview, in_force=in_force.rules if in_force else [], now=now)
    return answer | {"findings": findings}


def findings_as_dicts(preview: Preview, *, in_force: Sequence[Rule], now: datetime) -> list[dict[str, Any]]:
    """Return the findings in words: of single rules in their order, then the gaps, those first that are new."""
    network, tried = network_of_rules(), preview.checked
    found = [finding_as_dict(one, tried.rules, both=preview.both) for one in findings_of(tried, network)]
    ahead = rota_ahead(preview.sample, network, now)
    gaps = gap_sentences(gaps_of(tried.applied, ahead), ahead)
    known = set(gap_sentences(gaps_of(in_force, ahead), ahead))
    new = [_("New with this draft: %(gap)s") % {"gap": words} for words in gaps if in_force and words not in known]
    old = [words for words in gaps if not in_force or words in known]
    return [*found, *(_gap(words) for words in (*new, *old))]


def _gap(words: str) -> dict[str, Any]:
    return {
        "position": None,
        "rules": [],
        "kind": "gap",
        "blocks": False,
        "tone": "soon",
        "label": str(LABELS["gap"]),
        "words": words,
    }
