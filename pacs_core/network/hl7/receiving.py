"""Answer one HL7 v2 message: find its sender's hospital, store what it says, then acknowledge.

AA is written only after the transaction with the message and all it changed has committed. A message is known
by its sender, control ID and body, so that one sent again is answered as the first time; the same control ID with
another body is another message, since senders start their counters again after a restart. A message that cannot be
used is kept with its reason. After a fault of ours nothing is kept and the answer is AR ("send again", HL7 v2 2.9.2.2).
"""

import hashlib
import logging
import traceback
import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from pacs_core import flow
from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.network.hl7.models import Hl7Source, ReceivedMessage
from pacs_core.network.hl7.sources import NOT_HL7, UNKNOWN_SENDER, count_rejection, find_source, note_seen
from pacs_core.standards.hl7.acknowledgement import AcknowledgementCode, acknowledgement_code_of, build_acknowledgement
from pacs_core.standards.hl7.errors import Hl7Error, Hl7MessageTypeNotSupported
from pacs_core.standards.hl7.reader import MessageReader, read_message

logger = logging.getLogger(__name__)


def answer_message(body: bytes, peer_address: str = "") -> bytes:
    """Return the acknowledgement for a message as received; never raises."""
    try:
        return _answer(body, peer_address)
    except Exception as error:
        # Texts of database errors quote values, so only the kind of error and the lines of code are logged.
        frames = "".join(traceback.format_tb(error.__traceback__))
        logger.error("HL7 message from %s not stored: %s\n%s", peer_address, type(error).__name__, frames)
        return _acknowledge(body, "AR", text="The message was not stored. Maybe send it again in a minute.")


def _answer(body: bytes, peer_address: str) -> bytes:
    try:
        message, problem = read_message(body), None
        application, facility = message.header.component(3), message.header.component(4)
    except Hl7Error as error:
        message, problem = None, error
        application, facility = _sender_in(body)
    source = find_source(application=application, facility=facility)
    if source is None:
        reason = NOT_HL7 if problem and not application else UNKNOWN_SENDER
        logger.warning("HL7 message from %s refused: %s", peer_address, reason)
        count_rejection(application=application, facility=facility, peer_address=peer_address, reason=reason)
        return _acknowledge(body, "AR", problem, text=f"{reason}. Maybe add it with add_hl7_source.")
    note_seen(source)
    acknowledgement = _receive(body, source, message, problem)
    return acknowledgement.encode()


def _receive(body: bytes, source: Hl7Source, message: MessageReader | None, problem: Hl7Error | None) -> str:
    """Store the message and do what it says, in one transaction of the sender's hospital."""
    with open_scope(hospital_scope(process="hl7", hospital_id=source.hospital_id)):
        accepted = _acknowledge(body, "AA").decode()
        receipt = _receipt(body, source, message, accepted)
        if receipt.acknowledgement != accepted:
            return receipt.acknowledgement
        if message is not None:
            problem = _perform(message, source.hospital_id)
        if problem is None:
            return accepted
        receipt.acknowledgement_code = acknowledgement_code_of(problem)
        receipt.acknowledgement = _acknowledge(body, receipt.acknowledgement_code, problem).decode()
        receipt.reason = str(problem)[:300]
        receipt.save(update_fields=["acknowledgement_code", "acknowledgement", "reason"])
        logger.warning("HL7 message %s of source %s refused: %s", receipt.pk, source.pk, type(problem).__name__)
        return receipt.acknowledgement


def _receipt(body: bytes, source: Hl7Source, message: MessageReader | None, acknowledgement: str) -> ReceivedMessage:
    """Return the message's row, ours or the one of the first time; a twin in flight is waited for (ON CONFLICT)."""
    key = {
        "source": source,
        "message_control_id": (message.header.component(10) if message else _field(body, 10))[:199],
        "body_sha256": hashlib.sha256(body).hexdigest(),
    }
    ReceivedMessage.objects.bulk_create(
        [
            ReceivedMessage(
                **key,
                hospital_id=source.hospital_id,
                message_type=_type_of(message)[:20] if message else "",
                body=body,
                acknowledgement=acknowledgement,
                acknowledgement_code="AA",
            )
        ],
        ignore_conflicts=True,
    )
    return ReceivedMessage.objects.get(**key)


def _perform(message: MessageReader, hospital_id: int) -> Hl7Error | None:
    """Call the service that flow.HL7_MESSAGES names; return what is wrong with the message, having changed nothing."""
    name = flow.HL7_MESSAGES.get(_type_of(message))
    if name is None:
        return Hl7MessageTypeNotSupported(_type_of(message))
    try:
        with transaction.atomic():
            import_string(name)(message, hospital_id)
    except Hl7Error as error:
        return error
    return None


def _type_of(message: MessageReader) -> str:
    return "^".join(message.header.components(9)[:2])


def _acknowledge(body: bytes, code: AcknowledgementCode, error: Hl7Error | None = None, *, text: str = "") -> bytes:
    return build_acknowledgement(
        body, code=code, at=timezone.now(), control_id=uuid.uuid4().hex[:20], error=error, text=text
    )


def _sender_in(body: bytes) -> tuple[str, str]:
    """Find MSH-3.1 and MSH-4.1 in a message that cannot be read, so that its hospital's people see it."""
    return _field(body, 3).split("^")[0], _field(body, 4).split("^")[0]


def _field(body: bytes, number: int) -> str:
    """Return a raw field of the first segment when that is an MSH with the usual delimiter; printable ASCII only."""
    fields = body.strip()[:2000].replace(b"\n", b"\r").split(b"\r", 1)[0].split(b"|")
    if fields[0] != b"MSH" or len(fields) < number:
        return ""
    return "".join(character for character in fields[number - 1].decode("ascii", "ignore") if character.isprintable())
