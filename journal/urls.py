"""Addresses of the operator's pages."""

from django.urls import path

from journal import views

app_name = "journal"
urlpatterns = [
    path("", views.operations, name="operations"),
    path("deliveries/<int:pk>/retry/", views.retry, name="retry"),
    path("record/", views.record, name="record"),
    path("record/verify/", views.verify, name="verify"),
]
