"""Notices: give them, mark them read, clear those that are no longer true."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from pacs_core.events.services import emit_event
from routing_rules.models import Notice, NoticeMail
from worklist.models import WorklistItem

Kind, Status = Notice.Kind, WorklistItem.Status
UNREAD = Q(read_at__isnull=True, cleared_at__isnull=True)
# Who does not see a screen is told by mail too.
MAILED = (Kind.ALERT, Kind.CALL, Kind.ROTA)
MOST_AT_ONCE = 1000


@transaction.atomic
def give_notices(
    *, hospital_id: int, kind: str, recipient_ids: Iterable[int], now: datetime, **about: Any
) -> list[Notice]:
    """Tell each person; `about` are fields of Notice: worklist_item, step, rule_notice, lapse_notice, message,
    rota_request, words.

    The caller sees to it that nobody is told the same twice; the constraints of Notice hold it.
    """
    notices = Notice.objects.bulk_create(
        Notice(hospital_id=hospital_id, kind=kind, recipient_id=recipient_id, created_at=now, **about)
        for recipient_id in sorted(set(recipient_ids))
    )
    if settings.NOTICE_MAIL and kind in MAILED:
        NoticeMail.objects.bulk_create(
            NoticeMail(hospital_id=hospital_id, notice=notice, retry_at=now) for notice in notices
        )
    if notices:
        announce_notices(hospital_id, [notice.recipient_id for notice in notices])
    return notices


def announce_notices(hospital_id: int, user_ids: Iterable[int]) -> None:
    """Tell the screens of these people that what is behind their bell has changed."""
    emit_event("NoticesChanged", hospital_id=hospital_id, user_ids=sorted(set(user_ids)))


@transaction.atomic
def mark_notice_read(*, notice_id: int, user: User, now: datetime) -> None:
    """Note that the person has read one; again is no change. NotVisible unless it is the person's own."""
    if not Notice.objects.filter(pk=notice_id, recipient=user).exists():
        raise NotVisible(f"There is no notice {notice_id} for you.")
    _mark_read(Notice.objects.filter(pk=notice_id, recipient=user), now)


@transaction.atomic
def mark_all_notices_read(*, user: User, now: datetime) -> int:
    """Note that the person has read everything so far; return how many that were."""
    return _mark_read(Notice.objects.filter(recipient=user, created_at__lte=now), now)


def _mark_read(notices: Any, now: datetime) -> int:
    read = list(
        notices.filter(UNREAD).order_by("pk").values_list("pk", "hospital_id", "recipient_id", "message__sender_id")
    )
    Notice.objects.filter(UNREAD, pk__in=[pk for pk, *_ in read]).update(read_at=now)
    _announce((hospital_id, user_id) for _, hospital_id, *people in read for user_id in people if user_id)
    return len(read)


@transaction.atomic
def clear_notices(*, now: datetime) -> int:
    """Clear what is no longer true; return how many. Needs a scope over all hospitals; safe to repeat.

    Signed or cancelled: nothing is left to do. A reminder ends when its reader opens the examination or it goes to
    another one, a call when somebody opens it, and each of them when the deadline was moved away. Messages stay until
    they are read: their sender wants to know.
    """
    stale = Notice.objects.filter(UNREAD, _is_over(), worklist_item__isnull=False).exclude(kind=Kind.MESSAGE)
    cleared = list(stale.order_by("pk").values_list("pk", "hospital_id", "recipient_id")[:MOST_AT_ONCE])
    Notice.objects.filter(UNREAD, pk__in=[pk for pk, *_ in cleared]).update(cleared_at=now)
    _announce((hospital_id, user_id) for _, hospital_id, user_id in cleared)
    return len(cleared)


def _is_over() -> Q:
    item = "worklist_item__"
    reader = Coalesce(f"{item}claimed_by_id", f"{item}assigned_to_id")
    has_no_reader = Q(**{f"{item}claimed_by__isnull": True, f"{item}assigned_to__isnull": True})
    is_opened_since = Q(kind=Kind.REMINDER, **{f"{item}claimed_at__gte": F("created_at")})
    return (
        Q(**{f"{item}status__in": (Status.SIGNED, Status.CANCELLED)})
        | Q(kind__in=(Kind.REMINDER, Kind.CALL), **{f"{item}status": Status.SIGNING})
        | Q(kind=Kind.CALL, **{f"{item}status": Status.READING})
        | (Q(is_for_reader=True) & (has_no_reader | ~Q(recipient_id=reader) | is_opened_since))
        | Q(step__deadline_at__lt=F(f"{item}deadline_at"))
    )


def _announce(pairs: Iterable[tuple[int, int]]) -> None:
    people: dict[int, set[int]] = defaultdict(set)
    for hospital_id, user_id in pairs:
        people[hospital_id].add(user_id)
    for hospital_id in sorted(people):
        announce_notices(hospital_id, people[hospital_id])
