"""What rules can reach: conditions that are never true, rules and effects that earlier ones leave nothing to.

Rules are given by position; None stands for one that is not finished and so neither applies nor stops.
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from routing_rules.engine.conditions import Condition, comparisons
from routing_rules.engine.effects import FIRST_DECIDES
from routing_rules.engine.findings.finding import Finding
from routing_rules.engine.findings.logic import Wish, can_all_be
from routing_rules.engine.rules import Rule

Rules = Sequence[Rule | None]


def reach_findings(rules: Rules) -> list[Finding]:
    """Return what can never apply, what is shadowed by earlier rules that stop, and effects that never count."""
    found: list[Finding] = []
    never = {position for position, rule in enumerate(rules) if rule and is_impossible([(rule["when"], True)])}
    for position, rule in enumerate(rules):
        if rule is None:
            continue
        if position in never:
            found.append(Finding("never_matches", (position,), {"fact": _contradictory_fact(rule["when"])}))
            continue
        earlier = [one for one in range(position) if rules[one] and one not in never]
        stopping = [one for one in earlier if (rules[one] or {}).get("stop")]
        is_default = position == len(rules) - 1
        covering = () if is_default else _covering(rules, position, stopping)
        if covering:
            found.append(Finding("shadowed", (position, *covering)))
        else:
            found += _overridden(rules, position, earlier, stopping)
    return found


def is_impossible(wishes: Sequence[Wish]) -> bool:
    """Say whether certainly no examination grants all wishes; answers are kept, since a draft changes bit by bit."""
    return _is_impossible(json.dumps(wishes))


@lru_cache(maxsize=20_000)
def _is_impossible(wishes: str) -> bool:
    return not can_all_be([(condition, truth) for condition, truth in json.loads(wishes)])


def _when(rules: Rules, position: int) -> Condition:
    rule = rules[position]
    return rule["when"] if rule else {}


def _then(rules: Rules, position: int) -> dict[str, Any]:
    rule = rules[position]
    return rule["then"] if rule else {}


def _covering(rules: Rules, position: int, stopping: list[int]) -> tuple[int, ...]:
    """Return the rules that take everything this one would match: the first that does alone, else the fewest."""
    wish = (_when(rules, position), True)
    refusals = {one: (_when(rules, one), False) for one in stopping}
    for one, refusal in refusals.items():
        if is_impossible([wish, refusal]):
            return (one,)
    if len(stopping) < 2 or not is_impossible([wish, *refusals.values()]):
        return ()
    for one in stopping:
        without = {other: refusal for other, refusal in refusals.items() if other != one}
        if is_impossible([wish, *without.values()]):
            refusals = without
    return tuple(refusals)


def _overridden(rules: Rules, position: int, earlier: list[int], stopping: list[int]) -> Iterator[Finding]:
    """Yield the effects that an earlier rule has always decided by the time this one is asked."""
    then = _then(rules, position)
    for effect in FIRST_DECIDES:
        givers = [one for one in earlier if one not in stopping and _then(rules, one).get(effect)]
        if not then.get(effect) or all(_then(rules, one)[effect] == then[effect] for one in givers):
            continue
        reached = [(_when(rules, position), True), *((_when(rules, one), False) for one in stopping)]
        if is_impossible([*reached, *((_when(rules, one), False) for one in givers)]):
            alone = (one for one in givers if is_impossible([*reached, (_when(rules, one), False)]))
            yield Finding("effect_never_counts", (position, next(alone, givers[0])), {"effect": effect})


def _contradictory_fact(condition: Condition) -> str:
    """Return the fact whose comparisons alone exclude one another, "" when it takes several."""
    for fact in dict.fromkeys(comparison["fact"] for comparison in comparisons(condition)):
        if is_impossible([(_only(condition, fact, wanted=True), True)]):
            return fact
    return ""


def _only(condition: Condition, fact: str, *, wanted: bool) -> Condition:
    """Return the condition with every comparison of other facts granted, so that it asks for this one alone."""
    if "not" in condition:
        return {"not": _only(condition["not"], fact, wanted=not wanted)}
    for key in ("all", "any"):
        if key in condition:
            return {key: [_only(part, fact, wanted=wanted) for part in condition[key]]}
    if not condition or condition["fact"] == fact:
        return condition
    return {} if wanted else {"not": {}}
