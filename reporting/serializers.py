"""The API's shapes of reports; values only, no logic."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reporting.models import KeyImage, PreliminaryVersion, Report, ReportKind, ReportVersion
from reporting.selectors.reports import DIAGNOSTIC_STATUSES, diagnostic_status

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


class PrintedPatientSerializer(serializers.Serializer):
    """A patient as a signed report names it; texts are "" when they were not known."""

    name = serializers.CharField()
    patient_id = serializers.CharField()
    issuer_of_patient_id = serializers.CharField()
    birth_date = serializers.CharField()
    sex = serializers.CharField()


class ReportVersionSerializer(serializers.ModelSerializer):
    signer = serializers.CharField(source="printed_name")
    previous_number = serializers.IntegerField(source="previous.number", default=None, allow_null=True)
    printed_patient = PrintedPatientSerializer(allow_null=True, help_text="Whom it was signed for, as printed")

    class Meta:
        model = ReportVersion
        fields = (
            "number",
            "kind",
            "state",
            "failure",
            "signer",
            "printed_patient",
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
    reading_mode = serializers.CharField(source="worklist_item.reading_mode")
    reading_stage = serializers.IntegerField(source="worklist_item.reading_stage")
    diagnostic_status = serializers.SerializerMethodField(help_text="As FHIR DiagnosticReport.status")

    @extend_schema_field(serializers.ChoiceField(DIAGNOSTIC_STATUSES))
    def get_diagnostic_status(self, report: Report) -> str:
        return diagnostic_status(report)

    class Meta:
        model = Report
        fields = (
            "id",
            "hospital",
            "worklist_item",
            "study_instance_uid",
            "accession_number",
            "status",
            "diagnostic_status",
            "reading_mode",
            "reading_stage",
            "draft_kind",
            "draft_version",
            "author",
            "created_at",
        )


class ReportDetailSerializer(ReportSerializer):
    sections = SectionsSerializer(help_text="Of the current draft; of the latest version when none is written")
    withheld = serializers.BooleanField(
        help_text="Another's independent reading: its text is shown once it may be known; sections are empty"
    )
    checks = CheckSerializer(many=True)
    failure = serializers.CharField(help_text="Why the last attempt to sign failed; empty when it did not")
    pdf_url = serializers.CharField(help_text="Of the latest signed version; empty when there is none")

    class Meta(ReportSerializer.Meta):
        fields = (*ReportSerializer.Meta.fields, "sections", "withheld", "checks", "failure", "pdf_url")


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
    meaning = serializers.CharField(
        default="", allow_blank=True, max_length=200, help_text="Empty: what a signature says at this stage"
    )
    acknowledged_checks = serializers.ListField(
        child=serializers.CharField(max_length=200),
        default=list,
        max_length=200,
        help_text="Keys of the warnings that the signer confirmed",
    )


class FinishReadingSerializer(serializers.Serializer):
    base_version = serializers.IntegerField(min_value=1, help_text="The draft that was read before finishing")
    acknowledged_checks = serializers.ListField(
        child=serializers.CharField(max_length=200),
        default=list,
        max_length=200,
        help_text="Keys of the warnings that the reader confirmed",
    )


class PreliminaryVersionSerializer(serializers.ModelSerializer):
    """A reading that was finished before the report was signed."""

    author = serializers.CharField(source="printed_name")
    report = serializers.IntegerField(source="report_id")
    worklist_item = serializers.IntegerField(source="report.worklist_item_id")
    diagnostic_status = serializers.SerializerMethodField(help_text="Of the report, as FHIR DiagnosticReport.status")

    @extend_schema_field(serializers.ChoiceField(DIAGNOSTIC_STATUSES))
    def get_diagnostic_status(self, version: PreliminaryVersion) -> str:
        return diagnostic_status(version.report)

    class Meta:
        model = PreliminaryVersion
        fields = (
            "report",
            "worklist_item",
            "number",
            "kind",
            "author",
            "finished_at",
            "diagnostic_status",
            "sections",
        )


class AddendumSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(
        choices=ADDENDUM_KINDS,
        default=ReportKind.ADDENDUM.value,
    )


class KeyImageSerializer(serializers.ModelSerializer):
    """An image that the report's reader marked."""

    class Meta:
        model = KeyImage
        fields = (
            "id",
            "series_instance_uid",
            "sop_instance_uid",
            "frame_number",
            "series_number",
            "instance_number",
            "marked_at",
            "stored_at",
        )


class MarkKeyImageSerializer(serializers.Serializer):
    sop_instance_uid = serializers.RegexField(r"^[0-9.]{1,64}$", max_length=64)
    frame_number = serializers.IntegerField(min_value=1, default=1)
