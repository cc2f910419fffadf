"""Turn received instances into patient, study, series and instance rows, in batches per study.

May run twice, at once in many workers, or be killed at any point: a batch is one transaction under the study's lock,
and the received_instance rows say what is left.
"""

import logging
import time

from django.db import connection, transaction
from django.db.models import F

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.conflict_reasons import CONFLICT_REASONS
from pacs_core.archive.errors import NothingKept, StudyNotFileable, without_values
from pacs_core.archive.files import file_at_hand
from pacs_core.archive.models import ReceivedInstance
from pacs_core.archive.services.filing import Filed, ReadInstance, file_batch, mark_filed
from pacs_core.archive.services.metadata import metadata_of
from pacs_core.archive.services.nudge import nudge_index_later
from pacs_core.archive.services.quarantine import quarantine_received
from pacs_core.archive.services.receive import SOURCE_OF_READERS, reason_code_of
from pacs_core.archive.services.series_metadata import append_series_metadata
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from pacs_core.standards.dicom.errors import DicomError
from pacs_core.standards.dicom.header import header_of
from pacs_core.standards.dicom.reading import read_without_pixels

logger = logging.getLogger(__name__)

LOCK_SPACE = 7_301_002
BATCH = 200
# A batch ends after this long, so that the first images of a large study show at once.
READ_SECONDS = 0.5
# A run ends after this long and goes to the end of the queue, so that a large study does not hold up a small one.
RUN_SECONDS = 3.0
ATTEMPTS = 3
# A file that cannot be opened is more often a volume that is away than a poisoned instance.
ATTEMPTS_WITHOUT_FILE = 60


class NothingFiled(Exception):
    """Undo a new study none of whose instances could be filed."""

    def __init__(self, filed: Filed) -> None:
        self.filed = filed


def index_study(*, study_instance_uid: str, hospital_id: int) -> bool:
    """Index what was received of a study; return True when more is left and the caller should come again.

    Opens its own scopes. A batch that takes all there is ends the run: what comes meanwhile has a nudge of its own, and
    batches of two or three would cost a growing study ten times the work. When another worker holds the study, it may
    have looked already, so this one comes again a little later.
    """
    until = time.monotonic() + RUN_SECONDS
    looked_at: set[int] = set()
    while time.monotonic() < until:
        with open_scope(hospital_scope(process="index", hospital_id=hospital_id)):
            if not _try_lock(study_instance_uid):
                nudge_index_later(hospital_id=hospital_id, study_instance_uid=study_instance_uid)
                return False
            pending = _pending(study_instance_uid, looked_at)
            batch = _index_batch(pending, hospital_id)
        looked_at |= batch
        if len(batch) == len(pending) < BATCH:
            return False
    return True


def _try_lock(study_instance_uid: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, %s))", [study_instance_uid, LOCK_SPACE])
        return cursor.fetchone() == (True,)


def _pending(study_instance_uid: str, looked_at: set[int]) -> list[ReceivedInstance]:
    """The next rows; those looked at before failed in this run and wait for the sweep.

    Their ids are no bound: of several associations, who took the lower id may commit later.
    """
    waiting = ReceivedInstance.objects.filter(
        study_instance_uid=study_instance_uid, outcome=ReceivedInstance.Outcome.PENDING
    )
    return list(waiting.exclude(pk__in=looked_at).order_by("pk")[:BATCH])


def _index_batch(pending: list[ReceivedInstance], hospital_id: int) -> set[int]:
    """Index some of the rows in one transaction; return the ids of those that were looked at."""
    until = time.monotonic() + READ_SECONDS
    batch: list[ReadInstance] = []
    looked_at: set[int] = set()
    for received in pending:
        read = _read_or_give_up(received)
        if read is not None:
            batch.append(read)
        looked_at.add(received.pk)
        if time.monotonic() > until:
            break
    if batch:
        _file_or_find_culprit(batch, hospital_id)
    return looked_at


