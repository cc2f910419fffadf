"""The key of a project: random, kept encrypted, so that the same patient always becomes the same pseudonym.

Whoever has only the database, or only the secret, can make no pseudonym and undo none.
"""

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from pacs_core.network.research.errors import KeyNotReadable
from pacs_core.network.research.models import ResearchProject
from pacs_core.standards.dicom.deidentification.pseudonyms import Pseudonyms

_KEY_BYTES = 32
_PURPOSE = b"meridian de-identification\0"


def new_sealed_key() -> bytes:
    return _seal().encrypt(secrets.token_bytes(_KEY_BYTES))


def pseudonyms_of(project: ResearchProject) -> Pseudonyms:
    """Return the project's pseudonyms; raises KeyNotReadable."""
    try:
        key = _seal().decrypt(bytes(project.sealed_key))
    except InvalidToken:
        raise KeyNotReadable(
            f"The key of {project.code} cannot be read. Maybe SIGNING_KEY_SECRET changed: name the old secret after "
            "the new one, divided by a comma."
        ) from None
    return Pseudonyms(key, project.code)


def _seal() -> MultiFernet:
    """Encrypt with the newest secret, decrypt with any that is named (newest first, divided by commas)."""
    named = [secret.strip() for secret in settings.SIGNING_KEY_SECRET.split(",")]
    digests = [hashlib.sha256(_PURPOSE + secret.encode()).digest() for secret in named]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
