"""The API of hospitals, people and privileges; the same services as the pages and the commands."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hospitals.errors import HospitalsError, InvalidValue
from hospitals.models import Hospital, ReadingPrivilege, User
from hospitals.selectors import administration
from hospitals.serializers import (
    HospitalSerializer,
    PersonChangeSerializer,
    PersonSerializer,
    ReadingPrivilegeSerializer,
    TokenSerializer,
)
from hospitals.services import directory, people, rights
from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue

ADMINISTRATORS = ("hospital_administrator", "system_administrator")


def answered(call: Callable[[], Any]) -> Any:
    """Run a service call and turn this floor's errors into 400 with field and reason."""
    try:
        return call()
    except InvalidValue as error:
        raise BadValue({error.field: [error.reason]}) from error
    except HospitalsError as error:
        raise BadValue(str(error)) from error


class HospitalViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Hospitals in view; POST adds one (system administrator) or changes the one with the same code."""

    queryset = Hospital.objects.none()
    serializer_class = HospitalSerializer
    permission_classes = (RolePermission,)
    lookup_field = "code"
    allowed_roles = (*ADMINISTRATORS, "coordinator")
    write_roles = ADMINISTRATORS

    def get_queryset(self) -> Any:
        return administration.administered_hospitals()

    @extend_schema(request=HospitalSerializer, responses={200: HospitalSerializer, 201: HospitalSerializer})
    def create(self, request: Request) -> Response:
        serializer = HospitalSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        administration.may_change_hospital(code=values["code"], fields=set(values) - {"code"})
        hospital, is_new = answered(lambda: directory.add_hospital(**values))
        return Response(HospitalSerializer(hospital).data, status=201 if is_new else 200)


class PersonViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """People of the hospitals in view; POST adds one or changes the one with the same address."""

    queryset = User.objects.none()
    serializer_class = PersonSerializer
    permission_classes = (RolePermission,)
    allowed_roles = ADMINISTRATORS

    def get_queryset(self) -> Any:
        return administration.administered_people()

    @extend_schema(request=PersonChangeSerializer, responses={200: PersonSerializer, 201: PersonSerializer})
    def create(self, request: Request) -> Response:
        serializer = PersonChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        codes = values.pop("hospitals")
        administration.may_change_person(email=values["email"], role=values["role"], hospital_codes=codes)
        user, is_new = answered(lambda: people.add_user(hospital_codes=codes, **values))
        return Response(PersonSerializer(user).data, status=201 if is_new else 200)

    @extend_schema(request=None, responses={201: TokenSerializer})
    @action(detail=True, methods=["post"])
    def token(self, request: Request, pk: str) -> Response:
        """Make a token for machines acting as this person; system administrator, or the person."""
        user = self.get_object()
        if request.user.role != User.Role.SYSTEM_ADMINISTRATOR and user != request.user:
            self.permission_denied(request, "Only the system's administrator makes tokens for others.")
        return Response({"token": people.create_token(email=user.email)}, status=status.HTTP_201_CREATED)


class ReadingPrivilegeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Who may read what at the hospitals in view; POST grants, DELETE withdraws from now on."""

    queryset = ReadingPrivilege.objects.none()
    serializer_class = ReadingPrivilegeSerializer
    permission_classes = (RolePermission,)
    allowed_roles = (*ADMINISTRATORS, "coordinator")
    write_roles = ADMINISTRATORS

    def get_queryset(self) -> Any:
        return administration.administered_privileges()

    def create(self, request: Request) -> Response:
        serializer = ReadingPrivilegeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        administration.administered_hospital(serializer.validated_data["hospital"].code)
        privilege = answered(lambda: rights.grant_privilege(**serializer.validated_data))
        return Response(ReadingPrivilegeSerializer(privilege).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        rights.end_right(right=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
