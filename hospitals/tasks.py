"""Celery tasks of hospitals and people."""

from django.utils import timezone

from hospitals.services.lapses import note_lapses
from hospitals.services.shift_swaps import expire_swaps
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.events.durable_task import periodic_task


@periodic_task(every_seconds=60)
def notice_lapses() -> None:
    """Warn of rights that lapse soon, tell of those that have."""
    with open_scope(all_hospitals_scope(process="rights")):
        note_lapses(now=timezone.now())


@periodic_task(every_seconds=60)
def end_late_swaps() -> None:
    """Let offers end whose shift has begun."""
    with open_scope(all_hospitals_scope(process="rota")):
        expire_swaps(now=timezone.now())
