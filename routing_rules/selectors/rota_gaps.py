"""Gaps: examinations of the last 30 days' kinds that nobody on the coming 14 days' rota may read at some hour.

Each hour goes by the rights of that hour: one that lapses in these days covers nothing after its end.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hospitals.models import Holiday, Hospital, User
from hospitals.selectors.coming_rights import RightsFrom, coming_rights
from hospitals.selectors.reading_rights import ReadingRights
from hospitals.selectors.rota import reading_windows
from pacs_core.access.scopes import current_scope
from routing_rules.engine.columns import Flags
from routing_rules.engine.facts import WEEKDAYS
from routing_rules.engine.findings.gaps import Cover, KindsAndHours, uncovered
from routing_rules.engine.findings.network import NamedReader, Network
from routing_rules.engine.rules import Rule
from routing_rules.selectors.reading_bars import KindAsked
from routing_rules.selectors.rights_table import rights_table
from routing_rules.selectors.rule_facts import Sample

DAYS = 14
HOURS = 24 * DAYS
KEPT_SECONDS = 20.0
# A reader who is there for less of an hour is taken not to be there in it.
LEAST_MINUTES = 30
_HOUR = timedelta(hours=1)
_MOST_KINDS = 3000
_STATIC = ("hospital", "modality", "subspecialty", "body_part", "procedure", "contract")


@dataclass(frozen=True)
class Gap:
    """Hours (flags from the first of `RotaAhead.hours`) at which nobody may read a kind of examination.

    Without a modality it is about the whole hospital, without a hospital about the whole network.
    """

    hospital: str
    modality: str
    subspecialty: str
    hours: Flags


@dataclass(frozen=True)
class RotaAhead:
    """The coming two weeks of the hospitals in view, made once for all rules that are tried on them."""

    hours: Sequence[datetime]
    hospitals: Mapping[str, Hospital]
    kinds: KindsAndHours
    cover: Cover


_kept: dict[frozenset[int], tuple[float, RotaAhead]] = {}
_lock = Lock()


def rota_ahead(sample: Sample, network: Network, now: datetime) -> RotaAhead:
    """Return the coming rota as it is; kept for some seconds by the process, because somebody is typing."""
    key, at = current_scope().hospital_ids, time.monotonic()
    with _lock:
        known = _kept.get(key)
    if known is not None and at - known[0] < KEPT_SECONDS:
        return known[1]
    ahead = read_rota_ahead(sample, network, now)
    with _lock:
        if len(_kept) >= 6:
            _kept.clear()
        _kept[key] = (at, ahead)
    return ahead


def forget_rota() -> None:
    """Let the next asking read the rota again."""
    with _lock:
        _kept.clear()


def read_rota_ahead(sample: Sample, network: Network, now: datetime) -> RotaAhead:
    """Read rights, rota and holidays, in a fixed number of queries."""
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = [start + timedelta(hours=number) for number in range(HOURS)]
    found = Hospital.objects.filter(pk__in=current_scope().hospital_ids, is_active=True).order_by("code")
    hospitals = {hospital.code: hospital for hospital in found}
    kinds = _kinds(sample, hospitals)
    asked = [_asked(facts, hospitals) for facts in kinds]
    times, time_of = _times(kinds, hospitals, hours)
    return RotaAhead(hours, hospitals, KindsAndHours(kinds, times, time_of), _cover(asked, network, start))


def gaps_of(rules: Sequence[Rule], ahead: RotaAhead) -> list[Gap]:
    """Return the gaps under these rules: the network's, then the hospitals', then those of single kinds; no query."""
    if not ahead.kinds.facts:
        return []
    found = uncovered(rules, ahead.kinds, ahead.cover)
    nobody = ~ahead.cover.is_there.any(axis=0)
    gaps = [Gap("", "", "", nobody)] if nobody.any() else []
    codes = np.array([facts["hospital"] for facts in ahead.kinds.facts])
    for code in ahead.hospitals:
        rows = np.flatnonzero(codes == code)
        if not len(rows):
            continue
        of_all = found.hours[rows].all(axis=0) & ~nobody
        if of_all.any():
            gaps.append(Gap(code, "", "", of_all))
        gaps += _of_kinds(code, rows, found.hours & ~nobody & ~of_all, found.subspecialties, ahead)
    return gaps


def _of_kinds(code: str, rows: Any, hours: Flags, required: Sequence[str], ahead: RotaAhead) -> list[Gap]:
    """Return the gaps of a hospital's kinds, those of one modality and subspecialty as one."""
    joined: dict[tuple[str, str], Flags] = {}
    for row in rows:
        if not hours[row].any():
            continue
        facts = ahead.kinds.facts[row]
        key = (facts["modality"], required[row] or facts["subspecialty"])
        joined[key] = joined[key] | hours[row] if key in joined else hours[row]
    return [Gap(code, modality, special, flags) for (modality, special), flags in sorted(joined.items())]


