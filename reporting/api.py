"""Reports over REST: the same services as the pages and the editor's socket."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from pacs_core.access.errors import PermissionRefused
from pacs_core.access.permissions import RolePermission
from reporting.checks.run import facts_of_item, run_checks
from reporting.draft_messages import message_of
from reporting.errors import (
    InvalidSections,
    ReportError,
    StoredBytesChanged,
    TooManyPasswordFailures,
    WrongPassword,
)
from reporting.models import PreliminaryVersion, Report
from reporting.sections import empty_sections
from reporting.selectors.reports import (
    address_of_pdf,
    current_sections,
    failure_of_last_attempt,
    latest_signed_version,
    report_for_reader,
    reports_in_scope,
    signed_versions,
    version_for_reader,
)
from reporting.selectors.stages import first_readings_of, readings_for
from reporting.serializers import (
    AddendumSerializer,
    DraftConflictSerializer,
    DraftSavedSerializer,
    DraftSerializer,
    FinishReadingSerializer,
    PreliminaryVersionSerializer,
    ReportDetailSerializer,
    ReportSerializer,
    ReportVersionSerializer,
    SignatureSerializer,
)
from reporting.services.addenda import discard_addendum, start_addendum
from reporting.services.delivery import download_for_reader
from reporting.services.drafts import DraftSaved, save_draft
from reporting.services.signing import request_signature
from reporting.services.stages import finish_reading
from reporting.views.documents import pdf_response
from worklist.errors import ItemConflict

# What a refusal is in HTTP (RFC 9110, 15.5); everything else of this app is a conflict with the report's state.
STATUS_OF_ERROR: dict[type[Exception], int] = {
    InvalidSections: status.HTTP_400_BAD_REQUEST,
    WrongPassword: status.HTTP_403_FORBIDDEN,
    TooManyPasswordFailures: status.HTTP_429_TOO_MANY_REQUESTS,
    StoredBytesChanged: status.HTTP_500_INTERNAL_SERVER_ERROR,
}
_PROBLEM = OpenApiResponse(OpenApiTypes.OBJECT, description="Problem details (RFC 9457) with the reason")


class PdfRenderer(BaseRenderer):
    """Lets a client ask for application/pdf; the bytes are handed out as they were signed."""

    media_type, format, charset, render_style = "application/pdf", "pdf", None, "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return data


class ReportAPIView(GenericAPIView):
    """Only radiologists; the app's errors become problem details."""

    permission_classes = [RolePermission]
    allowed_roles = ("radiologist",)
    queryset = Report.objects.none()
    serializer_class = ReportSerializer

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ReportError | ItemConflict) and not isinstance(exc, PermissionRefused):
            number = STATUS_OF_ERROR.get(type(exc), status.HTTP_409_CONFLICT)
            problem = {"status": number, "title": getattr(exc, "code", "conflict"), "detail": str(exc)}
            if hasattr(exc, "checks"):
                problem["checks"] = exc.checks
            return Response(problem, status=number, content_type="application/problem+json")
        return super().handle_exception(exc)

    def body(self, serializer_class: type, request: Request) -> dict[str, Any]:
        serializer = serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


@extend_schema_view(
    get=extend_schema(
        operation_id="reports_list",
        parameters=[
            OpenApiParameter("worklist_item", int, description="Of this worklist item"),
            OpenApiParameter("status", str, enum=Report.Status.values),
        ],
        responses=ReportSerializer(many=True),
    )
)
class ReportList(ReportAPIView, ListAPIView):
    """Reports in the caller's hospitals, the newest first."""

    def get_queryset(self) -> Any:
        found = reports_in_scope()
        if (item := self.request.query_params.get("worklist_item", "")).isdecimal():
            found = found.filter(worklist_item_id=item)
        if (wanted := self.request.query_params.get("status", "")) in Report.Status.values:
            found = found.filter(status=wanted)
        return found


class ReportDetail(ReportAPIView):
    @extend_schema(operation_id="reports_retrieve", responses={200: ReportDetailSerializer, 404: _PROBLEM})
    def get(self, request: Request, report_id: int) -> Response:
        """Return a report with its current text and what the checks say about it."""
        report = report_for_reader(report_id=report_id, user=request.user)
        sections = current_sections(report, request.user)
        report.withheld, report.sections = sections is None, sections or empty_sections()
        checks = run_checks(sections, facts_of_item(report.worklist_item)) if sections else []
        report.checks = [check.as_message() for check in checks]
        report.failure = failure_of_last_attempt(report)
        latest = latest_signed_version(report)
        report.pdf_url = address_of_pdf(latest) if latest else ""
        return Response(ReportDetailSerializer(report).data)


