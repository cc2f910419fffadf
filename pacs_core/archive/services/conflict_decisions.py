"""A person's answer to contradicting instances, one for them all: accept, reassign, reject. Nothing is thrown away."""

from dataclasses import replace

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from pacs_core.access.errors import NotVisible, PermissionRefused
from pacs_core.access.scopes import current_scope, open_scope
from pacs_core.archive.conflict_reasons import OF_OTHER_HOSPITAL
from pacs_core.archive.errors import ConflictNotDecidable, StudyNotFileable
from pacs_core.archive.models import Instance, InstanceVersion, QuarantinedInstance, Series, Study, StudyConflict
from pacs_core.archive.services.corrections import correct_studies
from pacs_core.archive.services.filing import file_batch, mark_filed
from pacs_core.archive.services.index import LOCK_SPACE, announce_filed
from pacs_core.archive.services.refiling import own_study_uid, read_quarantined, renamed
from pacs_core.audit.services import record_audit
from pacs_core.standards.dicom.header import InstanceHeader

Decision = StudyConflict.Decision
# What of an instance's row is read from its file.
FROM_FILE = ("sop_class_uid", "transfer_syntax_uid", "instance_number", "number_of_frames", "rows", "columns")


@transaction.atomic
def reject_conflict(*, conflict_id: int, remark: str) -> StudyConflict:
    """Leave the contradicting instances unfiled; their files are kept, and sending them again is refused."""
    conflict = open_conflict(conflict_id)
    if not remark.strip():
        raise ConflictNotDecidable("A rejection needs its reason.")
    return _close(conflict, Decision.REJECTED, remark)


@transaction.atomic
def accept_conflict(*, conflict_id: int, remark: str = "") -> StudyConflict:
    """Let the contents that came take the places of those that are filed under their UIDs; the older ones are kept."""
    conflict = open_conflict(conflict_id)
    if conflict.reason_code != "content_differs":
        raise ConflictNotDecidable("Only other content of the same instances can take their places. Maybe reassign it.")
    waiting = _waiting(conflict)
    rows = instances_filed(conflict).filter(sop_instance_uid__in=[one.sop_instance_uid for one in waiting])
    held = {row.sop_instance_uid: row for row in rows.select_related("series")}
    for quarantined in waiting:
        instance = held.get(quarantined.sop_instance_uid)
        if instance is None:
            raise ConflictNotDecidable(f"SOPInstanceUID {quarantined.sop_instance_uid} is not filed any more.")
        _replace(instance, quarantined, conflict)
        quarantined.filed_as = instance
    return _close(conflict, Decision.ACCEPTED, remark, waiting)


@transaction.atomic
def reassign_conflict(*, conflict_id: int, target_study_id: int | None = None, remark: str = "") -> StudyConflict:
    """File the instances under another study of their hospital, and so under its patient, or as a study of their own.

    UIDs that are taken are replaced by new ones; files stay as they are, what leaves has the new UIDs and the patient
    of the target as coerced attributes. Raises NotVisible, PermissionRefused, ConflictNotDecidable.
    """
    asked = _visible(conflict_id)
    target = _target(asked, target_study_id)
    study_uid = target.study_instance_uid if target else own_study_uid(asked)
    conflict = open_conflict(conflict_id, study_uid)
    if conflict.reason_code in OF_OTHER_HOSPITAL and not sees_other_side(conflict):
        raise PermissionRefused("Another hospital is concerned: who sees both hospitals decides.")
    waiting = _waiting(conflict)
    # Who sees several hospitals files for this one only: the same UIDs may be another's.
    with open_scope(replace(current_scope(), hospital_ids=frozenset((conflict.hospital_id,)))):
        _file_elsewhere(conflict, waiting, study_uid, target)
        return _close(conflict, Decision.REASSIGNED, remark, waiting)


def _file_elsewhere(
    conflict: StudyConflict, waiting: list[QuarantinedInstance], study_uid: str, target: Study | None
) -> None:
    """File the instances, and note on them and on the conflict as what; raises ConflictNotDecidable."""
    batch = renamed(waiting, study_uid=study_uid, target=target)
    try:
        filed = file_batch(batch=batch, hospital_id=conflict.hospital_id)
    except StudyNotFileable as error:
        raise ConflictNotDecidable(error.reason) from error
    if filed.refused:
        raise ConflictNotDecidable(f"The instances contradict that study, too ({', '.join(filed.refused)}).")
    mark_filed(filed)
    correct_studies(Study.kept.filter(pk=filed.study.pk))
    if filed.indexed:
        announce_filed(filed)
    uids = [item.header.sop_instance_uid for item in batch]
    rows = Instance.kept.filter(sop_instance_uid__in=uids).defer("metadata")
    by_uid = {row.sop_instance_uid: row for row in rows}
    for quarantined, uid in zip(waiting, uids, strict=True):
        quarantined.filed_as = by_uid[uid]
    conflict.target_study = filed.study


def open_conflict(conflict_id: int, *study_instance_uids: str) -> StudyConflict:
    """Hold a conflict that waits for its answer, as hold_conflict; raises ConflictNotDecidable when it has one."""
    conflict = hold_conflict(conflict_id, *study_instance_uids)
    if conflict.decided_at:
        raise ConflictNotDecidable(f"The conflict was already {conflict.decision}. Maybe undo that first.")
    return conflict