def _read_or_give_up(received: ReceivedInstance) -> ReadInstance | None:
    try:
        dataset, layout = read_without_pixels(file_at_hand(received.file_path))
        header = header_of(dataset, layout)
        return ReadInstance(received, header, metadata_of(dataset, layout, header))
    except DicomError as error:
        quarantine_received(received=[received], reason_code=reason_code_of(error), reason=str(error))
    except Exception as error:
        _note_failure(received, error)
    return None


def _file_or_find_culprit(batch: list[ReadInstance], hospital_id: int) -> None:
    """File the batch; when that fails, file its instances one by one, so that one cannot block its study."""
    try:
        with transaction.atomic():
            _file(batch, hospital_id)
    except Exception as error:
        if len(batch) == 1:
            _note_failure(batch[0].received, error)
            return
        for item in batch:
            _file_or_find_culprit([item], hospital_id)


def _file(batch: list[ReadInstance], hospital_id: int) -> None:
    try:
        with transaction.atomic():
            filed = file_batch(batch=batch, hospital_id=hospital_id)
            if filed.is_new_study and not filed.indexed:
                raise NothingFiled(filed)
    except NothingFiled as nothing:
        filed = nothing.filed
    except StudyNotFileable as error:
        rows = [item.received for item in batch]
        quarantine_received(received=rows, reason_code=error.reason_code, reason=error.reason)
        return
    mark_filed(filed)
    append_series_metadata(filed)
    for reason_code, items in filed.refused.items():
        rows = [item.received for item in items]
        quarantine_received(received=rows, reason_code=reason_code, reason=CONFLICT_REASONS[reason_code])
    if filed.indexed:
        announce_filed(filed)
    elif filed.duplicates and not filed.is_new_study:
        # Nothing new to show, but who sends again what others had sent may say that it is to be read.
        emit_event("StudySentAgain", hospital_id=filed.study.hospital_id, study_id=filed.study.pk)


def announce_filed(filed: Filed) -> None:
    """Tell who follows studies, and the audit trail, what is new to be seen."""
    study, instances = filed.study, filed.shown
    of_readers = sum(item.received.source == SOURCE_OF_READERS for item in filed.indexed)
    if of_readers and not filed.is_first_shown:
        # They are no late images, of which their own reader would be told.
        instances = max(0, instances - of_readers)
        emit_event("StudyAnnotated", hospital_id=study.hospital_id, study_id=study.pk)
    if filed.is_first_shown:
        emit_event("StudyReceived", hospital_id=study.hospital_id, study_id=study.pk, instances=instances)
    elif instances:
        late = study.completed_at is not None
        emit_event("StudyGrew", hospital_id=study.hospital_id, study_id=study.pk, instances=instances, late=late)
        if late:
            emit_event("LateImagesFiled", hospital_id=study.hospital_id, study_id=study.pk)
    record_audit(
        action="study.received" if filed.is_new_study else "study.grew",
        object_type="study",
        object_id=study.pk,
        hospital_id=study.hospital_id,
        detail={"instances": len(filed.indexed), "calling_ae_title": filed.indexed[0].received.calling_ae_title},
    )


def _note_failure(received: ReceivedInstance, error: Exception) -> None:
    """Count the attempt; the last one ends in quarantine. Error texts may quote patients, so only the class is kept."""
    name = type(error).__name__
    logger.error("Received instance %s could not be indexed: %s", received.pk, name, exc_info=without_values(error))
    if isinstance(error, NothingKept):
        return  # a bucket that is away says nothing about the instance, and may be away for long
    ReceivedInstance.objects.filter(pk=received.pk).update(attempts=F("attempts") + 1)
    limit = ATTEMPTS_WITHOUT_FILE if isinstance(error, OSError) else ATTEMPTS
    if received.attempts + 1 >= limit:
        reason = f"Indexing failed {limit} times with {name}."
        quarantine_received(received=[received], reason_code="indexing_failed", reason=reason)
