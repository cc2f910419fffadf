"""Compare stored files with the digests they were received with; what is damaged is kept aside and told."""

from __future__ import annotations

import errno
import logging
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.archive.errors import StorageUnavailable
from pacs_core.archive.files import sha256_of_dataset, stored_path
from pacs_core.archive.models import Instance
from pacs_core.archive.storage import bucket
from pacs_core.audit.services import record_audit

logger = logging.getLogger(__name__)

# What a disk says of a file that it has lost; anything else is about the disk or our rights, not about the file.
_UNREADABLE = (errno.EIO, errno.EUCLEAN)
# Every file is read this often; a damaged one daily, as its hospital may have sent it again.
AGAIN_AFTER = timedelta(days=30)
DAMAGED_AGAIN_AFTER = timedelta(days=1)
# Of one run, which comes every minute: a terabyte takes three days.
MOST_BYTES = 256 * 1024**2
MOST_SECONDS = 20.0
MOST_FILES = 2_000

NO_DAMAGE = ""


@dataclass
class Scrubbed:
    """What a run found: files compared, their bytes, and how many had which damage."""

    files: int = 0
    size_bytes: int = 0
    damage: Counter[str] = field(default_factory=Counter)


def due_for_scrub(now: datetime) -> QuerySet[Instance]:
    """Instances of the open scope that no run has looked at lately, those never looked at first."""
    due = Q(verified_at__isnull=True) | Q(verified_at__lt=now - AGAIN_AFTER)
    return Instance.kept.filter(due).order_by(F("verified_at").asc(nulls_first=True), "pk")


def scrub(*, now: datetime, most_bytes: int = MOST_BYTES, most_seconds: float = MOST_SECONDS) -> Scrubbed:
    """Compare the files that wait longest; stop after so many bytes or seconds. No transaction is open meanwhile."""
    found, until = Scrubbed(), time.monotonic() + most_seconds
    looked_at: list[tuple[Instance, str]] = []
    for instance in _waiting_longest(now):
        if found.size_bytes >= most_bytes or time.monotonic() > until:
            break
        try:
            damage = _damage_of(instance)
        except (StorageUnavailable, OSError) as error:
            # Says nothing about the files; the next run asks again.
            logger.error("Scrubbing stopped: %s", type(error).__name__)
            break
        looked_at.append((instance, damage))
        found.files, found.size_bytes = found.files + 1, found.size_bytes + instance.size_bytes
    with open_scope(all_hospitals_scope(process="scrub")):
        _note(looked_at, found, now)
    return found


def _waiting_longest(now: datetime) -> list[Instance]:
    columns = ("pk", "hospital_id", "file_path", "size_bytes", "sha256", "damage")
    with open_scope(all_hospitals_scope(process="scrub")):
        damaged = Instance.kept.exclude(damage=NO_DAMAGE).filter(verified_at__lt=now - DAMAGED_AGAIN_AFTER)
        return [*damaged.only(*columns)[:MOST_FILES], *due_for_scrub(now).only(*columns)[:MOST_FILES]]


def _note(looked_at: list[tuple[Instance, str]], found: Scrubbed, now: datetime) -> None:
    """Write what was found; not of an image that was deleted, or got other content, while its file was read."""
    whole = [instance.pk for instance, damage in looked_at if not damage and not instance.damage]
    Instance.kept.filter(pk__in=whole).update(verified_at=now)
    for instance, damage in looked_at:
        if damage or instance.damage:
            same = Instance.kept.filter(pk=instance.pk, file_path=instance.file_path)
            if same.update(verified_at=now, damage=damage):
                if damage:
                    found.damage[damage] += 1
                _tell(instance, damage)


def _damage_of(instance: Instance) -> str:
    """Compare the file here; with a bucket also the object's size, whose content the bucket itself guards."""
    path = stored_path(instance.file_path)
    try:
        is_whole = sha256_of_dataset(path) == instance.sha256
    except FileNotFoundError:
        is_whole = None
    except OSError as error:
        if error.errno not in _UNREADABLE:
            raise
        is_whole = False
    if not bucket.has_bucket():
        aside = path.with_name(f"{path.name}.damaged")
        if is_whole is False:
            # Nobody shall read it, and its place must be free for the hospital to send it again.
            os.replace(path, aside)
        # What was kept aside is missing in its place, but that is not what happened to it.
        missing = Instance.Damage.CHANGED if aside.exists() else Instance.Damage.MISSING
        return {True: NO_DAMAGE, False: Instance.Damage.CHANGED, None: missing}[is_whole]
    if is_whole is False:
        path.unlink(missing_ok=True)
    size = bucket.size_of(instance.file_path)
    if size is None:
        return Instance.Damage.MISSING
    return NO_DAMAGE if size == instance.size_bytes else Instance.Damage.CHANGED


def _tell(instance: Instance, damage: str) -> None:
    if damage == instance.damage:
        return
    record_audit(
        action="file.damaged" if damage else "file.mended",
        object_type="instance",
        object_id=instance.pk,
        hospital_id=instance.hospital_id,
        detail={"damage": damage or instance.damage},
    )
