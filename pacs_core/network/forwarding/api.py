"""The API of forwarding jobs."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import Conflict
from pacs_core.network.forwarding.selectors import visible_jobs
from pacs_core.network.forwarding.services import retry_forwarding
from pacs_core.network.models import ForwardingJob
from pacs_core.network.outbound.jobs import JobNotRetriable


class ForwardingJobSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)
    study_instance_uid = serializers.CharField(source="study.study_instance_uid")
    number_of_instances = serializers.IntegerField(source="study.number_of_instances")

    class Meta:
        model = ForwardingJob
        fields = (
            "id",
            "hospital",
            "study_instance_uid",
            "number_of_instances",
            "ae_title",
            "status",
            "instances_sent",
            "attempts",
            "retry_at",
            "last_error",
            "asked_by",
            "requested_at",
            "finished_at",
        )
        read_only_fields = fields


@extend_schema_view(list=extend_schema(parameters=[OpenApiParameter("status", str, enum=ForwardingJob.Status.values)]))
class ForwardingJobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Studies on their way to nodes and AI services, the newest first."""

    queryset = ForwardingJob.objects.none()
    serializer_class = ForwardingJobSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ("hospital_administrator", "system_administrator")

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        wanted = self.request.query_params.get("status", "")
        return visible_jobs().filter(status=wanted) if wanted in ForwardingJob.Status.values else visible_jobs()

    @extend_schema(request=None, responses=ForwardingJobSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Begin a given-up or waiting job anew at once."""
        job = self.get_object()
        try:
            retry_forwarding(job_id=job.pk)
        except JobNotRetriable as error:
            raise Conflict(str(error)) from error
        return Response(self.get_serializer(self.get_object()).data)
