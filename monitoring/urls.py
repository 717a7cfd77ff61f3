"""Addresses of figures and early warning."""

from django.urls import URLPattern

app_name = "monitoring"
urlpatterns: list[URLPattern] = []
