"""One complaint by the API: its whole life, what is shown of it, notes, messages, files."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from complaints.models import Complaint
from complaints.services.partners import take_first
from tests.complaints.api_rows import ASSESSED, PNG, Scene
from tests.complaints.desk import category
from tests.complaints.factories import make_policy, make_user
from tests.providers.partner import Partner, code_of, pointers, problem_of

pytestmark = pytest.mark.django_db
CALLER = {
    "name": "Li Ming",
    "phone": "13800000001",
    "email": "li@example.com",
    "customer_number": "K-17",
    "representative": "Her son",
}


@pytest.fixture
def partner():
    make_policy()
    category()
    return Partner()


def told_now():
    return {"channel": "phone", "told_at": timezone.now().isoformat()}


def do(partner, reference, action, **said):
    answer = partner.post(f"complaints/{reference}/{action}/", said)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.clause("CM-8.7")
def test_a_whole_life_from_the_partners_own_software(partner):
    reference = partner.hand_over(complainant={"phone": "13800000001"})
    assert do(partner, reference, "acknowledge", message=told_now())["status"] == "acknowledged"
    assert do(partner, reference, "assess", **ASSESSED)["status"] == "assessed"
    assert do(partner, reference, "investigate")["status"] == "investigating"
    found = {"findings": "The seal is worn.", "cause": "Brittle seals.", "cause_code": "material"}
    do(partner, reference, "investigate", **found)
    decided = do(
        partner,
        reference,
        "respond",
        finding="upheld",
        reasons="The seal was faulty.",
        remedy={"kind": "refund", "amount": "80.00"},
        message=told_now(),
    )
    assert (decided["status"], decided["approval_pending"]) == ("responded", False)
    do(partner, reference, "record-decision", decision="accepted", note="Glad.")
    open_remedy = Complaint.objects.get(reference=reference).remedys.get()
    assert open_remedy.amount == 80
    refused = partner.post(f"complaints/{reference}/close/", {})
    if refused.status_code == 409:
        assert problem_of(refused)["reasons"]
    timeline = partner.get(f"complaints/{reference}/timeline/").json()["results"]
    kinds = [entry["kind"] for entry in timeline]
    assert kinds[0] == "complaint.received"
    assert "complaint.responded" in kinds
    assert {entry["door"] for entry in timeline if entry["kind"] == "complaint.assessed"} != {""}


def test_whoever_does_the_work_of_what_nobody_owns_takes_it(partner):
    reference = partner.hand_over()
    do(partner, reference, "acknowledge", message=told_now())
    do(partner, reference, "assess", **ASSESSED)
    assert Complaint.objects.get(reference=reference).owner_id == partner.client.user_id


def test_if_the_work_is_refused_nobody_has_taken_anything(partner):
    reference = partner.hand_over()
    refused = partner.post(f"complaints/{reference}/assess/", ASSESSED)
    assert refused.status_code == 409
    kept = Complaint.objects.get(reference=reference)
    assert (kept.owner_id, kept.version) == (None, 1)


def test_take_first_leaves_what_somebody_owns(partner):
    scene = Scene(partner, "assessed")
    who = {"complaint_id": scene.complaint.pk, "actor": partner.user, "at": timezone.now()}
    assert take_first(scene.complaint, who) == who


def test_a_move_that_is_not_possible_says_why_and_what_is(partner):
    reference = partner.hand_over()
    answer = partner.post(f"complaints/{reference}/close/", {})
    assert (answer.status_code, code_of(answer)) == (409, "move_not_possible")
    said = problem_of(answer)
    assert said["reasons"]
    assert "acknowledge" in said["possible"]
    assert "record_decision" not in said["possible"]


@pytest.mark.parametrize(
    ("state", "action", "said", "pointer"),
    [
        ("received", "acknowledge", {"message": {"channel": "pigeon"}}, "/message/channel"),
        (
            "received",
            "acknowledge",
            {"message": {"channel": "phone", "told_at": "2199-01-01T00:00:00Z"}},
            "/message/told_at",
        ),
        ("acknowledged", "assess", {**ASSESSED, "category": "nothing"}, "/category"),
        ("acknowledged", "assess", {**ASSESSED, "severity": "awful"}, "/severity"),
        ("assessed", "investigate", {"findings": "x", "cause_code": "nothing"}, "/cause_code"),
        ("investigating", "respond", {"finding": "upheld"}, "/reasons"),
        ("received", "withdraw", {"reason": " "}, "/reason"),
        ("received", "escalate", {"reason": "x", "level": 10}, "/level"),
        ("received", "declare-emergency", {"trigger": "boredom", "facts": "x"}, "/trigger"),
        ("closed", "follow-up", {"channel": "phone", "outcome": "answered"}, None),
    ],
)
def test_each_step_refuses_by_name(partner, state, action, said, pointer):
    scene = Scene(partner, state)
    answer = partner.post(f"{scene.one}{action}/", said)
    assert answer.status_code == 422, answer.content
    if pointer:
        assert pointer in pointers(answer)
    else:
        assert pointers(answer)


def test_what_the_organisation_writes_itself_goes_out_where_no_words_are_given(partner):
    reference = partner.hand_over(channel="phone", complainant=CALLER)
    do(partner, reference, "acknowledge", message={"channel": "email"})
    message = Complaint.objects.get(reference=reference).messages.get(occasion="acknowledgement")
    assert reference in message.body
    assert message.to_address == "li@example.com"


def test_above_the_limits_a_second_person_is_asked(partner):
    scene = Scene(partner, "investigating")
    answer = do(
        partner,
        scene.reference,
        "respond",
        finding="upheld",
        reasons="The seal was faulty.",
        remedy={"kind": "refund", "amount": "9999.00"},
        message=told_now(),
    )
    assert answer["approval_pending"] is True
    assert answer["status"] == "investigating"


# --- what is shown -------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.7")
def test_fields_that_the_contract_does_not_show_are_null_and_named():
    make_policy()
    partner = Partner(shown_fields=["name", "customer_number"])
    reference = partner.hand_over(complainant=CALLER)
    told = partner.get(f"complaints/{reference}/").json()
    assert told["complainant"]["name"] == "Li Ming"
    assert told["complainant"]["customer_number"] == "K-17"
    for name in ("phone", "email", "representative", "address"):
        assert told["complainant"][name] is None
        assert f"complainant.{name}" in told["masked"]
    assert "complainant.name" not in told["masked"]


def test_who_is_not_shown_the_complainant_is_not_shown_what_was_written_to_them():
    make_policy()
    partner = Partner(shown_fields=["name"])
    reference = partner.hand_over(complainant=CALLER)
    do(partner, reference, "acknowledge", message={"channel": "email"})
    one = f"complaints/{reference}/"
    (letter,) = partner.get(f"{one}messages/").json()["results"]
    assert (letter["subject"], letter["text"]) == (None, None)
    assert all(not entry["texts"] for entry in partner.get(f"{one}timeline/").json()["results"])
    partner.post(f"{one}notes/", {"text": "Called Li back."})
    assert partner.get(f"{one}notes/").json()["results"][0]["text"] == "Called Li back."
    for path in (one, f"{one}timeline/", f"{one}messages/", "complaints/"):
        assert b"li@example.com" not in partner.get(path).content


def test_the_organisations_own_software_is_shown_everything():
    make_policy()
    partner = Partner("house", organisation=True)
    reference = partner.hand_over(complainant=CALLER)
    told = partner.get(f"complaints/{reference}/").json()
    assert told["masked"] == []
    assert told["complainant"]["phone"] == "13800000001"


def test_confidential_words_are_read_once_a_reason_was_given(partner):
    reference = partner.hand_over(confidential=True, complainant=CALLER)
    one = f"complaints/{reference}/"
    masked = partner.get(one).json()
    assert masked["description"] is None
    assert {"description", "complainant.name"} <= set(masked["masked"])
    assert pointers(partner.post(f"{one}read-confidential/", {"reason": "x"})) == {"/reason"}
    leave = partner.post(f"{one}read-confidential/", {"reason": "She calls again."})
    assert leave.status_code == 200
    assert partner.get(one).json()["description"] == "The kettle leaks."


def test_actions_are_those_of_the_contract_and_say_what_stands_in_the_way(partner):
    partner.provider.granted = [
        code for code in partner.provider.granted if code != "complaints.withdraw"
    ]
    partner.provider.save()
    reference = partner.hand_over()
    actions = {a["action"]: a for a in partner.get(f"complaints/{reference}/").json()["actions"]}
    assert "withdraw" not in actions
    assert actions["acknowledge"] == {"action": "acknowledge", "possible": True, "reasons": []}
    assert actions["close"]["possible"] is False
    assert actions["close"]["reasons"]
    do(partner, reference, "acknowledge", message=told_now())
    actions = {a["action"]: a for a in partner.get(f"complaints/{reference}/").json()["actions"]}
    assert actions["assess"]["possible"] is True  # it takes it with that


def test_a_complaint_about_its_reader_does_not_exist_for_them(partner):
    scene = Scene(partner)
    Complaint.objects.filter(pk=scene.complaint.pk).update(subject_person=partner.user)
    assert code_of(partner.get(scene.one)) == "not_found"


# --- conversation --------------------------------------------------------------------------------


def test_notes_and_messages_are_read_back(partner):
    reference = partner.hand_over(complainant=CALLER)
    one = f"complaints/{reference}/"
    assert partner.post(f"{one}notes/", {"text": "Called back."}).status_code == 201
    said = {"occasion": "progress", "text": "We are at it.", **told_now()}
    written = partner.post(f"{one}messages/", said)
    assert (written.status_code, written.json()["state"]) == (201, "noted")
    (note,) = partner.get(f"{one}notes/").json()["results"]
    assert note["text"] == "Called back."
    (message,) = partner.get(f"{one}messages/").json()["results"]
    assert (message["direction"], message["text"]) == ("out", "We are at it.")


def test_messages_that_do_not_fit_are_refused(partner):
    reference = partner.hand_over()
    answer = partner.post(
        f"complaints/{reference}/messages/",
        {"occasion": "decision", "text": "Upheld.", **told_now()},
    )
    assert (answer.status_code, code_of(answer)) == (409, "move_not_possible")


def test_files_are_sent_listed_and_read_back(partner):
    reference = partner.hand_over()
    path = f"complaints/{reference}/attachments/"
    sent = partner.upload(path, file=SimpleUploadedFile("seal.png", PNG), internal="false")
    assert sent.status_code == 201, sent.content
    assert (sent.json()["size"], sent.json()["internal"]) == (len(PNG), False)
    again = partner.upload(path, file=SimpleUploadedFile("seal.png", PNG), internal="false")
    assert again.json()["id"] == sent.json()["id"]
    (row,) = partner.get(path).json()["results"]
    assert row == sent.json()
    answer = partner.get(f"{path}{row['id']}/")
    assert b"".join(answer.streaming_content) == PNG
    assert "seal.png" in answer["Content-Disposition"]


def test_files_of_a_key_are_sent_once(partner):
    reference = partner.hand_over()
    path = f"complaints/{reference}/attachments/"
    one = partner.upload(path, key="f", file=SimpleUploadedFile("seal.png", PNG))
    two = partner.upload(path, key="f", file=SimpleUploadedFile("seal.png", PNG))
    assert one.json() == two.json()
    other = partner.upload(path, key="f", file=SimpleUploadedFile("lid.png", PNG))
    assert code_of(other) == "key_reused"


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("seal.png", b"no picture", 422),
        ("seal.exe", b"MZ", 422),
        ("seal.png", b"", 422),
        ("seal.png", PNG + b"0" * 2000, 413),
    ],
)
def test_files_are_refused_by_name(partner, settings, name, content, status):
    settings.ATTACHMENT_MAX_BYTES = 1000
    reference = partner.hand_over()
    file = SimpleUploadedFile(name, content)
    answer = partner.upload(f"complaints/{reference}/attachments/", file=file)
    assert answer.status_code == status
    assert pointers(answer) == {"/file"}


def test_a_form_without_a_file_or_with_other_fields_is_refused(partner):
    reference = partner.hand_over()
    answer = partner.upload(f"complaints/{reference}/attachments/", colour="red")
    assert pointers(answer) == {"/file", "/colour"}


def test_a_file_of_another_complaint_is_not_here(partner):
    one, two = Scene(partner), partner.hand_over()
    number = one.file()
    assert code_of(partner.get(f"complaints/{two}/attachments/{number}/")) == "not_found"


# --- agreement and figures -----------------------------------------------------------------------


def test_categories_and_policy_say_what_to_send(partner):
    found = partner.get("categories/", **{"Accept-Language": "zh-hans"}).json()["results"]
    by_code = {row["code"]: row for row in found}
    assert by_code["product.defective"]["parent"] == "product"
    assert by_code["product"]["name"] == "产品"
    policy = partner.get("handling-policy/").json()
    assert "contact" in policy["wanted"]["phone"]
    assert {limit["stage"] for limit in policy["time_limits"]} >= {"acknowledge", "respond"}
    assert "personal_safety" in {trigger["code"] for trigger in policy["emergency_triggers"]}
    assert "complaints.receive" in policy["permissions"]
    assert policy["shown_fields"] == ["customer_number", "email", "name", "phone"]
    assert "complaints:read" in policy["scopes"]


def test_both_sides_compare_what_they_hold(partner):
    now = timezone.now()
    for name in ("A", "B", "C"):
        partner.hand_over(external_id=name)
    partner.hand_over(external_id="old", received_at=(now - timedelta(days=9)).isoformat())
    asked = {
        "references": ["A", "B", "X", "A"],
        "received_from": (now - timedelta(days=1)).isoformat(),
    }
    told = partner.post("complaints/reconcile/", asked).json()
    assert [item["external_id"] for item in told["held"]] == ["A", "B"]
    assert told["held"][0]["status"] == "received"
    assert told["missing"] == ["X"]
    assert told["extra"] == ["C"]
    assert told["extra_truncated"] is False


def test_many_references_are_compared_at_once(partner):
    partner.hand_over(external_id="n1500")
    names = [f"n{number}" for number in range(2000)]
    told = partner.post("complaints/reconcile/", {"references": names}).json()
    assert [item["external_id"] for item in told["held"]] == ["n1500"]
    assert len(told["missing"]) == 1999


def test_figures_count_what_happened(partner):
    now = timezone.now()
    long_ago = (now - timedelta(days=20)).isoformat()
    late = partner.hand_over(received_at=long_ago)
    done = partner.hand_over()
    do(partner, done, "acknowledge", message=told_now())
    partner.hand_over(received_at=(now - timedelta(days=80)).isoformat())
    do(partner, done, "withdraw", reason="Settled.")
    told = partner.get("kpis/").json()
    assert (told["received"], told["closed"], told["open_now"]) == (2, 1, 2)
    assert told["overdue_now"] == 2
    assert told["acknowledged_on_time"] == {"met": 1, "missed": 1, "percent": 50.0}
    alerts = partner.get("alerts/").json()
    assert late in {alert["reference"] for alert in alerts["results"]}
    assert alerts["more"] is False


def test_nothing_measured_is_no_percentage(partner):
    assert partner.get("kpis/").json()["responded_on_time"]["percent"] is None


@pytest.mark.parametrize(
    "asked", ["first=2026-02-01&last=2026-01-01", "first=2020-01-01&last=2026-01-01"]
)
def test_figures_are_asked_for_a_year_at_most(partner, asked):
    assert pointers(partner.get(f"kpis/?{asked}")) == {"?first"}


def test_an_emergency_that_nobody_took_is_an_alert(partner):
    make_user("manager")
    danger = {"trigger": "personal_safety", "facts": "Hot."}
    reference = partner.hand_over(emergency=danger)
    alerts = partner.get("alerts/").json()["results"]
    assert ("emergency_untaken", reference) in {(a["kind"], a["reference"]) for a in alerts}
