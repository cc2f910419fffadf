"""The items nobody has opened, in the engine's words, with what the rules ask for each."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import F, Q, TextField
from django.db.models.functions import Cast

from routing_rules.engine.rules import Demand
from routing_rules.engine.snapshot import ItemState, Kind
from routing_rules.models import EscalationStep, RuleSet
from routing_rules.selectors.demands import ReadyRules, RuledItem, ruled_items
from routing_rules.selectors.linked_readers import linked_readers
from routing_rules.selectors.reader_states import Readers, minutes_between
from routing_rules.selectors.reading_bars import KindAsked
from worklist.modalities import reading_modalities
from worklist.models import WorklistItem, WorklistItemTransition
from worklist.selectors.stages import READ_IT_FIRST

Status = WorklistItem.Status
WAITING = (Status.UNASSIGNED, Status.ASSIGNED)
OPENED = (Status.READING, Status.SIGNING)
GAVE_BACK = "Has given this item back, or it was taken back"


@dataclass(frozen=True)
class WaitingItem:
    """An item as the database has it, beside its state in the snapshot.

    `ruled` is what the rules newly said of it, None while the stored demand holds. `lost_reader` names who had it
    pinned and has left the shift.
    """

    state: ItemState
    hospital_id: int
    version: int
    assigned_to_id: int | None
    place: int | None
    ruled: RuledItem | None
    lost_reader: str = ""


@dataclass(frozen=True)
class WaitingItems:
    """The waiting items by id, sorted by it; their kinds; what the rules newly said, of opened items too."""

    by_id: Mapping[int, WaitingItem]
    kinds: tuple[Kind, ...]
    kinds_asked: tuple[KindAsked, ...]
    ruled: tuple[RuledItem, ...]


@dataclass(frozen=True)
class _Row:
    """What a waiting item's state is made from."""

    pk: int
    hospital_id: int
    hospital_code: str
    jurisdiction: str
    modalities: list[str]
    ordered_modality: str | None
    patient_id: int
    priority: str
    service_level_minutes: int
    deadline_at: datetime
    expected_minutes: Any
    assigned_to_id: int | None
    is_pinned: bool
    place: int | None
    version: int
    demand: str | None
    subspecialty: str | None
    relative_value: float | None
    reading_mode: str
    reading_stage: int
    first_reader_id: int | None


_COLUMNS: tuple[str | Cast, ...] = (
    "pk",
    "hospital_id",
    "hospital__code",
    "hospital__jurisdiction",
    "study__modalities",
    "order__modality",
    "study__patient_id",
    "priority",
    "service_level_minutes",
    "deadline_at",
    "expected_minutes",
    "assigned_to_id",
    "is_pinned",
    "place",
    "version",
    # As text: a network asks for a few things again and again, and each is taken apart once.
    Cast("demand__demand", TextField()),
    "demand__procedure__subspecialty",
    "demand__relative_value",
    "reading_mode",
    "reading_stage",
    "first_reader_id",
)


def waiting_items(now: datetime, rule_set: RuleSet, rules: ReadyRules, *, readers: Readers) -> WaitingItems:
    """Return the items nobody has opened; a fixed number of queries.

    Demands that are missing or no longer hold are evaluated anew, those of opened items only when they are missing.
    """
    ruled = ruled_items(_to_be_ruled(now, rule_set), rules, now=now)
    anew = {found.item.pk: found for found in ruled}
    waiting = WorklistItem.objects.filter(status__in=WAITING).order_by("pk")
    # Whoever came between the two queries has no demand yet and is the next run's.
    rows = [_Row(*values) for values in waiting.values_list(*_COLUMNS)]
    rows = [row for row in rows if row.pk in anew or row.demand is not None]
    demands = {row.pk: anew[row.pk].demand if row.pk in anew else _demand_of(row.demand or "{}") for row in rows}
    asked = {row.pk: _kind_asked(row, anew.get(row.pk)) for row in rows}
    kinds = tuple(sorted(set(asked.values())))
    position = {kind: number for number, kind in enumerate(kinds)}
    given_back, steps = _given_back(), _steps()
    linked = linked_readers({row.pk: row.patient_id for row in rows if demands[row.pk].keep_with_one_reader}, now=now)
    names = {state.reader_id: state.name for state in readers.states}
    found = {}
    for row in rows:
        is_lost = row.is_pinned and (row.assigned_to_id in readers.dropped_out or row.assigned_to_id not in names)
        state = _state(
            row,
            anew.get(row.pk),
            now=now,
            demand=demands[row.pk],
            kind=position[asked[row.pk]],
            is_pinned=row.is_pinned and not is_lost,
            excluded=_excluded(row, given_back.get(row.pk, ())),
            linked_reader_id=linked.get(row.pk),
            steps=steps.get(row.pk, frozenset()),
        )
        lost = names.get(row.assigned_to_id or 0, "Its reader") if is_lost else ""
        found[row.pk] = WaitingItem(
            state,
            row.hospital_id,
            anew[row.pk].item.version if row.pk in anew else row.version,
            row.assigned_to_id,
            row.place,
            anew.get(row.pk),
            lost,
        )
    described = tuple(Kind(kind.hospital_code, kind.modalities, kind.subspecialty) for kind in kinds)
    return WaitingItems(found, described, kinds, tuple(ruled))


