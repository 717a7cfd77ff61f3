"""The dialect of all API doors: problems, strictness, keys, limits, versions, languages."""

import json

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from complaints.models import Complaint
from journal.selectors import history_of
from providers.models import IdempotentAnswer
from tests.complaints.desk import category
from tests.complaints.factories import make_policy
from tests.providers.partner import PLAIN, Partner, code_of, pointers, problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    make_policy()
    return Partner()


# --- who calls -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "unauthenticated"),
        ("Basic eDp5", "unauthenticated"),
        ("Bearer", "invalid_token"),
        ("Bearer ", "invalid_token"),
        ("Bearer ra_nobody", "invalid_token"),
        ("bearer " + "x" * 5000, "invalid_token"),
    ],
)
def test_without_a_good_token_it_is_401_with_a_challenge(header, code):
    answer = Client().get("/api/v1/complaints/", headers={"Authorization": header})
    assert (answer.status_code, code_of(answer)) == (401, code)
    assert answer["WWW-Authenticate"].startswith('Bearer realm="redress"')
    assert ("invalid_token" in answer["WWW-Authenticate"]) == (code == "invalid_token")


def test_a_signed_in_person_is_no_program(partner):
    browser = Client()
    browser.force_login(partner.user)
    assert browser.get("/api/v1/complaints/").status_code == 401


# --- what is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ["{", "", "[1, 2", '{"channel": NaN}', "\xff", "[" * 100_000, '{"a": 1' + "0" * 5000 + "}"],
)
def test_what_is_no_json_is_400(partner, body):
    raw = body.encode("latin-1")
    answer = partner.post("complaints/", raw)
    assert answer.status_code == (422 if body == "" else 400)
    assert code_of(answer) in {"malformed", "invalid"}


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "true"])
def test_json_that_is_no_object_is_422(partner, body):
    answer = partner.post("complaints/", body)
    assert (answer.status_code, code_of(answer)) == (422, "invalid")


def test_every_fault_is_named_by_its_pointer(partner):
    answer = partner.post(
        "complaints/",
        {
            "channel": "pigeon",
            "complainant": {"name": 5, "nickname": "Li"},
            "received_at": "yesterday",
            "occurred_at": "2026-03-04T10:00:00",
            "anonymous": "yes",
            "emergency": {"facts": 5},
            "a/b~c": 1,
        },
    )
    assert answer.status_code == 422
    assert pointers(answer) == {
        "/channel",
        "/description",
        "/complainant/name",
        "/complainant/nickname",
        "/received_at",
        "/occurred_at",
        "/anonymous",
        "/emergency/facts",
        "/emergency/trigger",
        "/a~1b~0c",
    }
    codes = {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
    assert codes["/complainant/nickname"] == "unknown"
    assert codes["/description"] == "required"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("description", "with \x00 in it"),
        ("description", "half a \ud83d"),
        ("description", "x" * 100_001),
        ("product", "x" * 201),
        ("external_id", "x" * 121),
        ("description", None),
        ("description", ["text"]),
        ("received_at", "0001-01-01T00:00:00Z"),
        ("received_at", "9999-12-31T23:59:59-14:00"),
        ("received_at", "2026-02-30T00:00:00Z"),
        ("confidential", 1),
    ],
)
def test_what_no_record_can_hold_is_refused_by_name(partner, field, value):
    answer = partner.post("complaints/", {**PLAIN, field: value})
    assert answer.status_code == 422
    assert pointers(answer) == {f"/{field}"}


def test_a_name_that_is_half_a_character_breaks_no_answer(partner):
    answer = partner.post("complaints/", '{"\\ud83d": 1}')
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "query", ["colour=red", "page_size=0", "page_size=201", "page_size=x", "emergency=maybe"]
)
def test_a_query_is_read_as_strictly(partner, query):
    answer = partner.get(f"complaints/?{query}")
    assert answer.status_code == 422
    assert pointers(answer) == {"?" + query.partition("=")[0]}


def test_where_no_query_is_asked_for_there_is_none(partner):
    assert pointers(partner.get("categories/?colour=red")) == {"?colour"}


def test_other_formats_are_415_and_406(partner):
    sent = {"Authorization": f"Bearer {partner.token}"}
    form = partner.http.post("/api/v1/complaints/", PLAIN, headers=sent)
    assert (form.status_code, code_of(form)) == (415, "unsupported_media_type")
    html = partner.get("complaints/", Accept="text/html")
    assert (html.status_code, code_of(html)) == (406, "not_acceptable")


def test_other_methods_are_405_and_the_right_ones_named(partner):
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = partner.call(method, "complaints/")
        assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
        assert {"GET", "POST"} <= set(answer["Allow"].split(", "))


def test_a_body_of_unknown_length_is_411(partner):
    answer = partner.post("complaints/", PLAIN, **{"Transfer-Encoding": "chunked"})
    assert (answer.status_code, code_of(answer)) == (411, "length_required")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_body_that_is_too_long_is_413(partner):
    answer = partner.post("complaints/", {**PLAIN, "description": "x" * 200})
    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert not Complaint.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "nothing/",
        "complaints/C26%0A/assess/",
        "complaints",
        "complaints/C26-0000/",
        "complaints/%00/",
        "complaints/C26-7QK2-9XWD/",
    ],
)
def test_what_does_not_exist_is_a_problem_too(partner, path):
    assert code_of(partner.get(path)) == "not_found"


def test_a_fault_of_ours_is_a_problem_too(partner, monkeypatch):
    def broken(*_args, **_how):
        raise RuntimeError("broken")

    monkeypatch.setattr("complaints.api.v1.receiving.a_page", broken)
    partner.http.raise_request_exception = False
    answer = partner.get("complaints/")
    assert (answer.status_code, code_of(answer)) == (500, "error")
    assert "broken" not in answer.content.decode()


