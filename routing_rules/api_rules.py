"""The API of rule sets: versions, drafts, what they would do; the same services as the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue, Conflict
from routing_rules.errors import DraftChanged, InvalidRule, PublicationRefused
from routing_rules.models import RuleSet
from routing_rules.selectors.rule_sets import draft_numbered, drafts, published_versions, version_numbered
from routing_rules.selectors.rule_trial import try_rules
from routing_rules.serializers_rules import (
    DraftEditSerializer,
    NewDraftSerializer,
    PublicationSerializer,
    RollBackSerializer,
    RuleSetDraftSerializer,
    RuleSetSerializer,
    TrialOfRulesSerializer,
    TriedRulesSerializer,
)
from routing_rules.services.rule_sets import (
    check_shape,
    discard_draft,
    publish_draft,
    publish_rule_set,
    roll_back,
    save_draft,
    start_draft,
)

WRITERS = ("coordinator", "system_administrator")


@contextmanager
def problems() -> Iterator[None]:
    """Answer what the services refuse: 400 for a rule that cannot be taken, 409 for what has changed."""
    try:
        yield
    except InvalidRule as error:
        raise BadValue({error.place: [error.reason]}) from error
    except (DraftChanged, PublicationRefused) as error:
        raise Conflict(str(error)) from error


def _values(kind: type[Serializer], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


class RuleSetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Published rule sets, the newest in force; POST checks rules and publishes them as a new version."""

    queryset = RuleSet.objects.none()
    serializer_class = RuleSetSerializer
    permission_classes = (RolePermission,)
    lookup_field = "version"
    lookup_value_regex = r"\d+"
    allowed_roles = ("radiologist", *WRITERS)
    write_roles = WRITERS

    def get_queryset(self) -> Any:
        return published_versions()

    def create(self, request: Request) -> Response:
        with problems():
            rule_set = publish_rule_set(**_values(RuleSetSerializer, request), user=request.user)
        return Response(RuleSetSerializer(rule_set).data, status=201)

    @extend_schema(request=RollBackSerializer, responses={201: RuleSetSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request, version: str) -> Response:
        """Publish this version's rules anew, as the newest version."""
        with problems():
            rule_set = roll_back(version=int(version), user=request.user, **_values(RollBackSerializer, request))
        return Response(RuleSetSerializer(rule_set).data, status=201)

    @extend_schema(request=TriedRulesSerializer, responses=TrialOfRulesSerializer)
    @action(detail=False, methods=["post"], url_path="preview")
    def preview(self, request: Request) -> Response:
        """Say what rules would do with what waits and with the last 30 days, and what is wrong with them."""
        with problems():
            rules = check_shape(_values(TriedRulesSerializer, request)["rules"])
        return Response(TrialOfRulesSerializer(try_rules(rules, now=timezone.now())).data)


class RuleSetDraftViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Drafts of rule sets: they decide nothing until they are published, and may be unfinished."""

    queryset = RuleSet.objects.none()
    serializer_class = RuleSetDraftSerializer
    permission_classes = (RolePermission,)
    lookup_value_regex = r"\d+"
    allowed_roles = WRITERS

    def get_queryset(self) -> Any:
        return drafts()

    @extend_schema(request=NewDraftSerializer, responses={201: RuleSetDraftSerializer})
    def create(self, request: Request) -> Response:
        values = _values(NewDraftSerializer, request)
        version = values.pop("version", None)
        with problems():
            draft = start_draft(
                user=request.user, based_on=None if version is None else version_numbered(version), **values
            )
        return Response(RuleSetDraftSerializer(draft).data, status=201)

    @extend_schema(request=DraftEditSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Keep the draft as it is here; 409 when somebody saved since `edit_number`."""
        with problems():
            draft = save_draft(draft_id=int(pk), user=request.user, **_values(DraftEditSerializer, request))
        return Response(RuleSetDraftSerializer(draft).data)

    def destroy(self, request: Request, pk: str) -> Response:
        discard_draft(draft_id=int(pk))
        return Response(status=204)

    @extend_schema(request=PublicationSerializer, responses={201: RuleSetSerializer})
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Put the draft in force as the newest version."""
        with problems():
            rule_set = publish_draft(draft_id=int(pk), user=request.user, **_values(PublicationSerializer, request))
        return Response(RuleSetSerializer(rule_set).data, status=201)

    @extend_schema(responses=TrialOfRulesSerializer)
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, pk: str) -> Response:
        """Say what the draft would do, and what is wrong with it."""
        draft = draft_numbered(int(pk))
        return Response(TrialOfRulesSerializer(try_rules(draft.rules, now=timezone.now())).data)
