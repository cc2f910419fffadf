"""The API of what a coordinator does by hand; the board uses it too."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hospitals.models import User
from pacs_core.access.permissions import RolePermission
from routing_rules.coordination_words import outcome_words
from routing_rules.services.coordination import ACTIONS, Outcome, Restorable, act_on_items, ask_for_plan, restore_items

MOST_AT_ONCE = 200


class ManualAssignmentSerializer(serializers.Serializer):
    """What is to be done to which items; `passes_over` says that the reasons against it have been seen."""

    action = serializers.ChoiceField(ACTIONS)
    worklist_items = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=MOST_AT_ONCE
    )
    radiologist = serializers.IntegerField(min_value=1, required=False, help_text="Id of the reader, to assign")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    passes_over = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["action"] == "assign" and "radiologist" not in attrs:
            raise serializers.ValidationError({"radiologist": "Name the reader by id."})
        return attrs


class RestorableSerializer(serializers.Serializer):
    """An item as it was before; restored while its version is still this one."""

    worklist_item_id = serializers.IntegerField(min_value=1)
    version = serializers.IntegerField(min_value=0)
    holder_id = serializers.IntegerField(allow_null=True)
    is_pinned = serializers.BooleanField()


class RestoreSerializer(serializers.Serializer):
    before = RestorableSerializer(many=True, allow_empty=False, max_length=MOST_AT_ONCE)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class RefusalSerializer(serializers.Serializer):
    worklist_item_id = serializers.IntegerField()
    reason = serializers.CharField()
    may_be_passed = serializers.BooleanField(help_text="Asked for again with passes_over it would be done")


class OutcomeOfActionSerializer(serializers.Serializer):
    """What was done, with what restores it; what was so already; what was refused and why."""

    message = serializers.CharField()
    done = RestorableSerializer(many=True)
    unchanged = serializers.ListField(child=serializers.IntegerField())
    refused = RefusalSerializer(many=True)


class ManualAssignmentViewSet(viewsets.GenericViewSet):
    """Assign, pin, unpin or take back items, many at once; each that is refused says why and holds up no other."""

    permission_classes = (RolePermission,)
    allowed_roles = ("coordinator",)
    serializer_class = ManualAssignmentSerializer
    pagination_class = None

    @extend_schema(responses=OutcomeOfActionSerializer)
    def create(self, request: Request) -> Response:
        values = _read(ManualAssignmentSerializer, request)
        radiologist_id = values.get("radiologist")
        outcome = act_on_items(
            action=values["action"],
            worklist_item_ids=values["worklist_items"],
            user=request.user,
            now=timezone.now(),
            radiologist_id=radiologist_id,
            reason=values["reason"],
            passes_over=values["passes_over"],
        )
        name = User.objects.filter(pk=radiologist_id).values_list("name", flat=True).first() or ""
        return _answer(outcome, outcome_words(values["action"], outcome, reader_name=name))

    @extend_schema(request=RestoreSerializer, responses=OutcomeOfActionSerializer)
    @action(detail=False, methods=["post"])
    def restore(self, request: Request) -> Response:
        """Put items back to who had them before; the answer of an action names them under `done`."""
        values = _read(RestoreSerializer, request)
        before = [Restorable(**entry) for entry in values["before"]]
        outcome = restore_items(before=before, user=request.user, reason=values["reason"])
        return _answer(outcome, outcome_words("restore", outcome))

    @extend_schema(request=None, responses={202: None})
    @action(detail=False, methods=["post"])
    def plan(self, request: Request) -> Response:
        """Ask for a new plan over everything that waits; what changes is told live."""
        ask_for_plan()
        return Response(status=202)


def _read(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    reader = serializer(data=request.data)
    reader.is_valid(raise_exception=True)
    return reader.validated_data


def _answer(outcome: Outcome, message: str) -> Response:
    answer = {"message": message, "done": outcome.done, "unchanged": outcome.unchanged, "refused": outcome.refused}
    return Response(OutcomeOfActionSerializer(answer).data)
