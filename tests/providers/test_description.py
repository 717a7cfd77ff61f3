"""The published description: the same as in the repository, complete, true, and shown locally."""

import re
import time
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
import schemathesis
import yaml
from django.conf import settings as house
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client, override_settings
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tries
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.drawing import draw
from providers.api.description import as_yaml, described
from providers.models import ApiClient
from tests.complaints.api_rows import Scene
from tests.complaints.factories import make_policy
from tests.providers.listening import make_endpoint
from tests.providers.operations import operations
from tests.providers.partner import Partner

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SECONDS = 20  # of CPU, for each kind of client
BRIEFLY = tries(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_the_repository_holds_what_is_published():
    kept = Path(house.API_DESCRIPTION).read_text(encoding="utf-8")
    assert kept == as_yaml(), "The API has changed: run `make api` and read the diff."


def test_make_api_writes_it(tmp_path):
    with override_settings(API_DESCRIPTION=tmp_path / "v1.yaml"):
        draw()
    assert yaml.safe_load((tmp_path / "v1.yaml").read_text(encoding="utf-8")) == described()


def test_it_is_openapi_3_1_and_names_every_operation():
    drawn = described()
    assert drawn["openapi"].startswith("3.1")
    told = [one for path in drawn["paths"].values() for one in path.values()]
    assert sorted(one["operationId"] for one in told) == sorted(
        name for name, _method, _view in operations(get_resolver())
    )
    for one in told:
        assert one["summary"]
        assert one["security"][0]["oauth2"]
        problems = {status for status in one["responses"] if status >= "400"}
        assert {"401", "403", "406", "422", "429"} <= problems
        assert all("$ref" in one["responses"][status] for status in problems)


def test_every_reference_in_it_leads_somewhere():
    drawn = described()
    for found in re.findall(r"'\$ref': '#/([^']+)'", str(drawn)):
        place = drawn
        for step in found.split("/"):
            place = place[step]


@pytest.mark.django_db
def test_machines_and_people_read_it_without_signing_in():
    answer = Client().get("/api/v1/openapi.json")
    assert answer.json() == described()
    page = Client().get("/api/v1/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    for address in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert address.startswith("/static/"), address
        assert finders.find(address.removeprefix("/static/")), address
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*src)", text)


@pytest.fixture
def _one_connection(db):
    """Leave the test's connection open between calls, as Django's own test client does."""
    for moment in (request_started, request_finished):
        moment.disconnect(close_old_connections)
    yield
    for moment in (request_started, request_finished):
        moment.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
@pytest.mark.parametrize("organisation", [False, True], ids=["provider", "organisation"])
def test_every_answer_is_as_described(organisation, settings):
    """Schemathesis, briefly: good and bad calls of every operation, until the time is over."""
    settings.API_CALLS_A_MINUTE = 0
    make_policy()
    partner = Partner(organisation=organisation)
    known = Scene(partner)
    webhook = make_endpoint(partner.client)[0].public_id
    sent = {"Authorization": f"Bearer {partner.token}"}
    described_api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    until = time.process_time() + SECONDS  # its own time: a busy machine tries as much
    tried = set()

    def ask(case):
        answer = case.call(headers=sent)
        case.validate_response(answer, checks=CHECKS)
        tried.add(case.operation.label)

    operations_found = [found.ok() for found in described_api.get_all_operations()]
    # What is quickly made up comes first, so that a busy machine tries most of them.
    operations_found.sort(key=lambda one: (one.method != "get", -len(one.path)))
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for operation in operations_found:
            if time.process_time() > until:
                break
            path = {"reference": known.reference, "attachment": "1", "webhook": webhook}
            named = {name: path[name] for name in path if f"{{{name}}}" in operation.path}
            if mode == GenerationMode.NEGATIVE and not _can_be_wrong(operation):
                continue
            calls = operation.as_strategy(generation_mode=mode, path_parameters=named or None)
            with suppress(Unsatisfiable):  # too busy a machine to make anything up
                BRIEFLY(given(case=calls)(ask))()
    assert len(tried) >= 10


def _can_be_wrong(operation):
    """Return whether a call has anything beside its address that could be wrong."""
    drawn = described()["paths"][operation.path][operation.method]
    asks = [one for one in drawn["parameters"] if one.get("in") == "query"]
    return bool(asks or "requestBody" in drawn)


@pytest.mark.django_db
def test_create_api_client_tells_the_secret_once():
    out = StringIO()
    call_command("create_api_client", "Desk", "--scope", "complaints:read", stdout=out)
    (client,) = ApiClient.objects.all()
    assert (client.name, client.provider, client.scopes) == ("Desk", None, ["complaints:read"])
    for wrong in (["Desk", "--provider", "nobody"], [" "]):
        with pytest.raises(CommandError):
            call_command("create_api_client", *wrong)
