"""The health of the files: whether they are what was received, and when there is no room left for others."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.selectors.health_part import HealthPart
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Instance
from pacs_core.archive.storage.capacity import capacity

# Room for so many days is soon none: time to order disks, or to call somebody.
SOON_DAYS, OVERDUE_DAYS = 21, 3
# A file that nobody has compared for so long was overlooked, or the scrub does not keep up.
BEHIND_AFTER = timedelta(days=45)


def storage_parts(now: datetime) -> Iterator[HealthPart]:
    """Sentences for administrators; the room left is the system's, so only its administrators read of it."""
    yield from _damaged_files()
    yield from _overlooked_files(now)
    if current_scope().principal.role == "system_administrator":
        yield from _room(now)


def _damaged_files() -> Iterator[HealthPart]:
    count = Instance.kept.exclude(damage="").count()
    if count:
        yield HealthPart(
            "overdue",
            _("damaged"),
            ngettext(
                "%(count)s stored file is gone or not what was received.",
                "%(count)s stored files are gone or not what was received.",
                count,
            )
            % {"count": count},
            _("Restore them from the backup, or let the hospital send the studies again."),
            reverse("administration:damaged_files"),
            _("Show files"),
        )


def _overlooked_files(now: datetime) -> Iterator[HealthPart]:
    old = Instance.kept.filter(received_at__lt=now - BEHIND_AFTER)
    behind = old.filter(verified_at__isnull=True) | old.filter(verified_at__lt=now - BEHIND_AFTER)
    if behind.exists():
        yield HealthPart(
            "soon",
            _("behind"),
            _("Stored files were not compared with their digests for %(days)s days.") % {"days": BEHIND_AFTER.days},
            _("Look whether worker and beat run, or start manage.py scrub_files at a quiet hour."),
        )


def _room(now: datetime) -> Iterator[HealthPart]:
    left = capacity(now)
    words = {
        "free": _gigabytes(left.free_bytes),
        "days": left.days_left,
        "pace": _gigabytes(left.grows_bytes_a_day or 0),
    }
    if left.days_left is not None and left.days_left < SOON_DAYS:
        yield HealthPart(
            "overdue" if left.days_left < OVERDUE_DAYS else "soon",
            _("fills"),
            _("The storage takes images for %(days)s more days: %(free)s GB are free, %(pace)s GB come a day.") % words,
            _("Add room, or a bucket by STORAGE_URL. Senders are told to try again later once it is full."),
        )
    else:
        yield HealthPart("fine", _("room"), _("The storage has %(free)s GB free.") % words)


def _gigabytes(size_bytes: float) -> str:
    return f"{size_bytes / 1e9:,.1f}"
