"""HL7 v2 messages from values: escaping, segments, time stamps."""

from collections.abc import Mapping
from datetime import datetime

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\", "\r": "\\.br\\", "\n": "\\.br\\"}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)
ENCODING_CHARACTERS = "^~\\&"


def escape(value: str) -> str:
    """Escape a value for a field with the usual delimiters (2.7.1); line ends become `.br`."""
    return value.replace("\r\n", "\n").translate(_ESCAPE_TABLE)


def components(*values: str) -> str:
    """Join values, escaped, as components of one field."""
    return "^".join(escape(value) for value in values).rstrip("^")


def segment(name: str, fields: Mapping[int, str]) -> str:
    """Build a segment from fields by their number; the fields are given as they go on the wire."""
    last = max((number for number, value in fields.items() if value), default=0)
    if name == "MSH":
        head, first = f"MSH|{ENCODING_CHARACTERS}", 3
    else:
        head, first = name, 1
    return "|".join([head, *(fields.get(number, "") for number in range(first, last + 1))])


def timestamp(moment: datetime) -> str:
    """Write DTM to the second, with its offset when aware."""
    return moment.strftime("%Y%m%d%H%M%S%z")
