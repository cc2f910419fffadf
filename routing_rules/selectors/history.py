"""The network's past days as trials need them: items with their facts on arrival, readers, rights, the rota.

Needs a scope over all hospitals: a reader's work counts wherever it comes from. No query is made item by item.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.db.models import Q, QuerySet

from hospitals.models import Hospital
from hospitals.selectors.rota import Window as RotaWindow
from routing_rules.engine.reading_times import Reading, usable_readings
from routing_rules.engine.snapshot import Kind
from routing_rules.procedure_words import modality_of
from routing_rules.selectors.escalation import escalation_policies
from routing_rules.selectors.facts import Examined, examined
from routing_rules.selectors.past_facts import beginnings_of, facts_on_arrival, raised_at
from routing_rules.selectors.procedures import expected_minutes, relative_value
from routing_rules.selectors.reader_states import minutes_between, readers_at
from routing_rules.selectors.reading_bars import KindAsked, barred_by_kind
from routing_rules.selectors.snapshot import LATENESS_WEIGHTS
from routing_rules.simulation.coming_days import LocalHour
from routing_rules.simulation.examinations import PRIORITIES, Examination, Network
from routing_rules.simulation.scenario import Window
from worklist.models import WorklistItem
from worklist.selectors.privileges import modalities_of
from worklist.services.service_levels import PRIORITY_RANK, agreed_minutes

Status = WorklistItem.Status
ITEMS_AT_ONCE = 2000
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class PastItem:
    """What became of an item: minutes from the history's start, None where it hasn't happened; reader a position."""

    examination: Examination
    came: LocalHour
    due_at: float
    priority: int
    reader: int | None
    claimed_at: float | None
    signed_at: float | None
    came_in_period: bool = True


@dataclass(frozen=True)
class History:
    """The days from `start`: items by arrival, what was still unread at `start` first (those have `arrives_at` 0)."""

    start: datetime
    until: datetime
    network: Network
    items: tuple[PastItem, ...]
    hours_seen: Mapping[int, Mapping[tuple[int, int], float]] = field(default_factory=dict)
    left_out_minutes: int = 0

    @property
    def minutes(self) -> float:
        return minutes_between(self.start, self.until)

    @property
    def examinations(self) -> list[Examination]:
        return [item.examination for item in self.items]

    def arrivals_per_hour(self, instant: float) -> float:
        """Return what usually arrives in an hour at `instant`, by hour and kind of day, all hospitals together."""
        return self._usual.get(_slot(self.start + timedelta(minutes=instant)), 0.0)

    @cached_property
    def _usual(self) -> dict[tuple[bool, int], float]:
        return _usual_arrivals(self)


def history_of(start: datetime, until: datetime, *, now: datetime) -> History:
    """Return the items that came from `start` to `until` or waited at `start`, with readers and rights as of `now`."""
    readers = readers_at(now)
    position = {state.reader_id: at for at, state in enumerate(readers.states)}
    collected = _Collected(start, position)
    for chunk in _chunks(_items(start, until)):
        collected.add(chunk, now=now)
    kinds = tuple(
        Kind(asked.hospital_code, asked.modalities, asked.subspecialty, barred)
        for asked, barred in zip(collected.kinds, barred_by_kind(readers.rights, list(collected.kinds)), strict=True)
    )
    policies = escalation_policies()
    network = Network(
        readers.states,
        kinds,
        tuple(LATENESS_WEIGHTS[code] for code in PRIORITIES),
        tuple(policies[code].shares.widen_pool for code in PRIORITIES),
    )
    items, left_out = collected.with_minutes()
    return History(start, until, network, items, _hours_seen(items, start, until), left_out)


def windows_from(windows: Iterable[RotaWindow], start: datetime, network: Network) -> list[Window]:
    """Return the windows of the network's readers in minutes from `start`; who is only on call reads in none."""
    position = {reader.reader_id: at for at, reader in enumerate(network.readers)}
    found = [
        Window(
            position[window.radiologist_id],
            minutes_between(start, window.starts_at),
            minutes_between(start, window.ends_at),
            0,
        )
        for window in windows
        if window.radiologist_id in position and not window.is_on_call
    ]
    found.sort(key=lambda window: (window.starts_at, window.reader))
    return [replace(window, shift=number) for number, window in enumerate(found)]


def local_hour(at: datetime, hospital: Hospital) -> LocalHour:
    local = at.astimezone(hospital.zone)
    return LocalHour(local.weekday(), local.hour)


