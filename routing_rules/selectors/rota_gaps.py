"""Gaps: examinations of the last 30 days' kinds that nobody on the coming 14 days' rota may read at some hour."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any

import numpy as np

from hospitals.models import Holiday, Hospital, User
from hospitals.selectors.reading_rights import reading_rights_at
from hospitals.selectors.rota import reading_windows
from pacs_core.access.scopes import current_scope
from routing_rules.engine.columns import Flags
from routing_rules.engine.facts import WEEKDAYS
from routing_rules.engine.findings.gaps import Cover, KindsAndHours, uncovered
from routing_rules.engine.findings.network import NamedReader, Network
from routing_rules.engine.rules import Rule
from routing_rules.selectors.reading_bars import KindAsked, barred_by_kind
from routing_rules.selectors.rule_facts import Sample

DAYS = 14
HOURS = 24 * DAYS
KEPT_SECONDS = 20.0
# A reader who is there for less of an hour is taken not to be there in it.
LEAST_MINUTES = 30
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
    rights = reading_rights_at(now)
    people = sorted(rights)
    emails = _emails(people)
    is_there = _is_there(people, start, hours[-1] + timedelta(hours=1))
    asked = [_asked(facts, hospitals) for facts in kinds]
    may_read = np.ones((len(kinds), len(people)), dtype=bool)
    places = {reader_id: place for place, reader_id in enumerate(people)}
    for row, bars in enumerate(barred_by_kind(rights, asked)):
        for barred in bars.values():
            may_read[row, [places[reader_id] for reader_id in barred]] = False
    times, time_of = _times(kinds, hospitals, hours)
    readers = {email: network.readers.get(email, NamedReader(email)) for email in emails}
    return RotaAhead(hours, hospitals, KindsAndHours(kinds, times, time_of), Cover(emails, readers, is_there, may_read))


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


def _emails(people: Sequence[int]) -> list[str]:
    by_id = dict(User.objects.filter(pk__in=people).values_list("pk", "email"))
    return [by_id[reader_id] for reader_id in people]


def _is_there(people: Sequence[int], start: datetime, end: datetime) -> Flags:
    """Return (readers, hours): who is on shift or on call for most of the hour."""
    places = {reader_id: place for place, reader_id in enumerate(people)}
    minutes = np.zeros((len(people), HOURS))
    for window in reading_windows(start, end):
        if window.radiologist_id not in places:
            continue
        row = minutes[places[window.radiologist_id]]
        first, last = ((at - start) / timedelta(hours=1) for at in (window.starts_at, window.ends_at))
        for hour in range(max(0, int(first)), min(HOURS, int(np.ceil(last)))):
            row[hour] += 60 * (min(last, hour + 1) - max(first, hour))
    return minutes >= LEAST_MINUTES


def _times(
    kinds: Sequence[Mapping[str, Any]], hospitals: Mapping[str, Hospital], hours: Sequence[datetime]
) -> tuple[list[dict[str, Any]], Any]:
    """Return the facts of time that occur, and which of them holds for each kind in each hour."""
    holidays = set(Holiday.objects.filter(on__gte=hours[0].date()).values_list("hospital_id", "on"))
    places: dict[tuple[str, str, bool], int] = {}
    of_hospital: dict[str, list[int]] = {}
    for code, hospital in hospitals.items():
        row = []
        for hour in hours:
            local = hour.astimezone(hospital.zone)
            is_holiday = bool(_days(hospital.pk, local.date()) & holidays)
            key = (WEEKDAYS[local.weekday()], local.strftime("%H:%M"), is_holiday)
            row.append(places.setdefault(key, len(places)))
        of_hospital[code] = row
    names = ("weekday", "time_of_day", "holiday")
    times = [dict(zip(names, key, strict=True)) | {"elapsed_share": 0.0} for key in places]
    rows = [of_hospital[facts["hospital"]] for facts in kinds]
    return times, np.array(rows, dtype=np.intp).reshape(len(kinds), len(hours))


def _days(hospital_id: int, day: date) -> set[tuple[int | None, date]]:
    return {(hospital_id, day), (None, day)}
