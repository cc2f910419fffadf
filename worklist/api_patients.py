"""Patients for machines: find, merge, move, correct, undo, link; the same services as the pages."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.mixins import CreateModelMixin, DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue, Conflict
from pacs_core.access.scopes import current_scope
from pacs_core.archive.errors import IdentityConflict
from pacs_core.archive.models import NationalIdentifierRule, Patient, PatientChange, PatientLink
from pacs_core.archive.services.identity import change_demographics, merge_patients, move_study
from pacs_core.archive.services.identity_undo import undo_patient_change
from pacs_core.archive.services.links import decide_link, link_patients
from pacs_core.archive.services.national_identifiers import (
    add_national_identifier_rule,
    remove_national_identifier_rule,
)
from pacs_core.network.hl7.sources import hospital_of_code
from pacs_core.web.numbers import row_number
from worklist.selectors.patients import (
    PATIENT_ROLES,
    changes_in_view,
    find_patients,
    links_in_view,
    patient_in_view,
)
from worklist.serializers_patients import (
    ChangeUndoSerializer,
    CorrectionSerializer,
    LinkCreationSerializer,
    LinkDecisionSerializer,
    NationalIdentifierRuleSerializer,
    PatientChangeSerializer,
    PatientDetailSerializer,
    PatientLinkSerializer,
    PatientMergeSerializer,
    PatientSearchSerializer,
    PatientSerializer,
    StudyMoveSerializer,
)
from worklist.views_patients import note_looked_at


class _IdentityViewSet(GenericViewSet):
    permission_classes = [RolePermission]
    allowed_roles = PATIENT_ROLES
    lookup_value_converter = "int"

    def _given(self, serializer_class: type[Serializer]) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


def _done(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except IdentityConflict as error:
        raise Conflict(str(error)) from error


class PatientViewSet(ListModelMixin, RetrieveModelMixin, _IdentityViewSet):
    """Patients of the caller's hospitals, the newest first; merged ones only by their id."""

    queryset = Patient.objects.none()
    serializer_class = PatientSerializer

    def get_queryset(self) -> QuerySet[Patient]:
        if "search" in self.request.query_params:
            raise BadValue("A search may name a patient. Maybe POST it to /api/patients/search/ instead.")
        return find_patients()

    @extend_schema(responses=PatientDetailSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:
        patient = patient_in_view(pk)
        note_looked_at(patient)
        return Response(PatientDetailSerializer(patient).data)

    @extend_schema(request=PatientSearchSerializer, responses=PatientSerializer(many=True))
    @action(detail=False, methods=["post"])
    def search(self, request: Request) -> Response:
        """List the patients that match all words."""
        given = self._given(PatientSearchSerializer)
        found = find_patients(search=given["search"], hospital_id=given["hospital"])
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(found), many=True).data)

    @extend_schema(request=PatientMergeSerializer, responses=PatientDetailSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: int) -> Response:
        """Merge another record of the hospital into this one; 409 says why not."""
        given = self._given(PatientMergeSerializer)
        merged_id = given["merged_patient"]
        return self._act(pk, lambda: merge_patients(surviving_id=pk, merged_id=merged_id, reason=given["reason"]))

    @extend_schema(request=StudyMoveSerializer, responses=PatientDetailSerializer)
    @action(detail=True, methods=["post"], url_path="move-study")
    def move_study(self, request: Request, pk: int) -> Response:
        """Make a study of the hospital this patient's, with its order where asked."""
        given = self._given(StudyMoveSerializer)
        return self._act(
            pk,
            lambda: move_study(
                study_id=given["study"], patient_id=pk, with_order=given["with_order"], reason=given["reason"]
            ),
        )

    @extend_schema(request=CorrectionSerializer, responses=PatientDetailSerializer)
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: int) -> Response:
        """Correct name, birth date or sex; images leave with them, stored files and signed reports keep theirs."""
        given = dict(self._given(CorrectionSerializer))
        reason = given.pop("reason")
        cleared = frozenset(name for name, value in given.items() if not value)
        return self._act(pk, lambda: change_demographics(patient_id=pk, reason=reason, cleared=cleared, **given))

    def _act(self, pk: int, act: Callable[[], Any]) -> Response:
        patient_in_view(pk)
        _done(act)
        return Response(PatientDetailSerializer(patient_in_view(pk)).data)


