"""Addresses of reading page, signed documents, portal and verification."""

from django.urls import path

from reporting.views import documents, images, portal, reading, stages, verification

app_name = "reporting"
urlpatterns = [
    path("reading/<int:worklist_item_id>/", reading.reading, name="reading"),
    path("reading/ahead/", images.ahead, name="ahead"),
    path("reading/<int:worklist_item_id>/measurements/", images.measurements, name="measurements"),
    path("reports/<int:report_id>/comparison/", stages.comparison, name="comparison"),
    path("first-readings/", stages.first_readings, name="first_readings"),
    path("reports/<int:report_id>/addendum/", reading.addendum, name="addendum"),
    path("reports/<int:report_id>/addendum/discard/", reading.discard, name="discard_addendum"),
    path("reports/<int:report_id>/versions/<int:number>/pdf/", documents.version_pdf, name="version_pdf"),
    path("portal/", portal.portal, name="portal"),
    path("portal/reports/<int:report_id>/", portal.portal_report, name="portal_report"),
    path("portal/reports/<int:report_version_id>/pdf/", portal.portal_pdf, name="portal_pdf"),
    path("portal/reports/<int:report_id>/images/", portal.portal_images, name="portal_images"),
    path("verify/<str:code>/", verification.verify, name="verify"),
]
