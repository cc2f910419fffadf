"""Bring files from the bucket into the cache before somebody waits for them; without a bucket nothing is to be done."""

from __future__ import annotations

import logging

from django.db.models import Q

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.errors import FileNotAtHand, StorageUnavailable
from pacs_core.archive.files import file_at_hand
from pacs_core.archive.models import Instance, Study
from pacs_core.archive.relevance import most_relevant
from pacs_core.archive.services.people import network_scope
from pacs_core.archive.storage import bucket

logger = logging.getLogger(__name__)

MOST_PRIORS = 3


def fetch_ahead_on_commit(*, coming: Study) -> None:
    """Have the study's files and its relevant priors' fetched once the running transaction has committed.

    `coming` may be unsaved: what an order says of a study, with patient, modalities and body part.
    """
    from pacs_core.archive.tasks import fetch_study_ahead

    if not bucket.has_bucket():
        return
    others = _others_of_person(coming)
    wanted = most_relevant(coming, others, most=MOST_PRIORS) + ([coming] if coming.pk else [])
    for study in wanted:
        fetch_study_ahead.delay_on_commit(study.hospital_id, study.pk)


def _others_of_person(coming: Study) -> list[Study]:
    """Return the person's other studies at any hospital: which of them a reader may see is asked when one looks."""
    whose = Q(patient_id=coming.patient_id)
    if coming.patient.person is None:
        return list(Study.objects.filter(whose).exclude(pk=coming.pk))
    with open_scope(network_scope()):
        return list(Study.objects.filter(whose | Q(patient__person=coming.patient.person)).exclude(pk=coming.pk))


def fetch_study(*, hospital_id: int, study_id: int) -> int:
    """Bring the study's files into the cache; return how many are there afterwards.

    A file in the archive class is asked back and will be there when it was restored. What cannot be fetched now is
    fetched when it is read.
    """
    with open_scope(hospital_scope(process="fetch-ahead", hospital_id=hospital_id)):
        paths = list(
            Instance.objects.filter(series__study_id=study_id)
            .order_by("series__series_number", "instance_number")
            .values_list("file_path", flat=True)
        )
    at_hand = 0
    for path in paths:
        try:
            file_at_hand(path)
            at_hand += 1
        except FileNotAtHand:
            continue
        except (FileNotFoundError, StorageUnavailable) as error:
            logger.warning("Study %s is not fetched ahead: %s", study_id, type(error).__name__)
            break
    return at_hand
