"""What was done to items by hand, in one message: how many, and why others were not."""

from collections import Counter

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing_rules.services.coordination import Outcome


def outcome_words(action: str, outcome: Outcome, *, reader_name: str = "") -> str:
    """Return what was done, what was so already, and each reason against the others with how many it holds for."""
    sentences = []
    if outcome.done:
        sentences.append(_done(action, len(outcome.done), reader_name))
    if outcome.unchanged:
        words = ngettext("%(count)s was so already.", "%(count)s were so already.", len(outcome.unchanged))
        sentences.append(words % {"count": len(outcome.unchanged)})
    if outcome.refused:
        count = len(outcome.refused)
        words = ngettext("%(count)s study was left as it is.", "%(count)s studies were left as they are.", count)
        sentences.append(words % {"count": count})
        sentences += _reasons(outcome)
    return " ".join(sentences) or _("Nothing was to do.")


def _done(action: str, count: int, reader_name: str) -> str:
    words = {
        "assign": ngettext(
            "%(count)s study is assigned to %(name)s.", "%(count)s studies are assigned to %(name)s.", count
        ),
        "pin": ngettext(
            "%(count)s study is pinned to its reader.", "%(count)s studies are pinned to their readers.", count
        ),
        "unpin": ngettext("%(count)s pin is taken out.", "%(count)s pins are taken out.", count),
        "take_back": ngettext(
            "%(count)s study is taken back; the rules look for another reader.",
            "%(count)s studies are taken back; the rules look for other readers.",
            count,
        ),
        "restore": ngettext(
            "%(count)s study is as it was before.", "%(count)s studies are as they were before.", count
        ),
    }
    return words[action] % {"count": count, "name": reader_name}


def _reasons(outcome: Outcome) -> list[str]:
    reasons = Counter(refusal.reason.rstrip(".") for refusal in outcome.refused)
    return [f"{reason}." if count == 1 else f"{reason} ({count})." for reason, count in reasons.most_common(4)]
