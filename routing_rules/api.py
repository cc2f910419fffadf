"""The API of decisions."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue
from pacs_core.web.numbers import row_number
from routing_rules.models import AssignmentDecision
from routing_rules.selectors.decisions import decisions_for
from routing_rules.serializers import AssignmentDecisionSerializer


class AssignmentDecisionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Why an item went to its reader: its decisions, the latest first."""

    queryset = AssignmentDecision.objects.none()
    serializer_class = AssignmentDecisionSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ("radiologist", "coordinator")

    def get_queryset(self) -> Any:
        item = row_number(self.request.query_params.get("worklist_item", ""))
        if item is None:
            raise BadValue({"worklist_item": ["Name the worklist item by its number."]})
        return decisions_for(self.request.user, item)

    @extend_schema(parameters=[OpenApiParameter("worklist_item", OpenApiTypes.INT, required=True)])
    def list(self, request: Request) -> Response:
        return super().list(request)
