"""What jobs for nodes have in common: one worker takes one, it is tried again later, given up, begun anew by hand."""

import time
from datetime import timedelta
from typing import TypeVar

from django.db.models import Q
from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, hospital_scope, open_scope
from pacs_core.network.errors import NetworkError
from pacs_core.network.models import Node
from pacs_core.network.outbound.models import OutboundJob

Status = OutboundJob.Status
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
# Between two looks whether a paused node was resumed.
PAUSED_RETRY = timedelta(minutes=5)
# A running job without a heartbeat for so long lost its worker.
LOST_AFTER = timedelta(minutes=3)
BEAT_SECONDS = 30
JOBS_PER_SWEEP = 100

Job = TypeVar("Job", bound=OutboundJob)


class JobNotRetriable(NetworkError):
    """The job runs already, or everything is sent."""


def take(model: type[Job], job_id: int) -> Job | None:
    """Take a job that is due, by one conditional UPDATE; None when another worker has it or nothing is to do."""
    now = timezone.now()
    due = model.objects.filter(pk=job_id, status=Status.WAITING, retry_at__lte=now)
    return model.objects.get(pk=job_id) if due.update(status=Status.RUNNING, heartbeat_at=now) else None


def lock(job: OutboundJob) -> None:
    """Hold the row until the transaction ends."""
    list(type(job).objects.select_for_update(no_key=True, of=("self",)).filter(pk=job.pk))


def write(job: OutboundJob, **values: object) -> None:
    type(job).objects.filter(pk=job.pk).update(**values)
    for name, value in values.items():
        setattr(job, name, value)


def note_done(job: OutboundJob, **values: object) -> None:
    now = timezone.now()
    write(job, status=Status.DONE, last_error="", finished_at=now, heartbeat_at=now, **values)


def put_back(job: OutboundJob, *, after: timedelta = timedelta(0)) -> None:
    """Let it go on later; that is no failed attempt."""
    now = timezone.now()
    write(job, status=Status.WAITING, retry_at=now + after, heartbeat_at=now)


def note_failure(job: OutboundJob, error: str, *, attempts: int) -> bool:
    """Try again later, twice as late each time, or give up after `attempts`; tell whether it was given up.

    For a node that a person paused no attempt counts: what it is to get waits for as long as the pause lasts.
    """
    if Node.objects.filter(ae_title=job.ae_title, is_paused=True).exists():
        put_back(job, after=PAUSED_RETRY)
        write(job, last_error=error[:300])
        return False
    now, made = timezone.now(), job.attempts + 1
    given_up = made >= attempts
    # Not 2 ** (made - 1): a job that was tried for a week would overflow a timedelta.
    delay = min(FIRST_RETRY * 2 ** min(made - 1, 12), LONGEST_RETRY)
    write(
        job,
        status=Status.FAILED if given_up else Status.WAITING,
        attempts=made,
        last_error=error[:300],
        retry_at=now + delay,
        finished_at=now if given_up else None,
    )
    return given_up


def begin_anew(model: type[Job], job_id: int) -> Job:
    """Make a given-up or waiting job due at once, as a person asks; raises JobNotRetriable."""
    again = model.objects.filter(pk=job_id, status__in=(Status.FAILED, Status.WAITING))
    if not again.update(status=Status.WAITING, attempts=0, retry_at=timezone.now(), last_error="", finished_at=None):
        raise JobNotRetriable("It is being sent, or everything is sent already.")
    return model.objects.get(pk=job_id)


class JobHeartbeat:
    """Tells now and then that a job is being worked on, as others take it up after LOST_AFTER."""

    def __init__(self, job: OutboundJob, *, process: str) -> None:
        self._job, self._scope = job, hospital_scope(process=process, hospital_id=job.hospital_id)
        self._beat_at = time.monotonic()

    def beat(self) -> None:
        if time.monotonic() < self._beat_at + BEAT_SECONDS:
            return
        self._beat_at = time.monotonic()
        with open_scope(self._scope):
            write(self._job, heartbeat_at=timezone.now())


def ask_again(job: OutboundJob, **values: object) -> bool:
    """Let a job that is done begin again, as its node lacks something once more; False when it is not done."""
    now, done = timezone.now(), type(job).objects.filter(pk=job.pk, status=Status.DONE)
    begun = {"status": Status.WAITING, "attempts": 0, "requested_at": now, "retry_at": now, "finished_at": None}
    if not done.update(**begun, **values):
        return False
    job.refresh_from_db()
    return True


def due_jobs(model: type[OutboundJob]) -> list[tuple[int, int]]:
    """Return (id, hospital id) of what is due: retries, and jobs whose message or worker was lost. Opens its scope."""
    now = timezone.now()
    with open_scope(all_hospitals_scope(process="outbound")):
        lost = Q(status=Status.RUNNING, heartbeat_at__lt=now - LOST_AFTER)
        model.objects.filter(lost).update(status=Status.WAITING, retry_at=now)
        due = model.objects.filter(status=Status.WAITING, retry_at__lte=now).order_by("retry_at")
        return list(due.values_list("pk", "hospital_id")[:JOBS_PER_SWEEP])
