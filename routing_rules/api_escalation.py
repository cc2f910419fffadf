"""The API of escalation, of one's notices, and of messages to readers; the same services as the pages."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue, Conflict
from pacs_core.access.scopes import ROLES
from pacs_core.web.numbers import row_number
from routing_rules.engine.escalation import STEPS, Shares
from routing_rules.errors import InvalidShare, MessageRefused, PolicyChangedMeanwhile
from routing_rules.models import EscalationStep, Notice, ReaderMessage
from routing_rules.selectors.escalation import Policy, escalation_policies
from routing_rules.selectors.notices import notices_of
from routing_rules.selectors.reader_messages import addressees, visible_messages
from routing_rules.serializers_escalation import (
    EscalationPolicySerializer,
    EscalationStepSerializer,
    NoticeSerializer,
    ReaderMessageSerializer,
    SendMessageSerializer,
)
from routing_rules.services.escalation_policies import PolicyChange, save_escalation_policies
from routing_rules.services.notices import mark_notice_read
from routing_rules.services.reader_messages import send_message
from worklist.models import Priority
from worklist.selectors.items import item_for_user

READERS = ("radiologist", "coordinator", "system_administrator")
_PRIORITY = [OpenApiParameter("priority", OpenApiTypes.STR, OpenApiParameter.PATH, enum=Priority.values)]


class EscalationPolicyViewSet(viewsets.ViewSet):
    """When escalation acts, by priority; PATCH changes shares of one."""

    serializer_class = EscalationPolicySerializer
    permission_classes = (RolePermission,)
    allowed_roles = READERS
    write_roles = ("coordinator", "system_administrator")
    lookup_field = "priority"

    @extend_schema(responses=EscalationPolicySerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(EscalationPolicySerializer(escalation_policies().values(), many=True).data)

    @extend_schema(responses=EscalationPolicySerializer, parameters=_PRIORITY)
    def retrieve(self, request: Request, priority: str) -> Response:
        return Response(EscalationPolicySerializer(_policy(priority)).data)

    @extend_schema(responses=EscalationPolicySerializer, parameters=_PRIORITY)
    def partial_update(self, request: Request, priority: str) -> Response:
        before = _policy(priority)
        serializer = EscalationPolicySerializer(before, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        if "edit_number" not in values:
            raise BadValue({"edit_number": ["Name the edit number of the policy that was looked at."]})
        shares = Shares(**{step: values.get(step, before.shares.of(step)) for step in STEPS})
        change = PolicyChange(priority, shares, values["edit_number"])
        try:
            save_escalation_policies(changes=[change], user=request.user, now=timezone.now())
        except InvalidShare as error:
            raise BadValue({error.step: [error.reason]}) from error
        except PolicyChangedMeanwhile as error:
            raise Conflict(str(error)) from error
        return Response(EscalationPolicySerializer(_policy(priority)).data)


class EscalationStepViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The steps of escalation taken for an item, the latest first."""

    queryset = EscalationStep.objects.none()
    serializer_class = EscalationStepSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ("radiologist", "coordinator")

    def get_queryset(self) -> QuerySet[EscalationStep]:
        item = row_number(self.request.query_params.get("worklist_item", ""))
        if item is None:
            raise BadValue({"worklist_item": ["Name the worklist item by its number."]})
        return item_for_user(self.request.user, item).escalation_steps.order_by("-taken_at", "-pk")

    @extend_schema(parameters=[OpenApiParameter("worklist_item", OpenApiTypes.INT, required=True)])
    def list(self, request: Request) -> Response:
        return super().list(request)


class NoticeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """What the caller was told, the latest first."""

    queryset = Notice.objects.none()
    serializer_class = NoticeSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ROLES
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Notice]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return notices_of(self.request.user)

    @extend_schema(request=None, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: int) -> Response:
        """Say that it was seen; again is no change."""
        mark_notice_read(notice_id=pk, user=request.user, now=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)


class ReaderMessageViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Messages between coordinators and readers, the latest first, with when they were read; POST sends one."""

    queryset = ReaderMessage.objects.none()
    serializer_class = ReaderMessageSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ("radiologist", "coordinator")
    write_roles = ("coordinator",)

    def get_queryset(self) -> QuerySet[ReaderMessage]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_messages(self.request.user)

    @extend_schema(request=SendMessageSerializer, responses={201: ReaderMessageSerializer(many=True)})
    def create(self, request: Request) -> Response:
        serializer = SendMessageSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        try:
            sent = send_message(
                request_id=values["request_id"],
                sender=request.user,
                recipient_ids=_recipients(values),
                text=values["text"],
                worklist_item_id=values["worklist_item"],
                now=timezone.now(),
            )
        except MessageRefused as error:
            raise BadValue({"text": [str(error)]}) from error
        messages = self.get_queryset().filter(pk__in=[message.pk for message in sent])
        return Response(ReaderMessageSerializer(messages, many=True).data, status=201)


def _policy(priority: str) -> Policy:
    policy = escalation_policies().get(priority)
    if policy is None:
        raise NotVisible(f"There is no priority {priority!r}.")
    return policy


def _recipients(values: dict[str, Any]) -> list[int]:
    if not values["to_all_on_shift"]:
        return [person.pk for person in values["recipients"]]
    return [one.reader.pk for one in addressees(timezone.now()) if one.is_on_shift]
