"""Rule sets and decisions as JSON."""

from rest_framework import serializers

from routing_rules.models import AssignmentDecision, RuleSet


class RuleSetSerializer(serializers.ModelSerializer):
    rules = serializers.ListField(child=serializers.DictField(), help_text="Ordered; the last one matches everything")
    published_by = serializers.SlugRelatedField(slug_field="email", read_only=True)

    class Meta:
        model = RuleSet
        fields = ("version", "rules", "note", "published_at", "published_by")
        read_only_fields = ("version", "published_at")


class CandidateSerializer(serializers.Serializer):
    reader_id = serializers.IntegerField()
    name = serializers.CharField()
    is_eligible = serializers.BooleanField()
    reason = serializers.CharField(help_text="The first reason out, or the load that ranked an eligible reader")
    open_minutes = serializers.FloatField()
    open_items = serializers.IntegerField()


class OutcomeSerializer(serializers.Serializer):
    reader_id = serializers.IntegerField(allow_null=True)
    summary = serializers.CharField()
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
