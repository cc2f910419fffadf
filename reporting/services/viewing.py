"""Let a person look at exactly the images that belong to a report."""

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from django.utils import timezone

from hospitals.models import User
from pacs_core.archive.models import Study, ViewingGrant
from pacs_core.audit.services import record_audit

# The viewer's hanging protocol for two studies: the first of the address at the left.
SIDE_BY_SIDE = "@meridian/side-by-side"
VALID_FOR = {"reading": timedelta(hours=12), "portal": timedelta(hours=2)}


def grant_viewing(*, user: User, study: Study, priors: list[Study], purpose: str) -> ViewingGrant:
    """Return a grant for the study and its priors.

    A grant that is still good for half its time is used again, so a page that is reloaded makes no new key.
    """
    study_ids = [study.pk, *(prior.pk for prior in priors)]
    now, valid_for = timezone.now(), VALID_FOR[purpose]
    grant = ViewingGrant.objects.filter(
        user=user, purpose=purpose, study_ids=study_ids, expires_at__gt=now + valid_for / 2
    ).first()
    if grant is None:
        grant = ViewingGrant.objects.create(
            hospital_id=study.hospital_id,
            key=secrets.token_urlsafe(32),
            user=user,
            study_ids=study_ids,
            purpose=purpose,
            expires_at=now + valid_for,
        )
    record_audit(
        action="study.viewing_granted",
        object_type="study",
        object_id=study.pk,
        hospital_id=study.hospital_id,
        detail={"purpose": purpose, "studies": study_ids},
    )
    return grant


def viewer_address(grant: ViewingGrant, study: Study, *, beside: Study | None = None) -> str:
    """Return the viewer's address for the study, with a prior beside it; only the grant's key opens their images."""
    uids = [study.study_instance_uid, *([beside.study_instance_uid] if beside else [])]
    protocol = {"hangingProtocolId": SIDE_BY_SIDE} if beside else {}
    query = urlencode({"StudyInstanceUIDs": ",".join(uids), "reading": grant.key, **protocol}, safe=",@/")
    return f"/viewer/viewer?{query}"
