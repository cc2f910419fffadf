"""Findings of AI services: reported by a service with an administrator's token, read by whoever has the worklist."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from hospitals.models import User
from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue
from pacs_core.access.scopes import current_scope
from pacs_core.archive.models import Study
from worklist.models import AiFinding
from worklist.selectors.ai_findings import visible_findings
from worklist.selectors.items import WORKLIST_ROLES
from worklist.services.ai_findings import record_ai_finding

REPORTERS = (User.Role.HOSPITAL_ADMINISTRATOR.value, User.Role.SYSTEM_ADMINISTRATOR.value)


class AiFindingSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField(slug_field="code", read_only=True)
    study_instance_uid = serializers.CharField(source="study.study_instance_uid", read_only=True)
    at = serializers.DateTimeField(source="found_at", read_only=True)
    withdrawn = serializers.SerializerMethodField()

    def get_withdrawn(self, finding: AiFinding) -> bool:
        return finding.withdrawn_at is not None

    class Meta:
        model = AiFinding
        fields = (
            "id",
            "hospital",
            "study_instance_uid",
            "service",
            "code",
            "label",
            "confidence",
            "at",
            "withdrawn",
            "received_at",
        )


class ReportedFindingSerializer(serializers.Serializer):
    """What a service says about one code of one study; the study by its UID, or by accession number with issuer."""

    study_instance_uid = serializers.CharField(max_length=64, required=False)
    accession_number = serializers.CharField(max_length=64, required=False)
    issuer_of_accession_number = serializers.CharField(max_length=64, required=False)
    service = serializers.CharField(max_length=60)
    code = serializers.SlugField(max_length=64, help_text="As rules ask for it: intracranial_haemorrhage")
    label = serializers.CharField(max_length=120, help_text="As people read it: Intracranial haemorrhage")
    confidence = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True, default=None)
    at = serializers.DateTimeField(help_text="When it was found; only a later word replaces an earlier one")
    withdrawn = serializers.BooleanField(default=False, help_text="The service takes the finding back")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_accession = {"accession_number", "issuer_of_accession_number"} <= set(attrs)
        if by_accession == ("study_instance_uid" in attrs):
            raise serializers.ValidationError(
                "Name the study by study_instance_uid, or by accession_number and issuer_of_accession_number."
            )
        return attrs


@extend_schema_view(
    list=extend_schema(parameters=[OpenApiParameter("study_instance_uid", str, description="Of this study")])
)
class AiFindingViewSet(ListModelMixin, GenericViewSet):
    """What AI services found in the studies of the caller's hospitals, the newest first; no diagnoses."""

    queryset = AiFinding.objects.none()
    serializer_class = AiFindingSerializer
    permission_classes = [RolePermission]
    allowed_roles = (*WORKLIST_ROLES, *REPORTERS)
    write_roles = REPORTERS

    def get_queryset(self) -> QuerySet[AiFinding]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        found = visible_findings()
        uid = self.request.query_params.get("study_instance_uid", "")
        return found.filter(study__study_instance_uid=uid) if uid else found

    @extend_schema(request=ReportedFindingSerializer, responses={200: AiFindingSerializer, 201: AiFindingSerializer})
    def create(self, request: Request) -> Response:
        """Report a finding; 201 when it is news, 200 when the same or a later word was kept already."""
        reader = ReportedFindingSerializer(data=request.data)
        reader.is_valid(raise_exception=True)
        values = reader.validated_data
        finding, is_news = record_ai_finding(
            study=_named_study(values),
            service=values["service"],
            code=values["code"],
            label=values["label"],
            confidence=values["confidence"],
            found_at=values["at"],
            is_withdrawn=values["withdrawn"],
            reported_by=request.user,
        )
        return Response(AiFindingSerializer(finding).data, status=201 if is_news else 200)


def _named_study(values: dict[str, Any]) -> Study:
    studies = Study.objects.filter(hospital_id__in=current_scope().hospital_ids)
    if "study_instance_uid" in values:
        found = list(studies.filter(study_instance_uid=values["study_instance_uid"]))
    else:
        found = list(
            studies.filter(
                accession_number=values["accession_number"],
                issuer_of_accession_number=values["issuer_of_accession_number"],
            )[:2]
        )
    if not found:
        raise NotVisible("No such study is visible. Maybe its images are not filed yet; report the finding again then.")
    if len(found) > 1:
        raise BadValue({"accession_number": ["Several studies have this number. Maybe name the study_instance_uid."]})
    return found[0]
