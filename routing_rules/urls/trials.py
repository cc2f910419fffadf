"""Trials: replay and simulation."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
