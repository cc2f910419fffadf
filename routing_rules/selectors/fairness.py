"""Who has read how much: relative value per hour of each reader, of this shift and of 28 days, beside the mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hospitals.models import Hospital
from pacs_core.access.scopes import all_hospitals_scope, current_scope, open_scope
from routing_rules.selectors.burdens import Carried, burdens, carried_in_days, carried_in_shifts
from routing_rules.selectors.readers_now import ReaderNow, readers_at_work


@dataclass(frozen=True)
class Share:
    """What a reader has carried, and how far the relative value per hour is above (or below) the mean, as a share.

    As the engine sees it: adjusted for pace, and calm while hours are few. `above` None: nothing was signed by anybody.
    """

    carried: Carried
    per_hour: float
    above: float | None

    @property
    def percent(self) -> int | None:
        return None if self.above is None else round(self.above * 100)


def shares_of(carried: Mapping[int, Carried], readers: Mapping[int, ReaderNow]) -> dict[int, Share]:
    """Return each reader's share, by the engine's own measure."""
    known = {pk: one for pk, one in carried.items() if pk in readers}
    is_signed = any(one.value for one in known.values())
    above = burdens(known, {}, {pk: reader.speed_factor for pk, reader in readers.items()}) if is_signed else {}
    return {
        pk: Share(one, one.value / one.hours * readers[pk].speed_factor if one.hours else 0.0, above.get(pk))
        for pk, one in known.items()
    }


def gini(values: Sequence[float]) -> float:
    """Return the Gini coefficient, 0 for all alike; 0 without values."""
    ordered = sorted(values)
    total = sum(ordered)
    if not ordered or total <= 0:
        return 0.0
    count = len(ordered)
    weighted = sum((2 * place - count - 1) * value for place, value in enumerate(ordered, start=1))
    return weighted / (count * total)


@dataclass(frozen=True)
class FairnessLine:
    """A reader's shares of this shift and of 28 days; None where nothing is known of one."""

    reader: ReaderNow
    shift: Share | None
    days: Share | None


@dataclass(frozen=True)
class FairnessTable:
    """Readers with what they have read, those furthest above the mean of 28 days first; means and Gini of the rates."""

    lines: list[FairnessLine]
    mean_of_shift: float
    mean_of_days: float
    gini_of_shift: float
    gini_of_days: float

    @property
    def scale(self) -> float:
        """The share that fills half a bar."""
        shares = [abs(share.above or 0) for line in self.lines for share in (line.shift, line.days) if share]
        return max([0.5, *shares])


def fairness_table(now: datetime) -> FairnessTable:
    """Return the shares of the readers of the hospitals in scope, counted over all hospitals; fixed queries."""
    codes = set(Hospital.objects.filter(pk__in=current_scope().hospital_ids).values_list("code", flat=True))
    with open_scope(all_hospitals_scope(process="board")):
        readers = readers_at_work(now)
        shift, days = shares_of(carried_in_shifts(now), readers), shares_of(carried_in_days(now), readers)
    lines = [
        FairnessLine(reader, shift.get(pk), days.get(pk))
        for pk, reader in readers.items()
        if not codes.isdisjoint(reader.rights.credentials) and (pk in shift or pk in days)
    ]
    lines.sort(key=lambda line: (-_above(line.days), -_above(line.shift), line.reader.user.name))
    rates = [[share.per_hour for share in found.values() if share.above is not None] for found in (shift, days)]
    means = [sum(found) / len(found) if found else 0.0 for found in rates]
    return FairnessTable(lines, *means, *(gini(found) for found in rates))


def _above(share: Share | None) -> float:
    return share.above if share and share.above is not None else -1.0
