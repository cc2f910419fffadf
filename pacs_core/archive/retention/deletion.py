"""Delete images whose time has passed: announced first, never while they are held or a report is open.

Rows go first, in one transaction that keeps the paths; files after it. A process killed between leaves a row in state
"deleting", whose files the next run removes: nothing is named that is not there, nothing is there that nobody knows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from pacs_core import flow
from pacs_core.access.scopes import all_hospitals_scope, hospital_scope, open_scope
from pacs_core.archive.errors import StorageUnavailable
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, InstanceVersion, QuarantinedInstance, ReceivedInstance, Series, Study
from pacs_core.archive.models_retention import ImageDeletion, LegalHold, RetentionRule
from pacs_core.archive.retention.keeping import Keeping
from pacs_core.archive.selectors.standing import hold_instance
from pacs_core.archive.storage import bucket
from pacs_core.audit.services import record_audit

logger = logging.getLogger(__name__)

# Between the announcement and the deletion: time for a person to look and to hold.
GRACE = timedelta(days=14)
MOST_ANNOUNCED = 1_000
MOST_DELETED = 50
State, Resolution = ImageDeletion.State, QuarantinedInstance.Resolution
FILED = (Resolution.RETRIED, Resolution.ACCEPTED, Resolution.REASSIGNED)


def announce_deletions(now: datetime) -> int:
    """Announce what may go by the rules of each hospital; return how many studies."""
    with open_scope(all_hospitals_scope(process="retention")):
        hospitals = list(RetentionRule.objects.exclude(keep_days=None).values_list("hospital_id", flat=True).distinct())
    return sum(_announce_of(hospital_id, now) for hospital_id in hospitals)


def delete_due(now: datetime) -> int:
    """Delete what was announced and is due, and the files that a killed run left; return how many studies."""
    with open_scope(all_hospitals_scope(process="retention")):
        due = ImageDeletion.objects.filter(Q(state=State.DELETING) | Q(state=State.ANNOUNCED, due_at__lte=now))
        found = list(due.order_by("due_at", "pk").values_list("hospital_id", "pk")[:MOST_DELETED])
    return sum(_delete(hospital_id, pk, now) for hospital_id, pk in found)


def held(studies: QuerySet[Study]) -> QuerySet[Study]:
    """Narrow studies to those that a legal hold keeps, on themselves or on a patient whose they are or were.

    A merge or move ends no hold: whom the images name counts, too, and so does every other ID of the same patient.
    """
    in_force = LegalHold.objects.filter(released_at=None)
    kept = Exists(in_force.filter(study=OuterRef("pk")))
    for whose in ("patient", "identified_as", "identified_as__merged_into"):
        named = Q(patient=OuterRef(whose)) | Q(patient__merged_into=OuterRef(whose))
        kept |= Exists(in_force.filter(named, study=None))
    return studies.filter(kept)


def _announce_of(hospital_id: int, now: datetime) -> int:
    with open_scope(hospital_scope(process="retention", hospital_id=hospital_id)):
        announced = [
            ImageDeletion(
                hospital_id=hospital_id,
                study=study,
                announced_at=now,
                due_at=now + GRACE,
                instances=study.number_of_instances,
                size_bytes=_size_of(study),
            )
            for study in _may_go(hospital_id, now)
        ]
        ImageDeletion.objects.bulk_create(announced, ignore_conflicts=True)
        for deletion in announced:
            _audit(deletion, "announced")
    return len(announced)


def _may_go(hospital_id: int, now: datetime) -> Iterator[Study]:
    keeping = Keeping.of(RetentionRule.objects.filter(hospital_id=hospital_id))
    least = keeping.least_days("keep_days")
    if least is None:
        return
    open_deletions = ImageDeletion.objects.filter(study=OuterRef("pk"), state__in=(State.ANNOUNCED, State.DELETING))
    candidates = (
        Study.kept.filter(~Exists(open_deletions), hospital_id=hospital_id, number_of_instances__gt=0)
        .filter(Q(study_at__lt=now - timedelta(days=least)) | Q(study_at=None))
        .select_related("patient", "hospital")
        .order_by("study_at", "pk")
    )
    found = 0
    for study in keeping.narrowed(candidates, "keep_days").iterator(chunk_size=500):
        until = keeping.kept_until(study)
        if until is None or until > now or why_kept(study):
            continue
        yield study
        found += 1
        if found == MOST_ANNOUNCED:
            return


def why_kept(study: Study) -> str:
    """Say what keeps the study's images though their time has passed; "" when nothing does."""
    if held(Study.kept.filter(pk=study.pk)).exists():
        return "A legal hold keeps them."
    return "A report is open." if has_open_report(study) else ""