def hold_conflict(conflict_id: int, *study_instance_uids: str) -> StudyConflict:
    """Keep the indexer away from the conflict's study and these, and hold the conflict's row; raises NotVisible.

    In the indexer's order: it has the study before it sets aside what contradicts it.
    """
    for uid in sorted({_visible(conflict_id).study_instance_uid, *study_instance_uids}):
        _lock_study(uid)
    return StudyConflict.objects.select_for_update(no_key=True, of=("self",)).get(pk=conflict_id)


def _visible(conflict_id: int) -> StudyConflict:
    conflict = StudyConflict.objects.filter(pk=conflict_id).first()
    if conflict is None:
        raise NotVisible(f"There is no conflict {conflict_id} for you.")
    return conflict


def instances_filed(conflict: StudyConflict) -> QuerySet[Instance]:
    """Return what is filed of the contradicted study; its row is held against filing, rejections and deletion."""
    own = Study.kept.filter(hospital_id=conflict.hospital_id, study_instance_uid=conflict.study_instance_uid)
    list(own.select_for_update(no_key=True, of=("self",)))
    return Instance.kept.filter(series__study__in=own)


def sees_other_side(conflict: StudyConflict) -> bool:
    """Tell whether the open scope shows what another hospital has filed under the UIDs."""
    others = {"hospital_id__in": current_scope().hospital_ids - {conflict.hospital_id}}
    uids = list(conflict.instances.values_list("sop_instance_uid", flat=True))
    return (
        Study.kept.filter(study_instance_uid=conflict.study_instance_uid, **others).exists()
        or Instance.kept.filter(sop_instance_uid__in=uids, **others).exists()
        or (
            conflict.reason_code == "series_of_other_hospital"
            and Series.kept.filter(series_instance_uid__in=_series_uids(conflict), **others).exists()
        )
    )


def _series_uids(conflict: StudyConflict) -> set[str]:
    return {read_quarantined(one)[0].series_instance_uid for one in _waiting(conflict)}


def _waiting(conflict: StudyConflict) -> list[QuarantinedInstance]:
    rows = QuarantinedInstance.objects.select_for_update(no_key=True, of=("self",))
    return list(rows.filter(conflict=conflict, resolved_at__isnull=True).order_by("pk"))


def _lock_study(study_instance_uid: str) -> None:
    """Wait for the indexer to be done with the study, and keep it away until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, %s))", [study_instance_uid, LOCK_SPACE])


def _replace(instance: Instance, quarantined: QuarantinedInstance, conflict: StudyConflict) -> None:
    """Put the content that waited in the instance's place; raises ConflictNotDecidable when it cannot be read."""
    header, metadata = read_quarantined(quarantined)
    if header.series_instance_uid != instance.series.series_instance_uid:
        # It stays in its series, and says so when it leaves.
        correct_studies(Study.kept.filter(pk=instance.series.study_id))
    InstanceVersion.objects.create(
        hospital_id=instance.hospital_id,
        instance=instance,
        conflict=conflict,
        file_path=instance.file_path,
        size_bytes=instance.size_bytes,
        sha256=instance.sha256,
        received_at=instance.received_at,
    )
    take_content(instance, header, metadata, of=quarantined)


def take_content(
    instance: Instance, header: InstanceHeader, metadata: dict, *, of: QuarantinedInstance | InstanceVersion
) -> None:
    """Let the instance's row say what a file holds."""
    for name in FROM_FILE:
        setattr(instance, name, getattr(header, name))
    instance.metadata, instance.file_path, instance.size_bytes = metadata, of.file_path, of.size_bytes
    instance.sha256, instance.received_at = of.sha256, of.received_at
    instance.verified_at, instance.damage = None, ""
    content = ("metadata", "file_path", "size_bytes", "sha256", "received_at", "verified_at", "damage")
    instance.save(update_fields=[*FROM_FILE, *content])


def _target(conflict: StudyConflict, target_study_id: int | None) -> Study | None:
    if target_study_id is None:
        return None
    rows = Study.kept.filter(hospital_id=conflict.hospital_id).select_related("patient")
    study = rows.filter(pk=target_study_id).first()
    if study is None:
        raise NotVisible(f"There is no study {target_study_id} of this hospital for you.")
    return study


def _close(
    conflict: StudyConflict, decision: str, remark: str, waiting: list[QuarantinedInstance] | None = None
) -> StudyConflict:
    """Write the answer on the question and on each of its instances."""
    waiting = _waiting(conflict) if waiting is None else waiting
    now, user_id = timezone.now(), current_scope().principal.user_id
    for row in waiting:
        row.resolution, row.resolved_at, row.resolved_by_id = decision, now, user_id
    QuarantinedInstance.objects.bulk_update(waiting, ["resolution", "resolved_at", "resolved_by", "filed_as"])
    conflict.decision, conflict.decided_at, conflict.decided_by_id = decision, now, user_id
    conflict.remark = remark.strip()[:300]
    conflict.save()
    record_audit(
        action=f"conflict.{decision}",
        object_type="study_conflict",
        object_id=conflict.pk,
        hospital_id=conflict.hospital_id,
        detail={
            "reason_code": conflict.reason_code,
            "instances": len(waiting),
            "target_study": conflict.target_study_id or "",
        },
    )
    return conflict
