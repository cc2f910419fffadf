"""Secrets that we show to nodes: sealed in the database under SIGNING_KEY_SECRET, opened only to be sent."""

from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from pacs_core.network.errors import NetworkError, NodeValueRefused
from pacs_core.network.models import Node

_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


class SecretUnreadable(NetworkError):
    def __init__(self) -> None:
        super().__init__(
            "The node's secret was sealed under another SIGNING_KEY_SECRET. "
            "Maybe name the old one after the new one, divided by a comma, or enter the node's secret again."
        )


def sealed(secret: str) -> bytes:
    """Encrypt a secret; "" stays empty."""
    return _fernet().encrypt(secret.encode()) if secret else b""


def opened(kept: bytes) -> str:
    """Return what `sealed` was given; raises SecretUnreadable."""
    try:
        return _fernet().decrypt(bytes(kept)).decode() if kept else ""
    except InvalidToken:
        raise SecretUnreadable from None


def with_sealed_secret(node: Node, values: dict[str, Any]) -> dict[str, Any]:
    """Seal the secret that we show at the DICOMweb address; it goes to no other address than it was entered for.

    It is shown over TLS only, or to this machine. An empty one keeps what is there.
    """
    values = dict(values)
    secret = str(values.pop("dicomweb_secret", "") or "")
    address = urlsplit(values.get("dicomweb_url", node.dicomweb_url))
    before = urlsplit(node.dicomweb_url)
    if secret:
        values["dicomweb_secret"] = sealed(secret)
    elif (address.scheme, address.netloc) != (before.scheme, before.netloc):
        values["dicomweb_secret"] = b""
    is_given = bool(values.get("dicomweb_secret", node.dicomweb_secret))
    if is_given and address.scheme != "https" and address.hostname not in _THIS_MACHINE:
        raise NodeValueRefused({"dicomweb_url": ["A secret is shown over TLS only. Maybe begin it with https://."]})
    return values


def is_changed(node: Node, name: str, value: Any) -> bool:
    """Tell whether a value is another one than the node's; an empty secret changes nothing."""
    return bool(value) if name == "dicomweb_secret" else value != getattr(node, name)


def _fernet() -> MultiFernet:
    """The newest secret seals, any opens. Another purpose than signing keys have, so another key."""
    return MultiFernet([Fernet(_key(secret.strip())) for secret in settings.SIGNING_KEY_SECRET.split(",")])


def _key(secret: str) -> bytes:
    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"meridian secrets of nodes 1")
    return urlsafe_b64encode(derivation.derive(secret.encode()))
