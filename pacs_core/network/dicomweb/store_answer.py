"""The answer to a store: the Store Instances Response Module in DICOM JSON (PS3.18 I.2)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pacs_core.archive.models import ReceivedInstance
from pacs_core.standards.dicom.identifiers import InstanceIdentifiers


@dataclass
class StoreAnswer:
    """Gathers what became of each part; `stored` counts instances by (hospital id, study)."""

    base: str
    stored: Counter[tuple[int, str]] = field(default_factory=Counter)
    _referenced: list[dict[str, Any]] = field(default_factory=list)
    _failed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Return how many parts it tells of."""
        return len(self._referenced) + len(self._failed)

    @property
    def status(self) -> int:
        """200 when all were taken, 202 when some, 409 when none (PS3.18 table 10.5.3-1)."""
        if not self._failed:
            return 200
        return 202 if self._referenced else 409

    def add_success(self, received: ReceivedInstance, *, header: InstanceIdentifiers | None) -> None:
        """Note an instance that is durable."""
        self.stored[received.hospital_id, received.study_instance_uid] += 1
        item = _reference(header)
        if header:
            series = f"{self.base}/studies/{header.study_instance_uid}/series/{header.series_instance_uid}"
            item["00081190"] = {"vr": "UR", "Value": [f"{series}/instances/{header.sop_instance_uid}"]}
        self._referenced.append(item)

    def add_failure(self, header: InstanceIdentifiers | None, reason: int) -> None:
        """Note an instance that was not taken; `reason` is its FailureReason (0008,1197)."""
        self._failed.append({**_reference(header), "00081197": {"vr": "US", "Value": [reason]}})

    def document(self) -> dict[str, Any]:
        """Return the response module; a RetrieveURL for the whole only when one study was stored."""
        document: dict[str, Any] = {}
        studies = {study for _, study in self.stored}
        if len(studies) == 1:
            document["00081190"] = {"vr": "UR", "Value": [f"{self.base}/studies/{studies.pop()}"]}
        if self._failed:
            document["00081198"] = {"vr": "SQ", "Value": self._failed}
        if self._referenced:
            document["00081199"] = {"vr": "SQ", "Value": self._referenced}
        return document


def _reference(header: InstanceIdentifiers | None) -> dict[str, Any]:
    """ReferencedSOPClassUID and ReferencedSOPInstanceUID, empty for content that could not be read."""
    return {
        "00081150": {"vr": "UI", **({"Value": [header.sop_class_uid]} if header else {})},
        "00081155": {"vr": "UI", **({"Value": [header.sop_instance_uid]} if header else {})},
    }
