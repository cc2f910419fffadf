"""HL7 v2 messages as segments with unescaped fields, components and repetitions, over python-hl7."""

import re
from dataclasses import dataclass

import hl7

from pacs_core.standards.hl7.charset import decode_message
from pacs_core.standards.hl7.errors import Hl7FieldError, Hl7SyntaxError

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Delimiters:
    """MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


class SegmentReader:
    """One segment; fields count from 1 as the standard does, absent ones are empty."""

    def __init__(self, segment: hl7.Segment, delimiters: Delimiters) -> None:
        self.name = str(segment[0])
        self._segment = segment
        self._delimiters = delimiters

    def raw(self, field: int) -> str:
        """Return the field as sent; the HL7 null ("") counts as empty."""
        if field >= len(self._segment):
            return ""
        text = str(self._segment[field])
        return "" if text == '""' else text

    def is_null(self, field: int) -> bool:
        """Say whether the field is the HL7 null: the sender wants the value emptied (2.5.3)."""
        return field < len(self._segment) and str(self._segment[field]) == '""'

    def repetitions(self, field: int) -> list[list[str]]:
        """Return the field's repetitions, each a list of unescaped components."""
        raw = self.raw(field)
        if not raw:
            return []
        marks = self._delimiters
        return [
            [self._unescape(component) for component in repetition.split(marks.component)]
            for repetition in raw.split(marks.repetition)
        ]

    def components(self, field: int) -> list[str]:
        """Return the components of the first repetition."""
        return next(iter(self.repetitions(field)), [])

    def component(self, field: int, number: int = 1) -> str:
        return component_of(self.components(field), number)

    def text(self, field: int) -> str:
        """Return a field of free text whole; its repetitions become lines (TX, 2.A.78)."""
        marks = self._delimiters
        lines = self.raw(field).split(marks.repetition)
        return "\n".join(self._unescape(line.replace(marks.component, " ")) for line in lines).strip()

    def subcomponents(self, component: str) -> list[str]:
        return component.split(self._delimiters.subcomponent)

    def _unescape(self, value: str) -> str:
        return clean(unescape(value, self._delimiters))


def component_of(components: list[str], number: int) -> str:
    return components[number - 1] if 0 < number <= len(components) else ""


def clean(text: str) -> str:
    text = _CONTROLS.sub("", text).strip()
    return "" if text == '""' else text


def unescape(value: str, delimiters: Delimiters) -> str:
    """Resolve escape sequences (2.7); highlighting and unknown ones vanish, a lone escape character stays."""
    mark = delimiters.escape
    if not mark or mark not in value:
        return value
    known = {
        "F": delimiters.field,
        "S": delimiters.component,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "T": delimiters.subcomponent,
        ".br": "\n",
        ".sp": "\n",
        ".ce": "\n",
    }

    def resolve(match: re.Match[str]) -> str:
        sequence = match[1]
        if sequence in known:
            return known[sequence]
        if sequence.startswith("X") and re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", sequence[1:]):
            return bytes.fromhex(sequence[1:]).decode("utf-8", "replace")
        return "\n" if re.fullmatch(r"\.(?:sp|sk)\+?\d*", sequence) else ""

    escaped = re.escape(mark)
    return re.sub(rf"{escaped}([A-Z.][A-Za-z0-9.+\-]*){escaped}", resolve, value)


@dataclass(frozen=True)
class MessageReader:
    segments: tuple[SegmentReader, ...]
    delimiters: Delimiters

    @property
    def header(self) -> SegmentReader:
        return self.segments[0]

    def first(self, name: str) -> SegmentReader | None:
        return next((segment for segment in self.segments if segment.name == name), None)

    def require(self, name: str) -> SegmentReader:
        if (segment := self.first(name)) is None:
            raise Hl7FieldError(name, 0, "the segment is missing", error_code="100")
        return segment


def read_message(data: bytes) -> MessageReader:
    """Decode and split a message; raises Hl7SyntaxError, or Hl7FieldError for its character set.

    Segments may end with CR (as the standard says), LF or both.
    """
    data = data.strip(b"\r\n \t\x00")
    if data[:3] != b"MSH" or len(data) < 8:
        raise Hl7SyntaxError("it does not begin with an MSH segment")
    text = decode_message(data)
    if text is None:
        raise Hl7FieldError("MSH", 18, "the character set is unknown or the text contradicts it", error_code="103")
    text = re.sub("\r?\n|\r", "\r", text)
    header = text.split("\r", 1)[0]
    marks = header[4 : header.find(header[3], 4)] if header.count(header[3]) > 1 else ""
    if not 2 <= len(marks) <= 5 or len({header[3], *marks}) != len(marks) + 1 or any(m.isalnum() for m in marks):
        raise Hl7SyntaxError("MSH-1 and MSH-2 do not give distinct delimiters")
    delimiters = Delimiters(header[3], *marks[:4])
    try:
        parsed = hl7.parse("\r".join(line for line in text.split("\r") if line.strip()))
    except (hl7.HL7Exception, ValueError, IndexError, AssertionError):
        raise Hl7SyntaxError("its segments can't be divided") from None
    return MessageReader(tuple(SegmentReader(segment, delimiters) for segment in parsed), delimiters)