def _to_be_ruled(now: datetime, rule_set: RuleSet) -> list[WorklistItem]:
    """Return the open items whose demand is missing, and the waiting ones whose demand no longer holds, by id."""
    is_missing = Q(demand__isnull=True)
    is_stale = ~Q(demand__rule_set=rule_set.pk) | ~Q(demand__item_version=F("version")) | Q(demand__revise_at__lte=now)
    items = WorklistItem.objects.filter(
        Q(status__in=WAITING) & (is_missing | is_stale) | Q(status__in=OPENED) & is_missing
    )
    return list(items.select_related("study__patient", "order", "hospital", "demand").order_by("pk"))


def _state(
    row: _Row,
    anew: RuledItem | None,
    *,
    now: datetime,
    demand: Demand,
    kind: int,
    is_pinned: bool,
    excluded: Mapping[str, tuple[int, ...]],
    linked_reader_id: int | None,
    steps: Collection[str],
) -> ItemState:
    urgency = (anew.urgency if anew else None) or row
    if row.first_reader_id is not None and demand.reading != row.reading_mode:
        # What has begun ends as it began, whatever the rules ask now.
        demand = replace(demand, reading=row.reading_mode)
    return ItemState(
        item_id=row.pk,
        kind=kind,
        demand=demand,
        priority=urgency.priority,
        due_at=minutes_between(now, urgency.deadline_at),
        service_level_minutes=float(urgency.service_level_minutes),
        expected_minutes=max(0.1, anew.expected_minutes if anew else float(row.expected_minutes)),
        relative_value=anew.relative_value if anew else float(row.relative_value or 0.0),
        holder_id=row.assigned_to_id,
        is_pinned=is_pinned,
        excluded=excluded,
        linked_reader_id=linked_reader_id,
        is_widened=EscalationStep.Step.WIDEN_POOL in steps,
        is_called=EscalationStep.Step.CALL_ON_CALL in steps,
        reading_stage=row.reading_stage,
    )


def _excluded(row: _Row, gave_back: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    excluded = {GAVE_BACK: gave_back} if gave_back else {}
    if row.reading_stage == 2 and row.first_reader_id is not None:
        excluded[READ_IT_FIRST] = (row.first_reader_id,)
    return excluded


def _kind_asked(row: _Row, anew: RuledItem | None) -> KindAsked:
    special = anew.examined.facts.subspecialty if anew else row.subspecialty or ""
    modalities = reading_modalities(row.modalities, ordered=row.ordered_modality or "")
    return KindAsked(row.hospital_code, row.jurisdiction, modalities, special)


@lru_cache(maxsize=4096)
def _demand_of(text: str) -> Demand:
    """Return the stored demand; equal ones are one object."""
    return Demand.from_dict(json.loads(text))


def _given_back() -> dict[int, tuple[int, ...]]:
    """Return who gave back which waiting item, or had it taken away by a person."""
    rows = WorklistItemTransition.objects.filter(
        worklist_item__status__in=WAITING,
        action__in=("release", "unassign"),
        actor__isnull=False,
        previous_holder__isnull=False,
    )
    found: dict[int, set[int]] = defaultdict(set)
    for item_id, reader_id in rows.values_list("worklist_item_id", "previous_holder_id"):
        found[item_id].add(reader_id)
    return {item_id: tuple(sorted(readers)) for item_id, readers in found.items()}


def _steps() -> dict[int, set[str]]:
    """Return the steps of escalation that count for the waiting items as their deadlines are now."""
    rows = EscalationStep.objects.filter(
        worklist_item__status__in=WAITING, deadline_at__gte=F("worklist_item__deadline_at")
    )
    found: dict[int, set[str]] = defaultdict(set)
    for item_id, step in rows.values_list("worklist_item_id", "step"):
        found[item_id].add(step)
    return found
