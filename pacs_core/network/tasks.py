"""Celery tasks of the network floor."""

from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.events.durable_task import durable_task, periodic_task
from pacs_core.network.availability.models import AvailabilityNotice
from pacs_core.network.availability.services import carry_out_notice
from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.commitment.services import carry_out_commitment
from pacs_core.network.forwarding.models import ForwardingJob
from pacs_core.network.forwarding.services import carry_out_forwarding
from pacs_core.network.nodes.echo import carry_out_echo
from pacs_core.network.nodes.traffic import forget_old_traffic
from pacs_core.network.outbound.jobs import due_jobs
from pacs_core.network.research import expiry, making
from pacs_core.network.research.models import DeidentifiedExport


@durable_task
def forward_study(job_id: int, hospital_id: int) -> None:
    carry_out_forwarding(job_id=job_id, hospital_id=hospital_id)


@durable_task
def echo_node(echo_test_id: int, hospital_id: int) -> None:
    carry_out_echo(echo_test_id=echo_test_id, hospital_id=hospital_id)


@periodic_task(every_seconds=86_400)
def prune_node_traffic() -> None:
    with open_scope(all_hospitals_scope(process="network")):
        forget_old_traffic(now=timezone.now())


@periodic_task(every_seconds=15)
def sweep_forwarding_jobs() -> None:
    """Carry out what is due: retries, and jobs whose message or worker was lost."""
    for job_id, hospital_id in due_jobs(ForwardingJob):
        forward_study.enqueue(job_id, hospital_id)


@durable_task
def report_commitment(job_id: int, hospital_id: int) -> None:
    carry_out_commitment(job_id=job_id, hospital_id=hospital_id)


@periodic_task(every_seconds=5)
def sweep_commitment_requests() -> None:
    """Report what is due: retries, requests whose instances were not indexed yet, and lost ones."""
    for job_id, hospital_id in due_jobs(CommitmentRequest):
        report_commitment.enqueue(job_id, hospital_id)


@durable_task
def send_availability_notice(job_id: int, hospital_id: int) -> None:
    carry_out_notice(job_id=job_id, hospital_id=hospital_id)


@periodic_task(every_seconds=15)
def sweep_availability_notices() -> None:
    for job_id, hospital_id in due_jobs(AvailabilityNotice):
        send_availability_notice.enqueue(job_id, hospital_id)


@durable_task
def make_deidentified_export(job_id: int, hospital_id: int) -> None:
    making.make_export(export_id=job_id, hospital_id=hospital_id)


@periodic_task(every_seconds=15)
def sweep_deidentified_exports() -> None:
    """Carry out what is due: retries, and exports whose message or worker was lost."""
    for job_id, hospital_id in due_jobs(DeidentifiedExport):
        make_deidentified_export.enqueue(job_id, hospital_id)


@periodic_task(every_seconds=3_600)
def remove_expired_exports() -> None:
    expiry.remove_expired_exports(now=timezone.now())