def has_open_report(study: Study) -> bool:
    return study.pk in flow.resolve("studies_with_open_reports")([study.pk])


def _delete(hospital_id: int, deletion_id: int, now: datetime) -> bool:
    with open_scope(hospital_scope(process="retention", hospital_id=hospital_id)):
        deletion = ImageDeletion.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        taken = deletion.select_related("study__patient", "study__hospital").filter(pk=deletion_id).first()
        if taken is None or (taken.state == State.ANNOUNCED and not _delete_rows(taken, now)):
            return False
        if taken.state != State.DELETING:
            return False
        paths = list(taken.file_paths)
    try:
        for path in paths:
            _remove_unless_sent_again(path, hospital_id)
    except (StorageUnavailable, OSError) as error:
        # The paths are kept, the next run goes on; the other deletions of this one are not held up.
        logger.error("Files of deletion %s are not removed yet: %s", deletion_id, type(error).__name__)
        return False
    with open_scope(hospital_scope(process="retention", hospital_id=hospital_id)):
        ImageDeletion.objects.filter(pk=deletion_id).update(state=State.DONE, file_paths=[], ended_at=now)
    return True


def _delete_rows(deletion: ImageDeletion, now: datetime) -> bool:
    """Delete the rows of the study's images, if they may still go; return whether."""
    study = Study.kept.select_for_update(no_key=True, of=("self",)).get(pk=deletion.study_id)
    until = Keeping.of(RetentionRule.objects.filter(hospital_id=study.hospital_id)).kept_until(study)
    kept = why_kept(study) or ("" if until and until <= now else "The rules keep them longer now.")
    if kept:
        deletion.state, deletion.ended_at, deletion.why_kept = State.WITHDRAWN, now, kept
        deletion.save(update_fields=["state", "ended_at", "why_kept"])
        _audit(deletion, "withdrawn")
        return False
    with transaction.atomic():
        images = Instance.kept.filter(series__study=study)
        versions = InstanceVersion.objects.filter(instance__series__study=study)
        paths = [path for rows in (images, versions) for path in rows.values_list("file_path", flat=True)]
        deletion.file_paths = _named_by_nobody_else(paths, study)
        versions.delete()
        images.only("pk").delete()  # without the metadata of thousands of images in memory
        Series.kept.filter(study=study).delete()
        study.number_of_series = study.number_of_instances = 0
        study.images_deleted_at, study.is_hidden, study.archived_at = now, True, None
        counts = ("number_of_series", "number_of_instances")
        study.save(update_fields=[*counts, "images_deleted_at", "is_hidden", "archived_at"])
        deletion.state, deletion.instances = State.DELETING, len(paths)
        deletion.save(update_fields=["state", "instances", "file_paths"])
        _audit(deletion, "carried_out")
    return True


def _named_by_nobody_else(paths: list[str], study: Study) -> list[str]:
    """Leave out the files of what was set aside, where it waits (again), was rejected, or is filed elsewhere, too."""
    set_aside = QuarantinedInstance.objects.filter(file_path__in=paths)
    filed = set_aside.filter(resolution__in=FILED).values_list("file_path", flat=True)
    shared = set(set_aside.exclude(resolution__in=FILED).values_list("file_path", flat=True))
    if filed:  # seldom: paths have no index
        elsewhere = Instance.kept.filter(file_path__in=list(filed)).exclude(series__study=study)
        shared |= set(elsewhere.values_list("file_path", flat=True))
    return [path for path in paths if path not in shared]


def _remove_unless_sent_again(path: str, hospital_id: int) -> None:
    """Remove a file, but not one that was received again since its row went: the same content has the same path."""
    sop_instance_uid = Path(path).name.rpartition("-")[0]
    with open_scope(hospital_scope(process="retention", hospital_id=hospital_id)):
        hold_instance(sop_instance_uid)
        named = {"sop_instance_uid": sop_instance_uid, "file_path": path}
        waiting = ReceivedInstance.objects.filter(outcome=ReceivedInstance.Outcome.PENDING, **named)
        if not waiting.exists() and not Instance.kept.filter(**named).exists():
            _remove_file(path)


def _remove_file(relative_path: str) -> None:
    if bucket.has_bucket():
        bucket.remove(relative_path)
    path = stored_path(relative_path)
    for name in (path, path.with_name(f"{path.name}.damaged")):
        name.unlink(missing_ok=True)


def _size_of(study: Study) -> int:
    return Instance.kept.filter(series__study=study).aggregate(size=Sum("size_bytes"))["size"] or 0


def _audit(deletion: ImageDeletion, what: str) -> None:
    record_audit(
        action=f"image_deletion.{what}",
        object_type="study",
        object_id=deletion.study_id,
        hospital_id=deletion.hospital_id,
        detail={"instances": deletion.instances},
    )
