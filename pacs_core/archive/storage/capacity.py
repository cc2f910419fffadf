"""How much room is left where files are kept, and when it will be gone at the pace of the last days."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from pacs_core.archive.models import StorageSample
from pacs_core.archive.storage import bucket

# The pace is that of these days; from less than a day none is told.
PACE_DAYS = 7
SHORTEST_PACE = timedelta(days=1)
KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Capacity:
    """Bytes, and whole days until receiving stops; None when there is no end in sight or no pace known yet.

    With a bucket the disk is its cache, which fills up and makes room: that is no end.
    """

    total_bytes: int
    free_bytes: int
    reserve_bytes: int
    grows_bytes_a_day: float | None
    days_left: int | None


def take_sample(now: datetime) -> None:
    """Note the room there is; a second sample of the same instant is none. Old ones go."""
    usage = shutil.disk_usage(settings.STORAGE_ROOT)
    StorageSample.objects.bulk_create(
        [StorageSample(sampled_at=now, total_bytes=usage.total, free_bytes=usage.free)], ignore_conflicts=True
    )
    StorageSample.objects.filter(sampled_at__lt=now - KEPT).delete()


def capacity(now: datetime) -> Capacity:
    usage, reserve = shutil.disk_usage(settings.STORAGE_ROOT), settings.STORAGE_RESERVE_BYTES
    since = now - timedelta(days=PACE_DAYS)
    first = StorageSample.objects.filter(sampled_at__gte=since, sampled_at__lte=now).order_by("sampled_at").first()
    pace = days_left = None
    if first is not None and now - first.sampled_at >= SHORTEST_PACE and not bucket.has_bucket():
        pace = (first.free_bytes - usage.free) / ((now - first.sampled_at) / timedelta(days=1))
        if pace > 0:
            days_left = max(0, int((usage.free - reserve) / pace))
    return Capacity(usage.total, usage.free, reserve, pace, days_left)
