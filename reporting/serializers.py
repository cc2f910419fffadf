"""The API's shapes of reports; values only, no logic."""

from rest_framework import serializers

from reporting.models import Report, ReportKind, ReportVersion
from reporting.pdf.content import AUTHOR_MEANING

ADDENDUM_KINDS = [(ReportKind.ADDENDUM.value, "Addendum"), (ReportKind.CORRECTED.value, "Corrected")]


class SectionsSerializer(serializers.Serializer):
    """The five sections of a report, plain text."""

    clinical_information = serializers.CharField(allow_blank=True, trim_whitespace=False)
    technique = serializers.CharField(allow_blank=True, trim_whitespace=False)
    comparison = serializers.CharField(allow_blank=True, trim_whitespace=False)
    findings = serializers.CharField(allow_blank=True, trim_whitespace=False)
    impression = serializers.CharField(allow_blank=True, trim_whitespace=False)


class CheckSerializer(serializers.Serializer):
    """A remark on a stretch of a section; offsets count UTF-16 code units."""

    code = serializers.CharField()
    key = serializers.CharField(help_text="Names a warning when it is confirmed at signing")
    section = serializers.CharField()
    severity = serializers.ChoiceField(choices=["error", "warning", "info"])
    message = serializers.CharField()
    to = serializers.IntegerField()
    fix = serializers.CharField(allow_null=True)
    blocking = serializers.BooleanField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """Add `from`, which is no Python name."""
        return {**super().get_fields(), "from": serializers.IntegerField()}


class ReportVersionSerializer(serializers.ModelSerializer):
    signer = serializers.CharField(source="printed_name")
    previous_number = serializers.IntegerField(source="previous.number", default=None, allow_null=True)

    class Meta:
        model = ReportVersion
        fields = (
            "number",
            "kind",
            "state",
            "failure",
            "signer",
            "signed_at",
            "meaning",
            "previous_number",
            "pdf_sha256",
            "pdf_size_bytes",
            "level",
            "sections",
        )


class ReportSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.name")
    study_instance_uid = serializers.CharField(source="worklist_item.study.study_instance_uid")
    accession_number = serializers.CharField(source="worklist_item.study.accession_number")

    class Meta:
        model = Report
        fields = (
            "id",
            "hospital",
            "worklist_item",
            "study_instance_uid",
            "accession_number",
            "status",
            "draft_kind",
            "draft_version",
            "author",
            "created_at",
        )


class ReportDetailSerializer(ReportSerializer):
    sections = SectionsSerializer(help_text="Of the current draft; of the latest version when none is written")
    checks = CheckSerializer(many=True)
    failure = serializers.CharField(help_text="Why the last attempt to sign failed; empty when it did not")
    pdf_url = serializers.CharField(help_text="Of the latest signed version; empty when there is none")

    class Meta(ReportSerializer.Meta):
        fields = (*ReportSerializer.Meta.fields, "sections", "checks", "failure", "pdf_url")


class DraftSerializer(serializers.Serializer):
    """A save; the same message as over the WebSocket, without its type."""

    request_id = serializers.UUIDField(help_text="Chosen by the sender; a repeated save is recognized by it")
    base_version = serializers.IntegerField(min_value=0)
    sections = SectionsSerializer()


class DraftSavedSerializer(serializers.Serializer):
    type = serializers.ChoiceField(choices=["saved"])
    request_id = serializers.UUIDField()
    version = serializers.IntegerField()
    saved_at = serializers.DateTimeField()
    checks = CheckSerializer(many=True)


class DraftConflictSerializer(serializers.Serializer):
    type = serializers.ChoiceField(choices=["conflict"])
    request_id = serializers.UUIDField()
    version = serializers.IntegerField()
    sections = SectionsSerializer()
    saved_by = serializers.CharField()
    saved_at = serializers.DateTimeField()


class SignatureSerializer(serializers.Serializer):
    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=1000)
    base_version = serializers.IntegerField(min_value=1, help_text="The draft that was read before signing")
    meaning = serializers.CharField(default=AUTHOR_MEANING, max_length=200)
    acknowledged_checks = serializers.ListField(
        child=serializers.CharField(max_length=200),
        default=list,
        max_length=200,
        help_text="Keys of the warnings that the signer confirmed",
    )


class AddendumSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(
        choices=ADDENDUM_KINDS,
        default=ReportKind.ADDENDUM.value,
    )
