"""Escalation and messages to readers."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
