"""Celery tasks of the network floor."""

from django.db.models import Q
from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.events.durable_task import durable_task, periodic_task
from pacs_core.network.forwarding.services import LOST_AFTER, Status, carry_out_forwarding
from pacs_core.network.models import ForwardingJob

JOBS_PER_SWEEP = 100


@durable_task
def forward_study(job_id: int, hospital_id: int) -> None:
    carry_out_forwarding(job_id=job_id, hospital_id=hospital_id)


@periodic_task(every_seconds=15)
def sweep_forwarding_jobs() -> None:
    """Carry out what is due: retries, and jobs whose message or worker was lost."""
    now = timezone.now()
    with open_scope(all_hospitals_scope(process="forwarding")):
        lost = Q(status=Status.RUNNING, heartbeat_at__lt=now - LOST_AFTER)
        ForwardingJob.objects.filter(lost).update(status=Status.WAITING, retry_at=now)
        due = list(
            ForwardingJob.objects.filter(status=Status.WAITING, retry_at__lte=now)
            .order_by("retry_at")
            .values_list("pk", "hospital_id")[:JOBS_PER_SWEEP]
        )
    for job_id, hospital_id in due:
        forward_study.enqueue(job_id, hospital_id)
