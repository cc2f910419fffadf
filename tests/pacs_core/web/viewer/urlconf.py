"""The viewer alone, at its place."""

from django.urls import include, path

urlpatterns = [path("viewer/", include("pacs_core.web.viewer.urls"))]
