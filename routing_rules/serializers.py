"""Decisions as JSON."""

from rest_framework import serializers

from routing_rules.models import AssignmentDecision


class CandidateSerializer(serializers.Serializer):
    reader_id = serializers.IntegerField()
    name = serializers.CharField()
    is_eligible = serializers.BooleanField()
    reason = serializers.CharField(help_text="The first reason out, or what an eligible reader's score is made of")
    score = serializers.FloatField(
        required=False, allow_null=True, help_text="Cost in weighted late minutes, the smallest is best; null when out"
    )
    parts = serializers.DictField(
        required=False, allow_null=True, child=serializers.FloatField(), help_text="The score's summands by name"
    )
    starts_in = serializers.FloatField(required=False, allow_null=True, help_text="Minutes from the decision")
    finishes_in = serializers.FloatField(required=False, allow_null=True, help_text="Minutes from the decision")


class OutcomeSerializer(serializers.Serializer):
    reader_id = serializers.IntegerField(allow_null=True)
    summary = serializers.CharField()
    place = serializers.IntegerField(required=False, help_text="In the reader's list; 0 for nobody's")
    required_subspecialty = serializers.CharField(allow_blank=True)
    matched_rules = serializers.ListField(child=serializers.CharField())
    candidates = CandidateSerializer(many=True)


class AssignmentDecisionSerializer(serializers.ModelSerializer):
    decision = OutcomeSerializer()
    rule_set_version = serializers.IntegerField(source="rule_set.version")
    facts = serializers.DictField()

    class Meta:
        model = AssignmentDecision
        fields = ("id", "worklist_item", "decided_at", "rule_set_version", "facts", "decision")


class AssignmentSerializer(serializers.Serializer):
    """Input of a coordinator who assigns by hand."""

    radiologist = serializers.IntegerField(help_text="The reader's id")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
