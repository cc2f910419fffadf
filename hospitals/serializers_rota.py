"""Shifts, templates, time off, swaps and holidays as JSON."""

from typing import Any

from rest_framework import serializers

from hospitals.models import Holiday, Hospital, Shift, ShiftBreak, ShiftSwap, ShiftTemplate, TimeOff, User
from hospitals.spans import Span


class ReaderField(serializers.SlugRelatedField):
    """A radiologist by mail address."""

    def __init__(self, **options: Any) -> None:
        if not options.get("read_only"):
            options.setdefault("queryset", User.objects.filter(role=User.Role.RADIOLOGIST))
        super().__init__(slug_field="email", **options)


class ShiftBreakSerializer(serializers.ModelSerializer):
    class Meta:
        model = ShiftBreak
        fields = ("starts_at", "ends_at")


class ShiftSerializer(serializers.ModelSerializer):
    radiologist = ReaderField()
    breaks = ShiftBreakSerializer(many=True, required=False)
    template = serializers.SlugRelatedField(slug_field="name", read_only=True)

    class Meta:
        model = Shift
        fields = (
            *("id", "radiologist", "starts_at", "ends_at", "is_on_call", "breaks", "template"),
            *("dropped_out_at", "drop_out_reason"),
        )
        read_only_fields = ("dropped_out_at", "drop_out_reason")
        validators = ()

    def breaks_given(self) -> list[Span]:
        return [(pause["starts_at"], pause["ends_at"]) for pause in self.validated_data.get("breaks", ())]


class DropOutSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class CallInSerializer(serializers.Serializer):
    until = serializers.DateTimeField(help_text="Not after the end of the call")


class ShiftTemplateSerializer(serializers.ModelSerializer):
    class Meta:
        model = ShiftTemplate
        fields = (
            *("id", "name", "time_zone", "starts_at_time", "minutes", "weekdays"),
            *("break_after_minutes", "break_minutes", "is_on_call", "is_active"),
        )
        extra_kwargs = {
            # The service judges it, so that pages and API say the same.
            "weekdays": {"required": True},
        }


class ApplyTemplateSerializer(serializers.Serializer):
    radiologists = serializers.ListField(child=serializers.EmailField(), min_length=1, max_length=400)
    first = serializers.DateField(help_text="First day, in the template's time zone")
    last = serializers.DateField(help_text="Last day, inclusive")


class CopyWeekSerializer(serializers.Serializer):
    radiologists = serializers.ListField(child=serializers.EmailField(), min_length=1, max_length=400)
    monday = serializers.DateField()
    to_monday = serializers.DateField()
    time_zone = serializers.CharField(max_length=64)


class SkippedShiftSerializer(serializers.Serializer):
    radiologist = serializers.EmailField(source="radiologist.email")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PlannedSerializer(serializers.Serializer):
    """What became of many planned shifts; what was there already is counted only."""

    added = ShiftSerializer(many=True)
    already = serializers.SerializerMethodField()
    away = SkippedShiftSerializer(many=True)
    overlapping = SkippedShiftSerializer(many=True)

    def get_already(self, planned: Any) -> int:
        return len(planned.already)


class TimeOffSerializer(serializers.ModelSerializer):
    radiologist = ReaderField(required=False)
    status = serializers.ChoiceField(choices=TimeOff.Status.choices, read_only=True)

    class Meta:
        model = TimeOff
        fields = ("id", "radiologist", "starts_at", "ends_at", "reason", "status", "created_at", "decided_at")
        read_only_fields = ("created_at", "decided_at")
        validators = ()


class DecisionOnRequestSerializer(serializers.Serializer):
    agree = serializers.BooleanField()


class ShiftSwapSerializer(serializers.ModelSerializer):
    shift = serializers.PrimaryKeyRelatedField(queryset=Shift.objects.all())
    starts_at = serializers.DateTimeField(source="shift.starts_at", read_only=True)
    ends_at = serializers.DateTimeField(source="shift.ends_at", read_only=True)
    offered_by = ReaderField(read_only=True)
    taken_by = ReaderField(read_only=True)
    status = serializers.ChoiceField(choices=ShiftSwap.Status.choices, read_only=True)

    class Meta:
        model = ShiftSwap
        fields = (
            *("id", "shift", "starts_at", "ends_at", "offered_by", "taken_by", "status", "note"),
            *("offered_at", "decided_at"),
        )
        read_only_fields = ("offered_at", "decided_at")
        validators = ()


class HolidaySerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField(
        slug_field="code", queryset=Hospital.objects.all(), allow_null=True, required=False
    )

    class Meta:
        model = Holiday
        fields = ("id", "hospital", "on", "name")
        validators = ()


class ImportHolidaysSerializer(serializers.Serializer):
    jurisdiction = serializers.CharField(max_length=16, help_text="ISO 3166: DE, US-NY")
    year = serializers.IntegerField(min_value=2000, max_value=2100)
    hospital = serializers.SlugRelatedField(
        slug_field="code", queryset=Hospital.objects.all(), allow_null=True, required=False
    )


class GapSerializer(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    subspecialty = serializers.CharField(allow_blank=True, help_text="Empty: no reader at all")
    on_call = serializers.BooleanField(help_text="Somebody who could be called is on call")
