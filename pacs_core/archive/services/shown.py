"""Keep what is to be seen of studies in step with the rejection notes in force: rows, counts, modalities."""

from collections.abc import Iterable

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from pacs_core.archive.models import Instance, RejectedReference, RejectionNote, Series, Study
from pacs_core.events.services import emit_event

# What is drawn or said about images; listed after the modalities that made them.
NOT_IMAGING = ("DOC", "KO", "PR", "REG", "RTDOSE", "RTPLAN", "RTSTRUCT", "SEG", "SR")


def in_force(hospital_id: int) -> QuerySet[RejectedReference]:
    """Return the references that hide what they name, which is the same hospital's whoever looks."""
    references = RejectedReference.objects.filter(hospital_id=hospital_id)
    return references.filter(note__revoked_at__isnull=True, lifted_at__isnull=True)


def refresh_shown(studies: Iterable[Study]) -> None:
    """Hide what is rejected and show what is not any more; tell who follows. The caller holds the studies' rows.

    Rejection notes themselves are never shown: they are about images that are not there for anybody.
    """
    for study in studies:
        instances = Instance.kept.filter(series__study=study).order_by()
        is_named = Exists(
            in_force(study.hospital_id).filter(
                study_instance_uid=study.study_instance_uid, sop_instance_uid=OuterRef("sop_instance_uid")
            )
        )
        is_note = Exists(RejectionNote.objects.filter(sop_instance_uid=OuterRef("sop_instance_uid")))
        hidden = instances.filter(Q(is_named) | Q(is_note), is_hidden=False).update(is_hidden=True)
        restored = instances.filter(~is_named, ~is_note, is_hidden=True).update(is_hidden=False)
        _count_shown(study)
        for name, number in (("InstancesRejected", hidden), ("InstancesRestored", restored)):
            if number:
                emit_event(name, hospital_id=study.hospital_id, study_id=study.pk, instances=number)


def sorted_modalities(found: Iterable[str]) -> list[str]:
    """Return the modalities of a study, those that make images first."""
    return sorted(set(found) - {""}, key=lambda name: (name in NOT_IMAGING, name))


def _count_shown(study: Study) -> None:
    shown = Count("instances", filter=Q(instances__is_hidden=False))
    rows = list(Series.kept.filter(study=study).annotate(shown=shown, all_kept=Count("instances")))
    for series in rows:
        series.number_of_instances = series.shown
        series.is_hidden = series.all_kept > 0 and series.shown == 0
    Series.kept.bulk_update(rows, ["number_of_instances", "is_hidden"])
    visible = [series for series in rows if series.shown]
    study.number_of_instances = sum(series.shown for series in visible)
    study.number_of_series = len(visible)
    study.modalities = sorted_modalities(series.modality for series in visible)
    study.is_hidden = not visible and any(series.all_kept for series in rows)
    study.save(update_fields=["number_of_instances", "number_of_series", "modalities", "is_hidden"])
