"""The API of the rota: shifts, templates, time off, swaps, holidays; the same services as the pages."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hospitals import serializers_rota as forms
from hospitals.api import ADMINISTRATORS, answered
from hospitals.models import Holiday, Shift, ShiftTemplate, User
from hospitals.models.hospital import time_zone_names
from hospitals.selectors import rota_lists
from hospitals.selectors.coverage import coming_gaps
from hospitals.services import drop_outs, holidays, rota, rota_plans, shift_templates
from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import RolePermission
from pacs_core.access.problems import BadValue
from pacs_core.access.scopes import current_scope

PLANNERS = ("coordinator", "system_administrator")
LONGEST_DAYS_OF_GAPS = 62
_SPAN = [
    OpenApiParameter("from", datetime, description="Only what ends after this instant"),
    OpenApiParameter("until", datetime, description="Only what begins before this instant"),
    OpenApiParameter("radiologist", str, description="A mail address"),
]


def checked(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def instant_of(request: Request, name: str) -> datetime | None:
    """Read an instant of the address; 400 for anything else."""
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValue({name: ["is no instant. Maybe 2031-03-01T06:00:00Z."]}) from error
    if instant.tzinfo is None:
        raise BadValue({name: ["needs an offset from UTC. Maybe a Z at its end."]})
    return instant


def within(request: Request, rows: Any) -> Any:
    """Narrow shifts or time off down as the address asks."""
    if start := instant_of(request, "from"):
        rows = rows.filter(ends_at__gt=start)
    if end := instant_of(request, "until"):
        rows = rows.filter(starts_at__lt=end)
    if email := request.query_params.get("radiologist"):
        rows = rows.filter(radiologist__email=email.lower())
    return rows


def own_reader(radiologist: User) -> User:
    """Let a radiologist of the hospitals in view pass; NotVisible for anybody else."""
    if not rota_lists.rota_readers().filter(pk=radiologist.pk).exists():
        raise NotVisible(f"No radiologist has the address {radiologist.email!r}.")
    return radiologist


def own_readers(emails: list[str]) -> list[User]:
    wanted = {email.lower() for email in emails}
    found = list(rota_lists.rota_readers().filter(email__in=wanted))
    if missing := wanted - {reader.email for reader in found}:
        raise NotVisible(f"No radiologist has the address {sorted(missing)[0]!r}.")
    return found


class ShiftViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Shifts of the readers of the hospitals in view (UTC instants, end exclusive); POST of the same start changes."""

    queryset = Shift.objects.none()
    serializer_class = forms.ShiftSerializer
    permission_classes = (RolePermission,)
    allowed_roles = (*ADMINISTRATORS, "coordinator")
    write_roles = PLANNERS

    def get_queryset(self) -> Any:
        return rota_lists.visible_shifts()

    @extend_schema(parameters=_SPAN)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        pages = self.paginate_queryset(within(request, self.get_queryset()))
        return self.get_paginated_response(forms.ShiftSerializer(pages, many=True).data)

    def create(self, request: Request) -> Response:
        serializer = forms.ShiftSerializer(data=request.data)
        values = checked(serializer)
        own_reader(values["radiologist"])
        values = values | {"breaks": serializer.breaks_given()}
        shift = answered(lambda: rota.add_shift(**values))
        return Response(forms.ShiftSerializer(shift).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=forms.ShiftSerializer(partial=True), responses=forms.ShiftSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        shift = self.get_object()
        serializer = forms.ShiftSerializer(data=request.data, partial=True)
        values = checked(serializer)
        breaks = serializer.breaks_given() if "breaks" in values else None
        given = {name: values.get(name, getattr(shift, name)) for name in ("starts_at", "ends_at", "is_on_call")}
        if breaks is None:
            breaks = [(pause.starts_at, pause.ends_at) for pause in shift.breaks.all()]
        if "radiologist" in values:
            given["radiologist"] = own_reader(values["radiologist"])
        changed = answered(lambda: rota.change_shift(shift=shift, breaks=breaks, **given))
        return Response(forms.ShiftSerializer(changed).data)

    def destroy(self, request: Request, pk: str) -> Response:
        rota.remove_shift(shift=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=forms.DropOutSerializer, responses=forms.ShiftSerializer)
    @action(detail=True, methods=["post"], url_path="drop-out")
    def drop_out(self, request: Request, pk: str) -> Response:
        """The reader can't go on: unopened items find another reader at once, what is open stays."""
        values = checked(forms.DropOutSerializer(data=request.data))
        shift = self.get_object()
        dropped = answered(lambda: drop_outs.drop_out(shift=shift, now=timezone.now(), **values))
        return Response(forms.ShiftSerializer(dropped).data)

    @extend_schema(request=None, responses=forms.ShiftSerializer)
    @action(detail=True, methods=["post"], url_path="undo-drop-out")
    def undo_drop_out(self, request: Request, pk: str) -> Response:
        """The drop-out was a mistake."""
        shift = self.get_object()
        return Response(
            forms.ShiftSerializer(answered(lambda: drop_outs.undo_drop_out(shift=shift, now=timezone.now()))).data
        )

    @extend_schema(request=forms.CallInSerializer, responses={201: forms.ShiftSerializer})
    @action(detail=True, methods=["post"], url_path="call-in")
    def call_in(self, request: Request, pk: str) -> Response:
        """Put a reader who is on call to work, from now."""
        values = checked(forms.CallInSerializer(data=request.data))
        shift = self.get_object()
        called = answered(lambda: drop_outs.call_in(shift=shift, now=timezone.now(), **values))
        return Response(forms.ShiftSerializer(called).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=forms.CopyWeekSerializer, responses=forms.PlannedSerializer)
    @action(detail=False, methods=["post"], url_path="copy-week")
    def copy_week(self, request: Request) -> Response:
        """Copy the shifts of one week to another, at the same wall-clock times; what can't be is told."""
        values = checked(forms.CopyWeekSerializer(data=request.data))
        if values["time_zone"] not in time_zone_names():
            raise BadValue({"time_zone": ["is no IANA time zone. Maybe Europe/Berlin."]})
        zone, readers = ZoneInfo(values["time_zone"]), own_readers(values["radiologists"])
        planned = answered(
            lambda: rota_plans.copy_week(
                radiologists=readers, monday=values["monday"], to_monday=values["to_monday"], zone=zone
            )
        )
        return Response(forms.PlannedSerializer(planned).data)

    @extend_schema(parameters=_SPAN[:2], responses=forms.GapSerializer(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def gaps(self, request: Request) -> Response:
        """Spans when no reader of the hospitals in view, or none of a subspecialty, is on shift and may read there."""
        start = instant_of(request, "from") or timezone.now()
        end = instant_of(request, "until") or start + timedelta(days=7)
        if not 0 < (end - start).days + 1 <= LONGEST_DAYS_OF_GAPS or end <= start:
            raise BadValue({"until": [f"must lie after from, at most {LONGEST_DAYS_OF_GAPS} days"]})
        readers = set(rota_lists.rota_readers().order_by().values_list("pk", flat=True))
        gaps = coming_gaps(
            start,
            end,
            radiologist_ids=readers,
            hospital_ids=current_scope().hospital_ids,
            now=timezone.now(),
        )
        return Response(forms.GapSerializer(gaps, many=True).data)


class ShiftTemplateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The network's shift templates; DELETE retires one, its shifts stay."""

    queryset = ShiftTemplate.objects.none()
    serializer_class = forms.ShiftTemplateSerializer
    permission_classes = (RolePermission,)
    allowed_roles = PLANNERS

    def get_queryset(self) -> Any:
        return rota_lists.visible_templates(state="all")

    def create(self, request: Request) -> Response:
        values = checked(forms.ShiftTemplateSerializer(data=request.data))
        template = answered(lambda: shift_templates.add_template(**values))
        return Response(forms.ShiftTemplateSerializer(template).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=forms.ShiftTemplateSerializer(partial=True), responses=forms.ShiftTemplateSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        template = self.get_object()
        values = checked(forms.ShiftTemplateSerializer(template, data=request.data, partial=True))
        changed = answered(lambda: shift_templates.change_template(template=template, **values))
        return Response(forms.ShiftTemplateSerializer(changed).data)

    def destroy(self, request: Request, pk: str) -> Response:
        shift_templates.change_template(template=self.get_object(), is_active=False)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=forms.ApplyTemplateSerializer, responses=forms.PlannedSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Make the template's shifts for readers over a span of dates; what can't be is told."""
        values = checked(forms.ApplyTemplateSerializer(data=request.data))
        template, readers = self.get_object(), own_readers(values["radiologists"])
        planned = answered(
            lambda: rota_plans.apply_template(
                template=template, radiologists=readers, first=values["first"], last=values["last"]
            )
        )
        return Response(forms.PlannedSerializer(planned).data)


class HolidayViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Public holidays of the network (hospital null) and of the hospitals in view."""

    queryset = Holiday.objects.none()
    serializer_class = forms.HolidaySerializer
    permission_classes = (RolePermission,)
    allowed_roles = PLANNERS

    def get_queryset(self) -> Any:
        return rota_lists.visible_holidays()

    def create(self, request: Request) -> Response:
        values = checked(forms.HolidaySerializer(data=request.data))
        hospital = values.get("hospital")
        own_hospital(request, hospital)
        holiday = answered(lambda: holidays.add_holiday(hospital=hospital, on=values["on"], name=values["name"]))
        return Response(forms.HolidaySerializer(holiday).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        holidays.remove_holiday(holiday=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=forms.ImportHolidaysSerializer, responses={201: forms.HolidaySerializer(many=True)}, filters=False
    )
    @action(detail=False, methods=["post"], url_path="import", pagination_class=None)
    def import_holidays(self, request: Request) -> Response:
        """Add a jurisdiction's public holidays of a year; answers those that were new."""
        values = checked(forms.ImportHolidaysSerializer(data=request.data))
        hospital = values.get("hospital")
        own_hospital(request, hospital)
        new = answered(
            lambda: holidays.import_holidays(
                jurisdiction=values["jurisdiction"], year=values["year"], hospital=hospital
            )
        )
        return Response(forms.HolidaySerializer(new, many=True).data, status=status.HTTP_201_CREATED)


def own_hospital(request: Request, hospital: Any) -> None:
    if hospital is not None and hospital.pk not in request._request.hospital_ids:
        raise NotVisible(f"No hospital has the code {hospital.code!r}.")
