"""Addresses of the calendar and preset pages."""

from django.urls import path

from compliance import views

app_name = "compliance"
urlpatterns = [
    path("", views.calendars, name="calendars"),
    path("presets/", views.presets, name="presets"),
    path("<slug:code>/hours/", views.hours, name="hours"),
    path("<slug:code>/<int:year>/", views.year, name="year"),
    path("<slug:code>/<int:year>/set/", views.set_day, name="set_day"),
    path("<slug:code>/<int:year>/remove/", views.remove_day, name="remove_day"),
    path("<slug:code>/<int:year>/confirm/", views.confirm_year, name="confirm_year"),
    path("<slug:code>/<int:year>/adopt/", views.adopt_year, name="adopt_year"),
]
