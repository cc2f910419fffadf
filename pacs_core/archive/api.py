"""The API of the quarantine."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import Conflict
from pacs_core.archive.errors import QuarantineError
from pacs_core.archive.models import QuarantinedInstance
from pacs_core.archive.selectors.quarantine import quarantined_instances
from pacs_core.archive.services.quarantine import reject_quarantined_instance, retry_quarantined_instance


class QuarantinedInstanceSerializer(serializers.ModelSerializer):
    hospital = serializers.SlugRelatedField("code", read_only=True)

    class Meta:
        model = QuarantinedInstance
        fields = (
            "id",
            "hospital",
            "source",
            "calling_ae_title",
            "size_bytes",
            "reason_code",
            "reason",
            "study_instance_uid",
            "sop_instance_uid",
            "received_at",
            "resolved_at",
            "resolution",
        )
        read_only_fields = fields


class QuarantineViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Content that could not be filed: list it, file it again, or reject it. The file is kept in any case."""

    queryset = QuarantinedInstance.objects.none()
    serializer_class = QuarantinedInstanceSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ("hospital_administrator", "system_administrator")

    def get_queryset(self) -> Any:
        return quarantined_instances(only_open=self.request.query_params.get("open") in ("1", "true"))

    @extend_schema(parameters=[OpenApiParameter("open", bool, description="only those nobody has decided about")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=QuarantinedInstanceSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Give the file to the indexer again."""
        return self._decide(lambda pk: retry_quarantined_instance(quarantined_instance_id=pk))

    @extend_schema(request=None, responses=QuarantinedInstanceSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Note that this content will not be filed."""
        return self._decide(lambda pk: reject_quarantined_instance(quarantined_instance_id=pk))

    def _decide(self, decision: Callable[[int], Any]) -> Response:
        quarantined = self.get_object()
        try:
            decision(quarantined.pk)
        except QuarantineError as error:
            raise Conflict(str(error)) from error
        return Response(QuarantinedInstanceSerializer(self.get_object()).data)
