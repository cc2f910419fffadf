"""The API's shapes of patients, their changes and links; values only, no logic."""

from rest_framework import serializers

from pacs_core.archive.models import NationalIdentifierRule, Patient, PatientChange, PatientIdentifier, PatientLink


class PatientIdentifierSerializer(serializers.ModelSerializer):
    class Meta:
        model = PatientIdentifier
        fields = ("value", "issuer", "type_code")


class PatientSerializer(serializers.ModelSerializer):
    """A patient of one hospital; `person` is equal for records that are linked, null where no other one is in view."""

    hospital = serializers.SlugRelatedField("code", read_only=True)
    number_of_studies = serializers.IntegerField(read_only=True)
    person = serializers.IntegerField(source="person_in_view", read_only=True, allow_null=True)

    class Meta:
        model = Patient
        fields = (
            "id",
            "hospital",
            "patient_id",
            "issuer_of_patient_id",
            "name",
            "birth_date",
            "sex",
            "person",
            "number_of_studies",
        )


class PatientDetailSerializer(PatientSerializer):
    """With its other numbers, its old IDs (those of merged records), and whom it was merged into."""

    number_of_studies = serializers.IntegerField(source="studies.count", read_only=True)
    identifiers = PatientIdentifierSerializer(many=True, read_only=True)
    old_ids = serializers.SlugRelatedField("patient_id", source="aliases", many=True, read_only=True)

    class Meta(PatientSerializer.Meta):
        fields = (*PatientSerializer.Meta.fields, "merged_into", "identifiers", "old_ids")


class PatientSearchSerializer(serializers.Serializer):
    """Words of name, ID, old ID or other number; in a body, since they name a patient."""

    search = serializers.CharField(max_length=100, required=False, default="")
    hospital = serializers.IntegerField(required=False, allow_null=True, default=None, help_text="Id of a hospital")


class _ReasonGivenSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300, help_text="Kept in the patient's history")


class PatientMergeSerializer(_ReasonGivenSerializer):
    merged_patient = serializers.IntegerField(help_text="The record that is merged into this one")


class StudyMoveSerializer(_ReasonGivenSerializer):
    study = serializers.IntegerField(help_text="Id of the study that becomes this patient's")
    with_order = serializers.BooleanField(default=False)


class CorrectionSerializer(_ReasonGivenSerializer):
    """What is left out stays; what is given empty is emptied."""

    name = serializers.CharField(max_length=324, required=False, allow_blank=True, help_text="FAMILY^GIVEN^MIDDLE")
    birth_date = serializers.DateField(required=False, allow_null=True)
    sex = serializers.ChoiceField(choices=["F", "M", "O"], required=False, allow_blank=True)


class ChangeUndoSerializer(_ReasonGivenSerializer):
    pass


class PatientChangeSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)

    class Meta:
        model = PatientChange
        fields = (
            "id",
            "hospital",
            "kind",
            "patient",
            "other_patient",
            "before",
            "after",
            "study_ids",
            "order_ids",
            "source",
            "message_control_id",
            "actor",
            "reason",
            "at",
            "undone_at",
            "undone_by",
            "undo_reason",
        )


class PatientLinkSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)
    other_hospital = serializers.SlugRelatedField("code", read_only=True)
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = PatientLink
        fields = (
            "id",
            "hospital",
            "other_hospital",
            "patient",
            "other_patient",
            "status",
            "basis",
            "reasons",
            "score",
            "created_at",
            "decided_at",
            "decided_by",
            "decision_reason",
        )


class LinkCreationSerializer(_ReasonGivenSerializer):
    patient = serializers.IntegerField()
    other_patient = serializers.IntegerField()


class LinkDecisionSerializer(_ReasonGivenSerializer):
    status = serializers.ChoiceField(choices=["linked", "declined"], help_text="declined also unlinks")


class NationalIdentifierRuleSerializer(serializers.ModelSerializer):
    hospital = serializers.CharField(source="hospital.code", help_text="The hospital's code")
    issuer = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    type_code = serializers.CharField(max_length=16, required=False, allow_blank=True, default="")

    class Meta:
        model = NationalIdentifierRule
        fields = ("id", "hospital", "scheme", "issuer", "type_code")
        validators: list = []
