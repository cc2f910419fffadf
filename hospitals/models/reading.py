"""Who may read what, and when."""

from django.db import models
from django.utils import timezone

from hospitals.models.hospital import Hospital
from hospitals.models.people import User

SUBSPECIALTIES = ("neuro", "body", "musculoskeletal", "chest", "breast", "paediatric", "nuclear")


class ReadingPrivilege(models.Model):
    """A radiologist may read this modality at this hospital (empty modality: any)."""

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reading_privileges")
    hospital = models.ForeignKey(Hospital, on_delete=models.CASCADE, related_name="reading_privileges")
    modality = models.CharField(max_length=16, blank=True)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("radiologist", "hospital", "modality", name="privilege_once")]


class Shift(models.Model):
    """A radiologist reads from starts_at to ends_at (UTC, end exclusive)."""

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_ends_after_start"
            ),
            models.UniqueConstraint("radiologist", "starts_at", name="shift_once"),
        ]
        indexes = [models.Index("ends_at", name="shift_by_end")]
