"""The catalogue of procedures and the hospitals' names as JSON."""

from rest_framework import serializers

from routing_rules.models import Procedure, ProcedureMapping


class ProcedureSerializer(serializers.ModelSerializer):
    learnt_minutes = serializers.FloatField(read_only=True, allow_null=True, help_text="From the network's readings")
    number_of_readings = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Procedure
        fields = (
            *("id", "code", "name", "modality", "body_part", "subspecialty", "relative_value", "expected_minutes"),
            *("is_active", "learnt_minutes", "number_of_readings"),
        )
        # The service says what is wrong with a code, also that it is taken.
        extra_kwargs = {"code": {"validators": []}}


class ProcedureMappingSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField(slug_field="code", read_only=True)
    procedure = serializers.SlugRelatedField(
        slug_field="code",
        queryset=Procedure.objects.all(),
        allow_null=True,
        help_text="The catalogue's code; null sends the name back to those that wait",
    )
    mapped_by = serializers.SlugRelatedField(slug_field="email", read_only=True)

    class Meta:
        model = ProcedureMapping
        fields = (
            *("id", "hospital", "modality", "local_code", "local_description", "procedure", "number_of_studies"),
            *("first_seen_at", "last_seen_at", "mapped_at", "mapped_by"),
        )
        read_only_fields = tuple(name for name in fields if name != "procedure")