# --- how it is answered --------------------------------------------------------------------------


def test_problems_speak_the_language_that_is_asked_for(partner):
    chinese = problem_of(partner.post("complaints/", {}, **{"Accept-Language": "zh-Hans"}))
    english = problem_of(partner.post("complaints/", {}, **{"Accept-Language": "en"}))
    assert english["title"] == "Cannot be accepted"
    assert chinese["title"] == "无法受理"
    assert chinese["type"] == english["type"]


def test_each_call_has_an_id_of_the_callers_or_ours(partner):
    assert partner.get("categories/", **{"X-Request-Id": "call-17"})["X-Request-Id"] == "call-17"
    odd = partner.get("categories/", **{"X-Request-Id": 'x" y'})["X-Request-Id"]
    assert len(odd) == 36


def test_nothing_is_kept_by_caches_on_the_way(partner):
    assert partner.get("categories/")["Cache-Control"] == "no-store"


def test_the_record_says_that_it_came_through_the_api(partner):
    reference = partner.hand_over()
    (entry,) = history_of(Complaint.objects.get(reference=reference))
    assert entry.door == "api"
    assert entry.actor_id == partner.client.user_id


# --- the same once more --------------------------------------------------------------------------


def test_the_same_request_is_done_once_and_answered_again(partner):
    first = partner.post("complaints/", PLAIN, key="call-1")
    again = partner.post("complaints/", dict(reversed(PLAIN.items())), key="call-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    for name in ("ETag", "Location"):
        assert first[name] == again[name]
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Complaint.objects.count() == 1


def test_another_request_under_the_same_key_is_422(partner):
    partner.post("complaints/", PLAIN, key="call-1")
    for path, body in (
        ("complaints/", {**PLAIN, "product": "Kettle"}),
        ("complaints/reconcile/", {"references": []}),
    ):
        answer = partner.post(path, body, key="call-1")
        assert (answer.status_code, code_of(answer)) == (422, "key_reused")
    assert Complaint.objects.count() == 1


def test_keys_are_each_clients_own(partner):
    other = Partner("rival")
    one = partner.post("complaints/", PLAIN, key="call-1").json()
    two = other.post("complaints/", PLAIN, key="call-1").json()
    assert one["reference"] != two["reference"]


def test_without_a_key_every_request_counts(partner):
    for _ in range(2):
        partner.post("complaints/", PLAIN)
    assert Complaint.objects.count() == 2


def test_a_refusal_is_not_kept(partner):
    wrong = {**PLAIN, "received_at": "2199-01-01T00:00:00Z"}
    assert partner.post("complaints/", wrong, key="call-1").status_code == 422
    assert not IdempotentAnswer.objects.exists()
    assert partner.post("complaints/", PLAIN, key="call-1").status_code == 201


def test_a_step_is_taken_once_under_its_key(partner):
    reference = partner.hand_over()
    said = {"text": "Called back."}
    path = f"complaints/{reference}/notes/"
    one, two = (partner.post(path, said, key="note-1").json() for _ in range(2))
    assert one == two
    assert Complaint.objects.get(reference=reference).notes.count() == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 121, "中文", "a b"])
def test_a_key_that_is_none_is_refused(partner, key):
    answer = partner.call("POST", "complaints/", PLAIN, **{"Idempotency-Key": key})
    assert pointers(answer) == {"Idempotency-Key"}
    assert not Complaint.objects.exists()


# --- versions ------------------------------------------------------------------------------------


def escalate(partner, reference, **headers):
    return partner.post(f"complaints/{reference}/escalate/", {"reason": "Who pays?"}, **headers)


def test_the_loser_of_two_gets_412(partner):
    reference = partner.hand_over()
    seen = partner.get(f"complaints/{reference}/")["ETag"]
    won = escalate(partner, reference, **{"If-Match": seen})
    assert won.status_code == 200
    assert won["ETag"] != seen
    lost = escalate(partner, reference, **{"If-Match": seen})
    assert (lost.status_code, code_of(lost)) == (412, "out_of_date")
    assert escalate(partner, reference, **{"If-Match": won["ETag"]}).status_code == 200


def test_any_of_several_versions_will_do_and_a_star_always(partner):
    category()
    reference = partner.hand_over()
    for header in ('"1", "17"', 'W/"2"', "*"):
        assert escalate(partner, reference, **{"If-Match": header}).status_code == 200
    for header in ('"abc"', "4", '"99"', ""):
        assert escalate(partner, reference, **{"If-Match": header}).status_code == 412


# --- limits --------------------------------------------------------------------------------------


@override_settings(API_CALLS_A_MINUTE=3)
def test_each_client_has_so_many_calls_a_minute(partner):
    answers = [partner.get("categories/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"3"}
    assert 0 < int(answers[3]["Retry-After"]) <= 60
    assert code_of(answers[3]) == "too_many_calls"
    assert Partner("rival").get("categories/").status_code == 200


def test_its_contract_may_agree_on_others(partner):
    partner.client.calls_per_minute = 1
    partner.client.save()
    assert [partner.get("categories/").status_code for _ in range(2)] == [200, 429]


def test_a_refused_call_counts_too(partner):
    partner.client.calls_per_minute = 1
    partner.client.save()
    assert partner.post("complaints/", {}).status_code == 422
    assert partner.post("complaints/", PLAIN).status_code == 429
    assert not Complaint.objects.exists()


def test_the_body_of_an_answer_is_plain_json(partner):
    answer = partner.post("complaints/", {**PLAIN, "description": "水壶漏水 😀"})
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content)["received_at"].endswith("+00:00")
    assert answer.json()["received_at"][:10] == f"{timezone.now():%Y-%m-%d}"
