"""Report results of storage commitment over the association on which they were asked for.

pynetdicom's send_n_event_report reads the next message of the association as its answer, although the peer may be
sending images meanwhile. Here only the report is sent, between two messages; its answer comes through the reactor.
"""

import logging
import queue
import threading
import time
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.db import connections
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.dsutils import encode
from pynetdicom.events import Event
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from pacs_core.archive.errors import without_values
from pacs_core.network.commitment.event_report import check_answer, event_information, event_type
from pacs_core.network.commitment.models import CommitmentRequest
from pacs_core.network.commitment.services import answer_commitment_here
from pacs_core.network.outbound.association import NothingSent

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 30
LOOK_SECONDS = 0.2


def prepare_reporter(event: Event) -> None:
    """Give an accepted association that may ask for commitment its reporter, before it serves anything."""
    association: Association = event.assoc
    if any(context.abstract_syntax == StorageCommitmentPushModel for context in association.accepted_contexts):
        association.meridian_reporter = EventReporter(association)


def reporter_of(association: Association) -> "EventReporter":
    return association.meridian_reporter


class EventReporter:
    """Reports one request after the other until the association ends; what it did not report the sweep takes up."""

    def __init__(self, association: Association) -> None:
        self._association = association
        self._requests: queue.Queue[tuple[int, int, int]] = queue.Queue()
        self._answers: queue.Queue[N_EVENT_REPORT] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._message_id = 0
        # Held while a request is served, so that its answer and our report do not mix on the wire.
        self._serving = threading.Lock()
        self._serve = association._serve_request
        association._serve_request = self._serve_or_note

    def report(self, *, job_id: int, hospital_id: int, context_id: int) -> None:
        """Report a request's result later, once the message that is being served is answered."""
        self._requests.put((job_id, hospital_id, context_id))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="event-reporter", daemon=True)
            self._thread.start()

    def _serve_or_note(self, message: Any, context_id: int) -> None:
        """Stand in for the association's own: an answer to a report is none of its requests."""
        if isinstance(message, N_EVENT_REPORT) and message.MessageIDBeingRespondedTo is not None:
            self._answers.put(message)
            return
        with self._serving:
            self._serve(message, context_id)

    def _run(self) -> None:
        while self._association.is_established:
            with suppress(queue.Empty):
                self._report(*self._requests.get(timeout=LOOK_SECONDS))

    def _report(self, job_id: int, hospital_id: int, context_id: int) -> None:
        try:
            answer_commitment_here(
                job_id=job_id,
                hospital_id=hospital_id,
                deliver=lambda request: self._deliver(request, context_id),
                goes_on=lambda: self._association.is_established,
            )
        except Exception as error:
            logger.error("Commitment not reported: %s", type(error).__name__, exc_info=without_values(error))
        finally:
            connections.close_all()

    def _deliver(self, request: CommitmentRequest, context_id: int) -> None:
        """Send the report and wait for its answer; NothingSent says what stood in the way."""
        report = self._primitive(request, context_id)
        with self._serving:
            if not self._association.is_established:
                raise NothingSent(f"{request.ae_title} ended its association and has no host and port.")
            self._association.dimse.send_msg(report, context_id)
        until = time.monotonic() + ANSWER_SECONDS
        while self._association.is_established and time.monotonic() < until:
            with suppress(queue.Empty):
                answer = self._answers.get(timeout=LOOK_SECONDS)
                if answer.MessageIDBeingRespondedTo == report.MessageID:
                    check_answer(answer.Status, ae_title=request.ae_title)
                    return
        check_answer(None, ae_title=request.ae_title)

    def _primitive(self, request: CommitmentRequest, context_id: int) -> N_EVENT_REPORT:
        self._message_id = self._message_id % 65_535 + 1
        syntax = self._association._accepted_cx[context_id].transfer_syntax[0]
        information = event_information(request)
        report = N_EVENT_REPORT()
        report.MessageID = self._message_id
        report.AffectedSOPClassUID = StorageCommitmentPushModel
        report.AffectedSOPInstanceUID = StorageCommitmentPushModelInstance
        report.EventTypeID = event_type(request)
        encoded = encode(information, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
        report.EventInformation = BytesIO(encoded or b"")
        return report
