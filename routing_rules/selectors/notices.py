"""What is behind a person's bell."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from hospitals.models import User
from pacs_core.access.scopes import current_scope
from routing_rules.models import Notice

Kind = Notice.Kind
# Shown until the person says that it was seen: somebody waits for that.
PROMINENT = (Kind.CALL, Kind.ALERT, Kind.MESSAGE)
SHOWN_AFTER_READING = timedelta(hours=12)
MOST_SHOWN = 40
UNREAD = Q(read_at__isnull=True, cleared_at__isnull=True)


@dataclass(frozen=True)
class Bell:
    """Unread notices first, then those of the last hours; `unread` counts all of them, also those not shown."""

    notices: list[Notice]
    unread: int

    @property
    def prominent(self) -> list[Notice]:
        """Return the unread calls, then alerts, then messages, each the oldest first."""
        waiting = [notice for notice in self.notices if notice.is_unread and notice.kind in PROMINENT]
        return sorted(waiting, key=lambda notice: (PROMINENT.index(notice.kind), notice.created_at, notice.pk))


def notices_of(user: User) -> QuerySet[Notice]:
    """Return the person's notices of the hospitals in scope with what they are about, the latest first."""
    about = (
        *("hospital", "step", "message__sender", "worklist_item__study__patient", "worklist_item__order"),
        *("worklist_item__hospital", "worklist_item__assigned_to", "worklist_item__claimed_by"),
    )
    notices = Notice.objects.filter(recipient=user, hospital_id__in=current_scope().hospital_ids)
    return notices.select_related(*about).order_by("-created_at", "-pk")


def bell_of(user: User, now: datetime) -> Bell:
    """Return what the bell shows; two queries."""
    shown = notices_of(user).filter(UNREAD | Q(created_at__gt=now - SHOWN_AFTER_READING))
    rank = F("read_at").asc(nulls_first=True), F("cleared_at").asc(nulls_first=True)
    unread_first = sorted(
        shown.order_by(*rank, "-created_at", "-pk")[:MOST_SHOWN],
        key=lambda notice: (not notice.is_unread, -notice.created_at.timestamp(), -notice.pk),
    )
    unread = Notice.objects.filter(UNREAD, recipient=user, hospital_id__in=current_scope().hospital_ids).count()
    return Bell(unread_first, unread)
