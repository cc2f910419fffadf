"""The demonstration's certificate authority: an EC P-256 root, an intermediate that issues, revocation lists.

A real installation brings certificates of its own authority; only demonstrations and tests sign under this one.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reporting.signature.errors import CommonNameUnusable
from reporting.signature.key_protection import KeyProtector, write_once

AUTHORITY_FILE_NAME = "demonstration_authority.json"
ROOT_LIFETIME = timedelta(days=3650)
SIGNER_LIFETIME = timedelta(days=730)
CLOCK_TOLERANCE = timedelta(minutes=5)
LONGEST_COMMON_NAME = 64  # X.520, ub-common-name

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, kw_only=True)
class IssuedCertificate:
    """A signer's certificate with its chain (the issuer first, no root) and, when made here, its encrypted key."""

    certificate_pem: bytes
    chain_pem: bytes
    encrypted_private_key: bytes = field(default=b"", repr=False)
    common_name: str
    serial_number: str
    sha256: str
    not_valid_before: datetime
    not_valid_after: datetime


@dataclass(frozen=True, kw_only=True)
class DemonstrationAuthority:
    """The authority's certificates and encrypted keys."""

    root_pem: bytes
    intermediate_pem: bytes
    encrypted_root_key: bytes = field(repr=False)
    encrypted_intermediate_key: bytes = field(repr=False)

    @property
    def root(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.root_pem)

    @property
    def intermediate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.intermediate_pem)


def open_demonstration_authority(*, home: Path, protector: KeyProtector, now: datetime) -> DemonstrationAuthority:
    """Return the authority kept under `home`/secrets, made at first; several processes may call this at once."""
    path = home / "secrets" / AUTHORITY_FILE_NAME
    if not path.exists():
        made = make_authority(protector=protector, now=now)
        write_once(
            path, json.dumps({name: value.decode("ascii") for name, value in vars(made).items()}).encode("ascii")
        )
    kept = json.loads(path.read_text(encoding="ascii"))
    return DemonstrationAuthority(**{name: value.encode("ascii") for name, value in kept.items()})


def make_authority(*, protector: KeyProtector, now: datetime) -> DemonstrationAuthority:
    root_key, intermediate_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = _name("Meridian demonstration root")
    root = _builder(root_name, root_name, root_key.public_key(), now, ROOT_LIFETIME)
    root = _as_authority(root, root_key.public_key(), root_key.public_key(), path_length=1)
    root_certificate = root.sign(root_key, hashes.SHA256())
    intermediate = _builder(
        _name("Meridian demonstration signers"), root_name, intermediate_key.public_key(), now, ROOT_LIFETIME
    )
    intermediate = _as_authority(intermediate, intermediate_key.public_key(), root_key.public_key(), path_length=0)
    return DemonstrationAuthority(
        root_pem=_pem(root_certificate),
        intermediate_pem=_pem(intermediate.sign(root_key, hashes.SHA256())),
        encrypted_root_key=protector.encrypt(root_key),
        encrypted_intermediate_key=protector.encrypt(intermediate_key),
    )


def issue_certificate(
    authority: DemonstrationAuthority,
    *,
    common_name: str,
    protector: KeyProtector,
    now: datetime,
    lifetime: timedelta = SIGNER_LIFETIME,
) -> IssuedCertificate:
    """Make a P-256 key and its certificate; `common_name` is the printed name. Raises CommonNameUnusable."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    return certify_public_key(
        authority,
        public_key=private_key.public_key(),
        common_name=common_name,
        protector=protector,
        now=now,
        lifetime=lifetime,
        encrypted_private_key=protector.encrypt(private_key),
    )


def certify_public_key(
    authority: DemonstrationAuthority,
    *,
    public_key: PublicKey,
    common_name: str,
    protector: KeyProtector,
    now: datetime,
    lifetime: timedelta = SIGNER_LIFETIME,
    encrypted_private_key: bytes = b"",
) -> IssuedCertificate:
    """Issue a certificate for a key made elsewhere, as in a token that never shows it."""
    if not 1 <= len(common_name) <= LONGEST_COMMON_NAME:
        raise CommonNameUnusable(length=len(common_name))
    issuer = authority.intermediate
    builder = _builder(_name(common_name), issuer.subject, public_key, now, lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(digital_signature=True, content_commitment=True), critical=True)
    builder = _with_key_identifiers(builder, public_key, issuer.public_key())
    certificate = builder.sign(protector.decrypt(authority.encrypted_intermediate_key), hashes.SHA256())
    return IssuedCertificate(
        certificate_pem=_pem(certificate),
        chain_pem=authority.intermediate_pem,
        encrypted_private_key=encrypted_private_key,
        common_name=common_name,
        serial_number=f"{certificate.serial_number:x}",
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        not_valid_before=certificate.not_valid_before_utc,
        not_valid_after=certificate.not_valid_after_utc,
    )


def certify_timestamp_key(
    authority: DemonstrationAuthority, *, public_key: PublicKey, protector: KeyProtector, now: datetime
) -> x509.Certificate:
    """Issue a timestamp authority's certificate (RFC 3161, 2.3: only time stamping, critical)."""
    issuer = authority.intermediate
    builder = _builder(_name("Meridian demonstration time"), issuer.subject, public_key, now, SIGNER_LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    builder = _with_key_identifiers(builder, public_key, issuer.public_key())
    return builder.sign(protector.decrypt(authority.encrypted_intermediate_key), hashes.SHA256())


def make_revocation_lists(
    authority: DemonstrationAuthority,
    *,
    revoked: Iterable[tuple[str, datetime]],
    protector: KeyProtector,
    now: datetime,
    lifetime: timedelta = timedelta(days=7),
) -> tuple[bytes, ...]:
    """Return the DER revocation lists of intermediate and root; `revoked` names signers by serial number in hex."""
    signers = (authority.intermediate.subject, authority.encrypted_intermediate_key, list(revoked))
    authorities = (authority.root.subject, authority.encrypted_root_key, [])
    lists = []
    for issuer, encrypted_key, entries in (signers, authorities):
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer)
        builder = builder.last_update(now - CLOCK_TOLERANCE).next_update(now + lifetime)
        key = protector.decrypt(encrypted_key)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        for serial_number, revoked_at in entries:
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial_number, 16)).revocation_date(revoked_at)
            builder = builder.add_revoked_certificate(entry.build())
        revocation_list = builder.sign(key, hashes.SHA256())
        lists.append(revocation_list.public_bytes(Encoding.DER))
    return tuple(lists)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: PublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + lifetime)
    )


def _as_authority(
    builder: x509.CertificateBuilder,
    public_key: PublicKey,
    issuer_key: PublicKey,
    *,
    path_length: int,
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    return _with_key_identifiers(builder, public_key, issuer_key)


def _with_key_identifiers(
    builder: x509.CertificateBuilder, public_key: PublicKey, issuer_key: PublicKey
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    return builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)


def _key_usage(**allowed: bool) -> x509.KeyUsage:
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    every += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{usage: allowed.get(usage, False) for usage in every})


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
