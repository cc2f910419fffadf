"""Send studies to nodes: ask for it, carry it out with progress, try again, give up, retry by hand."""

import logging
import time

from django.db import transaction
from django.utils import timezone

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.models import Study
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.network.forwarding.models import ForwardedInstance, ForwardingJob
from pacs_core.network.forwarding.selectors import Parcel, node_for, sent_count, unsent_instances, unsent_parcels
from pacs_core.network.forwarding.store_scu import send_parcels
from pacs_core.network.forwarding.stow_rs import send_by_stow
from pacs_core.network.outbound import jobs
from pacs_core.network.outbound.association import NothingSent

logger = logging.getLogger(__name__)

Status = ForwardingJob.Status
# After this many attempts, about an hour, a person has to look.
ATTEMPTS = 8
# A worker gives the job up for others after this long; what was sent stays sent.
LONGEST_RUN_SECONDS = 240
PROGRESS_EVERY = 10


class _TimeIsUp(Exception):
    """The run has lasted long enough: the rest goes on in another one."""


@transaction.atomic
def request_forwarding(*, study: Study, ae_title: str, asked_by: str = "") -> ForwardingJob | None:
    """Ask that the node gets the study; return the job, None when it has everything already or one waits for it.

    Idempotent: once for each content of the study. Late images make another job, which sends only what is new; where
    they take the place of rejected ones, the study has as many as before, and its job begins anew. Runs in an open
    scope; the node's right to the study is judged when it is sent.
    """
    open_jobs = ForwardingJob.objects.select_for_update(no_key=True).filter(
        study=study, ae_title=ae_title, status__in=(Status.WAITING, Status.RUNNING)
    )
    if list(open_jobs.order_by("pk")):
        return None  # it looks for what is new before it ends
    job, made = ForwardingJob.objects.get_or_create(
        study=study,
        ae_title=ae_title,
        content_version=study.number_of_instances,
        defaults={"hospital_id": study.hospital_id, "asked_by": asked_by[:300]},
    )
    if not unsent_instances(study_id=study.pk, ae_title=ae_title).exists():
        if made:
            jobs.note_done(job, instances_sent=sent_count(study=study, ae_title=ae_title))
        return None
    if not made and not jobs.ask_again(job, asked_by=asked_by[:300]):
        return None
    record_audit(
        action="study.forwarding_asked",
        object_type="study",
        object_id=study.pk,
        hospital_id=study.hospital_id,
        detail={"ae_title": ae_title, "asked_by": asked_by[:300]},
    )
    _announce(job)
    _enqueue(job)
    return job


def carry_out_forwarding(*, job_id: int, hospital_id: int) -> None:
    """Send what the node has not got; safe to call at any time and twice: one worker takes the job.

    No transaction stays open while images go out: each few are noted as sent in one of their own.
    """
    scope = hospital_scope(process="forwarding", hospital_id=hospital_id)
    with open_scope(scope):
        job = jobs.take(ForwardingJob, job_id)
        if job is None:
            return
        _announce(job)
        parcels = unsent_parcels(job)
    try:
        with open_scope(scope):
            node = node_for(ae_title=job.ae_title, hospital_id=job.hospital_id, by_dicomweb=True)
        progress = _Progress(job)
        try:
            if node.dicomweb_url:
                send_by_stow(parcels, node=node, progress=progress)
            else:
                on_sent, while_sending = progress.note_sent_and_go_on, progress.beat
                send_parcels(parcels, node=node, on_sent=on_sent, while_sending=while_sending)
        finally:
            progress.write()
    except _TimeIsUp:
        _end(job, error="", is_interrupted=True)
    except NothingSent as error:
        _end(job, error=str(error))
    except Exception as error:
        logger.exception("Forwarding job %s failed", job.pk)
        _end(job, error=f"Something unexpected stopped it ({type(error).__name__}); the log has more.")
    else:
        _end(job, error="")


@transaction.atomic
def retry_forwarding(*, job_id: int) -> ForwardingJob:
    """Begin a given-up or waiting job anew at once, as a person asks; raises JobNotRetriable."""
    job = jobs.begin_anew(ForwardingJob, job_id)
    record_audit(
        action="study.forwarding_retried",
        object_type="study",
        object_id=job.study_id,
        hospital_id=job.hospital_id,
        detail={"ae_title": job.ae_title},
    )
    _announce(job)
    _enqueue(job)
    return job


class _Progress:
    """Notes what was taken, a few at a time, and stops a run that lasts too long."""

    def __init__(self, job: ForwardingJob) -> None:
        self.job, self.taken = job, list[Parcel]()
        self.beat = jobs.JobHeartbeat(job, process="forwarding").beat
        self.ends_at = time.monotonic() + LONGEST_RUN_SECONDS

    def note_sent(self, parcel: Parcel) -> None:
        self.taken.append(parcel)
        if len(self.taken) >= PROGRESS_EVERY:
            self.write()

    def note_sent_and_go_on(self, parcel: Parcel) -> None:
        self.note_sent(parcel)
        self.go_on()

    def go_on(self) -> None:
        """Raise _TimeIsUp when others should have their turn."""
        if time.monotonic() > self.ends_at:
            raise _TimeIsUp
        self.beat()

    def write(self) -> None:
        taken, self.taken = self.taken, []
        if not taken:
            return
        with open_scope(hospital_scope(process="forwarding", hospital_id=self.job.hospital_id)):
            ForwardedInstance.objects.bulk_create(
                [
                    ForwardedInstance(
                        hospital_id=self.job.hospital_id, instance_id=parcel.instance_id, ae_title=self.job.ae_title
                    )
                    for parcel in taken
                ],
                ignore_conflicts=True,
            )
            jobs.write(
                self.job,
                instances_sent=sent_count(study=self.job.study, ae_title=self.job.ae_title),
                heartbeat_at=timezone.now(),
            )
            _announce(self.job)


def _end(job: ForwardingJob, *, error: str, is_interrupted: bool = False) -> None:
    with open_scope(hospital_scope(process="forwarding", hospital_id=job.hospital_id)):
        # Held until the end is written: images that come now are either seen here or make another job.
        jobs.lock(job)
        is_complete = not error and not unsent_instances(study_id=job.study_id, ae_title=job.ae_title).exists()
        if is_complete:
            jobs.note_done(job, instances_sent=sent_count(study=job.study, ae_title=job.ae_title))
            _audit_end(job)
        elif not error or is_interrupted:
            # The time was up, or images came meanwhile: go on at once.
            jobs.put_back(job)
            _enqueue(job)
        elif jobs.note_failure(job, error, attempts=ATTEMPTS):
            _audit_end(job)
        _announce(job)


def _audit_end(job: ForwardingJob) -> None:
    record_audit(
        action="study.forwarded" if job.status == Status.DONE else "study.forwarding_given_up",
        object_type="study",
        object_id=job.study_id,
        hospital_id=job.hospital_id,
        detail={"ae_title": job.ae_title, "instances": job.instances_sent},
    )


def _announce(job: ForwardingJob) -> None:
    emit_event("ForwardingChanged", hospital_id=job.hospital_id, forwarding_job_id=job.pk, study_id=job.study_id)


def _enqueue(job: ForwardingJob) -> None:
    from pacs_core.network.tasks import forward_study

    forward_study.delay_on_commit(job.pk, job.hospital_id)
