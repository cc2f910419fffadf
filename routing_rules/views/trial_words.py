"""Trials in words."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing_rules.models import Trial

# From this share on, the time it took so far tells how long the rest will take.
_SAYS_HOW_LONG = 0.1


def described(trial: Trial) -> dict[str, str]:
    """Return a trial's title and what is tried."""
    days = trial.parameters["days"]
    if trial.kind == Trial.Kind.REPLAY:
        title = ngettext("Replay of the last day", "Replay of the last %(days)s days", days) % {"days": days}
    else:
        title = ngettext("Simulation of the coming day", "Simulation of the coming %(days)s days", days) % {
            "days": days
        }
    return {"title": title, "tried": ", ".join(_tried(trial.parameters))}


def _tried(parameters: dict[str, Any]) -> list[str]:
    rule_set, changes = parameters["rule_set"], parameters["rota_changes"]
    words = [rules_words(rule_set) if rule_set else _("rules in force")]
    if changes:
        words.append(
            ngettext("%(number)s shift changed", "%(number)s shifts changed", len(changes)) % {"number": len(changes)}
        )
    if "runs" in parameters:
        words.append(ngettext("%(runs)s run", "%(runs)s runs", parameters["runs"]) % {"runs": parameters["runs"]})
        words.append(_("seed %(seed)s") % {"seed": parameters["seed"]})
    return words


def remaining_words(trial: Trial, now: datetime) -> str:
    """Say how long a running trial is likely to take yet; nothing while too little of it is done to tell."""
    if trial.status != Trial.Status.RUNNING or trial.started_at is None or trial.progress < _SAYS_HOW_LONG:
        return ""
    seconds = (now - trial.started_at).total_seconds() * (1 - trial.progress) / trial.progress
    if seconds < 60:
        return _("about %(seconds)s s left") % {"seconds": max(5, 5 * round(seconds / 5))}
    return _("about %(minutes)s min left") % {"minutes": round(seconds / 60)}


def rules_words(rule_set: dict[str, Any]) -> str:
    if rule_set["version"] is None:
        return _("draft “%(name)s”") % {"name": rule_set["name"] or f"#{rule_set['id']}"}
    return _("rules version %(version)s") % {"version": rule_set["version"]}
