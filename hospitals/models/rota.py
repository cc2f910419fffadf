"""When who reads: shifts with their breaks, templates, swaps, time off, holidays."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.utils import timezone

from hospitals.models.hospital import Hospital, validate_time_zone
from hospitals.models.people import User


class ShiftTemplate(models.Model):
    """A shift as it recurs: "Night neuro", 22:00 for 8 hours on the wall clock of its time zone."""

    name = models.CharField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    starts_at_time = models.TimeField()
    minutes = models.PositiveIntegerField()
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text="0 Monday to 6 Sunday")
    break_after_minutes = models.PositiveIntegerField(null=True, blank=True)
    break_minutes = models.PositiveIntegerField(default=0)
    is_on_call = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)


class TsTzRange(models.Func):
    """The span of a row as PostgreSQL's range, its end exclusive."""

    function = "tstzrange"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*expressions, **({"output_field": DateTimeRangeField()} | extra))


def _no_double_booking(name: str, *, is_on_call: bool) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[
            (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
            ("radiologist", RangeOperators.EQUAL),
        ],
        condition=models.Q(is_on_call=is_on_call),
    )


class Shift(models.Model):
    """A radiologist reads from starts_at to ends_at (UTC, end exclusive); on call: only when called.

    A drop-out sets `dropped_out_at`: nothing more is read in this shift from then on. A radiologist's shifts do not
    overlap; one on call may lie beside an ordinary one, which counts then.
    """

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_on_call = models.BooleanField(default=False)
    template = models.ForeignKey(ShiftTemplate, null=True, on_delete=models.SET_NULL, related_name="shifts")
    dropped_out_at = models.DateTimeField(null=True)
    drop_out_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_ends_after_start"
            ),
            models.UniqueConstraint("radiologist", "starts_at", name="shift_once"),
            _no_double_booking("shift_no_double_booking", is_on_call=False),
            _no_double_booking("shift_no_double_call", is_on_call=True),
        ]
        indexes = [models.Index("ends_at", name="shift_by_end")]


class ShiftBreak(models.Model):
    """A planned pause inside a shift: nothing new is opened in it."""

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="breaks")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_break_ends_after_start"
            )
        ]


class TimeOff(models.Model):
    """A radiologist is away: shifts inside do not count. What a radiologist asks for counts once it is agreed."""

    class Status(models.TextChoices):
        ASKED = "asked", "Waits for the coordinator"
        AGREED = "agreed", "Agreed"
        REFUSED = "refused", "Refused"

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="time_off")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.AGREED)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="time_off_ends_after_start"
            ),
        ]
        indexes = [models.Index("ends_at", name="time_off_by_end")]


class ShiftSwap(models.Model):
    """A reader offers a shift; a colleague takes it; a coordinator agrees."""

    class Status(models.TextChoices):
        OFFERED = "offered", "Offered"
        TAKEN = "taken", "Waits for the coordinator"
        AGREED = "agreed", "Agreed"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "The shift has begun"

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="swaps")
    offered_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    taken_by = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.OFFERED)
    note = models.CharField(max_length=200, blank=True)
    offered_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "shift", name="shift_swap_open_once", condition=models.Q(status__in=("offered", "taken"))
            )
        ]


class Holiday(models.Model):
    """A public holiday of a hospital, or of all hospitals (null): a fact for rules and a mark in the rota."""

    hospital = models.ForeignKey(Hospital, null=True, blank=True, on_delete=models.CASCADE, related_name="holidays")
    on = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint("hospital", "on", name="holiday_once", nulls_distinct=False)]


class ShiftFeed(models.Model):
    """The secret address at which a calendar program reads a radiologist's shifts; only the key's digest is kept."""

    radiologist = models.OneToOneField(User, on_delete=models.CASCADE, related_name="shift_feed")
    key_digest = models.CharField(max_length=64, unique=True, help_text="SHA-256, hexadecimal")
    created_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True)
