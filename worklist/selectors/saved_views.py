"""The saved views of the worklist, each a named condition with a live count."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospitals.models import User
from worklist.models import Priority, WorklistItem
from worklist.selectors.items import ItemFilter, narrowed, visible_items
from worklist.transitions import ASSIGNED, OPEN_STATUSES, READING, SIGNED, SIGNING, UNASSIGNED

_OPEN = Q(status__in=OPEN_STATUSES)


@dataclass(frozen=True)
class SavedView:
    """A named condition; `tone` says how loudly its count is shown."""

    key: str
    label: Promise
    condition: Callable[[User, datetime], Q]
    tone: str = ""
    roles: tuple[str, ...] = ("radiologist", "coordinator")


SAVED_VIEWS: dict[str, SavedView] = {
    view.key: view
    for view in (
        SavedView("all", _("All open"), lambda user, now: _OPEN),
        SavedView("mine", _("Mine"), lambda user, now: _held_by(user), roles=("radiologist",)),
        SavedView("unassigned", _("Unassigned"), lambda user, now: Q(status=UNASSIGNED)),
        SavedView("stat", _("STAT"), lambda user, now: _OPEN & Q(priority=Priority.STAT)),
        SavedView("overdue", _("Overdue"), lambda user, now: _OPEN & Q(deadline_at__lt=now), "overdue"),
        SavedView("reading", _("Being read"), lambda user, now: Q(status__in=(READING, SIGNING))),
        SavedView("reconcile", _("To reconcile"), lambda user, now: _OPEN & ~Q(reconciliation_reason=""), "soon"),
        SavedView("signed_today", _("Signed today"), lambda user, now: _signed_today(user, now)),
    )
}
DEFAULT_VIEW = "all"


def items_of_view(user: User, chosen: ItemFilter) -> QuerySet[WorklistItem]:
    """Return the view's items that match the filter; a chosen status looks beyond the open ones."""
    items = narrowed(visible_items(user), chosen, user)
    view = SAVED_VIEWS.get(chosen.view, SAVED_VIEWS[DEFAULT_VIEW])
    if chosen.status and view.key == DEFAULT_VIEW:
        return items
    return items.filter(view.condition(user, timezone.now()))


def view_counts(user: User) -> dict[str, int]:
    """Count the user's views in one query over what is open or was signed today."""
    now = timezone.now()
    views = views_for(user)
    counts = {view.key: Count("pk", filter=view.condition(user, now)) for view in views}
    return visible_items(user).order_by().filter(_OPEN | _signed_today(user, now)).aggregate(**counts)


def views_for(user: User) -> list[SavedView]:
    return [view for view in SAVED_VIEWS.values() if user.role in view.roles]


def _held_by(user: User) -> Q:
    return Q(assigned_to=user.pk, status__in=(ASSIGNED, READING, SIGNING))


def _signed_today(user: User, now: datetime) -> Q:
    """The day is the viewer's own, in the zone of the account."""
    local = now.astimezone(ZoneInfo(user.time_zone))
    return Q(status=SIGNED, signed_at__gte=local.replace(hour=0, minute=0, second=0, microsecond=0))
