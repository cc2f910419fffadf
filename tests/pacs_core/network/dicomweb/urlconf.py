"""DICOMweb and the viewer at their places, without the pages of the floors above."""

from django.urls import include, path

urlpatterns = [
    path("dicom-web/", include("pacs_core.network.dicomweb.urls")),
    path("viewer/", include("pacs_core.web.viewer.urls")),
]
