"""Gaps in the coming rota as sentences: "Neuro MR at NORTH: nobody on Sat 28 Nov 03:00–07:00"."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing_rules.engine.columns import Flags
from routing_rules.selectors.rota_gaps import DAYS, Gap, RotaAhead

_MOST_SPANS = 3
MOST_SENTENCES = 60


def gap_sentences(gaps: Sequence[Gap], ahead: RotaAhead) -> list[str]:
    """Return a sentence for each gap; hospitals with the same hours on one clock share one."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for gap in gaps:
        hospital = ahead.hospitals.get(gap.hospital)
        zone = hospital.zone if hospital else ZoneInfo("UTC")
        when = hours_in_words(gap.hours, ahead.hours, zone)
        grouped.setdefault((gap.modality, gap.subspecialty, when), []).append(gap.hospital)
    sentences = [_sentence(*key, hospitals) for key, hospitals in grouped.items()]
    return sentences[:MOST_SENTENCES]


def hours_in_words(flags: Flags, hours: Sequence[datetime], zone: ZoneInfo) -> str:
    """Return "on Sat 28 Nov 03:00–07:00 and 2 more times" on the clock of a zone."""
    if flags.all():
        return _("at any hour of the coming %(days)s days") % {"days": DAYS}
    spans = list(_spans(flags, hours, zone))
    shown = ", ".join(_span_in_words(start, end) for start, end in spans[:_MOST_SPANS])
    words = _("on %(spans)s") % {"spans": shown}
    more = len(spans) - _MOST_SPANS
    if more > 0:
        words += " " + ngettext("and %(count)s more time", "and %(count)s more times", more) % {"count": more}
    return words


def _sentence(modality: str, subspecialty: str, when: str, hospitals: list[str]) -> str:
    values = {"when": when, "hospitals": ", ".join(hospitals)}
    if hospitals == [""]:
        return _("Nobody is on shift or on call %(when)s (UTC).") % values
    if not modality and not subspecialty:
        return _("%(hospitals)s: nobody may read there %(when)s.") % values
    kind = " ".join(part for part in (subspecialty, modality) if part)
    return _("%(kind)s at %(hospitals)s: nobody %(when)s.") % {**values, "kind": kind[:1].upper() + kind[1:]}


def _spans(flags: Flags, hours: Sequence[datetime], zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches of hours that are flagged, on the clock of the zone, their end exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield hours[start].astimezone(zone), (hours[end - 1] + timedelta(hours=1)).astimezone(zone)


def _span_in_words(start: datetime, end: datetime) -> str:
    first = f"{start:%a} {start.day} {start:%b %H:%M}"
    is_one_day = end.date() == start.date() or end - start <= timedelta(hours=12)
    return f"{first}–{end:%H:%M}" if is_one_day else f"{first} – {end:%a} {end.day} {end:%b %H:%M}"
