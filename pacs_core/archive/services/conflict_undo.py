"""Take an answer back: the question is open again, and what was filed by it is as it was before."""

from django.db import transaction
from django.db.models import QuerySet

from pacs_core.archive.errors import ConflictNotDecidable
from pacs_core.archive.models import Instance, InstanceVersion, QuarantinedInstance, RejectionNote, StudyConflict
from pacs_core.archive.services.conflict_decisions import hold_conflict, instances_filed, take_content
from pacs_core.archive.services.quarantine import open_question
from pacs_core.archive.services.refiling import read_quarantined
from pacs_core.archive.services.rejection import reject_images
from pacs_core.audit.services import record_audit

Decision = StudyConflict.Decision


@transaction.atomic
def undo_conflict_decision(*, conflict_id: int) -> StudyConflict:
    """Open a decided conflict again; return the question that its instances now wait in.

    Replaced contents come back. Images that were reassigned are hidden by a rejection note, as others may know them by
    now. Raises NotVisible, ConflictNotDecidable.
    """
    conflict = hold_conflict(conflict_id)
    # Not those that somebody tried again or rejected one by one.
    decided = conflict.instances.filter(resolution=conflict.decision).order_by("-pk")
    instances = list(decided)
    if not conflict.decided_at or not instances:
        raise ConflictNotDecidable("There is no answer to take back.")
    if conflict.decision == Decision.ACCEPTED:
        filed = instances_filed(conflict)
        for quarantined in instances:
            _put_back(quarantined, filed)
    elif conflict.decision == Decision.REASSIGNED:
        _hide(conflict, instances)
    question = open_question(conflict.hospital_id, conflict.study_instance_uid, conflict.reason_code)
    decided.update(conflict=question, resolution="", resolved_at=None, resolved_by=None, filed_as=None)
    record_audit(
        action="conflict.decision_undone",
        object_type="study_conflict",
        object_id=conflict.pk,
        hospital_id=conflict.hospital_id,
        detail={"decision": conflict.decision, "instances": len(instances)},
    )
    return question


def _put_back(quarantined: QuarantinedInstance, filed: QuerySet[Instance]) -> None:
    instance = filed.filter(pk=quarantined.filed_as_id).first()
    if instance is None:
        raise ConflictNotDecidable("The images were deleted since: there is nothing to go back to.")
    if instance.sha256 != quarantined.sha256:
        raise ConflictNotDecidable("Its content was replaced again since. Maybe undo the later decision first.")
    version = InstanceVersion.objects.filter(instance=instance, conflict=quarantined.conflict_id).latest("pk")
    take_content(instance, *read_quarantined(version), of=version)
    version.delete()


def _hide(conflict: StudyConflict, instances: list[QuarantinedInstance]) -> None:
    uids = Instance.objects.filter(pk__in=[one.filed_as_id for one in instances]).values_list(
        "sop_instance_uid", flat=True
    )
    if uids and conflict.target_study_id:
        reject_images(
            study_id=conflict.target_study_id,
            code=RejectionNote.Code.SAFETY,
            remark="A reassignment was taken back.",
            sop_instance_uids=uids,
        )
