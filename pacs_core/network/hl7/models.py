"""Senders of HL7 messages, and the messages that were stored."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel


class Hl7Source(models.Model):
    """A sender of HL7 messages: MSH-3 and MSH-4 name it, its messages act for its hospital."""

    hospital = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="hl7_sources")
    sending_application = models.CharField(max_length=180)
    sending_facility = models.CharField(max_length=180)
    last_message_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("sending_application", "sending_facility", name="hl7_source_once"),
        ]


class ReceivedMessage(TenantModel):
    """An HL7 message that was stored, with the acknowledgement it got; sent again, it gets the same one."""

    source = models.ForeignKey(Hl7Source, on_delete=models.PROTECT, related_name="+")
    message_control_id = models.CharField(max_length=199, help_text="MSH-10")
    message_type = models.CharField(max_length=20)
    body = models.BinaryField()
    body_sha256 = models.CharField(max_length=64)
    acknowledgement = models.TextField()
    acknowledgement_code = models.CharField(max_length=2, help_text="AA, AE or AR (HL7 table 0008)")
    reason = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("source", "message_control_id", "body_sha256", name="hl7_message_once"),
        ]
