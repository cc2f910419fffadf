"""Issue and open the certificates by which radiologists sign."""

from datetime import timedelta
from functools import cache
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from hospitals.models import User
from pacs_core.audit.services import record_audit
from reporting.errors import CannotSign
from reporting.models import SigningCertificate
from reporting.signature.authority import DemonstrationAuthority, issue_certificate, open_demonstration_authority
from reporting.signature.errors import TrustRootsUnreadable
from reporting.signature.key_protection import KeyProtector
from reporting.signature.signer import Signer, SoftwareSigner, read_certificates

# A certificate that ends sooner is replaced when one is asked for again.
RENEW_BEFORE_END = timedelta(days=30)
_LOCK_SPACE = 7_301_011


@cache
def key_protector() -> KeyProtector:
    """Return the protector of SIGNING_KEY_SECRET; several secrets, newest first, are divided by commas."""
    return KeyProtector(*(secret.strip() for secret in settings.SIGNING_KEY_SECRET.split(",")))


def demonstration_authority() -> DemonstrationAuthority:
    return open_demonstration_authority(home=settings.MERIDIAN_HOME, protector=key_protector(), now=timezone.now())


def trust_roots() -> tuple[asn1_x509.Certificate, ...]:
    """Return the roots a signature must lead to before its PDF is released: the demonstration's and the configured.

    Raises TrustRootsUnreadable when SIGNATURE_TRUST_ROOTS names no file of certificates.
    """
    return (*read_certificates(demonstration_authority().root_pem), *_configured_roots())


def _configured_roots() -> tuple[asn1_x509.Certificate, ...]:
    if not settings.SIGNATURE_TRUST_ROOTS:
        return ()
    try:
        roots = read_certificates(Path(settings.SIGNATURE_TRUST_ROOTS).read_bytes())
    except (OSError, ValueError) as error:
        raise TrustRootsUnreadable from error
    if not roots:
        raise TrustRootsUnreadable
    return roots


@transaction.atomic
def issue_signing_certificate(*, user: User) -> tuple[SigningCertificate, bool]:
    """Return the radiologist's certificate and whether it was issued now; one that is good for a month is kept.

    Raises CannotSign for another role, CommonNameUnusable for a name no certificate can carry.
    """
    if user.role != User.Role.RADIOLOGIST:
        raise CannotSign(f"{user.email} is {user.get_role_display().lower()}; only radiologists sign reports.")
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, user.pk])
    now = timezone.now()
    kept = SigningCertificate.objects.filter(
        user=user, common_name=user.name, revoked_at__isnull=True, not_after__gt=now + RENEW_BEFORE_END
    ).first()
    if kept is not None:
        return kept, False
    issued = issue_certificate(demonstration_authority(), common_name=user.name, protector=key_protector(), now=now)
    certificate = SigningCertificate.objects.create(
        user=user,
        common_name=issued.common_name,
        serial_number=issued.serial_number,
        certificate_pem=issued.certificate_pem.decode("ascii"),
        chain_pem=issued.chain_pem.decode("ascii"),
        encrypted_private_key=issued.encrypted_private_key,
        not_before=issued.not_valid_before,
        not_after=issued.not_valid_after,
        issued_at=now,
    )
    record_audit(
        action="signing_certificate.issued",
        object_type="signing_certificate",
        object_id=certificate.pk,
        detail={"user": user.pk},
    )
    return certificate, True


def signer_of_certificate(certificate: SigningCertificate) -> Signer:
    return SoftwareSigner(
        certificate_pem=certificate.certificate_pem.encode("ascii"),
        chain_pem=certificate.chain_pem.encode("ascii"),
        encrypted_private_key=bytes(certificate.encrypted_private_key),
        protector=key_protector(),
        revoked_at=certificate.revoked_at,
    )
