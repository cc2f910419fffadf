"""What was decided on a swap or on time off: its reader, and who takes part in the swap, are told, each once."""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from hospitals.models import Membership, ShiftSwap, TimeOff, User
from hospitals.models.reading import valid_at
from hospitals.services.rota import span_words
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.models import Notice
from routing_rules.services.notices import announce_notices, give_notices

UNREAD = Q(kind=Notice.Kind.ROTA, read_at__isnull=True, cleared_at__isnull=True)
_SWAP, _TIME_OFF = "swap", "time_off"
_SWAP_DECIDED = {ShiftSwap.Status.AGREED: "agreed", ShiftSwap.Status.REFUSED: "refused"}
_TIME_OFF_DECIDED = {TimeOff.Status.AGREED: "agreed", TimeOff.Status.REFUSED: "refused"}


def tell_of_decided_swap(*, swap_id: int, now: datetime) -> int:
    """Tell who offered the shift and who took it; return how many are new. Gone meanwhile: nobody."""
    with open_scope(all_hospitals_scope(process="notices")):
        people = ("shift", "offered_by", "taken_by", "decided_by")
        swap = ShiftSwap.objects.filter(pk=swap_id, status__in=_SWAP_DECIDED).select_related(*people).first()
        if swap is None or swap.taken_by is None:
            return 0
        told = [(swap.offered_by, _to_giver(swap)), (swap.taken_by, _to_taker(swap))]
        return sum(_tell(person, f"{_SWAP}:{swap.pk}", words, swap.decided_by, now) for person, words in told)


def tell_of_decided_time_off(*, time_off_id: int, now: datetime) -> int:
    """Tell the reader who asked for it; return how many are new. Taken back meanwhile: nobody."""
    with open_scope(all_hospitals_scope(process="notices")):
        rows = TimeOff.objects.filter(status__in=_TIME_OFF_DECIDED, decided_at__isnull=False)
        row = rows.filter(pk=time_off_id).select_related("radiologist", "decided_by").first()
        if row is None:
            return 0
        verb = _TIME_OFF_DECIDED[TimeOff.Status(row.status)]
        words = f"{verb.capitalize()} by {_name(row.decided_by)}: your time off {_days_words(row)}."
        return int(_tell(row.radiologist, f"{_TIME_OFF}:{row.pk}", words, row.decided_by, now))


def clear_outdated_decisions(*, radiologist_ids: Collection[int], now: datetime) -> int:
    """Clear what these readers were told of and is gone: time off taken away, a shift removed or given to another."""
    with open_scope(all_hospitals_scope(process="notices")):
        unread = Notice.objects.filter(UNREAD, recipient__in=radiologist_ids).order_by("pk")
        notices = list(unread.values_list("pk", "hospital_id", "recipient_id", "rota_request"))
        if not notices:
            return 0
        there = _still_there([request for *_, request in notices])
        gone = [notice for notice in notices if notice[3] not in there]
        Notice.objects.filter(UNREAD, pk__in=[pk for pk, *_ in gone]).update(cleared_at=now)
        for _pk, hospital_id, recipient_id, _request in gone:
            announce_notices(hospital_id, [recipient_id])
        return len(gone)


def _tell(person: User, request: str, words: str, decided_by: User | None, now: datetime) -> bool:
    """Tell one person at a hospital where the person is seen; who decided knows."""
    running = Membership.objects.filter(valid_at(now), user=person, hospital__is_active=True).order_by("pk")
    hospital_id = running.values_list("hospital_id", flat=True).first()
    if person == decided_by or hospital_id is None:
        return False
    if Notice.objects.filter(rota_request=request, recipient=person).exists():
        return False
    give_notices(
        hospital_id=hospital_id,
        kind=Notice.Kind.ROTA,
        recipient_ids=[person.pk],
        now=now,
        rota_request=request,
        words=words[:200],
    )
    return True


def _to_giver(swap: ShiftSwap) -> str:
    begins, taker = _decided(swap, swap.offered_by), _name(swap.taken_by)
    if swap.status == ShiftSwap.Status.AGREED:
        return f"{begins} is {taker}'s now, no longer yours."
    return f"{begins} stays yours, {taker} does not take it."


def _to_taker(swap: ShiftSwap) -> str:
    assert swap.taken_by is not None
    begins, giver = _decided(swap, swap.taken_by), _name(swap.offered_by)
    if swap.status == ShiftSwap.Status.AGREED:
        return f"{begins} is yours now, no longer {giver}'s."
    return f"{begins} stays {giver}'s, not yours."


def _decided(swap: ShiftSwap, reader: User) -> str:
    """Return "Agreed by Olga Hansen: the shift Mon 3 Mar 06:00 to 14:00", on the reader's own clock."""
    verb = _SWAP_DECIDED[ShiftSwap.Status(swap.status)].capitalize()
    return (
        f"{verb} by {_name(swap.decided_by)}: the shift {span_words(swap.shift.starts_at, swap.shift.ends_at, reader)}"
    )


def _days_words(row: TimeOff) -> str:
    """Return whole days as days, "Mon 3 Mar to Wed 5 Mar", else the span with its clock times."""
    zone = ZoneInfo(row.radiologist.time_zone)
    start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    if any((at.hour, at.minute) != (0, 0) for at in (start, end)):
        return span_words(row.starts_at, row.ends_at, row.radiologist)
    last = end.date() - timedelta(days=1)
    first_words = f"{start:%a} {start.day} {start:%b}"
    return first_words if last == start.date() else f"{first_words} to {last:%a} {last.day} {last:%b}"


def _name(person: User | None) -> str:
    """Return a name that leaves room for the rest of the words."""
    return person.name[:40] if person else "the coordinator"


def _still_there(requests: Collection[str]) -> set[str]:
    """Return the requests whose decision still holds: the time off is there, the shift is whose it was to be."""
    ids: dict[str, list[int]] = {_SWAP: [], _TIME_OFF: []}
    for request in requests:
        kind, _, pk = request.partition(":")
        ids[kind].append(int(pk))
    agreed = Q(status=ShiftSwap.Status.AGREED, shift__radiologist=F("taken_by"))
    refused = Q(status=ShiftSwap.Status.REFUSED, shift__radiologist=F("offered_by"))
    swaps = ShiftSwap.objects.filter(agreed | refused, pk__in=ids[_SWAP]).values_list("pk", flat=True)
    absences = TimeOff.objects.filter(pk__in=ids[_TIME_OFF]).values_list("pk", flat=True)
    return {f"{_SWAP}:{pk}" for pk in swaps} | {f"{_TIME_OFF}:{pk}" for pk in absences}
