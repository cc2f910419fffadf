"""What C-FIND answers with, whatever is searched: empty keys, character set, limit (PS3.4 C.4.1, K.4.1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes, default_encoding, encode_string
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from pacs_core.network.dimse.statuses import PENDING, PENDING_WITHOUT_SOME_KEYS
from pacs_core.standards.dicom.reading import quietly

# More answers than a person or a workstation can use; whoever asks for more is told, never cut off in silence.
MOST_ANSWERS = 5_000
# VRs whose characters depend on SpecificCharacterSet (PS3.5 6.1.2.3).
IN_CHARACTER_SET = frozenset({"SH", "LO", "ST", "LT", "UC", "UT", "PN"})
# Each text between them is encoded for itself (PS3.5 6.1.2.5.3).
_DELIMITERS = re.compile(r"[\^=\\\r\n\f\t]")


@dataclass(frozen=True)
class Found:
    """The matches, one more than may be given where there are more; whether a key with a value could not be matched.

    `written` makes a match the identifier that is answered, when its turn has come: a cancelled search makes no more.
    """

    matches: list[Any]
    has_ignored_keys: bool
    written: Callable[[Any], Dataset | bytes]

    @property
    def pending(self) -> int:
        return PENDING_WITHOUT_SOME_KEYS if self.has_ignored_keys else PENDING


def add_empty(identifier: Dataset, tag: int) -> None:
    """Answer a key that the match has no value for with an empty one; a private or unknown one has no VR of ours."""
    try:
        identifier.add_new(tag, dictionary_VR(tag), None)
    except KeyError:
        identifier.add_new(tag, "UN", None)


def character_set_for(identifier: Dataset, asked: tuple[str, ...]) -> list[str]:
    """Return the caller's character sets when they have every character of the answer, Unicode otherwise.

    Several of them are used with code extensions (PS3.5 6.1.2.5), as Japanese and Korean scanners ask.
    """
    values = [str(element.value) for element in identifier.iterall() if element.VR in IN_CHARACTER_SET]
    texts = {text for value in values for text in _DELIMITERS.split(value)}
    try:
        with quietly():
            encodings = [_strict(name) for name in convert_encodings(list(asked))]
            if all(decode_bytes(encode_string(text, encodings), encodings, set()) == text for text in texts):
                return list(asked)
    except (UnicodeError, LookupError):
        pass
    return ["ISO_IR 192"]


def _strict(encoding: str) -> str:
    """Return ASCII for the default repertoire, which pydicom reads tolerantly as Latin-1."""
    return "ascii" if encoding == default_encoding else encoding
