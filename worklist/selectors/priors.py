"""Earlier studies of an item's patient."""

from hospitals.models import User
from pacs_core.archive.models import Study
from worklist.selectors.items import item_for_user


def prior_studies(*, worklist_item_id: int, user: User) -> list[Study]:
    """Return the patient's other studies at the item's hospital, newest first; those after the item's are no priors.

    The patient is the hospital's: the same number elsewhere may be someone else.
    """
    study = item_for_user(user, worklist_item_id).study
    others = Study.objects.filter(hospital_id=study.hospital_id, patient_id=study.patient_id).exclude(pk=study.pk)
    if study.study_at is not None:
        others = others.exclude(study_at__gt=study.study_at)
    return list(others.order_by("-study_at", "-pk")[:50])
