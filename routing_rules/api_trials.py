"""The API of trials; the same services as the pages."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue, Conflict
from routing_rules.errors import TrialNotAllowed
from routing_rules.models import Trial
from routing_rules.selectors.trials import trial_numbered, visible_trials
from routing_rules.serializers_trials import TrialRequestSerializer, TrialResultSerializer, TrialSerializer
from routing_rules.services.trials import cancel_trial, request_replay, request_simulation
from routing_rules.tasks_trials import carry_out_trial


class TrialViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Replays of past days and simulations of coming ones; POST begins one, its result comes with the single trial."""

    queryset = Trial.objects.none()
    serializer_class = TrialSerializer
    permission_classes = (RolePermission,)
    lookup_value_regex = r"\d+"
    allowed_roles = ("coordinator",)

    def get_queryset(self) -> Any:
        return visible_trials()

    @extend_schema(responses=TrialResultSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(TrialResultSerializer(trial_numbered(int(pk))).data)

    @extend_schema(request=TrialRequestSerializer, responses={201: TrialSerializer})
    def create(self, request: Request) -> Response:
        serializer = TrialRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = dict(serializer.validated_data)
        kind, runs, seed = asked.pop("kind"), asked.pop("runs"), asked.pop("seed")
        try:
            if kind == Trial.Kind.REPLAY:
                trial = request_replay(user=request.user, now=timezone.now(), **asked)
            else:
                trial = request_simulation(user=request.user, now=timezone.now(), runs=runs, seed=seed, **asked)
        except TrialNotAllowed as error:
            raise BadValue({"trial": [str(error)]}) from error
        carry_out_trial.delay_on_commit(trial.pk)
        return Response(TrialSerializer(trial).data, status=201)

    @extend_schema(request=None, responses=TrialSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        trial = trial_numbered(int(pk))
        if not cancel_trial(trial=trial, now=timezone.now()):
            raise Conflict("The trial had ended already.")
        return Response(TrialSerializer(trial_numbered(trial.pk)).data)
