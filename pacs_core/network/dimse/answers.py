"""What C-FIND answers with, whatever is searched: empty keys, character set, limit (PS3.4 C.4.1, K.4.1)."""

from dataclasses import dataclass

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from pacs_core.network.dimse.statuses import PENDING, PENDING_WITHOUT_SOME_KEYS

# More answers than a person or a workstation can use; whoever asks for more is told, never cut off in silence.
MOST_ANSWERS = 5_000
# VRs whose characters depend on SpecificCharacterSet (PS3.5 6.1.2.3).
_IN_CHARACTER_SET = frozenset({"SH", "LO", "ST", "LT", "UC", "UT", "PN"})
_DEFAULT_REPERTOIRE = ("", "ISO_IR 6")


@dataclass(frozen=True)
class Found:
    """The answers, one more than may be given where there are more; whether a key with a value could not be matched."""

    answers: list[Dataset]
    has_ignored_keys: bool

    @property
    def pending(self) -> int:
        return PENDING_WITHOUT_SOME_KEYS if self.has_ignored_keys else PENDING


def add_empty(identifier: Dataset, tag: int) -> None:
    """Answer a key that the match has no value for with an empty one; a private or unknown one has no VR of ours."""
    try:
        identifier.add_new(tag, dictionary_VR(tag), None)
    except KeyError:
        identifier.add_new(tag, "UN", None)


def character_set_for(identifier: Dataset, asked: tuple[str, ...]) -> str:
    """Return the caller's character set when it has every character of the answer, Unicode otherwise."""
    if len(asked) == 1:
        text = "".join(str(element.value) for element in identifier.iterall() if element.VR in _IN_CHARACTER_SET)
        try:
            text.encode("ascii" if asked[0] in _DEFAULT_REPERTOIRE else convert_encodings(list(asked))[0])
            return asked[0]
        except (UnicodeEncodeError, LookupError):
            pass
    return "ISO_IR 192"