def _kinds(sample: Sample, hospitals: Mapping[str, Hospital]) -> list[dict[str, Any]]:
    """Return the facts of one examination for each kind that the sample has, the usual kinds first."""
    counted: Counter[tuple[str, ...]] = Counter()
    first: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in sample.examinations:
        key = tuple(str(one.facts.get(name) or "") for name in _STATIC)
        counted[key] += 1
        first.setdefault(key, one.facts)
    usual = [first[key] | dict(zip(_STATIC, key, strict=True)) for key, _times in counted.most_common()]
    return [facts for facts in usual if facts["hospital"] in hospitals][:_MOST_KINDS]


def _asked(facts: Mapping[str, Any], hospitals: Mapping[str, Hospital]) -> KindAsked:
    modalities = (facts["modality"],) if facts["modality"] else ()
    code = facts["hospital"]
    return KindAsked(code, hospitals[code].jurisdiction, modalities, facts["subspecialty"])


def _cover(asked: Sequence[KindAsked], network: Network, start: datetime) -> Cover:
    """Return who is there with which rights; a reader whose rights change in these days has a line for each of them."""
    end = start + timedelta(hours=HOURS)
    minutes = _minutes_there(start, end)
    rights = {pk: periods for pk, periods in coming_rights(start, end).items() if pk in minutes}
    emails_of = dict(User.objects.filter(pk__in=rights).values_list("pk", "email"))
    emails: list[str] = []
    of_line: list[ReadingRights] = []
    there: list[Flags] = []
    for reader_id in sorted(rights):
        is_there = minutes[reader_id] >= LEAST_MINUTES
        for first, last, own in _periods(rights[reader_id], start):
            emails.append(emails_of[reader_id])
            of_line.append(own)
            there.append(is_there & (np.arange(HOURS) >= first) & (np.arange(HOURS) < last))
    is_there = np.array(there, dtype=bool).reshape(len(there), HOURS)
    readers = {email: network.readers.get(email, NamedReader(email)) for email in emails}
    return Cover(emails, readers, is_there, rights_table(of_line, asked))


def _periods(changes: Sequence[RightsFrom], start: datetime) -> Iterator[tuple[int, int, ReadingRights]]:
    """Yield the hours, from the first to before the last, of each period; an hour has the rights of its middle."""
    firsts = [0, *(max(0, ceil((one.starts_at - start) / _HOUR - 0.5)) for one in changes[1:]), HOURS]
    for one, first, last in zip(changes, firsts[:-1], firsts[1:], strict=True):
        if first < min(last, HOURS):
            yield first, last, one.rights


def _minutes_there(start: datetime, end: datetime) -> dict[int, NDArray[np.float64]]:
    """Return for each reader with a shift or a call how many minutes of each hour it takes."""
    edges = np.arange(HOURS + 1)
    minutes: dict[int, NDArray[np.float64]] = {}
    for window in reading_windows(start, end):
        first, last = ((at - start) / _HOUR for at in (window.starts_at, window.ends_at))
        inside = 60 * np.diff(np.clip(edges, first, last))
        known = minutes.get(window.radiologist_id)
        minutes[window.radiologist_id] = inside if known is None else known + inside
    return minutes


def _times(
    kinds: Sequence[Mapping[str, Any]], hospitals: Mapping[str, Hospital], hours: Sequence[datetime]
) -> tuple[list[dict[str, Any]], Any]:
    """Return the facts of time that occur, and which of them holds for each kind in each hour."""
    holidays = set(Holiday.objects.filter(on__gte=hours[0].date()).values_list("hospital_id", "on"))
    places: dict[tuple[str, str, bool], int] = {}
    clocks = {hospital.time_zone: _clocks(hours, hospital.zone) for hospital in hospitals.values()}
    of_hospital: dict[str, list[int]] = {}
    for code, hospital in hospitals.items():
        off = {day for place, day in holidays if place in (None, hospital.pk)}
        keys = [(weekday, clock, day in off) for day, weekday, clock in clocks[hospital.time_zone]]
        of_hospital[code] = [places.setdefault(key, len(places)) for key in keys]
    names = ("weekday", "time_of_day", "holiday")
    times = [dict(zip(names, key, strict=True)) | {"elapsed_share": 0.0} for key in places]
    rows = [of_hospital[facts["hospital"]] for facts in kinds]
    return times, np.array(rows, dtype=np.intp).reshape(len(kinds), len(hours))


def _clocks(hours: Sequence[datetime], zone: ZoneInfo) -> list[tuple[date, str, str]]:
    local = [hour.astimezone(zone) for hour in hours]
    return [(at.date(), WEEKDAYS[at.weekday()], at.strftime("%H:%M")) for at in local]
