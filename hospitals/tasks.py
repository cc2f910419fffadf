"""Celery tasks of hospitals and people."""

from django.utils import timezone

from hospitals.services.lapses import note_lapses
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.events.durable_task import periodic_task


@periodic_task(every_seconds=60)
def notice_lapses() -> None:
    """Warn of rights that lapse soon, tell of those that have."""
    with open_scope(all_hospitals_scope(process="rights")):
        note_lapses(now=timezone.now())
