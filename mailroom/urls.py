"""Addresses of the mailroom."""

from django.urls import URLPattern, path

from mailroom.views import correspondence, triage

app_name = "mailroom"
urlpatterns: list[URLPattern] = [
    path("", triage.triage, name="triage"),
    path("state/", correspondence.state, name="state"),
    path("<int:pk>/", triage.mail, name="mail"),
    path("<int:pk>/raw/", triage.raw, name="raw"),
    path("<int:pk>/add/", triage.add, name="add"),
    path("<int:pk>/complaint/", triage.make, name="make"),
    path("<int:pk>/aside/", triage.aside, name="aside"),
    path("<int:pk>/back/", triage.back, name="back"),
    path("of/<str:reference>/", correspondence.correspondence, name="correspondence"),
    path(
        "of/<str:reference>/third-parties/", correspondence.third_party_add, name="third_party_add"
    ),
    path(
        "of/<str:reference>/third-parties/<int:pk>/remove/",
        correspondence.third_party_remove,
        name="third_party_remove",
    ),
]
