"""Carry out C-GET and C-MOVE: the sub-operations, their numbers and the answers (PS3.4 C.4.2, C.4.3).

pynetdicom's own loops take decoded data sets, whole in memory and encoded again when they are sent. These send the
stored files piece by piece, unchanged where the peer takes their transfer syntax. pynetdicom 3.0.4 has no hook to name
another service class, so the name that its association module looks up is replaced;
tests/protocol/test_dimse_retrieve.py holds the result.
"""

import time
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pynetdicom import _config, association, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_GET, C_MOVE
from pynetdicom.dsutils import encode
from pynetdicom.presentation import PresentationContext
from pynetdicom.service_class import QueryRetrieveServiceClass, ServiceClass
from pynetdicom.sop_class import uid_to_service_class

from pacs_core.network.dimse.retrieve import Refusal, Retrieval
from pacs_core.network.dimse.search_service import SearchingServiceClass
from pacs_core.network.dimse.statuses import ALL_FAILED, CANCELLED, PENDING, SOME_FAILED, SUCCESS, comment
from pacs_core.network.forwarding.selectors import Parcel
from pacs_core.network.forwarding.store_scu import associate_for, store_parcel
from pacs_core.network.outbound.association import NothingSent

# Seconds between two pending answers: enough to show progress, too few to slow the images down.
PENDING_EVERY = 1.0


def retrieve_stored_files() -> None:
    """Set once a process, before the first association."""
    _config.STORE_SEND_CHUNKED_DATASET = True
    usual = uid_to_service_class

    def service_class_for(uid: str) -> type[ServiceClass]:
        found = usual(uid)
        return RetrievingServiceClass if found is QueryRetrieveServiceClass else found

    setattr(association, "uid_to_service_class", service_class_for)  # noqa: B010  a name that it does not export


@dataclass
class Tally:
    """How many sub-operations are left, and how the others ended."""

    remaining: int
    completed: int = 0
    warnings: int = 0
    failed_uids: list[str] = field(default_factory=list)

    def note(self, parcel: Parcel, status: int | None) -> None:
        """Count a C-STORE by its status (PS3.4 B.2.3), None when there was no answer."""
        self.remaining -= 1
        if status == SUCCESS:
            self.completed += 1
        elif status is not None and status >> 12 == 0xB:
            self.warnings += 1
        else:
            self.failed_uids.append(parcel.sop_instance_uid)

    @property
    def final_status(self) -> int:
        if not self.failed_uids:
            return SOME_FAILED if self.warnings else SUCCESS
        return SOME_FAILED if self.completed or self.warnings else ALL_FAILED


class RetrievingServiceClass(SearchingServiceClass):
    """Query and retrieve that sends stored files."""

    def _get_scp(self, req: C_GET, context: PresentationContext) -> None:
        chosen = self._chosen(evt.EVT_C_GET, req, context)
        if isinstance(chosen, Retrieval):
            self._send(chosen, self.assoc, req, context)

    def _move_scp(self, req: C_MOVE, context: PresentationContext) -> None:
        chosen = self._chosen(evt.EVT_C_MOVE, req, context)
        if not isinstance(chosen, Retrieval):
            return
        node = chosen.node
        if not chosen.parcels or node is None:
            self._answer(req, context, SUCCESS, Tally(0))
            return
        try:
            destination = associate_for(chosen.parcels, node=node, converts=True)
        except NothingSent as error:
            tally = Tally(0, failed_uids=[parcel.sop_instance_uid for parcel in chosen.parcels])
            self._answer(req, context, ALL_FAILED, tally, reason=str(error))
            return
        try:
            self._send(chosen, destination, req, context)
        finally:
            if destination.is_established:
                destination.release()

    def _chosen(self, event: Any, req: C_GET | C_MOVE, context: PresentationContext) -> Retrieval | None:
        """Ask the service's handler; a refusal is answered here."""
        attributes = {"request": req, "context": context.as_tuple, "_is_cancelled": self.is_cancelled}
        chosen = evt.trigger(self.assoc, event, attributes)
        if isinstance(chosen, Refusal):
            keyword = chosen.offending_keyword
            self._answer(req, context, chosen.status, reason=chosen.reason, offending_keyword=keyword)
            return None
        return chosen

    def _send(self, chosen: Retrieval, to: Association, req: C_GET | C_MOVE, context: PresentationContext) -> None:
        tally, told_at = Tally(len(chosen.parcels)), time.monotonic()
        originator = self._originator(req) if to is not self.assoc else {}
        for number, parcel in enumerate(chosen.parcels, start=1):
            if self.is_cancelled(req.MessageID):
                self._answer(req, context, CANCELLED, tally)
                return
            message_id = ((req.MessageID or 0) + number) % 65_536
            tally.note(parcel, store_parcel(to, parcel, message_id=message_id, originator=originator))
            # An abort waits in the queue while this thread sends.
            if not self.assoc.is_established or self.assoc.acse.is_aborted():
                return
            if tally.remaining and time.monotonic() - told_at >= PENDING_EVERY:
                told_at = time.monotonic()
                self._answer(req, context, PENDING, tally)
        self._answer(req, context, tally.final_status, tally)

    def _originator(self, req: C_GET | C_MOVE) -> dict[str, Any]:
        return {"originator_aet": self.assoc.requestor.ae_title, "originator_id": req.MessageID}

    def _answer(
        self,
        req: C_GET | C_MOVE,
        context: PresentationContext,
        status: int,
        tally: Tally | None = None,
        *,
        reason: str = "",
        offending_keyword: str = "",
    ) -> None:
        """Send an answer with the numbers of the tally, and the failed instances when it is the last one."""
        answer = type(req)()
        answer.MessageIDBeingRespondedTo = req.MessageID
        answer.AffectedSOPClassUID = req.AffectedSOPClassUID
        answer.Status = status
        if reason:
            answer.ErrorComment = comment(reason)
        if offending_keyword:
            answer.OffendingElement = tag_for_keyword(offending_keyword)
        if tally is not None:
            answer.NumberOfFailedSuboperations = len(tally.failed_uids)
            answer.NumberOfWarningSuboperations = tally.warnings
            answer.NumberOfCompletedSuboperations = tally.completed
            if status in (PENDING, CANCELLED):
                answer.NumberOfRemainingSuboperations = tally.remaining
            if status != PENDING and tally.failed_uids:
                answer.Identifier = _failed(tally.failed_uids, context)
        self.dimse.send_msg(answer, context.context_id)


def _failed(uids: list[str], context: PresentationContext) -> BytesIO:
    listed = Dataset()
    listed.FailedSOPInstanceUIDList = uids
    syntax = context.transfer_syntax[0]
    return BytesIO(encode(listed, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated) or b"")
