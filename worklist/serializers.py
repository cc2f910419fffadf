"""Orders and worklist items as the API writes them."""

from rest_framework import serializers

from hospitals.models import User
from pacs_core.archive.models import Patient, Study
from worklist.models import Order, Priority, WorklistItem, WorklistItemTransition
from worklist.selectors.saved_views import SAVED_VIEWS


class PatientSummarySerializer(serializers.ModelSerializer):
    class Meta:
        model = Patient
        fields = ("id", "patient_id", "issuer_of_patient_id", "name", "birth_date", "sex")


class StudySummarySerializer(serializers.ModelSerializer):
    patient = PatientSummarySerializer()

    class Meta:
        model = Study
        fields = (
            "id",
            "study_instance_uid",
            "accession_number",
            "study_at",
            "description",
            "modalities",
            "body_part",
            "number_of_series",
            "number_of_instances",
            "first_received_at",
            "completed_at",
            "completed_by",
            "patient",
        )


class ReaderSummarySerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "name")


class OrderSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField(slug_field="code", read_only=True)
    patient = PatientSummarySerializer()

    class Meta:
        model = Order
        fields = (
            "id",
            "hospital",
            "patient",
            "placer_order_number",
            "filler_order_number",
            "accession_number",
            "issuer_of_accession_number",
            "study_instance_uid",
            "status",
            "examination_started_at",
            "examination_ended_at",
            "discontinuation_reason",
            "priority",
            "procedure_code",
            "procedure_description",
            "modality",
            "body_part",
            "laterality",
            "clinical_information",
            "reason_for_study",
            "referring_physician_name",
            "requested_at",
            "created_at",
            "changed_at",
        )


class WorklistItemSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField(slug_field="code", read_only=True)
    study = StudySummarySerializer()
    order_id = serializers.IntegerField(allow_null=True, read_only=True)
    assigned_to = ReaderSummarySerializer(allow_null=True)
    claimed_by = ReaderSummarySerializer(allow_null=True)
    first_reader = ReaderSummarySerializer(allow_null=True)

    class Meta:
        model = WorklistItem
        fields = (
            "id",
            "hospital",
            "study",
            "order_id",
            "status",
            "priority",
            "service_level_minutes",
            "opened_at",
            "deadline_at",
            "assigned_to",
            "assigned_at",
            "is_pinned",
            "claimed_by",
            "claimed_at",
            "signed_at",
            "reading_mode",
            "reading_stage",
            "first_reader",
            "first_finished_at",
            "late_images",
            "reconciliation_reason",
            "reconciled_at",
            "version",
        )


class TransitionSerializer(serializers.ModelSerializer):
    holder = ReaderSummarySerializer(allow_null=True)
    actor = ReaderSummarySerializer(allow_null=True)

    class Meta:
        model = WorklistItemTransition
        fields = ("id", "action", "from_status", "to_status", "holder", "actor", "at", "reason")


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class RemarkSerializer(serializers.Serializer):
    remark = serializers.CharField(max_length=300, help_text="What the first reader should look at again")


class ReconcileSerializer(serializers.Serializer):
    """A coordinator's decision; order_id null says that the study has no order."""

    order_id = serializers.IntegerField(min_value=1, allow_null=True)
    reason = serializers.CharField(max_length=300)


class HandOverSerializer(ReasonSerializer):
    to_user_id = serializers.IntegerField(min_value=1)


class WorklistSearchSerializer(serializers.Serializer):
    """What a list is narrowed down to; everything may be left out."""

    search = serializers.CharField(
        max_length=100, required=False, help_text="Words of patient name, patient ID or accession number"
    )
    view = serializers.ChoiceField(list(SAVED_VIEWS), required=False, help_text="All open items without one")
    hospital = serializers.IntegerField(min_value=1, required=False, help_text="Id of a hospital")
    modality = serializers.CharField(max_length=16, required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    status = serializers.ChoiceField(WorklistItem.Status.choices, required=False)
    assigned = serializers.CharField(
        max_length=20, required=False, help_text='"me", "nobody" or the id of a radiologist'
    )


class HolderSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ItemConflictSerializer(serializers.Serializer):
    """Problem details (RFC 9457) with who holds the item, where someone does."""

    status = serializers.IntegerField()
    title = serializers.CharField()
    detail = serializers.CharField()
    holder = HolderSerializer(required=False)
    since = serializers.DateTimeField(required=False)