class _Collected:
    """Items taken in chunk by chunk; kinds and readings are known once all are in."""

    def __init__(self, start: datetime, position: Mapping[int, int]) -> None:
        self.start, self.position = start, position
        self.items: list[PastItem] = []
        self.kinds: dict[KindAsked, int] = {}
        self.readings: list[Reading] = []
        self.catalogue: dict[int, float] = {}
        self.other_work: dict[str, int] = {}

    def add(self, rows: Sequence[WorklistItem], *, now: datetime) -> None:
        entries = examined(rows, now=now)
        facts, raised, begun = facts_on_arrival(entries), raised_at(rows), beginnings_of(rows)
        for found in entries:
            item = found.item
            self.items.append(self._past_item(found, facts[item.pk], raised.get(item.order_id or 0)))
            self._note_reading(found, begun.get(item.pk, (0, 0)))

    def with_minutes(self) -> tuple[tuple[PastItem, ...], int]:
        """Return the items with the minutes of those readings that tell how long one takes, and how many do not."""
        kept, left_out = usable_readings(self.readings, self.catalogue, {})
        minutes = {reading.item_id: reading.minutes for reading in kept}
        items = [
            replace(item, examination=replace(item.examination, minutes=minutes.get(item.examination.item_id)))
            for item in self.items
        ]
        items.sort(key=lambda item: (item.examination.arrives_at, item.examination.item_id))
        return tuple(items), sum(left_out.values())

    def _past_item(self, found: Examined, facts: dict[str, object], raised: datetime | None) -> PastItem:
        item, procedure = found.item, found.procedure
        modalities, modality = modalities_of(item), modality_of(item)
        subspecialty = procedure.subspecialty if procedure else ""
        asked = KindAsked(item.hospital.code, item.hospital.jurisdiction, modalities, subspecialty)
        came = self._minutes(item.opened_at) or 0.0
        asked_priority = found.facts.priority
        is_raised = raised is not None and PRIORITY_RANK[item.study.priority] > PRIORITY_RANK[asked_priority]
        if is_raised:
            facts = facts | {"priority": item.study.priority}
        arrives_at = max(0.0, came)
        examination = Examination(
            item_id=item.pk,
            hospital_id=item.hospital_id,
            kind=self.kinds.setdefault(asked, len(self.kinds)),
            arrives_at=arrives_at,
            facts=facts,
            agreed_minutes=tuple(float(agreed_minutes(found.agreement, code, modalities)) for code in PRIORITIES),
            expected_minutes=expected_minutes(procedure, modality),
            relative_value=relative_value(procedure, modality),
            clock_started=max(0.0, arrives_at - minutes_between(self.start, found.starts_at)),
            read_by=self.position.get(item.claimed_by_id or 0),
            raised_at=self._minutes(raised) if is_raised else None,
            raised_to=asked_priority if is_raised else "",
        )
        return PastItem(
            examination,
            local_hour(item.opened_at, item.hospital),
            minutes_between(self.start, item.deadline_at),
            PRIORITY_RANK[item.priority],
            examination.read_by,
            self._minutes(item.claimed_at),
            self._minutes(item.signed_at),
            came >= 0,
        )

    def _note_reading(self, found: Examined, begun: tuple[int, int]) -> None:
        """Keep a finished reading; what no procedure names counts by its modality, under numbers below zero."""
        item, procedure = found.item, found.procedure
        if item.claimed_at is None or item.signed_at is None or item.claimed_by_id is None:
            return
        modality = modality_of(item)
        key = procedure.pk if procedure else -1 - self.other_work.setdefault(modality, len(self.other_work))
        self.catalogue[key] = expected_minutes(procedure, modality)
        started, finished = (minutes_between(self.start, at) for at in (item.claimed_at, item.signed_at))
        was_reopened = begun[0] > 1 or begun[1] > 0
        self.readings.append(Reading(item.pk, key, item.claimed_by_id, started, finished, was_reopened))

    def _minutes(self, at: datetime | None) -> float | None:
        return None if at is None else minutes_between(self.start, at)


def _items(start: datetime, until: datetime) -> QuerySet[WorklistItem]:
    came = Q(opened_at__gte=start, opened_at__lt=until)
    waited = Q(opened_at__lt=start) & (Q(signed_at__isnull=True) | Q(claimed_at__gte=start))
    return (
        WorklistItem.objects.filter(came | waited)
        .exclude(status=Status.CANCELLED)
        .exclude(opened_at__lt=start, claimed_at__lt=start)
        .select_related("study__patient", "hospital", "order")
        .order_by("opened_at", "pk")
    )


def _chunks(items: QuerySet[WorklistItem]) -> Iterator[list[WorklistItem]]:
    chunk: list[WorklistItem] = []
    for item in items.iterator(chunk_size=ITEMS_AT_ONCE):
        chunk.append(item)
        if len(chunk) == ITEMS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _hours_seen(items: Iterable[PastItem], start: datetime, until: datetime) -> dict[int, dict[tuple[int, int], float]]:
    """Return how many of each weekday's hours each hospital has seen, on its clock, from its first item on."""
    first: dict[int, float] = {}
    for item in items:
        if item.came_in_period:
            first.setdefault(item.examination.hospital_id, item.examination.arrives_at)
    hours = [start.replace(minute=0, second=0, microsecond=0)]
    while hours[-1] + _HOUR < until:
        hours.append(hours[-1] + _HOUR)
    shares = [(min(until, hour + _HOUR) - max(start, hour)) / _HOUR for hour in hours]
    on_clocks: dict[str, list[LocalHour]] = {}
    found: dict[int, dict[tuple[int, int], float]] = {}
    for hospital in Hospital.objects.filter(pk__in=first):
        if hospital.time_zone not in on_clocks:
            on_clocks[hospital.time_zone] = [local_hour(hour, hospital) for hour in hours]
        began = int((start + timedelta(minutes=first[hospital.pk]) - hours[0]) / _HOUR)
        seen: dict[tuple[int, int], float] = {}
        for local, share in zip(on_clocks[hospital.time_zone][began:], shares[began:], strict=True):
            seen[local.weekday, local.hour] = seen.get((local.weekday, local.hour), 0.0) + share
        found[hospital.pk] = seen
    return found


def _slot(at: datetime) -> tuple[bool, int]:
    at = at.astimezone(UTC)
    return at.weekday() >= 5, at.hour


def _usual_arrivals(history: History) -> dict[tuple[bool, int], float]:
    counted = Counter(
        _slot(history.start + timedelta(minutes=item.examination.arrives_at))
        for item in history.items
        if item.came_in_period
    )
    hours: Counter[tuple[bool, int]] = Counter()
    at = history.start
    while at < history.until:
        hours[_slot(at)] += 1
        at += timedelta(hours=1)
    return {slot: number / max(1, hours[slot]) for slot, number in counted.items()}
