"""Notices by mail, for people who see no screen: an outbox of rows that a sweep sends, at least once.

A mail says at which hospital something needs attention, or what was decided on the recipient's own rota, and nothing
of a patient or an examination.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from pacs_core.access.scopes import all_hospitals_scope, hospital_scope, open_scope
from routing_rules.models import Notice, NoticeMail

logger = logging.getLogger(__name__)

# A call that is older than this is no help by mail any more; a decision on the rota is news for days.
SENT_WITHIN = timedelta(hours=2)
ROTA_SENT_WITHIN = timedelta(days=3)
MOST_AT_ONCE = 50
SUBJECTS = {
    Notice.Kind.CALL: "You are called: an examination at {hospital} needs a reader",
    Notice.Kind.ALERT: "An examination at {hospital} needs attention",
    Notice.Kind.ROTA: "Your request about the rota was decided",
}


def send_due_mails(*, now: datetime) -> int:
    """Send the mails that are due; return how many went out. One that fails is tried again, later each time."""
    with open_scope(all_hospitals_scope(process="mail")):
        is_news = Q(notice__created_at__gt=now - SENT_WITHIN)
        is_news |= Q(notice__kind=Notice.Kind.ROTA, notice__created_at__gt=now - ROTA_SENT_WITHIN)
        due = NoticeMail.objects.filter(is_news, sent_at__isnull=True, retry_at__lte=now)
        waiting = list(due.order_by("retry_at", "pk").values_list("pk", "hospital_id")[:MOST_AT_ONCE])
    return sum(_send(mail_id, hospital_id, now) for mail_id, hospital_id in waiting)


def _send(mail_id: int, hospital_id: int, now: datetime) -> bool:
    """Send one under the lock of its row, so that a second sweep leaves it alone."""
    with open_scope(hospital_scope(process="mail", hospital_id=hospital_id)), transaction.atomic():
        mail = (
            NoticeMail.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
            .select_related("notice__recipient", "hospital")
            .filter(pk=mail_id, sent_at__isnull=True)
            .first()
        )
        if mail is None:
            return False
        mail.attempts += 1
        try:
            if mail.notice.read_at is None and mail.notice.cleared_at is None:
                _message(mail).send()
            mail.sent_at, mail.last_error = now, ""
        except (SMTPException, OSError) as error:
            logger.warning("Mail of notice %s not sent: %s", mail.notice_id, type(error).__name__)
            mail.retry_at, mail.last_error = (
                now + timedelta(seconds=min(2**mail.attempts * 5, 600)),
                type(error).__name__,
            )
        mail.save(update_fields=["attempts", "sent_at", "retry_at", "last_error"])
        return mail.sent_at is not None


def _message(mail: NoticeMail) -> EmailMessage:
    subject = SUBJECTS[Notice.Kind(mail.notice.kind)].format(hospital=mail.hospital.code)
    said = mail.notice.words if mail.notice.kind == Notice.Kind.ROTA else f"{subject}."
    body = f"{said}\n\nSign in to see it: {settings.PUBLIC_URL}/\n"
    return EmailMessage(f"Meridian: {subject}", body, to=[mail.notice.recipient.email])
