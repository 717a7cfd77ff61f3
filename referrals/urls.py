"""Addresses of cases outside."""

from django.urls import URLPattern, path

from referrals.views import cases as views
from referrals.views import questions

app_name = "referrals"
urlpatterns: list[URLPattern] = [
    path("", views.cases, name="cases"),
    path("of/<str:reference>/panel/", views.panel, name="panel"),
    path("of/<str:reference>/open/", views.open_case, name="open"),
    path("of/<str:reference>/ask/", questions.ask, name="ask"),
    path("questions/<int:pk>/", questions.question, name="question"),
    path("questions/<int:pk>/take-back/", questions.take_back, name="question_take_back"),
    path("<int:pk>/", views.case, name="case"),
    path("<int:pk>/dates/<int:date>/", views.date, name="date"),
    path("<int:pk>/dates/<int:date>/done/", views.date_done, name="date_done"),
    path("<int:pk>/<slug:act>/", views.act, name="act"),
]
