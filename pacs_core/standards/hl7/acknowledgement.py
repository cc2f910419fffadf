"""Answers to messages: ACK with MSA and, where something is wrong, ERR (HL7 v2.5.1 2.13, 2.14.5)."""

import re
from datetime import datetime
from typing import Literal

from pacs_core.standards.hl7.building import escape, segment, timestamp
from pacs_core.standards.hl7.charset import decode_message
from pacs_core.standards.hl7.errors import Hl7Error, Hl7FieldError, Hl7MessageTypeNotSupported, Hl7SyntaxError
from pacs_core.standards.hl7.reader import MessageReader, read_message

AcknowledgementCode = Literal["AA", "AE", "AR"]
_NOT_TEXT = re.compile("[\x00-\x1f\x7f]")


def build_acknowledgement(
    received: bytes,
    *,
    code: AcknowledgementCode,
    at: datetime,
    control_id: str,
    error: Hl7Error | None = None,
    text: str = "",
) -> bytes:
    """Build the ACK for a message as received, readable or not; MSA-2 is its MSH-10, empty where none can be found.

    Unframed, UTF-8; the sender and receiver change places. `at` must be aware.
    """
    message = _readable(received)
    sender, receiver, version, trigger, answered = _from_header(message) if message else _from_bytes(received)
    header = segment(
        "MSH",
        {
            3: receiver[0],
            4: receiver[1],
            5: sender[0],
            6: sender[1],
            7: timestamp(at),
            9: f"ACK^{trigger}^ACK" if trigger else "ACK",
            10: control_id,
            11: "P",
            12: version or "2.5.1",
            18: "UNICODE UTF-8",
        },
    )
    segments = [header, segment("MSA", {1: code, 2: answered})]
    if error is not None or text:
        segments.append(_error_segment(error, text))
    return ("\r".join(segments) + "\r").encode()


def acknowledgement_code_of(error: Hl7Error) -> AcknowledgementCode:
    """AR for what we never take (no HL7, another message type, character set), AE for a fault in a field."""
    if isinstance(error, Hl7FieldError) and (error.segment, error.field) != ("MSH", 18):
        return "AE"
    return "AR"


def _error_segment(error: Hl7Error | None, text: str) -> str:
    location, number, diagnostics = "", "207", text
    if isinstance(error, Hl7FieldError | Hl7MessageTypeNotSupported):
        number = error.error_code
        location = f"{error.segment}^1" + (f"^{error.field}" if error.field else "")
    elif isinstance(error, Hl7SyntaxError):
        number = "100"
    names = {
        "100": "Segment sequence error",
        "101": "Required field missing",
        "102": "Data type error",
        "103": "Table value not found",
        "200": "Unsupported message type",
        "207": "Application internal error",
    }
    message = _NOT_TEXT.sub(" ", str(error) if error else diagnostics)
    code = f"{number}^{names.get(number, 'Application error')}^HL70357"
    return segment("ERR", {2: location, 3: code, 4: "E", 8: escape(message)})


def _readable(received: bytes) -> MessageReader | None:
    try:
        return read_message(received)
    except Hl7Error:
        return None


_Header = tuple[tuple[str, str], tuple[str, str], str, str, str]


def _from_header(message: MessageReader) -> _Header:
    header = message.header
    fields = [escape(header.component(number)) for number in (3, 4, 5, 6)]
    version, trigger, control_id = (escape(header.component(*place)) for place in ((12,), (9, 2), (10,)))
    return (fields[0], fields[1]), (fields[2], fields[3]), version, trigger, control_id


def _from_bytes(received: bytes) -> _Header:
    """Find MSH-10 in a message that can't be read, so that the sender still learns which one was refused."""
    text = decode_message(received.strip()) or received.strip().decode("latin-1")
    fields = re.split("[\r\n]", text, maxsplit=1)[0][:1000].split("|")
    control_id = fields[9] if fields[0] == "MSH" and len(fields) > 9 else ""
    return ("", ""), ("", ""), "", "", escape(_NOT_TEXT.sub("", control_id))[:199]
