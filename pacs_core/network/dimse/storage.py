"""C-STORE (PS3.7 9.1.1, PS3.4 B): success is answered only after file and row are durable."""

import logging
from typing import cast

from django.db import InterfaceError, OperationalError, connection
from pydicom.dataset import Dataset
from pynetdicom.events import Event

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.errors import InstanceConflicts, InstanceRefused, NothingKept, without_values
from pacs_core.archive.services.receive import receive_instance
from pacs_core.archive.spool import SpoolFile
from pacs_core.network.dimse.admission import Caller, caller_of
from pacs_core.network.dimse.statuses import (
    CANNOT_UNDERSTAND,
    NOT_AUTHORIZED,
    OUT_OF_RESOURCES,
    PROCESSING_FAILURE,
    SUCCESS,
    comment,
)

logger = logging.getLogger(__name__)


def answer_store(event: Event) -> int | Dataset:
    """Keep the data set that pynetdicom streamed to a spool file; return the status of PS3.4 table B.2-1.

    What is set aside is refused with the reason as ErrorComment.
    """
    spool_file = cast(SpoolFile | None, event.request._dataset_file)
    if spool_file is None:
        return CANNOT_UNDERSTAND
    caller = caller_of(event.assoc)
    if not caller.may_store:
        spool_file.discard()
        return NOT_AUTHORIZED
    size_bytes = spool_file.tell()
    answer = Dataset()
    try:
        status = OUT_OF_RESOURCES
        if caller.meter.wait_for_turn():
            status = _store(spool_file, caller, str(event.request.AffectedSOPInstanceUID))
    except InstanceConflicts as refusal:
        status = answer.Status = refusal.status
        answer.ErrorComment = comment(str(refusal))
    except NothingKept:
        status = OUT_OF_RESOURCES
    except (OperationalError, InterfaceError) as error:
        logger.error("Database away while storing: %s", type(error).__name__)
        connection.close()
        status = OUT_OF_RESOURCES
    except Exception as error:
        logger.error("Store failed: %s", type(error).__name__, exc_info=without_values(error))
        status = PROCESSING_FAILURE
    finally:
        spool_file.discard()
    if status == SUCCESS:
        caller.meter.note_taken(size_bytes)
    else:
        caller.meter.note_refused(status)
        logger.warning("C-STORE from %s answered 0x%04X", caller.ae_title, status)
    return answer or status


def _store(spool_file: SpoolFile, caller: Caller, sop_instance_uid: str) -> int:
    spool_file.finish()
    conflict: InstanceConflicts | None = None
    with open_scope(hospital_scope(process="dimse", hospital_id=caller.hospital_id)):
        try:
            receive_instance(
                spool_path=spool_file.path,
                hospital_id=caller.hospital_id,
                calling_ae_title=caller.ae_title,
                source="dimse",
                expected_sop_instance_uid=sop_instance_uid,
                dataset_sha256=spool_file.dataset_sha256,
            )
        except InstanceConflicts as refusal:
            conflict = refusal  # raised outside the scope, so that the quarantine row commits
        except InstanceRefused as refusal:
            return refusal.status
    if conflict is not None:
        raise conflict
    return SUCCESS
