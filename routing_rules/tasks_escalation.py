"""Celery tasks of escalation and notices; each looks at rows, so a lost message costs only seconds."""

from django.conf import settings
from django.utils import timezone

from pacs_core.access.scopes import all_hospitals_scope, open_scope
from pacs_core.events.durable_task import periodic_task
from routing_rules.services.escalation import take_due_steps
from routing_rules.services.notice_mails import send_due_mails
from routing_rules.services.notices import clear_notices
from routing_rules.services.rule_notices import tell_what_rules_ask


@periodic_task(every_seconds=5)
def sweep_escalation() -> None:
    """Take the steps whose share of the service level is used."""
    take_due_steps(now=timezone.now())


@periodic_task(every_seconds=5)
def sweep_notices() -> None:
    """Tell whom rules name, then clear what is no longer true."""
    now = timezone.now()
    tell_what_rules_ask(now=now)
    with open_scope(all_hospitals_scope(process="notices")):
        clear_notices(now=now)


@periodic_task(every_seconds=10)
def send_notice_mails() -> None:
    """Send alerts and calls by mail, where mail is configured."""
    if settings.NOTICE_MAIL:
        send_due_mails(now=timezone.now())
