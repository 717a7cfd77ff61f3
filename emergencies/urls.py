"""Addresses of the fast channel."""

from django.urls import URLPattern, path

from emergencies.views import declaring, practice, rota, situation

app_name = "emergencies"
urlpatterns: list[URLPattern] = [
    path("declare/", declaring.declare, name="declare"),
    path("rota/", rota.rota, name="rota"),
    path("rota/reminders/", rota.reminders, name="reminders"),
    path("rota/add/<slug:what>/", rota.add, name="rota_add"),
    path("rota/shifts/<int:pk>/hand-over/", rota.hand_over, name="hand_over"),
    path("rota/<slug:act>/<int:pk>/", rota.answer, name="rota_answer"),
    path("ways/", rota.ways, name="ways"),
    path("ways/of/<str:username>/", rota.ways, name="ways_of"),
    path("ways/<int:pk>/forget/", rota.forget_way, name="forget_way"),
    path("exercises/<int:pk>/", practice.exercise, name="exercise"),
    path("exercises/<int:pk>/start/", practice.start, name="exercise_start"),
    path("exercises/<int:pk>/confirm/", practice.confirm, name="exercise_confirm"),
    path("exercises/<int:pk>/close/", practice.close, name="exercise_close"),
    path("<slug:reference>/", situation.situation, name="situation"),
    path("<slug:reference>/answer/", declaring.answer, name="answer"),
    path("<slug:reference>/panel/", situation.panel, name="panel"),
    path("<slug:reference>/steps/<slug:step>/", situation.step, name="step"),
    path("<slug:reference>/reports/<int:pk>/<slug:act>/", situation.report, name="report"),
]
