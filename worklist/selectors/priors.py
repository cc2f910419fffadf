"""Earlier studies of an item's patient."""

from django.db.models import Q

from hospitals.models import User
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Study
from worklist.selectors.items import item_for_user


def prior_studies(*, worklist_item_id: int, user: User) -> list[Study]:
    """Return the person's other studies, newest first; those after the item's are no priors.

    The patient is the hospital's: the same number elsewhere may be someone else. Records that are linked to it are the
    person's too; of those, the studies of hospitals that the reader may see.
    """
    study = item_for_user(user, worklist_item_id).study
    whose = Q(hospital_id=study.hospital_id, patient_id=study.patient_id)
    if study.patient.person is not None:
        whose |= Q(hospital_id__in=current_scope().hospital_ids, patient__person=study.patient.person)
    others = Study.objects.select_related("hospital").filter(whose).exclude(pk=study.pk)
    if study.study_at is not None:
        others = others.exclude(study_at__gt=study.study_at)
    return list(others.order_by("-study_at", "-pk")[:50])
