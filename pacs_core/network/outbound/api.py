"""What the APIs of jobs for nodes have in common: the newest first, by state, and sent again."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import Conflict
from pacs_core.network.outbound.jobs import JobNotRetriable
from pacs_core.network.outbound.models import OutboundJob

LOOKING_AFTER_JOBS = ("coordinator", "hospital_administrator", "system_administrator")
# Every job has these beside what it is about.
JOB_FIELDS = ("status", "attempts", "retry_at", "last_error", "requested_at", "finished_at")
by_status = extend_schema(parameters=[OpenApiParameter("status", str, enum=OutboundJob.Status.values)])


class OutboundJobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """`visible` returns the jobs of the open scope, `begin_anew` is the service that a person's retry calls."""

    permission_classes = (RolePermission,)
    allowed_roles = LOOKING_AFTER_JOBS
    visible: ClassVar[Callable[[], QuerySet[Any]]]
    begin_anew: ClassVar[Callable[..., OutboundJob]]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        wanted = self.request.query_params.get("status", "")
        jobs = type(self).visible()
        return jobs.filter(status=wanted) if wanted in OutboundJob.Status.values else jobs

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Begin a given-up or waiting job anew at once."""
        job = self.get_object()
        try:
            type(self).begin_anew(job_id=job.pk)
        except JobNotRetriable as error:
            raise Conflict(str(error)) from error
        return Response(self.get_serializer(self.get_object()).data)
