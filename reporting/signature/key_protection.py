"""Private keys at rest: encrypted with a secret from outside the database."""

import os
import secrets
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reporting.signature.errors import PrivateKeyUnreadable, SigningSecretMissing

SECRET_VARIABLE = "MERIDIAN_SIGNING_KEY_SECRET"
SECRET_FILE_NAME = "signing_key_secret"
SHORTEST_SECRET = 32

PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey


class KeyProtector:
    """Encrypts private keys with its first secret and opens them with any (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, *signing_secrets: str) -> None:
        if not signing_secrets or any(len(secret) < SHORTEST_SECRET for secret in signing_secrets):
            raise SigningSecretMissing(
                f"The secret for signing keys needs at least {SHORTEST_SECRET} characters.\n"
                f"Maybe {SECRET_VARIABLE} is empty or cut off."
            )
        self._fernet = MultiFernet([Fernet(_derive_key(secret)) for secret in signing_secrets])

    def encrypt(self, private_key: PrivateKey) -> bytes:
        """Return an encrypted PKCS#8 key as text-safe bytes."""
        plain = private_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self._fernet.encrypt(plain)

    def decrypt(self, encrypted_private_key: bytes) -> PrivateKey:
        """Open a key that `encrypt` made. Raises PrivateKeyUnreadable."""
        try:
            plain = self._fernet.decrypt(bytes(encrypted_private_key))
        except InvalidToken:
            raise PrivateKeyUnreadable from None
        private_key = serialization.load_der_private_key(plain, password=None)
        if not isinstance(private_key, PrivateKey):
            raise PrivateKeyUnreadable
        return private_key


def _derive_key(secret: str) -> bytes:
    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"meridian signing keys 1")
    return urlsafe_b64encode(derivation.derive(secret.encode("utf-8")))


def open_key_protector(*, home: Path, environment: Mapping[str, str]) -> KeyProtector:
    """Return the protector made from the environment's secret or, without one, from the file under `home`/secrets.

    The variable may name several secrets, divided by commas, the newest first. The file is made with mode 0600.
    """
    configured = environment.get(SECRET_VARIABLE, "")
    if configured:
        return KeyProtector(*(secret.strip() for secret in configured.split(",")))
    path = home / "secrets" / SECRET_FILE_NAME
    if not path.exists():
        write_once(path, secrets.token_urlsafe(48).encode("ascii"))
    if path.stat().st_mode & 0o077:
        raise SigningSecretMissing(f"{SECRET_FILE_NAME} may be read by others.\nMaybe chmod 600 was undone by a copy.")
    return KeyProtector(path.read_text(encoding="ascii").strip())


def write_once(path: Path, content: bytes) -> None:
    """Write a private file whole, or leave the one that another process wrote first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)