@extend_schema_view(list=extend_schema(parameters=[OpenApiParameter("patient", int, description="Id of a patient")]))
class PatientChangeViewSet(ListModelMixin, RetrieveModelMixin, _IdentityViewSet):
    """Merges, moves and corrections, the newest first."""

    queryset = PatientChange.objects.none()
    serializer_class = PatientChangeSerializer

    def get_queryset(self) -> QuerySet[PatientChange]:
        patient_id = row_number(self.request.query_params.get("patient", ""))
        changes = changes_in_view()
        return changes.filter(patient=patient_id) if patient_id is not None else changes

    @extend_schema(request=ChangeUndoSerializer, responses=PatientChangeSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: int) -> Response:
        """Take a change back; 409 names the later one that has to be undone first."""
        given = self._given(ChangeUndoSerializer)
        change = _done(lambda: undo_patient_change(patient_change_id=pk, reason=given["reason"]))
        return Response(PatientChangeSerializer(change).data)


@extend_schema_view(
    list=extend_schema(parameters=[OpenApiParameter("status", str, enum=list(PatientLink.Status.values))])
)
class PatientLinkViewSet(ListModelMixin, RetrieveModelMixin, _IdentityViewSet):
    """Links and suggestions between hospitals that the caller may both see, the most alike first."""

    queryset = PatientLink.objects.none()
    serializer_class = PatientLinkSerializer

    def get_queryset(self) -> QuerySet[PatientLink]:
        status = self.request.query_params.get("status", "")
        return links_in_view().filter(status=status) if status else links_in_view()

    @extend_schema(request=LinkCreationSerializer, responses={201: PatientLinkSerializer})
    def create(self, request: Request) -> Response:
        """Say that two hospitals' records are of one person."""
        given = self._given(LinkCreationSerializer)
        one, other = given["patient"], given["other_patient"]
        link = _done(lambda: link_patients(patient_id=one, other_patient_id=other, reason=given["reason"]))
        return Response(PatientLinkSerializer(link).data, status=201)

    @extend_schema(request=LinkDecisionSerializer, responses=PatientLinkSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: int) -> Response:
        """Link the pair, or say that it is two people."""
        given = self._given(LinkDecisionSerializer)
        link = _done(lambda: decide_link(patient_link_id=pk, status=given["status"], reason=given["reason"]))
        return Response(PatientLinkSerializer(link).data)


class NationalIdentifierRuleViewSet(
    ListModelMixin, RetrieveModelMixin, CreateModelMixin, DestroyModelMixin, _IdentityViewSet
):
    """Which of a hospital's numbers are of a national scheme; adding a rule again changes nothing."""

    queryset = NationalIdentifierRule.objects.none()
    serializer_class = NationalIdentifierRuleSerializer

    def get_queryset(self) -> QuerySet[NationalIdentifierRule]:
        return NationalIdentifierRule.objects.select_related("hospital").order_by("pk")

    def create(self, request: Request, *args: object, **kwargs: object) -> Response:
        given = self._given(NationalIdentifierRuleSerializer)
        hospital = hospital_of_code(given["hospital"]["code"])
        if hospital is None or hospital.pk not in current_scope().hospital_ids:
            raise NotVisible("No hospital of this code is visible.")
        rule = _done(
            lambda: add_national_identifier_rule(
                hospital_id=hospital.pk,
                scheme=given["scheme"],
                issuer=given["issuer"],
                type_code=given["type_code"],
            )
        )
        return Response(NationalIdentifierRuleSerializer(rule).data, status=201)

    def perform_destroy(self, instance: NationalIdentifierRule) -> None:
        remove_national_identifier_rule(rule_id=instance.pk)
