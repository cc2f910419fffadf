"""Rule sets: drafts, the editor, publication."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
