"""The worklist and its orders for machines; the same services as the pages."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue
from pacs_core.access.scopes import current_scope
from worklist import services
from worklist.errors import ItemAlreadyClaimed, ItemConflict
from worklist.forms import WorklistFilterForm
from worklist.models import Order, WorklistItem
from worklist.selectors.items import WORKLIST_ROLES, item_for_user, visible_items
from worklist.selectors.saved_views import SAVED_VIEWS, items_of_view
from worklist.serializers import (
    HandOverSerializer,
    ItemConflictSerializer,
    OrderSerializer,
    ReasonSerializer,
    ReconcileSerializer,
    RemarkSerializer,
    TransitionSerializer,
    WorklistItemSerializer,
    WorklistSearchSerializer,
)

_FILTERS = [
    OpenApiParameter("view", str, enum=list(SAVED_VIEWS), description="A saved view; all open items without one"),
    OpenApiParameter("hospital", int, description="Id of a hospital"),
    OpenApiParameter("modality", str),
    OpenApiParameter("priority", str, enum=["stat", "urgent", "routine"]),
    OpenApiParameter("status", str, enum=WorklistItem.Status.values),
    OpenApiParameter("assigned", str, description='"me", "nobody" or the id of a radiologist'),
]
_ANSWERS = {200: WorklistItemSerializer, 409: ItemConflictSerializer}


@extend_schema_view(list=extend_schema(parameters=_FILTERS))
class WorklistItemViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """Items of the caller's hospitals, the most urgent first."""

    queryset = WorklistItem.objects.none()
    serializer_class = WorklistItemSerializer
    permission_classes = [RolePermission]
    allowed_roles = WORKLIST_ROLES
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[WorklistItem]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        if self.action == "list":
            if "search" in self.request.query_params:
                raise BadValue("A search may name a patient. Maybe POST it to /api/worklist-items/search/ instead.")
            return self._narrowed(self.request.query_params)
        return visible_items(self.request.user)

    @extend_schema(request=WorklistSearchSerializer, responses=WorklistItemSerializer(many=True))
    @action(detail=False, methods=["post"])
    def search(self, request: Request) -> Response:
        """List the items that match words of patient name, patient ID or accession number, and the filters."""
        values = _read(WorklistSearchSerializer, request)
        found = self.paginate_queryset(self._narrowed(values))
        return self.get_paginated_response(self.get_serializer(found, many=True).data)

    def _narrowed(self, values: Mapping[str, Any]) -> QuerySet[WorklistItem]:
        return items_of_view(self.request.user, WorklistFilterForm(values, user=self.request.user).chosen())

    @extend_schema(request=None, responses=_ANSWERS)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: int) -> Response:
        """Start reading; 409 names who was faster."""
        return self._act(pk, lambda item: services.claim_worklist_item(worklist_item_id=item.pk, user=request.user))

    @extend_schema(request=ReasonSerializer, responses=_ANSWERS)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: int) -> Response:
        """Give the item back to the rules."""
        values = _read(ReasonSerializer, request)
        return self._act(
            pk,
            lambda item: services.release_worklist_item(
                worklist_item_id=item.pk, user=request.user, reason=values["reason"]
            ),
        )

    @extend_schema(request=HandOverSerializer, responses=_ANSWERS)
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: Request, pk: int) -> Response:
        """Give the item to another radiologist."""
        values = _read(HandOverSerializer, request)
        return self._act(
            pk,
            lambda item: services.hand_over_worklist_item(
                worklist_item_id=item.pk, user=request.user, to_user_id=values["to_user_id"], reason=values["reason"]
            ),
        )

    @extend_schema(request=RemarkSerializer, responses=_ANSWERS)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request: Request, pk: int) -> Response:
        """Give a two-tier item back to its resident with a remark; for the attending who reads it."""
        remark = _read(RemarkSerializer, request)["remark"]
        return self._act(
            pk,
            lambda item: services.send_back_to_first_reader(worklist_item_id=item.pk, user=request.user, remark=remark),
        )

    @extend_schema(request=ReasonSerializer, responses=_ANSWERS)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: int) -> Response:
        """Put a cancelled item back on the list; for coordinators."""
        reason = _read(ReasonSerializer, request)["reason"]
        return self._act(pk, lambda item: services.reopen_worklist_item(worklist_item_id=item.pk, reason=reason))

    @extend_schema(request=ReconcileSerializer, responses=_ANSWERS)
    @action(detail=True, methods=["post"])
    def reconcile(self, request: Request, pk: int) -> Response:
        """Say which order of the hospital belongs to the study, or that none does; for coordinators."""
        values = _read(ReconcileSerializer, request)
        return self._act(
            pk,
            lambda item: services.resolve_reconciliation(
                worklist_item_id=item.pk, user=request.user, order_id=values["order_id"], reason=values["reason"]
            ),
        )

    @extend_schema(responses=TransitionSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def transitions(self, request: Request, pk: int) -> Response:
        """List what happened to the item, oldest first."""
        item = item_for_user(request.user, pk)
        found = item.transitions.select_related("holder", "actor").order_by("pk")
        return Response(TransitionSerializer(found, many=True).data)

    def _act(self, pk: int, service: Callable[[WorklistItem], WorklistItem]) -> Response:
        item = item_for_user(self.request.user, pk)
        try:
            service(item)
        except ItemConflict as error:
            return _conflict(error)
        return Response(self.get_serializer(item_for_user(self.request.user, pk)).data)


class OrderViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """Imaging orders of the caller's hospitals, the newest first."""

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    permission_classes = [RolePermission]
    allowed_roles = WORKLIST_ROLES
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Order]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        orders = Order.objects.select_related("hospital", "patient").order_by("-pk")
        return orders.filter(hospital_id__in=current_scope().hospital_ids)


def _read(serializer: type[Serializer], request: Request) -> dict[str, Any]:
    reader = serializer(data=request.data)
    reader.is_valid(raise_exception=True)
    return reader.validated_data


def _conflict(error: ItemConflict) -> Response:
    problem: dict[str, Any] = {"status": 409, "title": "conflict", "detail": str(error)}
    if isinstance(error, ItemAlreadyClaimed):
        problem |= {"holder": {"id": error.holder_id, "name": error.holder_name}, "since": error.since}
    return Response(ItemConflictSerializer(problem).data, status=409, content_type="application/problem+json")
