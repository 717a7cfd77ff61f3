"""Addresses of providers, and of the tokens of their software."""

from django.urls import URLPattern, path

from providers.api.token import token
from providers.views import clients, contracts, file, own, plans, webhooks

token_patterns = [path("oauth/token/", token, name="oauth_token")]

app_name = "providers"
urlpatterns: list[URLPattern] = [
    path("", file.providers, name="list"),
    path("new/", file.new, name="new"),
    # --- where events are posted
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.webhook_new, name="webhook_new"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/<slug:act>/", webhooks.webhook_act, name="webhook_act"),
    # --- what a provider's own people see
    path("own/", own.own, name="own"),
    path("own/requirements/<int:pk>/confirm/", own.confirm, name="confirm"),
    path("plans/<int:pk>/", plans.plan, name="plan"),
    path("plans/<int:pk>/agree/", plans.plan_agree, name="plan_agree"),
    path("plans/<int:pk>/done/", plans.plan_done, name="plan_done"),
    path("plans/<int:pk>/check/", plans.plan_check, name="plan_check"),
    # --- the file
    path("<slug:code>/", file.file, name="file"),
    path("<slug:code>/test/", file.test_twin, name="test_twin"),
    path("<slug:code>/change/", file.change, name="change"),
    path("<slug:code>/requirements/", file.requirements, name="requirements"),
    path("<slug:code>/selection/", file.evaluate, {"kind": "selection"}, name="selection"),
    path("<slug:code>/evaluation/", file.evaluate, {"kind": "periodic"}, name="evaluation"),
    path("<slug:code>/suspend/", file.suspend, name="suspend"),
    path("<slug:code>/resume/", file.resume, name="resume"),
    path("<slug:code>/people/new/", file.person_new, name="person_new"),
    path("<slug:code>/people/<int:pk>/release/", file.person_release, name="person_release"),
    path("<slug:code>/clients/new/", clients.client_new, name="client_new"),
    path("<slug:code>/clients/<int:pk>/rotate/", clients.client_rotate, name="client_rotate"),
    path("<slug:code>/clients/<int:pk>/end/", clients.client_end, name="client_end"),
    path("<slug:code>/breaches/new/", file.breach_new, name="breach_new"),
    path("<slug:code>/breaches/<int:pk>/close/", file.breach_close, name="breach_close"),
    path("<slug:code>/contracts/new/", contracts.contract_new, name="contract_new"),
    path("<slug:code>/contracts/<int:pk>/", contracts.contract, name="contract"),
    path("<slug:code>/contracts/<int:pk>/edit/", contracts.contract_edit, name="contract_edit"),
    path(
        "<slug:code>/contracts/<int:pk>/submit/", contracts.contract_submit, name="contract_submit"
    ),
    path(
        "<slug:code>/contracts/<int:pk>/approve/",
        contracts.contract_approve,
        name="contract_approve",
    ),
    path(
        "<slug:code>/contracts/<int:pk>/return/", contracts.contract_return, name="contract_return"
    ),
    path(
        "<slug:code>/contracts/<int:pk>/discard/",
        contracts.contract_discard,
        name="contract_discard",
    ),
    path("<slug:code>/contracts/<int:pk>/end/", contracts.contract_end, name="contract_end"),
]
