"""What a radiologist sees of the rota: own shifts, own time off, what colleagues offer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from hospitals.models import Shift, ShiftFeed, ShiftSwap, TimeOff, User
from hospitals.selectors.rota_lists import colleagues_of

OPEN = (ShiftSwap.Status.OFFERED, ShiftSwap.Status.TAKEN)
# What a calendar program is given: it keeps what it has seen, so the past is short.
DAYS_BEFORE, DAYS_AFTER = 30, 400


@dataclass(frozen=True)
class ColleaguesOffer:
    """A shift that a colleague offers; `clash` says in words why it can't be taken, "" when it can."""

    swap: ShiftSwap
    clash: str


def coming_shifts(radiologist: User, *, now: datetime, days: int = 60) -> list[Shift]:
    """Return the shifts that run or lie ahead, each with `breaks` and its open offer in `open_swaps`."""
    swaps = ShiftSwap.objects.filter(status__in=OPEN).select_related("taken_by")
    rows = Shift.objects.filter(radiologist=radiologist, ends_at__gt=now, starts_at__lt=now + timedelta(days=days))
    rows = rows.prefetch_related("breaks", Prefetch("swaps", swaps, to_attr="open_swaps")).select_related("template")
    return list(rows.order_by("starts_at"))


def own_time_off(radiologist: User, *, now: datetime) -> QuerySet[TimeOff]:
    rows = TimeOff.objects.filter(radiologist=radiologist, ends_at__gt=now)
    return rows.order_by("starts_at", "pk")


def swaps_for(radiologist: User) -> QuerySet[ShiftSwap]:
    """Return own offers, those taken by oneself, and the open ones of colleagues who read for the same hospitals."""
    offered = Q(status=ShiftSwap.Status.OFFERED, offered_by__in=colleagues_of(radiologist))
    rows = ShiftSwap.objects.filter(Q(offered_by=radiologist) | Q(taken_by=radiologist) | offered)
    return rows.select_related("shift__radiologist", "offered_by", "taken_by").order_by("shift__starts_at", "pk")


def colleagues_offers(radiologist: User, *, now: datetime) -> list[ColleaguesOffer]:
    """Return what may be taken, or was by oneself and waits, by start; three queries."""
    swaps = list(
        swaps_for(radiologist)
        .filter(status__in=OPEN, shift__starts_at__gt=now)
        .exclude(offered_by=radiologist)
        .exclude(status=ShiftSwap.Status.TAKEN, taken_by__isnull=False, offered_by=radiologist)
    )
    if not swaps:
        return []
    last = max(swap.shift.ends_at for swap in swaps)
    own = list(Shift.objects.filter(radiologist=radiologist, ends_at__gt=now, starts_at__lt=last))
    away = TimeOff.objects.filter(radiologist=radiologist, ends_at__gt=now, starts_at__lt=last)
    agreed = list(away.filter(status=TimeOff.Status.AGREED))
    return [ColleaguesOffer(swap, _clash(swap.shift, own, agreed)) for swap in swaps]


def feed_of(radiologist: User) -> ShiftFeed | None:
    return ShiftFeed.objects.filter(radiologist=radiologist).first()


def radiologist_of_feed(key_digest: str) -> User | None:
    """Return whose feed this is; None for an unknown key and for an account that is locked out."""
    feed = ShiftFeed.objects.select_related("radiologist").filter(key_digest=key_digest).first()
    is_there = feed is not None and feed.radiologist.is_active
    return feed.radiologist if feed is not None and is_there else None


def shifts_for_feed(radiologist: User, *, now: datetime) -> list[Shift]:
    rows = Shift.objects.filter(
        radiologist=radiologist,
        ends_at__gt=now - timedelta(days=DAYS_BEFORE),
        starts_at__lt=now + timedelta(days=DAYS_AFTER),
    )
    return list(rows.prefetch_related("breaks").order_by("starts_at"))


def _clash(shift: Shift, own: list[Shift], away: list[TimeOff]) -> str:
    if any(other.starts_at < shift.ends_at and other.ends_at > shift.starts_at for other in own):
        return "You have a shift then"
    if any(other.starts_at < shift.ends_at and other.ends_at > shift.starts_at for other in away):
        return "You are away then"
    return ""
