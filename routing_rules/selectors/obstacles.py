"""What stands between an item and a reader now, in words; some of it a coordinator may decide to pass over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from routing_rules.engine.rules import Demand
from routing_rules.selectors.readers_now import ReaderNow
from routing_rules.selectors.reading_bars import KindAsked, barred_by_kind
from worklist.models import WorklistItem
from worklist.selectors.privileges import bar_to_item, modalities_of, subspecialties_of
from worklist.selectors.stages import bar_at_stage


@dataclass(frozen=True)
class Obstacle:
    """The first reason why not; a missing reading right can't be passed over."""

    reason: str
    may_be_passed: bool


@dataclass(frozen=True)
class Held:
    """What a reader has on the list or open: items and expected minutes, and the relative value of the shift so far."""

    items: int = 0
    minutes: float = 0.0
    relative_value: float = 0.0


@dataclass(frozen=True)
class Asked:
    """An item with what is asked of its reader."""

    item: WorklistItem
    subspecialty: str
    demand: Demand = field(default_factory=Demand)


def asked_of(items: QuerySet[WorklistItem]) -> list[Asked]:
    """Return the items with their subspecialties and demands; a fixed number of queries."""
    found = list(items.select_related("study__patient", "order", "hospital", "demand"))
    special = subspecialties_of(found)
    return [
        Asked(item, special[item.pk], Demand.from_dict(item.demand.demand) if hasattr(item, "demand") else Demand())
        for item in found
    ]


def obstacle_to(asked: Asked, reader: ReaderNow, held: Mapping[int, Held], *, zone: str = "UTC") -> Obstacle | None:
    """Return the first reason against the reader now, in the order in which a coordinator would ask; None for none."""
    bar = right_bar(asked, reader)
    if bar:
        return Obstacle(bar, may_be_passed=False)
    reason = (
        demand_bar(asked.demand, reader)
        or off_shift_words(reader, zone)
        or cap_words(reader, held.get(reader.user.pk, Held()))
    )
    return Obstacle(reason, may_be_passed=True) if reason else None


def right_bar(asked: Asked, reader: ReaderNow) -> str:
    """Name the right that is missing for the item at the stage it is at; "" when none is."""
    return bar_to_item(reader.rights, asked.item, subspecialty=asked.subspecialty, reader_id=reader.user.pk)


def demand_bar(demand: Demand, reader: ReaderNow) -> str:
    """Name what the rules ask for and the reader is not; "" when nothing."""
    if reader.user.email in demand.never_readers:
        return "Kept out by a rule"
    if demand.require_reader and demand.require_reader != reader.user.email:
        return f"A rule asks for {demand.require_reader}"
    if demand.require_group and demand.require_group not in reader.rights.groups:
        return f"Not in the group {demand.require_group}"
    if demand.require_subspecialty and demand.require_subspecialty not in reader.rights.subspecialties:
        return f"Not {demand.require_subspecialty}"
    return ""


def off_shift_words(reader: ReaderNow, zone: str) -> str:
    """Say since when or until when the reader is away; "" when on shift."""
    if reader.shift is not None:
        return ""
    if reader.is_on_call:
        return "On call only"
    comes_at = reader.comes_at
    if comes_at is None:
        return "Off shift; the rota names no next shift"
    away = "On a break" if reader.shift_began_at is not None else "Off shift"
    local = comes_at.astimezone(ZoneInfo(zone))
    day = "" if comes_at - reader.now < timedelta(hours=20) else f" {local:%a}"
    return f"{away} until{day} {local:%H:%M}"


def cap_words(reader: ReaderNow, held: Held) -> str:
    """Name the cap that is reached; "" when none is."""
    rights = reader.rights
    if held.items >= rights.maximum_open_items:
        return f"At the cap of {rights.maximum_open_items} open items"
    if rights.maximum_open_minutes is not None and held.minutes >= rights.maximum_open_minutes:
        return f"At the cap of {rights.maximum_open_minutes} waiting minutes"
    most = rights.maximum_relative_value_per_shift
    if most is not None and held.relative_value >= most:
        return f"At the cap of {most:g} relative value units a shift"
    return ""


def readers_without_bar(asked: Iterable[Asked], readers: Mapping[int, ReaderNow]) -> dict[int, frozenset[int]]:
    """Return, by item id, who may read it by right and rule, whenever they are there; equal items share the answer."""
    asked = list(asked)
    rights = {pk: reader.rights for pk, reader in readers.items()}
    kinds = {entry.item.pk: _kind_of(entry) for entry in asked}
    different = sorted(set(kinds.values()))
    bars = zip(different, barred_by_kind(rights, different), strict=True)
    by_right = {kind: frozenset(rights).difference(*barred.values()) for kind, barred in bars}
    known: dict[tuple[object, ...], frozenset[int]] = {}
    found = {}
    for entry in asked:
        item, demand = entry.item, entry.demand
        kind = kinds[item.pk]
        key = (kind, demand, item.reading_mode, item.reading_stage, item.first_reader_id)
        if key not in known:
            known[key] = frozenset(
                pk
                for pk in by_right[kind]
                if not demand_bar(demand, readers[pk])
                and not bar_at_stage(item, reader_id=pk, is_resident=rights[pk].is_resident)
            )
        found[item.pk] = known[key]
    return found


def _kind_of(entry: Asked) -> KindAsked:
    hospital = entry.item.hospital
    return KindAsked(hospital.code, hospital.jurisdiction, modalities_of(entry.item), entry.subspecialty)
