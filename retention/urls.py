"""Addresses of this app."""

from django.urls import URLPattern, path

from retention.views import disposal, holds, rights, schedule

app_name = "retention"
urlpatterns: list[URLPattern] = [
    path("", schedule.schedule, name="schedule"),
    path("versions/begin/", schedule.draft, name="draft"),
    path("versions/<int:version>/", schedule.version, name="version"),
    path("versions/<int:version>/edit/", schedule.edit, name="edit"),
    path("versions/<int:version>/submit/", schedule.submit, name="submit"),
    path("versions/<int:version>/approve/", schedule.approve, name="approve"),
    path("versions/<int:version>/return/", schedule.give_back, name="return"),
    path("versions/<int:version>/discard/", schedule.discard, name="discard"),
    path("holds/", holds.holds, name="holds"),
    path("holds/new/", holds.hold_new, name="hold_new"),
    path("holds/<int:pk>/", holds.hold, name="hold"),
    path("holds/<int:pk>/release/", holds.hold_release, name="hold_release"),
    path("holds/<int:pk>/review/", holds.hold_review, name="hold_review"),
    path("of/<str:reference>/", holds.panel, name="panel"),
    path("disposal/", disposal.runs, name="runs"),
    path("disposal/list/", disposal.propose, name="propose"),
    path("disposal/<int:pk>/", disposal.run, name="run"),
    path("disposal/<int:pk>/review/", disposal.review, name="run_review"),
    path("disposal/<int:pk>/reject/", disposal.reject, name="run_reject"),
    path("disposal/<int:pk>/rows/<int:item>/take-out/", disposal.take_out, name="take_out"),
    path("disposal/<int:pk>/certificate/", disposal.certificate, name="certificate"),
    path("disposal/<int:pk>/log.csv", disposal.log, name="run_log"),
    path("requests/", rights.requests, name="requests"),
    path("requests/new/", rights.request_new, name="request_new"),
    path("requests/<int:pk>/", rights.request_page, name="request"),
    path("requests/<int:pk>/verify/", rights.verify, name="request_verify"),
    path("requests/<int:pk>/rectify/", rights.rectify, name="request_rectify"),
    path("requests/<int:pk>/package/", rights.package, name="request_package"),
    path("requests/<int:pk>/package/<int:export>/", rights.package_open, name="package_open"),
    path("requests/<int:pk>/answer/", rights.answer, name="request_answer"),
]
