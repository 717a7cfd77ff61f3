"""Addresses of this app."""

from django.urls import path

from incidents.views import acts, linking, lists, pages, panel

app_name = "incidents"
urlpatterns = [
    path("", lists.incidents, name="list"),
    path("new/", lists.new, name="new"),
    path("suggested/", lists.suggestions, name="suggestions"),
    path("suggested/<int:pk>/", lists.suggestion, name="suggestion"),
    path("suggested/<int:pk>/dismiss/", lists.suggestion_dismiss, name="suggestion_dismiss"),
    path("of/<str:reference>/", panel.panel, name="panel"),
    path("of/<str:reference>/link/", panel.panel_link, name="panel_link"),
    path("of/<str:reference>/unlink/", panel.panel_unlink, name="panel_unlink"),
    path("of/<str:reference>/jointly/", panel.panel_jointly, name="panel_jointly"),
    path("of/<str:reference>/confirm/", panel.panel_confirm, name="panel_confirm"),
    path("of/<str:reference>/reject/", panel.panel_reject, name="panel_reject"),
    path("<str:reference>/", pages.incident, name="incident"),
    path("<str:reference>/complaints/", pages.complaints, name="complaints"),
    path("<str:reference>/link/", linking.link, name="link"),
    path("<str:reference>/export/", pages.export, name="export"),
    path("<str:reference>/finding/", pages.finding, name="finding"),
    path("<str:reference>/messages/", pages.messages, name="messages"),
    path("<str:reference>/messages/<int:pk>/", pages.message, name="message"),
    path("<str:reference>/communication/", pages.statements, name="statements"),
    path("<str:reference>/customers/", pages.customers, name="customers"),
    path("<str:reference>/representatives/", pages.representatives, name="representatives"),
    path("<str:reference>/record/", pages.record, name="record"),
    path("<str:reference>/do/<str:act>/", acts.act, name="act"),
    path("<str:reference>/do/<str:act>/<int:pk>/", acts.act, name="act_on"),
]
