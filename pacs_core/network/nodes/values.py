"""What a node's addresses and certificates are written like."""

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from cryptography import x509
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
# PS3.5 6.2, AE: 16 characters of the default repertoire without backslash and controls.
validate_ae_title = RegexValidator(
    r"^(?! )[ -\[\]-~]{1,16}(?<! )$", "An AE title has 1 to 16 printable ASCII characters."
)


def validate_network(value: str) -> None:
    try:
        ip_network(value)
    except ValueError as error:
        raise ValidationError(
            f"{value!r} is no address or network ({error}). Maybe 10.0.0.5 or 10.1.0.0/16."
        ) from error


def validate_dicomweb_address(value: str) -> None:
    """Take http and https addresses of any host, one without dots too, that hold nothing but the way to the root."""
    try:
        address = urlsplit(value)
        is_address = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValidationError(f"{value!r} is no address. Maybe https://pacs.example/dicom-web.")
    if address.username is not None or address.query or address.fragment or any(one.isspace() for one in value):
        raise ValidationError("An address holds no user, no spaces, no ? and no #. Maybe enter user and secret apart.")


def validate_fingerprint(value: str) -> None:
    if not _FINGERPRINT.fullmatch(normal_fingerprint(value)):
        raise ValidationError(
            f"{value!r} is no SHA-256 fingerprint: 64 hexadecimal digits. "
            "Maybe what `openssl x509 -noout -fingerprint -sha256 -in certificate.pem` prints."
        )


def validate_subject(value: str) -> None:
    try:
        parse_subject(value)
    except ValueError as error:
        raise ValidationError(f"{value!r} is no name as in RFC 4514. Maybe CN=north-ct,O=Northgate.") from error


def parse_subject(value: str) -> x509.Name:
    """Read a distinguished name as in RFC 4514; raises ValueError."""
    return x509.Name.from_rfc4514_string(value)


def normal_fingerprint(value: str) -> str:
    """Return a fingerprint as it is stored: without what openssl prints around it, without colons, in small letters."""
    return value.rpartition("=")[2].replace(":", "").replace(" ", "").lower()


def is_within(address: str, networks: Sequence[str]) -> bool:
    """Tell whether an address is one of these addresses or in one of these networks."""
    try:
        peer = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in ip_network(network) for network in networks)
