"""Key images of a report over REST."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.api import ReportAPIView
from reporting.selectors.key_images import key_images_for
from reporting.selectors.reports import report_for_reader
from reporting.serializers import KeyImageSerializer, MarkKeyImageSerializer
from reporting.services.key_images import mark_key_image, unmark_key_image

_PROBLEM = OpenApiResponse(OpenApiTypes.OBJECT, description="Problem details (RFC 9457) with the reason")
_REFUSALS = {403: _PROBLEM, 404: _PROBLEM, 409: _PROBLEM}


class ReportKeyImages(ReportAPIView):
    @extend_schema(operation_id="reports_key_images_list", responses=KeyImageSerializer(many=True))
    def get(self, request: Request, report_id: int) -> Response:
        """Return the images that are marked, in the order they were."""
        report = report_for_reader(report_id=report_id, user=request.user)
        return Response(KeyImageSerializer(key_images_for(report, request.user), many=True).data)

    @extend_schema(
        operation_id="reports_key_images_mark",
        request=MarkKeyImageSerializer,
        responses={201: KeyImageSerializer, **_REFUSALS},
    )
    def post(self, request: Request, report_id: int) -> Response:
        """Mark an image of the report's study; only who writes the report may."""
        body = self.body(MarkKeyImageSerializer, request)
        image = mark_key_image(report_id=report_id, user=request.user, **body)
        return Response(KeyImageSerializer(image).data, status=status.HTTP_201_CREATED)


class ReportKeyImage(ReportAPIView):
    @extend_schema(operation_id="reports_key_images_unmark", request=None, responses={204: None, **_REFUSALS})
    def delete(self, request: Request, report_id: int, key_image_id: int) -> Response:
        """Take back a mark, until the report is signed."""
        unmark_key_image(report_id=report_id, user=request.user, key_image_id=key_image_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
