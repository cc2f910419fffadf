"""The API of nodes and rejected associations."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue
from pacs_core.access.scopes import current_scope
from pacs_core.network.errors import HospitalUnknown, NetworkError, NodeValueRefused
from pacs_core.network.models import Node, RejectedAssociation
from pacs_core.network.nodes.selectors import (
    may_change_node,
    settings_of_a_node,
    visible_node_titled,
    visible_nodes,
    visible_rejected_associations,
)
from pacs_core.network.nodes.services import change_node, hospital_of_code, remove_node, save_node

ADMINISTRATORS = ("hospital_administrator", "system_administrator")


class NodeSerializer(serializers.ModelSerializer):
    """A node; `hospital` is the hospital's code and cannot be changed later."""

    hospital = serializers.CharField(source="hospital.code", max_length=16)
    ae_title = serializers.CharField(max_length=16, trim_whitespace=True)
    dicomweb_secret = serializers.CharField(
        write_only=True, required=False, allow_blank=True, max_length=2_000, trim_whitespace=False,
        help_text="Password or bearer token; never shown again. Empty keeps the one there is.",
    )  # fmt: skip
    has_dicomweb_secret = serializers.SerializerMethodField()

    class Meta:
        model = Node
        fields = (
            "id",
            "hospital",
            *settings_of_a_node(),
            "is_paused",
            "dicomweb_secret",
            "has_dicomweb_secret",
            "completion_rule",
            "quiet_seconds",
            "expected_instances",
            "longest_wait_minutes",
            "last_association_at",
            "last_stored_at",
            "last_error",
            "last_error_at",
            "presented_fingerprint",
            "presented_subject",
            "presented_until",
        )

    def get_has_dicomweb_secret(self, node: Node) -> bool:
        return bool(node.dicomweb_secret)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        if self.instance is not None:
            fields["hospital"].read_only = True
        return fields


class RejectedAssociationSerializer(serializers.ModelSerializer):
    class Meta:
        model = RejectedAssociation
        fields = (
            "id",
            "calling_ae_title",
            "called_ae_title",
            "peer_address",
            "reason",
            "times",
            "first_at",
            "last_at",
        )
        read_only_fields = fields


class NodeViewSet(viewsets.ModelViewSet):
    """The DICOM nodes of the hospitals in view; POST adds one or changes the one with the same AE title."""

    queryset = Node.objects.none()
    serializer_class = NodeSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ADMINISTRATORS
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_queryset(self) -> Any:
        return visible_nodes()

    @extend_schema(responses={200: NodeSerializer, 201: NodeSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        values = self._validated(request)
        may_change_node(visible_node_titled(values["ae_title"]), values)
        hospital_id = _visible_hospital_id(values.pop("hospital")["code"])
        node, made = _answered(lambda: save_node(hospital_id=hospital_id, **values))
        return Response(NodeSerializer(node).data, status=201 if made else 200)

    @extend_schema(responses=NodeSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        node = self.get_object()
        serializer = NodeSerializer(node, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        may_change_node(node, serializer.validated_data)
        _answered(lambda: change_node(node=node, **serializer.validated_data))
        return Response(NodeSerializer(node).data)

    def perform_destroy(self, instance: Node) -> None:
        remove_node(node=instance)

    def _validated(self, request: Request) -> dict[str, Any]:
        serializer = NodeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        # Booleans that were left out keep their value, or the default of a new node.
        return {name: value for name, value in serializer.validated_data.items() if name in request.data}


class RejectedAssociationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Callers that were turned away, and why."""

    queryset = RejectedAssociation.objects.none()
    serializer_class = RejectedAssociationSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ADMINISTRATORS

    def get_queryset(self) -> Any:
        return visible_rejected_associations()


def _visible_hospital_id(code: str) -> int:
    """Return the id of a hospital in the open scope; another one does not exist for this principal."""
    try:
        hospital = hospital_of_code(code=code)
    except HospitalUnknown:
        hospital = None
    if hospital is None or hospital.pk not in current_scope().hospital_ids:
        raise NotVisible(f"No hospital {code!r} is visible.")
    return hospital.pk


def _answered(call: Callable[[], Any]) -> Any:
    """Run a service call and turn this floor's errors into 400 with field and reason."""
    try:
        return call()
    except NodeValueRefused as error:
        raise BadValue(error.errors) from error
    except NetworkError as error:
        raise BadValue({"ae_title": [str(error)]}) from error
