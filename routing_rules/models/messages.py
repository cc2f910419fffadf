"""What people are told: notices behind the bell, messages of coordinators, and what rules asked to be told."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from hospitals.models import LapseNotice
from pacs_core.access.models import TenantModel
from routing_rules.models.escalation import EscalationStep
from worklist.models import WorklistItem


class ReaderMessage(TenantModel):
    """A coordinator's message to a reader, or the reader's reply; its notice carries when it was read."""

    request_id = models.UUIDField(unique=True, help_text="Given by the form: sent twice, it is one message")
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    worklist_item = models.ForeignKey(WorklistItem, null=True, on_delete=models.PROTECT, related_name="reader_messages")
    answers = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="replies", help_text="The message replied to"
    )
    text = models.CharField(max_length=500)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index("recipient", models.F("sent_at").desc(), name="message_of_reader")]


class RuleNotice(TenantModel):
    """A rule's effect `notify` has been carried out for an item: once, whatever else happens to it."""

    worklist_item = models.ForeignKey(WorklistItem, on_delete=models.PROTECT, related_name="rule_notices")
    rule_name = models.CharField(max_length=200)
    told_at = models.DateTimeField(default=timezone.now)
    told = models.JSONField(default=list, help_text="Ids of the people told")

    class Meta:
        constraints = [models.UniqueConstraint("worklist_item", "rule_name", name="rule_notice_once")]


class Notice(TenantModel):
    """One person is told one thing; shown live and in the list behind the bell until it is read or no longer true."""

    class Kind(models.TextChoices):
        REMINDER = "reminder", "Reminder"
        ALERT = "alert", "Alert"
        CALL = "call", "Call"
        RULE = "rule", "Rule"
        MESSAGE = "message", "Message"
        LAPSE = "lapse", "Right lapses"
        ROTA = "rota", "Rota"

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    worklist_item = models.ForeignKey(WorklistItem, null=True, on_delete=models.PROTECT, related_name="notices")
    step = models.ForeignKey(EscalationStep, null=True, on_delete=models.PROTECT, related_name="notices")
    rule_notice = models.ForeignKey(RuleNotice, null=True, on_delete=models.PROTECT, related_name="notices")
    message = models.OneToOneField(ReaderMessage, null=True, on_delete=models.PROTECT, related_name="notice")
    lapse_notice = models.ForeignKey(LapseNotice, null=True, on_delete=models.CASCADE, related_name="+")
    rota_request = models.CharField(
        max_length=40,
        blank=True,
        help_text="The swap or time off decided, kind:id; no key: who removes it may not see its notices",
    )
    is_for_reader = models.BooleanField(
        default=False, help_text="Told as the examination's reader: cleared when it goes to another one"
    )
    words = models.CharField(max_length=200, blank=True, help_text="What it says beside its examination; no patient")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, help_text="When the person said so")
    cleared_at = models.DateTimeField(null=True, help_text="When it was no longer true: nobody needs to read it")

    class Meta:
        constraints = [
            models.UniqueConstraint("step", "recipient", name="notice_of_step_once"),
            models.UniqueConstraint("rule_notice", "recipient", name="notice_of_rule_once"),
            models.UniqueConstraint("lapse_notice", "recipient", name="notice_of_lapse_once"),
            models.UniqueConstraint(
                "rota_request", "recipient", name="notice_of_rota_once", condition=~models.Q(rota_request="")
            ),
        ]
        indexes = [
            models.Index("recipient", models.F("created_at").desc(), name="notice_of_person"),
            models.Index(
                "recipient",
                name="notice_unread",
                condition=models.Q(read_at__isnull=True, cleared_at__isnull=True),
            ),
        ]

    @property
    def is_unread(self) -> bool:
        return self.read_at is None and self.cleared_at is None


class NoticeMail(TenantModel):
    """A notice that also goes out by mail, where mail is configured; sent by a sweep, never in the notice's way."""

    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, related_name="mail")
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=100, blank=True, help_text="The error's class: its text may quote people")

    class Meta:
        indexes = [models.Index("retry_at", name="notice_mail_open", condition=models.Q(sent_at__isnull=True))]
