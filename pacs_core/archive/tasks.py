"""Celery tasks of the archive."""

import time
from datetime import timedelta

from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.archive.models import ReceivedInstance
from pacs_core.archive.retention.deletion import announce_deletions, delete_due
from pacs_core.archive.retention.tiers import archive_due
from pacs_core.archive.services import completion, corrections, link_search
from pacs_core.archive.services.fetch_ahead import fetch_study
from pacs_core.archive.services.index import index_study
from pacs_core.archive.storage import capacity
from pacs_core.archive.storage.scrub import scrub
from pacs_core.events.durable_task import durable_task, periodic_task

SWEEP_AFTER = timedelta(seconds=3)
STUDIES_PER_SWEEP = 500
COMPARE_SECONDS = 8.0


@durable_task
def index_received_study(hospital_id: int, study_instance_uid: str) -> None:
    if index_study(study_instance_uid=study_instance_uid, hospital_id=hospital_id):
        index_received_study.enqueue(hospital_id, study_instance_uid)


@durable_task
def fetch_study_ahead(hospital_id: int, study_id: int) -> None:
    """Lost with its message, and only time is lost: whoever reads the study fetches it."""
    fetch_study(hospital_id=hospital_id, study_id=study_id)


@periodic_task(every_seconds=5)
def sweep_received_instances() -> None:
    """Index what a lost nudge, worker or broker left behind."""
    with open_scope(all_hospitals_scope(process="sweep")):
        left = list(
            ReceivedInstance.objects.filter(
                outcome=ReceivedInstance.Outcome.PENDING, received_at__lt=timezone.now() - SWEEP_AFTER
            )
            .values_list("hospital_id", "study_instance_uid")
            .distinct()[:STUDIES_PER_SWEEP]
        )
    for study in left:
        index_received_study.enqueue(*study)


@periodic_task(every_seconds=5)
def complete_studies() -> None:
    completion.complete_studies()


@periodic_task(every_seconds=60)
def scrub_files() -> None:
    scrub(now=timezone.now())


@periodic_task(every_seconds=3_600)
def sample_storage() -> None:
    capacity.take_sample(timezone.now())


@periodic_task(every_seconds=3_600)
def discard_corrected_copies() -> None:
    corrections.discard_unused_copies()


@periodic_task(every_seconds=86_400)
def announce_image_deletions() -> None:
    announce_deletions(timezone.now())


@periodic_task(every_seconds=300)
def delete_due_images() -> None:
    delete_due(timezone.now())


@periodic_task(every_seconds=300)
def archive_due_images() -> None:
    archive_due(timezone.now())


@periodic_task(every_seconds=10)
def look_for_same_people() -> None:
    """Compare new and changed patients; a network just migrated is worked off in parts, so that beat's slots go on."""
    until = time.monotonic() + COMPARE_SECONDS
    while link_search.compare_patients() == link_search.BATCH and time.monotonic() < until:
        pass
