"""Addresses of the report API."""

from django.urls import path

from reporting import api, api_key_images

urlpatterns = [
    path("reports/", api.ReportList.as_view(), name="api-reports"),
    path("reports/<int:report_id>/", api.ReportDetail.as_view(), name="api-report"),
    path("reports/<int:report_id>/draft/", api.ReportDraft.as_view(), name="api-report-draft"),
    path("reports/<int:report_id>/sign/", api.ReportSign.as_view(), name="api-report-sign"),
    path(
        "reports/<int:report_id>/finish-reading/",
        api.ReportFinishReading.as_view(),
        name="api-report-finish-reading",
    ),
    path(
        "reports/<int:report_id>/preliminary-versions/",
        api.ReportPreliminaryVersions.as_view(),
        name="api-report-preliminary-versions",
    ),
    path("reports/<int:report_id>/key-images/", api_key_images.ReportKeyImages.as_view(), name="api-report-key-images"),
    path(
        "reports/<int:report_id>/key-images/<int:key_image_id>/",
        api_key_images.ReportKeyImage.as_view(),
        name="api-report-key-image",
    ),
    path("first-readings/", api.FirstReadingList.as_view(), name="api-first-readings"),
    path("reports/<int:report_id>/addendum/", api.ReportAddendum.as_view(), name="api-report-addendum"),
    path("reports/<int:report_id>/versions/", api.ReportVersions.as_view(), name="api-report-versions"),
    path(
        "reports/<int:report_id>/versions/<int:number>/pdf/",
        api.ReportVersionPdf.as_view(),
        name="api-report-version-pdf",
    ),
]
