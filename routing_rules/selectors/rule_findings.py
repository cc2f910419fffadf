"""Everything that is wrong with a draft: what the rules say of themselves, names, and gaps in the coming rota."""

from collections.abc import Sequence

from routing_rules.engine.findings.contradictions import contradiction_findings
from routing_rules.engine.findings.finding import Finding
from routing_rules.engine.findings.names import name_findings
from routing_rules.engine.findings.network import Network
from routing_rules.engine.findings.reach import reach_findings
from routing_rules.engine.rules import Rule
from routing_rules.selectors.rule_preview import CheckedRules, checked


def findings_of(rules: CheckedRules, network: Network) -> list[Finding]:
    """Return the findings about single rules and about rules together, in the order of the rules; no query."""
    unfinished = [Finding("unfinished", (position,), {"reason": reason}) for position, reason in rules.reasons.items()]
    found = [
        *unfinished,
        *reach_findings(rules.usable),
        *name_findings(rules.usable, network),
        *contradiction_findings(rules.usable, network),
    ]
    unreached = {finding.positions[0] for finding in found if finding.kind in ("never_matches", "shadowed")}
    told = [finding for finding in found if not _is_idle(finding, unreached)]
    return sorted(told, key=lambda finding: (finding.positions[0], not finding.is_blocking))


def blocking_findings(rules: Sequence[Rule], network: Network) -> list[Finding]:
    """Return what forbids to publish these rules."""
    return [finding for finding in findings_of(checked(rules), network) if finding.is_blocking]


def _is_idle(finding: Finding, unreached: set[int]) -> bool:
    """Say whether a disagreement of two rules can be left out, because one of them is never reached."""
    return len(finding.positions) > 1 and finding.kind != "shadowed" and bool(unreached & set(finding.positions))
