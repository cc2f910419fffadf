"""Which certificate a radiologist signs with."""

from datetime import datetime

from hospitals.models import User
from reporting.errors import CannotSign
from reporting.models import SigningCertificate


def certificate_for_signing(*, user: User, at: datetime) -> SigningCertificate:
    """Return the newest certificate that is valid at `at` and names the user; CannotSign says what is wrong."""
    newest = SigningCertificate.objects.filter(user=user).order_by("-not_after", "-pk").first()
    if newest is None:
        raise CannotSign(
            f"{user.name} has no signing certificate.\n"
            "Maybe an administrator has to run: manage.py issue_signing_certificate " + user.email
        )
    valid = SigningCertificate.objects.filter(
        user=user, revoked_at__isnull=True, not_before__lte=at, not_after__gt=at, common_name=user.name
    )
    found = valid.order_by("-not_after", "-pk").first()
    if found is None:
        raise CannotSign(f"{user.name} has no certificate that can sign now: {_fault(newest, user, at)}.")
    return found


def _fault(certificate: SigningCertificate, user: User, at: datetime) -> str:
    if certificate.revoked_at is not None:
        return f"it was revoked on {certificate.revoked_at.date()}"
    if certificate.not_after <= at:
        return f"it expired on {certificate.not_after.date()}"
    if certificate.not_before > at:
        return f"it is valid only from {certificate.not_before.date()}"
    return f"it was issued to {certificate.common_name}, not to {user.name}"
