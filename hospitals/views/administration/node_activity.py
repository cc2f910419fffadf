"""A node's activity as its page draws it: facts, columns of hours and days, and the words for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pacs_core.network.models import EchoTest, Node
from pacs_core.network.nodes.activity import (
    Span,
    latest_echo_of,
    open_associations_of,
    rejections_of,
    traffic_by_day,
    traffic_by_hour,
)
from pacs_core.network.nodes.echo import LOST_AFTER
from pacs_core.network.nodes.reasons import words_of_reason
from pacs_core.network.nodes.warnings import warnings_of

REJECTIONS_SHOWN = 20
# Of a chart, in its own units.
HEIGHT, GAP = 72, 0.18
# A worker takes an echo test at once; later than this, none is there.
TAKEN_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True)
class Column:
    """One hour or day of a chart; x and width in columns, y and height from the top."""

    x: float
    y: float
    height: float
    label: str
    span: Span

    @property
    def width(self) -> float:
        return 1 - GAP

    @property
    def title(self) -> str:
        images = ngettext("%(count)s image", "%(count)s images", self.span.instances) % {"count": self.span.instances}
        words = f"{self.label}: {images}, {self.span.megabytes:.1f} MB"
        return words + (", " + _("%(count)s refused") % {"count": self.span.refused} if self.span.refused else "")


@dataclass(frozen=True)
class Chart:
    title: str
    columns: list[Column]
    first: str
    last: str
    words: str

    @property
    def width(self) -> int:
        return len(self.columns)


@dataclass(frozen=True)
class EchoState:
    """How an echo test stands: its tone and word, a sentence, and whether it is under way."""

    tone: str
    word: str
    sentence: str
    asked_at: datetime
    is_under_way: bool


def activity_of(node: Node, *, now: datetime) -> dict[str, Any]:
    """Return what the upper part of a node's page shows."""
    zone = node.hospital.zone
    rejections = list(rejections_of(node)[:REJECTIONS_SHOWN])
    for rejection in rejections:
        rejection.reason_words = words_of_reason(rejection.reason)
    echo = latest_echo_of(node)
    return {
        "warnings": warnings_of(node, now=now),
        "echo": _state(echo, now) if echo else None,
        "charts": [
            _chart(
                _("Last 24 hours"),
                _("%(count)s in the busiest hour"),
                traffic_by_hour(node, now=now),
                lambda at: f"{at.astimezone(zone):%H:%M}",
            ),
            _chart(
                _("Last 14 days"),
                _("%(count)s on the busiest day"),
                traffic_by_day(node, now=now, zone=zone),
                lambda at: date_format(at, "j M"),
            ),
        ],
        "associations": list(open_associations_of(node, now=now)),
        "rejections": rejections,
        "rejected_times": sum(rejection.times for rejection in rejections),
        "is_certificate_stored": node.presented_fingerprint in node.certificate_fingerprints,
    }


def _state(test: EchoTest, now: datetime) -> EchoState:
    if test.finished_at is None and now - test.asked_at > LOST_AFTER:
        lost = _("No worker carried the test out. Look at the health of the system, then test again.")
        return EchoState("overdue", _("not done"), lost, test.asked_at, False)
    if test.started_at is None:
        late = now - test.asked_at > TAKEN_WITHIN
        waits = _("No worker has taken the test up yet.") if late else _("It waits for a worker.")
        return EchoState("soon", _("waits"), waits, test.asked_at, True)
    if test.finished_at is None:
        calls = _("Connecting, asking for an association, sending C-ECHO.")
        return EchoState("soon", _("being called"), calls, test.asked_at, True)
    if test.error:
        return EchoState("overdue", _("failed"), test.error, test.asked_at, False)
    answered = _("It answered C-ECHO after %(count)s ms.") % {"count": test.milliseconds}
    return EchoState("fine", _("answers"), answered, test.asked_at, False)


def _chart(title: str, busiest: str, spans: Sequence[Span], label: Callable[[datetime], str]) -> Chart:
    most = max(1, *(span.instances for span in spans))
    columns = []
    for number, span in enumerate(spans):
        height = round(HEIGHT * span.instances / most, 2)
        columns.append(Column(number + GAP / 2, round(HEIGHT - height, 2), height, label(span.begins_at), span))
    total = Span(spans[0].begins_at, sum(span.instances for span in spans), sum(span.bytes for span in spans))
    words = _("%(images)s images, %(megabytes)s MB") % {
        "images": f"{total.instances:,}",
        "megabytes": f"{total.megabytes:,.1f}",
    }
    if total.instances:
        words += "; " + busiest % {"count": f"{most:,}"}
    return Chart(title, columns, columns[0].label, columns[-1].label, words)
