"""What people decide about keeping: rules, legal holds, and announced deletions that they take back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from pacs_core.access.scopes import current_scope
from pacs_core.archive.errors import RetentionRefused
from pacs_core.archive.models import Patient, Study
from pacs_core.archive.models_retention import ImageDeletion, LegalHold, RetentionRule
from pacs_core.archive.retention.deletion import held
from pacs_core.audit.services import record_audit

State = ImageDeletion.State


def save_rule(
    *,
    hospital_id: int,
    modality: str,
    keep_days: int | None,
    keep_children_until_age: int | None,
    archive_after_days: int | None,
) -> RetentionRule:
    """Make or change the hospital's rule for a modality, "" for all that have none.

    Raises RetentionRefused for images that would be deleted before they are archived, and for a rule without a term.
    """
    if keep_days is None and archive_after_days is None:
        raise RetentionRefused("keep_days", "A rule says when images are deleted, archived, or both.")
    if keep_days is not None and archive_after_days is not None and archive_after_days >= keep_days:
        raise RetentionRefused("archive_after_days", "Images would be deleted before they are archived.")
    values = {
        "keep_days": keep_days,
        "keep_children_until_age": keep_children_until_age,
        "archive_after_days": archive_after_days,
    }
    rule, _ = RetentionRule.objects.update_or_create(hospital_id=hospital_id, modality=modality, defaults=values)
    _audit("retention_rule.saved", "retention_rule", rule.pk, hospital_id, {"modality": modality, **values})
    return rule


def remove_rule(*, rule: RetentionRule) -> None:
    _audit("retention_rule.removed", "retention_rule", rule.pk, rule.hospital_id, {"modality": rule.modality})
    rule.delete()


@transaction.atomic
def place_hold(*, patient: Patient, study: Study | None, reason: str) -> LegalHold:
    """Keep a study's images, or all of a patient's; a deletion that is announced for them is taken back."""
    if not reason.strip():
        raise RetentionRefused("reason", "A legal hold needs a reason.")
    hold = LegalHold.objects.create(
        hospital_id=patient.hospital_id,
        patient=patient,
        study=study,
        reason=reason.strip()[:300],
        placed_by_id=current_scope().principal.user_id,
    )
    announced = ImageDeletion.objects.filter(state=State.ANNOUNCED, hospital_id=patient.hospital_id)
    for deletion in announced.filter(study__in=held(Study.kept.filter(pk__in=announced.values("study")))):
        keep(deletion=deletion, why="A legal hold keeps them.")
    _audit("legal_hold.placed", "legal_hold", hold.pk, hold.hospital_id, {"study": study.pk if study else None})
    return hold


def release_hold(*, hold: LegalHold) -> None:
    """End a hold; one that has ended already stays as it is."""
    ended = LegalHold.objects.filter(pk=hold.pk, released_at=None).update(
        released_at=timezone.now(), released_by_id=current_scope().principal.user_id
    )
    if ended:
        _audit("legal_hold.released", "legal_hold", hold.pk, hold.hospital_id, {})


def hold_announced(*, deletion: ImageDeletion, reason: str) -> LegalHold:
    """Keep announced images by a legal hold on their study; raise RetentionRefused when it is too late."""
    if not ImageDeletion.objects.filter(pk=deletion.pk, state=State.ANNOUNCED).exists():
        raise RetentionRefused(None, "These images are deleted already, or were kept before.")
    return place_hold(patient=deletion.study.patient, study=deletion.study, reason=reason)


def keep(*, deletion: ImageDeletion, why: str) -> None:
    """Take an announced deletion back; raise RetentionRefused when it is too late."""
    kept = ImageDeletion.objects.filter(pk=deletion.pk, state=State.ANNOUNCED).update(
        state=State.WITHDRAWN, ended_at=timezone.now(), why_kept=why[:300]
    )
    if not kept:
        raise RetentionRefused(None, "These images are deleted already, or were kept before.")
    _audit("image_deletion.withdrawn", "study", deletion.study_id, deletion.hospital_id, {"why": why})


def _audit(action: str, object_type: str, object_id: int, hospital_id: int, detail: dict[str, object]) -> None:
    record_audit(action=action, object_type=object_type, object_id=object_id, hospital_id=hospital_id, detail=detail)
