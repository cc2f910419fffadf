"""Trials: a draft or a rota replayed over past days, and the coming days simulated; background jobs with progress."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Trial(models.Model):
    """A background job of the coordinator; its result is figures and ids only, no patient.

    Seen by those who may see all of `hospital_ids`; only these hospitals' examinations are counted.
    """

    class Kind(models.TextChoices):
        REPLAY = "replay", "Replay of past days"
        SIMULATION = "simulation", "Simulation of coming days"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    kind = models.CharField(max_length=12, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    parameters = models.JSONField(default=dict)
    hospital_ids = models.JSONField(default=list, help_text="What the person who asked may see")
    progress = models.FloatField(default=0, help_text="0 to 1")
    progress_words = models.CharField(max_length=120, blank=True)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How many workers have begun it")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trials")
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(models.F("created_at").desc(), name="trial_by_time")]

    @property
    def is_under_way(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.RUNNING)
