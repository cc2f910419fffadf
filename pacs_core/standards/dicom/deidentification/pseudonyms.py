"""What stands in for a patient and for UIDs: the same in all of a project, and not to be found out without its key."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta

# Dates go back by 1 to 3,650 days: far enough to tell nothing, near enough to stay before the export.
_LONGEST_SHIFT_DAYS = 3650
_PSEUDONYM_CHARACTERS = 12


@dataclass(frozen=True)
class Pseudonyms:
    """Made with a project's key (32 secret bytes); all are keyed digests, so nothing but the key has to be kept."""

    key: bytes
    prefix: str

    def of_patient(self, *, issuer: str, patient_id: str) -> str:
        """Return the patient's pseudonym, such as LUNG-7Q2KXMWAF3BD: 60 bits, at most 64 characters with the prefix."""
        digest = base64.b32encode(self._digest("patient", issuer, patient_id)).decode("ascii")
        return f"{self.prefix}-{digest[:_PSEUDONYM_CHARACTERS]}"

    def shift_of_patient(self, *, issuer: str, patient_id: str) -> timedelta:
        """Return by how much the patient's dates move: whole days, so that times of day and intervals stay."""
        number = int.from_bytes(self._digest("dates", issuer, patient_id)[:8], "big")
        return -timedelta(days=1 + number % _LONGEST_SHIFT_DAYS)

    def of_uid(self, uid: str) -> str:
        """Return the UID that stands for this one (PS3.5 B.2: 2.25 and 128 bits)."""
        return f"2.25.{int.from_bytes(self._digest('uid', uid)[:16], 'big')}"

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self.key, "\x1f".join(parts).encode("utf-8"), hashlib.sha256)
