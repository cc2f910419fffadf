"""The API of time off and swaps: readers ask, offer and take for themselves, coordinators decide."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hospitals import serializers_rota as forms
from hospitals.api import answered
from hospitals.api_rota import PLANNERS, checked, own_reader, within
from hospitals.models import ShiftSwap, TimeOff, User
from hospitals.selectors import my_shifts, rota_lists
from hospitals.services import shift_swaps, time_off
from pacs_core.access.errors import NotVisible
from pacs_core.access.permissions import RolePermission


def is_planner(request: Request) -> bool:
    return request.user.role in PLANNERS


class TimeOffViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Time off of the readers in view; a radiologist sees the own and asks, a coordinator gives and decides."""

    queryset = TimeOff.objects.none()
    serializer_class = forms.TimeOffSerializer
    permission_classes = (RolePermission,)
    allowed_roles = (*PLANNERS, User.Role.RADIOLOGIST)
    write_roles = allowed_roles

    def get_queryset(self) -> Any:
        rows = rota_lists.visible_time_off()
        return rows if is_planner(self.request) else rows.filter(radiologist=self.request.user)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        pages = self.paginate_queryset(within(request, self.get_queryset()))
        return self.get_paginated_response(forms.TimeOffSerializer(pages, many=True).data)

    def create(self, request: Request) -> Response:
        """Give a reader time off (coordinator), or ask for the own (radiologist)."""
        values = dict(checked(forms.TimeOffSerializer(data=request.data)))
        reader = values.pop("radiologist", request.user)
        if is_planner(request):
            own_reader(reader)
            made = answered(lambda: time_off.add_time_off(radiologist=reader, created_by=request.user, **values))
        else:
            if reader != request.user:
                raise NotVisible(f"No radiologist has the address {reader.email!r}.")
            made = answered(lambda: time_off.ask_time_off(radiologist=reader, **values))
        return Response(forms.TimeOffSerializer(made).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        """Take it away; a radiologist only what is not decided yet."""
        found = self.get_object()
        if not is_planner(request) and found.status != TimeOff.Status.ASKED:
            self.permission_denied(request, "What a coordinator has decided, a coordinator takes away.")
        time_off.remove_time_off(time_off=found)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=forms.DecisionOnRequestSerializer, responses=forms.TimeOffSerializer)
    @action(detail=True, methods=["post"], write_roles=PLANNERS)
    def decide(self, request: Request, pk: str) -> Response:
        values = checked(forms.DecisionOnRequestSerializer(data=request.data))
        found = self.get_object()
        decided = answered(
            lambda: time_off.decide_time_off(
                time_off=found, decided_by=request.user, now=timezone.now(), agree=values["agree"]
            )
        )
        return Response(forms.TimeOffSerializer(decided).data)


class ShiftSwapViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Offers of shifts: a radiologist sees own ones and colleagues', a coordinator those of the readers in view."""

    queryset = ShiftSwap.objects.none()
    serializer_class = forms.ShiftSwapSerializer
    permission_classes = (RolePermission,)
    allowed_roles = (*PLANNERS, User.Role.RADIOLOGIST)
    write_roles = (User.Role.RADIOLOGIST,)

    def get_queryset(self) -> Any:
        if is_planner(self.request):
            return rota_lists.visible_swaps()
        return my_shifts.swaps_for(self.request.user)

    def create(self, request: Request) -> Response:
        """Offer an own coming shift."""
        values = checked(forms.ShiftSwapSerializer(data=request.data))
        shift = values["shift"]
        if shift.radiologist_id != request.user.pk:
            raise NotVisible(f"No shift {shift.pk} is yours.")
        swap = answered(
            lambda: shift_swaps.offer_shift(
                shift=shift, offered_by=request.user, note=values.get("note", ""), now=timezone.now()
            )
        )
        return Response(forms.ShiftSwapSerializer(swap).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=forms.ShiftSwapSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        swap = self.get_object()
        return self._answer(lambda: shift_swaps.take_shift(swap=swap, taken_by=request.user, now=timezone.now()))

    @extend_schema(request=None, responses=forms.ShiftSwapSerializer)
    @action(detail=True, methods=["post"], url_path="give-back")
    def give_back(self, request: Request, pk: str) -> Response:
        swap = self.get_object()
        return self._answer(lambda: shift_swaps.give_back_swap(swap=swap, taken_by=request.user, now=timezone.now()))

    @extend_schema(request=None, responses=forms.ShiftSwapSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        swap = self.get_object()
        return self._answer(lambda: shift_swaps.withdraw_swap(swap=swap, withdrawn_by=request.user, now=timezone.now()))

    @extend_schema(request=forms.DecisionOnRequestSerializer, responses=forms.ShiftSwapSerializer)
    @action(detail=True, methods=["post"], write_roles=PLANNERS)
    def decide(self, request: Request, pk: str) -> Response:
        """Agree, so that the shift changes hands, or refuse."""
        values = checked(forms.DecisionOnRequestSerializer(data=request.data))
        swap = self.get_object()
        return self._answer(
            lambda: shift_swaps.decide_swap(
                swap=swap, decided_by=request.user, now=timezone.now(), agree=values["agree"]
            )
        )

    def _answer(self, call: Any) -> Response:
        return Response(forms.ShiftSwapSerializer(answered(call)).data)
