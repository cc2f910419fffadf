"""Rights that lapse: the reader and the administrators are told behind the bell, until the right is renewed."""

from datetime import datetime

from django.db.models import Q

from hospitals.models import LapseNotice, User
from hospitals.selectors.lapsing_rights import LapsingRight, lapsing_rights
from hospitals.selectors.members import members_of
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.models import Notice
from routing_rules.services.notices import announce_notices, give_notices

UNREAD = Q(kind=Notice.Kind.LAPSE, read_at__isnull=True, cleared_at__isnull=True)


def tell_of_lapse(*, kind: str, right_id: int, is_lapsed: bool, hospital_id: int, now: datetime) -> int:
    """Tell the reader and the hospital's and the system's administrators, each once; return how many are new.

    A right that was renewed meanwhile is no news. That it has lapsed takes the place of the warning before.
    """
    with open_scope(all_hospitals_scope(process="notices")):
        right = next((one for one in lapsing_rights(now) if (one.kind, one.right_id) == (kind, right_id)), None)
        if right is None or right.is_lapsed != is_lapsed:
            return 0
        stage = LapseNotice.Stage.LAPSED if is_lapsed else LapseNotice.Stage.SOON
        lapse = LapseNotice.objects.get(kind=kind, right_id=right_id, valid_until=right.valid_until, stage=stage)
        told = set(Notice.objects.filter(lapse_notice=lapse).values_list("recipient_id", flat=True))
        people = {right.radiologist.pk, *_administrators(hospital_id, now)} - told
        for recipient_id in sorted(people):
            give_notices(
                hospital_id=hospital_id,
                kind=Notice.Kind.LAPSE,
                recipient_ids=[recipient_id],
                now=now,
                lapse_notice=lapse,
                words=_words(right, is_own=recipient_id == right.radiologist.pk),
            )
        if is_lapsed:
            clear_lapses(radiologist_id=right.radiologist.pk, now=now)
        return len(people)


def clear_lapses(*, radiologist_id: int, now: datetime) -> int:
    """Clear unread notices of an end that is over: the right was renewed, or its warning has come true."""
    with open_scope(all_hospitals_scope(process="notices")):
        unread = Notice.objects.filter(UNREAD, lapse_notice__radiologist=radiologist_id).select_related("lapse_notice")
        notices = list(unread.order_by("pk"))
        if not notices:
            return 0
        ends = {(one.kind, one.right_id, one.valid_until, one.is_lapsed) for one in lapsing_rights(now)}
        over = [notice for notice in notices if _end_of(notice.lapse_notice) not in ends]
        Notice.objects.filter(UNREAD, pk__in=[notice.pk for notice in over]).update(cleared_at=now)
        for notice in over:
            announce_notices(notice.hospital_id, [notice.recipient_id])
        return len(over)


def _end_of(lapse: LapseNotice) -> tuple[str, int, datetime, bool]:
    return lapse.kind, lapse.right_id, lapse.valid_until, lapse.stage == LapseNotice.Stage.LAPSED


def _administrators(hospital_id: int, now: datetime) -> set[int]:
    system = User.objects.filter(role=User.Role.SYSTEM_ADMINISTRATOR, is_active=True).values_list("pk", flat=True)
    own = members_of(hospital_id, [User.Role.HOSPITAL_ADMINISTRATOR], now).values_list("pk", flat=True)
    return {*system, *own}


def _words(right: LapsingRight, *, is_own: bool) -> str:
    whose = right.words if is_own else f"{right.radiologist.name}: {right.words}"
    verb = "lapsed on" if right.is_lapsed else "lapses on"
    return f"{whose} {verb} {right.valid_until:%-d %b %Y}"[:200]
