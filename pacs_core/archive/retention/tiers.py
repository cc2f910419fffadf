"""Move images that are seldom read to the archive class of the bucket."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from pacs_core.access.scopes import all_hospitals_scope, hospital_scope, open_scope
from pacs_core.archive.errors import StorageUnavailable
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import Instance, Study
from pacs_core.archive.models_retention import RetentionRule
from pacs_core.archive.retention.deletion import has_open_report
from pacs_core.archive.retention.keeping import Keeping
from pacs_core.archive.storage import bucket
from pacs_core.audit.services import record_audit

MOST_STUDIES = 50


def archive_due(now: datetime) -> int:
    """Move what the rules of each hospital say, some studies a run; return how many."""
    if not bucket.has_archive_class():
        return 0
    with open_scope(all_hospitals_scope(process="retention")):
        rules = RetentionRule.objects.exclude(archive_after_days=None)
        hospitals = list(rules.values_list("hospital_id", flat=True).distinct())
    return sum(_archive_of(hospital_id, now) for hospital_id in hospitals)


def _archive_of(hospital_id: int, now: datetime) -> int:
    moved = 0
    with open_scope(hospital_scope(process="retention", hospital_id=hospital_id)):
        studies = _due(hospital_id, now)
    for study_id in studies:
        try:
            moved += _move(study_id, hospital_id, now)
        except StorageUnavailable:
            break
    return moved


def _due(hospital_id: int, now: datetime) -> list[int]:
    keeping = Keeping.of(RetentionRule.objects.filter(hospital_id=hospital_id))
    before = now - timedelta(days=keeping.least_days("archive_after_days") or 0)
    candidates = Study.kept.filter(
        Q(study_at__lt=before) | Q(study_at=None, first_received_at__lt=before),
        hospital_id=hospital_id,
        archived_at=None,
        number_of_instances__gt=0,
    )
    due: list[int] = []
    candidates = keeping.narrowed(candidates, "archive_after_days").select_related("patient", "hospital")
    for study in candidates.order_by("study_at", "pk").iterator(chunk_size=500):
        begins = keeping.archived_from(study)
        if begins and begins <= now and not has_open_report(study):
            due.append(study.pk)
            if len(due) == MOST_STUDIES:
                break
    return due


def _move(study_id: int, hospital_id: int, now: datetime) -> bool:
    """Move a study's files, then note it; what a killed run has moved already is moved again without harm.

    The bucket takes its time, so no transaction is open meanwhile.
    """
    scope = hospital_scope(process="retention", hospital_id=hospital_id)
    with open_scope(scope):
        paths = list(Instance.kept.filter(series__study=study_id).values_list("file_path", flat=True))
    for path in paths:
        bucket.move_to_archive_class(path)
        stored_path(path).unlink(missing_ok=True)
    with open_scope(scope):
        if not Study.kept.filter(pk=study_id, archived_at=None).update(archived_at=now):
            return False
        record_audit(
            action="study.archived",
            object_type="study",
            object_id=study_id,
            hospital_id=hospital_id,
            detail={"instances": len(paths)},
        )
    return True
