"""Text of DICOM values made fit for a database and a screen."""

import re

# NUL is padding to careless writers and refused by PostgreSQL; of the others only TAB, LF, FF and CR mean a thing
# (PS3.5 6.1.3)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean_text(value: object) -> str:
    """Return the value as text without padding, control characters and lone surrogates."""
    if value is None:
        return ""
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value.strip()
    text = _SURROGATES.sub("\ufffd", _CONTROLS.sub("", str(value)))
    return text.strip()


def clean_line(value: object) -> str:
    """Like `clean_text`, on one line."""
    return " ".join(clean_text(value).split())
