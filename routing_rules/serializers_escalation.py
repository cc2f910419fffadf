"""Escalation, notices and messages as JSON."""

from typing import Any

from rest_framework import serializers

from hospitals.models import User
from routing_rules.engine.escalation import STEPS
from routing_rules.models import EscalationStep, Notice, ReaderMessage
from routing_rules.selectors.escalation import Policy
from worklist.models import Priority


class EscalationPolicySerializer(serializers.Serializer):
    """Shares of the service level at which each step is taken; null is never."""

    priority = serializers.ChoiceField(choices=Priority.choices, read_only=True)
    remind_reader = serializers.FloatField(allow_null=True)
    widen_pool = serializers.FloatField(allow_null=True)
    alert_coordinator = serializers.FloatField(allow_null=True)
    call_on_call = serializers.FloatField(allow_null=True)
    edit_number = serializers.IntegerField(min_value=0, help_text="Of the policy that was looked at; another: 409")
    changed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    changed_by = serializers.EmailField(source="changed_by.email", read_only=True, allow_null=True)

    def to_representation(self, instance: Policy) -> dict[str, Any]:
        shares = {step: instance.shares.of(step) for step in STEPS}
        fixed = ("priority", "edit_number", "changed_at", "changed_by")
        values = {name: getattr(instance, name) for name in fixed}
        return super().to_representation(values | shares)


class EscalationStepSerializer(serializers.ModelSerializer):
    told = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of the people told")

    class Meta:
        model = EscalationStep
        fields = ("id", "worklist_item", "step", "deadline_at", "taken_at", "share", "told")


class NoticeSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField(slug_field="code", read_only=True)
    text = serializers.CharField(source="message.text", default="", help_text="Of a message")

    class Meta:
        model = Notice
        fields = ("id", "hospital", "kind", "worklist_item", "words", "text", "created_at", "read_at", "cleared_at")


class ReaderMessageSerializer(serializers.ModelSerializer):
    sender = serializers.SlugRelatedField(slug_field="email", read_only=True)
    recipient = serializers.SlugRelatedField(slug_field="email", read_only=True)
    read_at = serializers.DateTimeField(source="notice.read_at", read_only=True, allow_null=True)

    class Meta:
        model = ReaderMessage
        fields = ("id", "sender", "recipient", "worklist_item", "answers", "text", "sent_at", "read_at")


class SendMessageSerializer(serializers.Serializer):
    """Input: to readers by id, or to everybody on shift."""

    request_id = serializers.UUIDField(help_text="Sent twice, it is one message")
    recipients = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(role=User.Role.RADIOLOGIST), many=True, required=False, default=list
    )
    to_all_on_shift = serializers.BooleanField(default=False)
    worklist_item = serializers.IntegerField(required=False, allow_null=True, default=None)
    text = serializers.CharField(max_length=500)
