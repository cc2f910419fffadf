"""What a sentence about the network's health consists of."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class HealthPart:
    """A sentence about one part, with its tone (overdue, soon, fine), a word, and the next step."""

    tone: str
    word: str
    sentence: str
    next_step: str = ""
    next_url: str = ""
    next_label: str = ""


def span_words(span: timedelta) -> str:
    """Write a duration as people say it: 40 s, 10 min, 3 h, 2 d."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 90:
        return _("%(count)s s") % {"count": seconds}
    if seconds < 90 * 60:
        return _("%(count)s min") % {"count": round(seconds / 60)}
    if seconds < 48 * 3600:
        return _("%(count)s h") % {"count": round(seconds / 3600)}
    return _("%(count)s d") % {"count": round(seconds / 86_400)}
