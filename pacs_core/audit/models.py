"""Who saw or changed what (IHE ITI-20 in spirit); rows are only ever added, a trigger holds that."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class AuditEntry(models.Model):
    """One look, change or refusal; `detail` holds ids and codes, never patient data."""

    at = models.DateTimeField(default=timezone.now)
    hospital = models.ForeignKey(settings.TENANT_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_role = models.CharField(max_length=30, blank=True)
    process = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index("hospital", models.F("at").desc(), name="audit_by_time"),
            models.Index("object_type", "object_id", name="audit_by_object"),
        ]
