"""Trials as JSON."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from hospitals.models import User
from hospitals.selectors.rota import RotaChange
from routing_rules.models import RuleSet, Trial
from routing_rules.selectors.trials import readers_to_choose
from routing_rules.services.trials import MOST_DAYS_REPLAYED, MOST_RUNS

MOST_CHANGES = 1000


class _ReaderInScope(serializers.PrimaryKeyRelatedField):
    """A reader of the hospitals in scope, as the form offers them; others are as unknown as made-up ids."""

    def get_queryset(self) -> QuerySet[User]:
        return readers_to_choose()


class RotaChangeSerializer(serializers.Serializer):
    """A stretch in which a reader reads though the rota says not, or the other way round."""

    adds = serializers.BooleanField(help_text="True: reads more; false: reads less")
    radiologist_id = _ReaderInScope(queryset=User.objects.none())
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["ends_at"] <= attrs["starts_at"]:
            raise serializers.ValidationError({"ends_at": "Ends before it begins."})
        return attrs


class TrialRequestSerializer(serializers.Serializer):
    """A trial to be begun; `runs` and `seed` are for simulations."""

    kind = serializers.ChoiceField(choices=Trial.Kind.choices)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS_REPLAYED)
    rule_set = serializers.PrimaryKeyRelatedField(
        queryset=RuleSet.objects.all(), required=False, allow_null=True, default=None, help_text="None: those in force"
    )
    rota_changes = RotaChangeSerializer(many=True, required=False, default=list)
    runs = serializers.IntegerField(min_value=1, max_value=MOST_RUNS, default=12)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=1)

    def validate_rota_changes(self, changes: list[dict[str, Any]]) -> list[RotaChange]:
        if len(changes) > MOST_CHANGES:
            raise serializers.ValidationError(f"At most {MOST_CHANGES} changes.")
        return [
            RotaChange(change["adds"], change["radiologist_id"].pk, change["starts_at"], change["ends_at"])
            for change in changes
        ]


class TrialSerializer(serializers.ModelSerializer):
    """A trial without its result."""

    created_by = serializers.SlugRelatedField(slug_field="email", read_only=True)

    class Meta:
        model = Trial
        fields = (
            *("id", "kind", "status", "progress", "progress_words", "error", "hospital_ids"),
            *("created_at", "created_by", "started_at", "finished_at"),
        )
        read_only_fields = fields


class TrialResultSerializer(TrialSerializer):
    """A trial with what was tried and its figures."""

    class Meta(TrialSerializer.Meta):
        fields = (*TrialSerializer.Meta.fields, "parameters", "result")
        read_only_fields = fields
