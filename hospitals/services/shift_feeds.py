"""The secret address of a reader's calendar feed."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from hospitals.models import ShiftFeed, User
from hospitals.services.rights import must_be_radiologist
from pacs_core.audit.services import record_audit

FETCHES_NOTED_EVERY = timedelta(hours=1)


@transaction.atomic
def renew_feed(*, radiologist: User, now: datetime) -> str:
    """Make a new secret key, so that an older address ends at once; shown once, only its digest is kept."""
    must_be_radiologist(radiologist)
    key = secrets.token_urlsafe(32)
    ShiftFeed.objects.update_or_create(
        radiologist=radiologist, defaults={"key_digest": digest_of(key), "created_at": now, "fetched_at": None}
    )
    record_audit(action="shift_feed.renewed", object_type="user", object_id=radiologist.pk)
    return key


@transaction.atomic
def end_feed(*, radiologist: User) -> None:
    """Let the address end; no feed: no change."""
    count, _by_model = ShiftFeed.objects.filter(radiologist=radiologist).delete()
    if count:
        record_audit(action="shift_feed.ended", object_type="user", object_id=radiologist.pk)


def digest_of(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def note_fetch(*, radiologist: User, now: datetime) -> None:
    """Note that a calendar program has looked, at most once an hour."""
    feeds = ShiftFeed.objects.filter(radiologist=radiologist)
    feeds.exclude(fetched_at__gt=now - FETCHES_NOTED_EVERY).update(fetched_at=now)
