"""Rule sets, drafts and what they would do, as JSON."""

from rest_framework import serializers

from routing_rules.models import RuleSet

RULES_HELP = "Ordered; the last one matches everything"


class RuleSetSerializer(serializers.ModelSerializer):
    rules = serializers.ListField(child=serializers.DictField(), help_text=RULES_HELP)
    published_by = serializers.SlugRelatedField(slug_field="email", read_only=True)
    rolls_back_to = serializers.SlugRelatedField(
        slug_field="version", read_only=True, help_text="The version whose rules were published anew"
    )

    class Meta:
        model = RuleSet
        fields = ("version", "rules", "note", "published_at", "published_by", "rolls_back_to")
        read_only_fields = ("version", "published_at")


class RollBackSerializer(serializers.Serializer):
    note = serializers.CharField(max_length=300, help_text="Why")


class RuleSetDraftSerializer(serializers.ModelSerializer):
    edited_by = serializers.SlugRelatedField(slug_field="email", read_only=True)
    based_on = serializers.SlugRelatedField(slug_field="version", read_only=True)
    rules = serializers.ListField(child=serializers.DictField(), help_text=RULES_HELP)

    class Meta:
        model = RuleSet
        fields = ("id", "name", "rules", "based_on", "edit_number", "edited_at", "edited_by")
        read_only_fields = ("edited_at",)


class NewDraftSerializer(serializers.Serializer):
    """A draft of the rules in force, of an older version, or of rules that come with it."""

    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, help_text="The version to begin with; absent: the one in force")
    rules = serializers.ListField(child=serializers.DictField(), required=False, help_text=RULES_HELP)


class DraftEditSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    rules = serializers.ListField(child=serializers.DictField(), help_text=RULES_HELP)
    edit_number = serializers.IntegerField(help_text="As read; 409 when somebody saved in between")


class PublicationSerializer(serializers.Serializer):
    edit_number = serializers.IntegerField(help_text="As read; 409 when somebody saved in between")
    note = serializers.CharField(max_length=300, help_text="Why")
    compared_with = serializers.IntegerField(
        required=False, help_text="The version in force when it was compared; 409 when it is another by now"
    )


class TriedRulesSerializer(serializers.Serializer):
    rules = serializers.ListField(child=serializers.DictField(), help_text=RULES_HELP)


class TriedRuleSerializer(serializers.Serializer):
    name = serializers.CharField()
    words = serializers.CharField(help_text="The rule as a sentence")
    now = serializers.IntegerField(help_text="Waiting examinations that it takes")
    recent = serializers.IntegerField(help_text="Examinations of the last 30 days that it takes")


class TriedWholeSerializer(serializers.Serializer):
    now = serializers.IntegerField()
    recent = serializers.IntegerField()
    differing_now = serializers.IntegerField(help_text="Waiting ones that the rules in force treat differently")
    differing_recent = serializers.IntegerField()
    words = serializers.CharField()


class FindingSerializer(serializers.Serializer):
    position = serializers.IntegerField(allow_null=True, help_text="Of the rule; null for a gap in the rota")
    rules = serializers.ListField(child=serializers.CharField(), help_text="Names of the rules involved")
    kind = serializers.CharField()
    blocks = serializers.BooleanField(help_text="The rules cannot be published with it")
    tone = serializers.CharField()
    label = serializers.CharField()
    words = serializers.CharField()


class TrialOfRulesSerializer(serializers.Serializer):
    """What rules would do with the examinations of the caller's hospitals, and what is wrong with them."""

    rules = TriedRuleSerializer(many=True)
    whole = TriedWholeSerializer()
    findings = FindingSerializer(many=True)
