"""The addresses of the web process; each app's own are in its urls and api_urls."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from pacs_core.access import api_schema  # noqa: F401  registers how the schema names signing in

urlpatterns = [
    path("", include("pacs_core.network.health.urls")),
    path("", include("hospitals.urls")),
    path("worklist/", include("worklist.urls")),
    path("patients/", include("worklist.urls_patients")),
    path("", include("routing_rules.urls")),
    path("", include("reporting.urls")),
    path("viewer/", include("pacs_core.web.viewer.urls")),
    path("dicom-web/", include("pacs_core.network.dicomweb.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/", include("pacs_core.network.api_urls")),
    path("api/", include("hospitals.api_urls")),
    path("api/", include("worklist.api_urls")),
    path("api/", include("routing_rules.api_urls")),
    path("api/", include("reporting.api_urls")),
]
