"""DICOMweb and the viewer at their places, without the pages of the floors above."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def no_icon(request: HttpRequest) -> HttpResponse:
    """A browser asks for it beside every document that names no icon."""
    return HttpResponse(status=204)


urlpatterns = [
    path("dicom-web/", include("pacs_core.network.dicomweb.urls")),
    path("viewer/", include("pacs_core.web.viewer.urls")),
    path("favicon.ico", no_icon),
]
