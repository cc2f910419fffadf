"""Verification codes: printed in a report's QR picture, stored only as digests.

A code is 100 bits derived from a random nonce of its version and SIGNING_KEY_SECRET. So a render that was killed and
runs again prints the same code, and neither the database nor its backup alone can name a valid one.
"""

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

CODE_LENGTH = 20


def new_nonce() -> str:
    return secrets.token_hex(16)


def code_of_nonce(nonce: str) -> str:
    key = hashlib.sha256(b"meridian verification code\0" + settings.SIGNING_KEY_SECRET.encode()).digest()
    return base64.b32encode(hmac.digest(key, nonce.encode(), "sha256")).decode()[:CODE_LENGTH]


def digest_of_code(code: str) -> str:
    """Return what is stored; spaces, hyphens and lower case in a typed code do not matter."""
    return hashlib.sha256(code.replace("-", "").replace(" ", "").upper().encode()).hexdigest()
