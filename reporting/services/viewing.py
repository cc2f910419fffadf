"""Let a person look at exactly the images that belong to a report."""

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from django.utils import timezone

from hospitals.models import User
from pacs_core.archive.models import Study, ViewingGrant
from pacs_core.archive.relevance import prior_to_hang
from pacs_core.archive.selectors.first_images import first_frames
from pacs_core.archive.services.fetch_ahead import fetch_ahead_on_commit
from pacs_core.audit.services import record_audit
from worklist.selectors.priors import prior_studies
from worklist.selectors.readers import next_item

# The viewer's hanging protocol for two studies: the first of the address at the left.
SIDE_BY_SIDE = "@meridian/side-by-side"
VALID_FOR = {"reading": timedelta(hours=12), "portal": timedelta(hours=2)}
# Of the next case, and of the prior beside it: what the first look takes, not the whole study.
FRAMES_AHEAD, FRAMES_AHEAD_OF_PRIOR = 60, 20


def grant_viewing(
    *, user: User, study: Study, priors: list[Study], purpose: str, is_ahead: bool = False
) -> ViewingGrant:
    """Return a grant for the study and its priors.

    A grant that is still good for half its time is used again, so a page that is reloaded makes no new key, and the
    one that was made ahead is there when the case is opened.
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
        action="study.viewing_prepared" if is_ahead else "study.viewing_granted",
        object_type="study",
        object_id=study.pk,
        hospital_id=study.hospital_id,
        detail={"purpose": purpose, "studies": study_ids},
    )
    return grant


def look_ahead(*, user: User) -> list[str]:
    """Return the addresses of what the viewer shows first of the case that comes next, without claiming it.

    Empty when none waits. With a bucket the files are brought into the cache, too. What is fetched from there is in
    the audit trail as fetched ahead, not as opened.
    """
    item = next_item(user)
    if item is None:
        return []
    study, priors = item.study, prior_studies(worklist_item_id=item.pk, user=user)
    grant = grant_viewing(user=user, study=study, priors=priors, purpose="reading", is_ahead=True)
    fetch_ahead_on_commit(coming=study)
    wanted = _first_look(study, most=FRAMES_AHEAD)
    beside = prior_to_hang(study, priors)
    if beside is not None:
        wanted += _first_look(beside, most=FRAMES_AHEAD_OF_PRIOR)
    return [f"/dicom-web/reading/{grant.key}/{path}" for path in wanted]


def _first_look(study: Study, *, most: int) -> list[str]:
    series, frames = first_frames(study, most=most)
    return [f"{series}/metadata", *frames] if series else []


def viewer_address(grant: ViewingGrant, study: Study, *, beside: Study | None = None) -> str:
    """Return the viewer's address for the study, with a prior beside it; only the grant's key opens their images."""
    uids = [study.study_instance_uid, *([beside.study_instance_uid] if beside else [])]
    protocol = {"hangingProtocolId": SIDE_BY_SIDE} if beside else {}
    query = urlencode({"StudyInstanceUIDs": ",".join(uids), "reading": grant.key, **protocol}, safe=",@/")
    return f"/viewer/viewer?{query}"
