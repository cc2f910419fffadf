"""Rejection notes (IHE RAD-66): what hides images, by a note that is filed or by a person, and what restores them."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from pacs_core.archive.errors import RejectionRefused
from pacs_core.archive.models import Instance, RejectedReference, RejectionNote, Study
from pacs_core.archive.services.shown import in_force, refresh_shown
from pacs_core.audit.services import record_audit
from pacs_core.standards.dicom.rejection import DATA_RETENTION_EXPIRED, Rejection

Code = RejectionNote.Code


def note_filed(*, rejection: Rejection, sop_instance_uid: str, hospital_id: int) -> set[str]:
    """Put a rejection note that was just filed in force; return the StudyInstanceUIDs that it concerns.

    A note that names another note revokes that one. Filing the same note again changes nothing.
    """
    key = {"hospital_id": hospital_id, "sop_instance_uid": sop_instance_uid}
    note, is_new = RejectionNote.objects.get_or_create(**key, defaults={"code": rejection.code})
    if not is_new:
        return set()
    _refer(note, rejection.references)
    uids = [uid for _, uid in rejection.references]
    others = RejectionNote.objects.filter(hospital_id=hospital_id, revoked_at__isnull=True).exclude(pk=note.pk)
    revoked = others.filter(sop_instance_uid__in=uids)
    concerned = {study for study, _ in rejection.references} | _studies_of(revoked)
    revoked.update(revoked_at=timezone.now(), revoked_by_note=note)
    revoker = in_force(hospital_id).filter(sop_instance_uid=sop_instance_uid).select_related("note").first()
    if revoker is not None:
        RejectionNote.objects.filter(pk=note.pk).update(revoked_at=timezone.now(), revoked_by_note=revoker.note)
    _audit(note, "images.rejected", len(uids))
    return concerned


def lift_expired(*, study: Study, sop_instance_uids: Iterable[str]) -> int:
    """Let instances be seen that were sent anew after their retention had expired (113039); return how many.

    The other titles hide what is sent again, too.
    """
    expired = in_force(study.hospital_id).filter(
        note__code=DATA_RETENTION_EXPIRED,
        study_instance_uid=study.study_instance_uid,
        sop_instance_uid__in=list(sop_instance_uids),
    )
    return expired.update(lifted_at=timezone.now())


@transaction.atomic
def reject_images(
    *, study_id: int, code: str, remark: str = "", series_instance_uid: str = "", sop_instance_uids: Iterable[str] = ()
) -> RejectionNote:
    """Take a study, one of its series or some of its instances from view until the note is revoked.

    Raises NotVisible for a study out of sight, RejectionRefused where nothing would be hidden or the title is none.
    """
    if code not in Code.values:
        raise RejectionRefused(f"{code!r} is no title of a rejection note. Maybe one of {', '.join(Code.values)}.")
    study = _locked([study_id])
    if not study:
        raise NotVisible(f"There is no study {study_id} for you.")
    chosen = Instance.objects.filter(series__study=study_id)
    if series_instance_uid:
        chosen = chosen.filter(series__series_instance_uid=series_instance_uid)
    if uids := list(sop_instance_uids):
        chosen = chosen.filter(sop_instance_uid__in=uids)
    named = [(study[0].study_instance_uid, uid) for uid in chosen.values_list("sop_instance_uid", flat=True)]
    if not named:
        raise RejectionRefused("No image that is to be seen is named.")
    note = RejectionNote.objects.create(
        hospital_id=study[0].hospital_id,
        code=code,
        remark=remark.strip()[:300],
        made_by_id=current_scope().principal.user_id,
    )
    _refer(note, named)
    refresh_shown(study)
    _audit(note, "images.rejected", len(named))
    return note


@transaction.atomic
def revoke_rejection_note(*, note_id: int) -> RejectionNote:
    """Show again what a note hides, unless another one hides it, too. A note that it revoked is in force again.

    Raises NotVisible, or RejectionRefused when it was revoked already.
    """
    note = RejectionNote.objects.select_for_update(no_key=True, of=("self",)).filter(pk=note_id).first()
    if note is None:
        raise NotVisible(f"There is no rejection note {note_id} for you.")
    if note.revoked_at:
        raise RejectionRefused("The rejection note was revoked already.")
    note.revoked_at, note.revoked_by_id = timezone.now(), current_scope().principal.user_id
    note.save(update_fields=["revoked_at", "revoked_by"])
    again = RejectionNote.objects.filter(revoked_by_note=note)
    concerned = _studies_of(RejectionNote.objects.filter(pk=note.pk)) | _studies_of(again)
    again.update(revoked_at=None, revoked_by_note=None)
    refresh_named(concerned, hospital_id=note.hospital_id)
    _audit(note, "images.restored", note.references.count())
    return note


def refresh_named(study_instance_uids: Iterable[str], *, hospital_id: int) -> None:
    """Bring what is seen of these studies of the hospital in step with its notes; in the caller's transaction."""
    rows = Study.kept.filter(hospital_id=hospital_id, study_instance_uid__in=list(study_instance_uids))
    refresh_shown(_locked(rows.values_list("pk", flat=True)))


def _refer(note: RejectionNote, named: Iterable[tuple[str, str]]) -> None:
    RejectedReference.objects.bulk_create(
        RejectedReference(hospital_id=note.hospital_id, note=note, study_instance_uid=study, sop_instance_uid=uid)
        for study, uid in named
    )


def _studies_of(notes: Iterable[RejectionNote]) -> set[str]:
    references = RejectedReference.objects.filter(note__in=[note.pk for note in notes])
    return set(references.values_list("study_instance_uid", flat=True))


def _locked(study_ids: Iterable[int]) -> list[Study]:
    """Return the studies, held against filing, in key order."""
    rows = Study.kept.select_for_update(no_key=True, of=("self",))
    return list(rows.filter(pk__in=list(study_ids)).order_by("pk"))


def _audit(note: RejectionNote, action: str, instances: int) -> None:
    record_audit(
        action=action,
        object_type="rejection_note",
        object_id=note.pk,
        hospital_id=note.hospital_id,
        detail={"code": note.code, "instances": instances},
    )
