"""Addresses under /viewer/."""

from django.urls import path

from pacs_core.web.viewer.views import viewer_file

app_name = "viewer"
urlpatterns = [
    path("", viewer_file, name="page"),
    path("<path:path>", viewer_file, name="file"),
]
