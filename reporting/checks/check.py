"""One remark of the checks on a draft."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the order and the images say about the study; sides are L or R, anything else is no side."""

    laterality: str = ""
    patient_sex: str = ""
    body_part: str = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A remark on a stretch of a section; severity is error, warning or info.

    Offsets count UTF-16 code units, as browsers do. `fix` is the text to put in their place, or None. A blocking
    check refuses the signature; a warning that does not block must be confirmed by its key.
    """

    code: str
    section: str
    severity: str
    message: str
    start: int
    end: int
    fix: str | None = None
    blocking: bool = False

    @property
    def key(self) -> str:
        return f"{self.code}:{self.section}:{self.start}"

    @property
    def needs_confirmation(self) -> bool:
        return self.severity == "warning" and not self.blocking

    def as_message(self) -> dict[str, Any]:
        """Return the check as the editor's protocol carries it."""
        message = asdict(self)
        message["from"], message["to"] = message.pop("start"), message.pop("end")
        return message | {"key": self.key}


def utf16_offset(text: str, index: int) -> int:
    """Turn an index into a Python string into the browser's count of code units."""
    return len(text[:index].encode("utf-16-le", "surrogatepass")) // 2
