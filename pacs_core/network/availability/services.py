"""Tell nodes that a study's instances are here: once it is complete and again for late images, until they know."""

import logging

from django.db import transaction
from django.db.models import Q

from pacs_core.access.scopes import Scope, hospital_scope, open_scope
from pacs_core.archive.models import Study
from pacs_core.audit.services import record_audit
from pacs_core.network.availability.models import AvailabilityNotice
from pacs_core.network.availability.notification import notification_of, send_notification
from pacs_core.network.forwarding.selectors import node_for
from pacs_core.network.models import Node
from pacs_core.network.outbound import jobs
from pacs_core.network.outbound.association import NothingSent
from pacs_core.standards.dicom.uid import uid_of_name

logger = logging.getLogger(__name__)

# About an hour of attempts.
ATTEMPTS = 8


@transaction.atomic
def request_notices(*, study_id: int) -> int:
    """Have every node told that asks for it; return how many notices that made.

    Idempotent: once for each content of the study; a notice says what the study holds when it is sent. Runs in an open
    scope. Nodes of the study's hospital and services of the whole network may ask.
    """
    study = Study.kept.get(pk=study_id)
    asking = Node.objects.filter(Q(hospital_id=study.hospital_id) | Q(is_network_service=True), wants_availability=True)
    notices = [_request(study, ae_title) for ae_title in asking.order_by("pk").values_list("ae_title", flat=True)]
    return sum(notices)


def carry_out_notice(*, job_id: int, hospital_id: int) -> None:
    """Send a notice that is due; safe to call at any time and twice."""
    with open_scope(_scope(hospital_id)):
        notice = jobs.take(AvailabilityNotice, job_id)
        if notice is None:
            return
        study = Study.kept.get(pk=notice.study_id)
        notification = notification_of(study)
    # Of one that was asked for again another one, or its node would take it for what it has been told.
    asked = (notice.ae_title, notice.content_version, notice.requested_at.isoformat())
    uid = uid_of_name("availability", study.study_instance_uid, *asked)
    try:
        with open_scope(_scope(hospital_id)):
            node = node_for(ae_title=notice.ae_title, hospital_id=hospital_id)
        send_notification(notification, sop_instance_uid=uid, node=node)
    except NothingSent as error:
        _end(notice, error=str(error))
    except Exception as error:
        logger.exception("Availability notice %s failed", notice.pk)
        _end(notice, error=f"Something unexpected stopped it ({type(error).__name__}); the log has more.")
    else:
        _end(notice, error="")


@transaction.atomic
def retry_notice(*, job_id: int) -> AvailabilityNotice:
    """Send a given-up or waiting notice anew at once, as a person asks; raises JobNotRetriable."""
    notice = jobs.begin_anew(AvailabilityNotice, job_id)
    _audit(notice, "study.availability_retried")
    _enqueue(notice)
    return notice


def _request(study: Study, ae_title: str) -> bool:
    notice, made = AvailabilityNotice.objects.get_or_create(
        study=study,
        ae_title=ae_title,
        content_version=study.number_of_instances,
        defaults={"hospital_id": study.hospital_id},
    )
    # As many as it was told of, and others: late ones took the place of rejected ones.
    is_news = made or (study.last_received_at > notice.requested_at and jobs.ask_again(notice))
    if is_news:
        _enqueue(notice)
    return is_news


def _end(notice: AvailabilityNotice, *, error: str) -> None:
    with open_scope(_scope(notice.hospital_id)):
        if not error:
            jobs.note_done(notice)
            _audit(notice, "study.availability_told")
        elif jobs.note_failure(notice, error, attempts=ATTEMPTS):
            _audit(notice, "study.availability_given_up")


def _audit(notice: AvailabilityNotice, action: str) -> None:
    record_audit(
        action=action,
        object_type="study",
        object_id=notice.study_id,
        hospital_id=notice.hospital_id,
        detail={"ae_title": notice.ae_title, "instances": notice.content_version},
    )


def _scope(hospital_id: int) -> Scope:
    return hospital_scope(process="availability", hospital_id=hospital_id)


def _enqueue(notice: AvailabilityNotice) -> None:
    from pacs_core.network.tasks import send_availability_notice

    send_availability_notice.delay_on_commit(notice.pk, notice.hospital_id)
