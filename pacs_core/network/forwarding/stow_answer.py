"""Read the answer to a store (PS3.18 10.5.3, I.2): which instances were taken, and why others were not."""

import json
from dataclasses import dataclass, field
from typing import Any

FAILED_SOP_SEQUENCE, REFERENCED_SOP_SEQUENCE = "00081198", "00081199"
REFERENCED_SOP_INSTANCE_UID, FAILURE_REASON = "00081155", "00081197"
# It has the instance already (PS3.7 C.5.5): as good as taken.
DUPLICATE = 0x0111
_REASONS = {
    0x0110: "it failed to process an image",
    0x0122: "it does not support a class of images",
    0x0124: "it does not allow us to store",
    0xA700: "it is out of resources",
    0xA900: "an image does not match its class",
    0xC000: "it cannot read an image",
}


@dataclass(frozen=True)
class StowAnswer:
    """`taken` and `failed` (SOPInstanceUID to FailureReason) as the answer names them."""

    status: int
    taken: frozenset[str] = frozenset()
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def is_about_instances(self) -> bool:
        """200: all stored; 202: some; 409: none (table 10.5.3-1)."""
        return self.status in (200, 202, 409)

    def refusal_of(self, sop_instance_uid: str) -> str:
        """Return why this instance was not taken, "" when it was. What an answer leaves open was not, save with 200."""
        reason = self.failed.get(sop_instance_uid)
        if reason == DUPLICATE or sop_instance_uid in self.taken:
            return ""
        if reason is not None:
            return f"{_REASONS.get(reason, 'it gave no known reason')} (FailureReason 0x{reason:04X})"
        if self.status == 200 and not self.taken:
            return ""
        return f"its answer does not name every image (HTTP {self.status})"


def read_answer(status: int, body: bytes) -> StowAnswer:
    """Read DICOM JSON; any other body says no more than its status does."""
    try:
        document = json.loads(body)
        document = document[0] if isinstance(document, list) else document
        failed = {_uid(item): _reason(item) for item in _items(document, FAILED_SOP_SEQUENCE)}
        taken = frozenset(_uid(item) for item in _items(document, REFERENCED_SOP_SEQUENCE))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return StowAnswer(status)
    return StowAnswer(status, taken=taken, failed=failed)


def _items(document: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    return document.get(tag, {}).get("Value", [])


def _uid(item: dict[str, Any]) -> str:
    return str((item.get(REFERENCED_SOP_INSTANCE_UID, {}).get("Value") or [""])[0])


def _reason(item: dict[str, Any]) -> int:
    return int((item.get(FAILURE_REASON, {}).get("Value") or [0])[0])
