"""Proof of time from an RFC 3161 authority over HTTP."""

from collections.abc import Iterable

from asn1crypto import x509 as asn1_x509
from pyhanko.sign.timestamps import HTTPTimeStamper

from reporting.signature.signing import TimestampPolicy

REQUEST_TIMEOUT_SECONDS = 8


def http_timestamp_policy(
    url: str,
    *,
    trust_roots: Iterable[asn1_x509.Certificate],
    other_certificates: Iterable[asn1_x509.Certificate] = (),
    revocation_lists: Iterable[bytes] = (),
    headers: dict[str, str] | None = None,
) -> TimestampPolicy:
    """Return the policy for an authority at `url`; B-LT with revocation lists (DER) for every chain, else B-T."""
    return TimestampPolicy(
        timestamper=HTTPTimeStamper(url, timeout=REQUEST_TIMEOUT_SECONDS, headers=headers),
        trust_roots=tuple(trust_roots),
        other_certificates=tuple(other_certificates),
        revocation_lists=tuple(revocation_lists),
    )
