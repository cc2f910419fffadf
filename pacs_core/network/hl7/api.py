"""The API of HL7 senders and of the messages they sent; a message's text is patient data and not shown here."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue
from pacs_core.access.scopes import current_scope
from pacs_core.network.hl7.errors import Hl7SourceTaken
from pacs_core.network.hl7.models import Hl7Source, ReceivedMessage
from pacs_core.network.hl7.sources import add_hl7_source, hospital_of_code

ADMINISTRATORS = ("hospital_administrator", "system_administrator")


class Hl7SourceSerializer(serializers.ModelSerializer):
    """A sender; `hospital` is the hospital's code."""

    hospital = serializers.CharField(source="hospital.code", max_length=16)
    sending_application = serializers.CharField(max_length=180, help_text="MSH-3.1")
    sending_facility = serializers.CharField(max_length=180, help_text="MSH-4.1")

    class Meta:
        model = Hl7Source
        fields = ("id", "hospital", "sending_application", "sending_facility", "last_message_at")
        read_only_fields = ("last_message_at",)


class ReceivedMessageSerializer(serializers.ModelSerializer):
    hospital = serializers.CharField(source="hospital.code", read_only=True)

    class Meta:
        model = ReceivedMessage
        fields = (
            "id",
            "hospital",
            "source",
            "message_control_id",
            "message_type",
            "acknowledgement_code",
            "reason",
            "received_at",
        )


class Hl7SourceViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet
):
    """Whose messages act for which hospital; adding one again changes nothing (200 instead of 201)."""

    queryset = Hl7Source.objects.none()
    serializer_class = Hl7SourceSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ADMINISTRATORS

    def get_queryset(self) -> QuerySet[Hl7Source]:
        sources = Hl7Source.objects.select_related("hospital").order_by("pk")
        return sources.filter(hospital_id__in=current_scope().hospital_ids)

    def create(self, request: Request, *args: object, **kwargs: object) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        hospital = hospital_of_code(values["hospital"]["code"])
        if hospital is None or hospital.pk not in current_scope().hospital_ids:
            raise NotVisible("No hospital of this code is visible.")
        try:
            source, is_new = add_hl7_source(
                hospital_code=hospital.code,
                application=values["sending_application"],
                facility=values["sending_facility"],
            )
        except Hl7SourceTaken as error:
            raise BadValue({"sending_application": [str(error)]}) from error
        return Response(self.get_serializer(source).data, status=201 if is_new else 200)


@extend_schema_view(
    list=extend_schema(parameters=[OpenApiParameter("code", str, enum=["AA", "AE", "AR"], description="MSA-1")])
)
class ReceivedMessageViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Messages received, the newest first, with what they were answered and why."""

    queryset = ReceivedMessage.objects.none()
    serializer_class = ReceivedMessageSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ADMINISTRATORS

    def get_queryset(self) -> QuerySet[ReceivedMessage]:
        messages = ReceivedMessage.objects.select_related("hospital").defer("body", "acknowledgement")
        messages = messages.filter(hospital_id__in=current_scope().hospital_ids).order_by("-pk")
        code = self.request.query_params.get("code", "")
        return messages.filter(acknowledgement_code=code) if code else messages
