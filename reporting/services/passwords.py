"""The password asked for at signing (21 CFR 11.200: the private component of each later signing)."""

from datetime import timedelta

from django.contrib.auth.hashers import check_password
from django.db import connection
from django.utils import timezone

from hospitals.models import User
from pacs_core.audit.models import AuditEntry
from pacs_core.audit.services import record_audit
from reporting.errors import TooManyPasswordFailures, WrongPassword

FAILURES_ALLOWED = 5
FAILURES_WITHIN = timedelta(minutes=15)
_LOCK_SPACE = 7_301_010
_FAILED = "report.signing_password_wrong"


def verify_signing_password(*, user: User, password: str, report_id: int, hospital_id: int) -> None:
    """Raise WrongPassword, or TooManyPasswordFailures after five in a quarter of an hour; each failure is audited.

    Call it outside of a savepoint that the error would roll back: the audit entry is what counts failures. The lock
    holds parallel guesses of one account in line.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, user.pk])
    failures = AuditEntry.objects.filter(actor=user, action=_FAILED, at__gt=timezone.now() - FAILURES_WITHIN).count()
    if failures >= FAILURES_ALLOWED:
        raise TooManyPasswordFailures(
            f"{failures} wrong passwords in {FAILURES_WITHIN.seconds // 60} minutes: signing waits.\n"
            "Maybe sign out and use the password reset."
        )
    if not check_password(password, user.password):
        record_audit(action=_FAILED, object_type="report", object_id=report_id, hospital_id=hospital_id)
        raise WrongPassword("The password is not right. Nothing was signed.")
