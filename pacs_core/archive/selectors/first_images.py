"""The images that a viewer shows first."""

from itertools import islice

from django.db.models import F

from pacs_core.archive.models import Instance, Study


def first_frames(study: Study, *, most: int) -> tuple[str, list[str]]:
    """Return the path of the first image series below the DICOMweb root, and of its frames there, `most` at most.

    ("", []) for a study without images.
    """
    images = Instance.objects.filter(series__study=study, rows__isnull=False).order_by(
        F("series__series_number").asc(nulls_last=True), "series_id", F("instance_number").asc(nulls_last=True), "pk"
    )
    rows = list(images.values_list("series__series_instance_uid", "sop_instance_uid", "number_of_frames")[:most])
    if not rows:
        return "", []
    first = rows[0][0]
    series = f"studies/{study.study_instance_uid}/series/{first}"
    frames = (
        f"{series}/instances/{instance}/frames/{number}"
        for uid, instance, number_of_frames in rows
        if uid == first
        for number in range(1, number_of_frames + 1)
    )
    return series, list(islice(frames, most))
