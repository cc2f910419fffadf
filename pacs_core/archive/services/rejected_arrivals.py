"""What was just filed and rejection notes: notes come into force, what they name is hidden when it comes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pacs_core.archive.models import Instance, Series
from pacs_core.archive.services.rejection import lift_expired, note_filed, refresh_named
from pacs_core.archive.services.shown import in_force
from pacs_core.standards.dicom.rejection import rejection_of

if TYPE_CHECKING:
    from pacs_core.archive.services.filing import Filed


def follow_rejections(filed: Filed, series: Iterable[Series]) -> None:
    """Bring the study of a batch in step with the notes, and say in `filed` how much of the batch is to be seen."""
    study = filed.study
    was_hidden = study.is_hidden
    concerned = _notes_in_force(filed)
    came = [item.header.sop_instance_uid for item in (*filed.indexed, *filed.duplicates)]
    lifted = lift_expired(study=study, sop_instance_uids=came)
    named = in_force(study.hospital_id).filter(study_instance_uid=study.study_instance_uid, sop_instance_uid__in=came)
    filed.shown = len(filed.indexed)
    if concerned or lifted or was_hidden or any(one.is_hidden for one in series) or named.exists():
        refresh_named(concerned | {study.study_instance_uid}, hospital_id=study.hospital_id)
        study.refresh_from_db()
        indexed = [item.header.sop_instance_uid for item in filed.indexed]
        filed.shown = Instance.objects.filter(sop_instance_uid__in=indexed).count()
    filed.is_first_shown = (filed.is_new_study or was_hidden) and not study.is_hidden


def _notes_in_force(filed: Filed) -> set[str]:
    """Put the batch's rejection notes in force; return the StudyInstanceUIDs that they concern, their own too."""
    concerned: set[str] = set()
    for item in filed.indexed:
        rejection = rejection_of(item.metadata)
        if rejection is not None:
            uid, hospital_id = item.header.sop_instance_uid, filed.study.hospital_id
            concerned.add(filed.study.study_instance_uid)
            concerned |= note_filed(rejection=rejection, sop_instance_uid=uid, hospital_id=hospital_id)
    return concerned
