"""Swaps: a reader offers a coming shift, a colleague takes it, a coordinator agrees, and the shift changes hands.

offered -> taken -> agreed or refused; withdrawn from offered or taken; expired once the shift has begun.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from hospitals.errors import AwayThen, SwapNotPossible
from hospitals.models import Shift, ShiftSwap, TimeOff, User
from hospitals.services.rights import must_be_radiologist
from hospitals.services.rota import announce_rota, lock_readers, save_shift, span_words
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event

Status = ShiftSwap.Status
OPEN = (Status.OFFERED, Status.TAKEN)
DECIDED = (Status.AGREED, Status.REFUSED)


@transaction.atomic
def offer_shift(*, shift: Shift, offered_by: User, note: str = "", now: datetime) -> ShiftSwap:
    """Offer an own coming shift to colleagues; offered already: that offer."""
    lock_readers([shift.radiologist_id])
    shift.refresh_from_db()
    if shift.radiologist_id != offered_by.pk:
        raise SwapNotPossible("Only the own shift can be offered.")
    if shift.starts_at <= now or shift.dropped_out_at is not None:
        raise SwapNotPossible("Only a shift that lies ahead can be offered. Maybe tell the coordinator.")
    swap = ShiftSwap.objects.filter(shift=shift, status__in=OPEN).first()
    if swap is None:
        swap = ShiftSwap.objects.create(shift=shift, offered_by=offered_by, note=note.strip()[:200], offered_at=now)
        _tell("offered", swap)
    return swap


@transaction.atomic
def take_shift(*, swap: ShiftSwap, taken_by: User, now: datetime) -> ShiftSwap:
    """Take what a colleague offers; the first who does has it, until a coordinator decides."""
    must_be_radiologist(taken_by)
    lock_readers([swap.offered_by_id, taken_by.pk])
    swap = _locked(swap, now, Status.OFFERED)
    if swap.offered_by_id == taken_by.pk:
        raise SwapNotPossible("This is your own offer. Maybe withdraw it instead.")
    _must_be_free(swap.shift, taken_by)
    swap.status, swap.taken_by = Status.TAKEN, taken_by
    swap.save(update_fields=["status", "taken_by"])
    _tell("taken", swap)
    return swap


@transaction.atomic
def give_back_swap(*, swap: ShiftSwap, taken_by: User, now: datetime) -> ShiftSwap:
    """Let the colleague who took a shift give it back; the offer is open again."""
    lock_readers([swap.offered_by_id, taken_by.pk])
    swap = _locked(swap, now, Status.TAKEN)
    if swap.taken_by_id != taken_by.pk:
        raise SwapNotPossible("Only who took the shift gives it back.")
    swap.status, swap.taken_by = Status.OFFERED, None
    swap.save(update_fields=["status", "taken_by"])
    _tell("given_back", swap, also=[taken_by.pk])
    return swap


@transaction.atomic
def withdraw_swap(*, swap: ShiftSwap, withdrawn_by: User, now: datetime) -> ShiftSwap:
    """Take the own offer back, taken or not, while no coordinator has decided."""
    lock_readers([swap.offered_by_id])
    swap = _locked(swap, now, *OPEN)
    if swap.offered_by_id != withdrawn_by.pk:
        raise SwapNotPossible("Only who offered the shift withdraws it.")
    return _closed(swap, Status.WITHDRAWN, by=withdrawn_by, now=now)


@transaction.atomic
def decide_swap(*, swap: ShiftSwap, agree: bool, decided_by: User, now: datetime) -> ShiftSwap:
    """Agree, so that the shift with its breaks is the taker's from now on, or refuse.

    ShiftsOverlap or AwayThen when the taker's rota has changed since. What the taker may not read is for the caller to
    show (`hospitals.selectors.shift_swaps.rights_lacking`): a coordinator decides, the engine bars.
    """
    lock_readers([pk for pk in (swap.offered_by_id, swap.taken_by_id) if pk is not None])
    swap = _locked(swap, now, Status.TAKEN)
    if not agree:
        return _closed(swap, Status.REFUSED, by=decided_by, now=now)
    shift, taker = swap.shift, swap.taken_by
    _must_be_free(shift, taker)
    shift.radiologist = taker
    save_shift(shift)
    return _closed(swap, Status.AGREED, by=decided_by, now=now)


@transaction.atomic
def expire_swaps(*, now: datetime) -> int:
    """End open offers whose shift has begun or is the offerer's no more; return how many. Safe to repeat."""
    late = ShiftSwap.objects.filter(status__in=OPEN, shift__starts_at__lte=now)
    late = late | ShiftSwap.objects.filter(status__in=OPEN).exclude(shift__radiologist=F("offered_by"))
    ids = list(late.order_by("pk").values_list("pk", flat=True))
    rows = ShiftSwap.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    swaps = list(rows.filter(pk__in=ids, status__in=OPEN).select_related("shift").order_by("pk"))
    for swap in swaps:
        _closed(swap, Status.EXPIRED, by=None, now=now)
    return len(swaps)


def _locked(swap: ShiftSwap, now: datetime, *statuses: str) -> ShiftSwap:
    """Return the swap as it is now; SwapNotPossible unless it is in one of `statuses` and its shift lies ahead."""
    rows = ShiftSwap.objects.select_for_update(no_key=True, of=("self",))
    swap = rows.select_related("shift__radiologist", "offered_by", "taken_by").get(pk=swap.pk)
    if swap.status not in statuses:
        raise SwapNotPossible(f"This offer is no longer open: {swap.get_status_display().lower()}.")
    if swap.shift.starts_at <= now:
        raise SwapNotPossible("The shift has begun; it stays with the reader who has it.")
    if swap.shift.radiologist_id != swap.offered_by_id:
        raise SwapNotPossible("The shift belongs to another reader by now.")
    return swap


def _must_be_free(shift: Shift, taker: User) -> None:
    """Raise when the taker is away or has a shift in that time; two of one kind or not, one person reads once."""
    away = TimeOff.objects.filter(
        radiologist=taker,
        status=TimeOff.Status.AGREED,
        starts_at__lt=shift.ends_at,
        ends_at__gt=shift.starts_at,
    )
    if absence := away.order_by("starts_at").first():
        raise AwayThen(taker.name, span_words(absence.starts_at, absence.ends_at, taker))
    others = Shift.objects.filter(radiologist=taker, starts_at__lt=shift.ends_at, ends_at__gt=shift.starts_at)
    if other := others.order_by("starts_at").first():
        then = span_words(other.starts_at, other.ends_at, taker)
        raise SwapNotPossible(f"{taker.name} has a shift then already: {then}.")


def _closed(swap: ShiftSwap, status: str, *, by: User | None, now: datetime) -> ShiftSwap:
    swap.status, swap.decided_at, swap.decided_by = status, now, by
    swap.save(update_fields=["status", "decided_at", "decided_by"])
    _tell(status, swap)
    if status in DECIDED:
        emit_event("ShiftSwapDecided", hospital_id=None, swap_id=swap.pk)
    return swap


def _tell(verb: str, swap: ShiftSwap, also: Iterable[int] = ()) -> None:
    detail = {"shift_id": swap.shift_id, "swap_id": swap.pk}
    if swap.taken_by_id is not None:
        detail["taken_by"] = swap.taken_by_id
    record_audit(action=f"shift_swap.{verb}", object_type="user", object_id=swap.offered_by_id, detail=detail)
    concerned = {swap.offered_by_id, swap.taken_by_id, *also} - {None}
    announce_rota(pk for pk in concerned if pk is not None)
