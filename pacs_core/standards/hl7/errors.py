from pacs_core.standards.errors import StandardsError


class Hl7Error(StandardsError):
    """A message or stream that can't be used as it stands."""


class MllpFramingError(Hl7Error):
    """Bytes that are no MLLP block; the connection can go on when `recoverable`."""

    recoverable = True


class MllpGarbage(MllpFramingError):
    def __init__(self, byte_count: int) -> None:
        self.byte_count = byte_count
        super().__init__(f"{byte_count} bytes outside an MLLP block ignored. Maybe the peer does not speak MLLP.")


class MllpBlockTooLarge(MllpFramingError):
    recoverable = False

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"MLLP block larger than {limit} bytes.")


class MllpUnterminatedBlock(MllpFramingError):
    def __init__(self, byte_count: int) -> None:
        self.byte_count = byte_count
        super().__init__(f"MLLP block of {byte_count} bytes has no end before the next one begins.")


class Hl7SyntaxError(Hl7Error):
    """Not an HL7 v2 message at all: it has no usable MSH segment."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Not an HL7 v2 message: {reason}.")


class Hl7MessageTypeNotSupported(Hl7Error):
    """MSH-9 names a message that this interface does not take (answered AR, HL7 2.9.2.2)."""

    segment, field, error_code = "MSH", 9, "200"

    def __init__(self, message_type: str) -> None:
        self.message_type = message_type
        super().__init__(
            f"MSH-9 {message_type or '(empty)'} is not supported. "
            "Maybe ORM^O01, OMI^O23, ADT^A08, ADT^A31, ADT^A40 or ADT^A45 was meant."
        )


class Hl7FieldError(Hl7Error):
    """A field is missing or can't be read; `error_code` is of HL7 table 0357. The value itself is never quoted."""

    def __init__(self, segment: str, field: int, reason: str, *, error_code: str = "102") -> None:
        self.segment = segment
        self.field = field
        self.reason = reason
        self.error_code = error_code
        where = f"{segment}-{field}" if field else segment
        super().__init__(f"{where}: {reason}.")
