"""Signing in: the password check that sign-in and signing share, with a limit on guesses."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from hospitals.models import User
from pacs_core.access.scopes import Principal, Scope, open_scope
from pacs_core.audit.models import AuditEntry
from pacs_core.audit.services import record_audit

GUESSES = 10
LOCKED_FOR = timedelta(minutes=15)


class TooManyGuesses(Exception):
    """The account is locked for a while; the right password is refused too."""


def password_is_right(*, user: User, password: str, purpose: str, address: str = "") -> bool:
    """Check a password for `purpose` ("sign_in" or "signing"); count refusals; TooManyGuesses when locked.

    The refusal is recorded in a scope of its own, without a hospital.
    """
    if _recent_refusals(user) >= GUESSES:
        raise TooManyGuesses(f"Too many wrong passwords. Maybe try again in {LOCKED_FOR.seconds // 60} minutes.")
    if user.is_active and user.check_password(password):
        return True
    with open_scope(Scope(frozenset(), Principal(user_id=user.pk, role=user.role, address=address))):
        record_audit(action="password.refused", object_type="user", object_id=user.pk, detail={"purpose": purpose})
    return False


def user_of_sign_in(*, email: str, password: str, address: str = "") -> User | None:
    """Return the user whose address and password these are, else None; an unknown address takes as long."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None or (settings.PRODUCTION and user.is_demonstration):
        make_password(password)
        return None
    return user if password_is_right(user=user, password=password, purpose="sign_in", address=address) else None


def _recent_refusals(user: User) -> int:
    return AuditEntry.objects.filter(
        object_type="user",
        object_id=str(user.pk),
        action="password.refused",
        at__gt=timezone.now() - LOCKED_FOR,
    ).count()
