"""The API of the catalogue and of the procedure map; the same services as the pages."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue
from routing_rules.errors import InvalidProcedure, ProcedureNotAllowed
from routing_rules.models import ProcedureMapping
from routing_rules.selectors.procedure_lists import STATES, find_mappings
from routing_rules.selectors.procedures import catalogue
from routing_rules.serializers_procedures import ProcedureMappingSerializer, ProcedureSerializer
from routing_rules.services.catalogue import add_procedure, change_procedure
from routing_rules.services.procedures import map_procedure

READERS = ("radiologist", "coordinator", "system_administrator")
WRITERS = ("coordinator", "system_administrator")


class ProcedureViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The network's catalogue; POST adds an entry, PATCH changes one (is_active false retires it)."""

    queryset = catalogue().order_by("code")
    serializer_class = ProcedureSerializer
    permission_classes = (RolePermission,)
    lookup_field = "code"
    lookup_value_regex = r"[^/]+"
    allowed_roles = READERS
    write_roles = WRITERS

    def create(self, request: Request) -> Response:
        serializer = ProcedureSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            procedure, _mapped = add_procedure(**serializer.validated_data)
        except InvalidProcedure as error:
            raise BadValue({error.field: [error.reason]}) from error
        return Response(self._current(procedure.code), status=201)

    def partial_update(self, request: Request, code: str) -> Response:
        procedure = self.get_object()
        serializer = ProcedureSerializer(procedure, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        if serializer.validated_data.get("code", procedure.code) != procedure.code:
            raise BadValue({"code": ["A code stays as it is. Maybe retire this entry and add another one."]})
        try:
            change_procedure(procedure=procedure, **serializer.validated_data)
        except InvalidProcedure as error:
            raise BadValue({error.field: [error.reason]}) from error
        return Response(self._current(procedure.code))

    def _current(self, code: str) -> Any:
        return ProcedureSerializer(catalogue().get(code=code)).data


class ProcedureMappingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What the hospitals in view call their examinations; PATCH maps a name to a procedure."""

    queryset = ProcedureMapping.objects.none()
    serializer_class = ProcedureMappingSerializer
    permission_classes = (RolePermission,)
    allowed_roles = WRITERS

    def get_queryset(self) -> Any:
        state = self.request.query_params.get("state", "")
        if state and state not in STATES:
            raise BadValue({"state": [f"{state!r} is unknown. Maybe one of {', '.join(STATES)}."]})
        return find_mappings(state=state)

    @extend_schema(parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=STATES)])
    def list(self, request: Request) -> Response:
        return super().list(request)

    def partial_update(self, request: Request, pk: str) -> Response:
        mapping = self.get_object()
        serializer = ProcedureMappingSerializer(mapping, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        if "procedure" not in serializer.validated_data:
            raise BadValue({"procedure": ["Name the catalogue's code, or null."]})
        procedure = serializer.validated_data["procedure"]
        try:
            map_procedure(mapping_id=mapping.pk, procedure_id=procedure and procedure.pk, user=request.user)
        except ProcedureNotAllowed as error:
            raise BadValue({"procedure": [str(error)]}) from error
        return Response(ProcedureMappingSerializer(self.get_object()).data)
