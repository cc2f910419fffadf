"""The procedure map: each hospital's codes and descriptions to the network's one catalogue."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pacs_core.access.models import TenantModel
from worklist.models import WorklistItem


class Procedure(models.Model):
    """An entry of the network's catalogue: what an examination is, what it is worth and how long it takes."""

    code = models.CharField(max_length=40, unique=True, help_text="CT_HEAD; RadLex Playbook or the network's own")
    name = models.CharField(max_length=120)
    modality = models.CharField(max_length=16)
    body_part = models.CharField(max_length=40, blank=True)
    subspecialty = models.CharField(max_length=20, blank=True, help_text="Of hospitals.models.reading.SUBSPECIALTIES")
    relative_value = models.FloatField(help_text="Work relative value units (wRVU)")
    expected_minutes = models.FloatField(help_text="For an average specialist, until enough readings are known")
    is_active = models.BooleanField(default=True)


class ProcedureMapping(TenantModel):
    """What a hospital calls a procedure; without a procedure it waits for a person."""

    modality = models.CharField(max_length=16, blank=True)
    local_code = models.CharField(max_length=64, blank=True)
    local_description = models.CharField(max_length=200, blank=True, help_text="Upper case, single spaces")
    procedure = models.ForeignKey(Procedure, null=True, on_delete=models.PROTECT, related_name="mappings")
    number_of_studies = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    mapped_at = models.DateTimeField(null=True)
    mapped_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "hospital", "modality", "local_code", "local_description", name="procedure_mapping_once"
            )
        ]


class LearntReadingTime(models.Model):
    """Minutes learnt from the network's readings: of a procedure (no reader), or a reader's factor (no procedure)."""

    procedure = models.ForeignKey(Procedure, null=True, on_delete=models.CASCADE, related_name="learnt_times")
    radiologist = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="learnt_times"
    )
    minutes = models.FloatField(null=True, help_text="Robust mean for an average reader")
    speed_factor = models.FloatField(null=True, help_text="1.1 = 10 % slower than the average reader")
    number_of_readings = models.PositiveIntegerField()
    learnt_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("procedure", "radiologist", name="learnt_reading_time_once", nulls_distinct=False)
        ]


class ItemProcedure(TenantModel):
    """Under which of its hospital's names an item was seen; the row of the map is counted by these."""

    worklist_item = models.OneToOneField(WorklistItem, on_delete=models.CASCADE, related_name="item_procedure")
    mapping = models.ForeignKey(ProcedureMapping, on_delete=models.PROTECT, related_name="item_procedures")


class LearningRun(models.Model):
    """One run of learning reading times from finished readings: asked for, its progress, what it left out and why."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    progress = models.FloatField(default=0, help_text="0 to 1")
    progress_words = models.CharField(max_length=120, blank=True)
    readings_found = models.PositiveIntegerField(default=0)
    readings_used = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict, help_text="routing_rules.engine.reading_times.LEFT_OUT: how many")
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    heartbeat_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                name="learning_run_one_at_a_time",
                condition=models.Q(status__in=("waiting", "running")),
            )
        ]