class ReportDraft(ReportAPIView):
    @extend_schema(
        operation_id="reports_draft_save",
        request=DraftSerializer,
        responses={200: DraftSavedSerializer, 409: DraftConflictSerializer, 403: _PROBLEM, 404: _PROBLEM},
    )
    def post(self, request: Request, report_id: int) -> Response:
        """Save a draft built on base_version; 409 carries the current draft when that is another."""
        body = self.body(DraftSerializer, request)
        outcome = save_draft(report_id=report_id, user=request.user, **body)
        number = status.HTTP_200_OK if isinstance(outcome, DraftSaved) else status.HTTP_409_CONFLICT
        return Response(message_of(outcome, request_id=body["request_id"]), status=number)


class ReportSign(ReportAPIView):
    @extend_schema(
        operation_id="reports_sign",
        request=SignatureSerializer,
        responses={202: ReportVersionSerializer, 403: _PROBLEM, 404: _PROBLEM, 409: _PROBLEM, 429: _PROBLEM},
    )
    def post(self, request: Request, report_id: int) -> Response:
        """Ask to sign the draft that was read; the PDF is made by a worker, and the socket tells when it is there."""
        body = self.body(SignatureSerializer, request)
        version = request_signature(
            report_id=report_id,
            user=request.user,
            password=body["password"],
            base_version=body["base_version"],
            meaning=body["meaning"],
            acknowledged_checks=tuple(body["acknowledged_checks"]),
        )
        return Response(ReportVersionSerializer(version).data, status=status.HTTP_202_ACCEPTED)


class ReportFinishReading(ReportAPIView):
    @extend_schema(
        operation_id="reports_finish_reading",
        request=FinishReadingSerializer,
        responses={200: PreliminaryVersionSerializer, 403: _PROBLEM, 404: _PROBLEM, 409: _PROBLEM},
    )
    def post(self, request: Request, report_id: int) -> Response:
        """Finish a reading that is not the signature: a resident's, or one of two independent ones."""
        body = self.body(FinishReadingSerializer, request)
        version = finish_reading(
            report_id=report_id,
            user=request.user,
            base_version=body["base_version"],
            acknowledged_checks=tuple(body["acknowledged_checks"]),
        )
        return Response(PreliminaryVersionSerializer(version).data)


class ReportPreliminaryVersions(ReportAPIView):
    @extend_schema(operation_id="reports_preliminary_versions_list", responses=PreliminaryVersionSerializer(many=True))
    def get(self, request: Request, report_id: int) -> Response:
        """Return the finished readings that the caller may know, in order; never for referring physicians."""
        report = report_for_reader(report_id=report_id, user=request.user)
        return Response(PreliminaryVersionSerializer(readings_for(report, request.user), many=True).data)


@extend_schema_view(
    get=extend_schema(operation_id="first_readings_list", responses=PreliminaryVersionSerializer(many=True))
)
class FirstReadingList(ReportAPIView, ListAPIView):
    """What the caller read first and another was to sign, the newest first."""

    serializer_class = PreliminaryVersionSerializer
    queryset = PreliminaryVersion.objects.none()

    def get_queryset(self) -> Any:
        return first_readings_of(self.request.user)


class ReportAddendum(ReportAPIView):
    @extend_schema(
        operation_id="reports_addendum_start",
        request=AddendumSerializer,
        responses={201: ReportSerializer, 403: _PROBLEM, 404: _PROBLEM, 409: _PROBLEM},
    )
    def post(self, request: Request, report_id: int) -> Response:
        """Begin an addendum or a correction of a signed report."""
        body = self.body(AddendumSerializer, request)
        start_addendum(report_id=report_id, user=request.user, kind=body["kind"])
        report = report_for_reader(report_id=report_id, user=request.user)
        return Response(ReportSerializer(report).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="reports_addendum_discard",
        request=None,
        responses={200: ReportSerializer, 403: _PROBLEM, 404: _PROBLEM, 409: _PROBLEM},
    )
    def delete(self, request: Request, report_id: int) -> Response:
        """Give up one's own unsigned addendum or correction; the report is again what was signed last."""
        discard_addendum(report_id=report_id, user=request.user)
        report = report_for_reader(report_id=report_id, user=request.user)
        return Response(ReportSerializer(report).data)


class ReportVersions(ReportAPIView):
    @extend_schema(operation_id="reports_versions_list", responses=ReportVersionSerializer(many=True))
    def get(self, request: Request, report_id: int) -> Response:
        """Return the signed versions, the newest first."""
        report = report_for_reader(report_id=report_id, user=request.user)
        return Response(ReportVersionSerializer(signed_versions(report), many=True).data)


class ReportVersionPdf(ReportAPIView):
    renderer_classes = [PdfRenderer, *ReportAPIView.renderer_classes]

    @extend_schema(
        operation_id="reports_versions_pdf",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, (404, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, report_id: int, number: int) -> HttpResponse:
        """Return the signed bytes of one version."""
        version = version_for_reader(report_id=report_id, number=number, user=request.user)
        return pdf_response(version, download_for_reader(version), disposition="attachment")
