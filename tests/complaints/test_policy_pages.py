"""The pages of the handling policy: reading, writing a draft, deciding, in both languages."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from complaints.forms.policy import SECTIONS
from complaints.models import Category, HandlingPolicy
from complaints.selectors.policy import content_digest
from complaints.services.policy import (
    approve_policy,
    draft_policy,
    install_default_policy,
    submit_policy,
)
from complaints.states import PolicyState
from tests.complaints.factories import make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer():
    return make_user("quality_manager", username="qm")


@pytest.fixture
def approver():
    return make_user("top_management", username="top")


@pytest.fixture
def installed():
    return install_default_policy(at=timezone.now() - timedelta(days=30))


@pytest.fixture
def draft(writer, installed):
    return draft_policy(actor=writer, at=timezone.now())


def url(name, *args):
    return reverse(f"complaints:{name}", args=args)


def rows_of(section, content, **changes):
    """Return what the browser sends for a section, with fields changed or left out (None)."""
    row = SECTIONS[section].row
    assert row is not None
    items = [row.initial_of(item) for item in content[section]]
    data = {"row-TOTAL_FORMS": len(items), "row-INITIAL_FORMS": 0, "do": "save"}
    for index, item in enumerate(items):
        for name in row.base_fields:
            value = item.get(name)
            if value is True:
                data[f"row-{index}-{name}"] = "on"
            elif value not in {None, False, ""} if not isinstance(value, list) else value:
                data[f"row-{index}-{name}"] = value
    for name, value in changes.items():
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value
    return data


def single_of(section, content):
    """Return what the browser sends for a section that is one form."""
    form = SECTIONS[section].form
    assert form is not None
    shown = form.initial_of(content)
    return {"do": "save"} | {
        name: value for name, value in shown.items() if value not in (None, "")
    }


# --- reading ---------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.1")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Time limits", "Acknowledgement", "30 minutes", "10 working days", "CNY", "12315"]),
        ("zh-hans", ["产品", "投诉管理代表", "人身伤害或危及生命", "向人民法院提起诉讼"]),
    ],
)
def test_a_version_is_one_readable_document(client, writer, installed, language, words):
    writer.language = language
    writer.save()
    client.force_login(writer)
    page = client.get(url("policy", 1)).content.decode()
    for word in words:
        assert word in page
    assert content_digest(installed.content) in page
    assert "CN-CONSUMER-REMEDY" in page
    assert "[P]" in page


def test_the_list_says_what_waits_and_what_is_in_force(client, writer, installed):
    client.force_login(writer)
    page = client.get(url("policy_list")).content.decode()
    assert "Nobody has approved a policy yet." in page
    assert "Waiting for approval" in page
    assert "in force" in page


def test_readers_read_but_are_offered_nothing(client, installed):
    client.force_login(make_user("agent"))
    page = client.get(url("policy", 1)).content.decode()
    assert "Your decision" not in page
    assert "Begin a new version" not in page
    assert client.get(url("policy_edit", 1)).status_code == 403
    assert client.get(url("policy_presets", 1)).status_code == 403
    assert client.get(url("policy_upload", 1)).status_code == 403


def test_whoever_may_not_read_the_policy_is_refused(client, installed):
    client.force_login(make_user())
    for name in ("policy", "policy_diff", "policy_export", "policy_due"):
        assert client.get(url(name, 1)).status_code == 403
    assert client.get(url("policy_list")).status_code == 403
    for name in ("policy_submit", "policy_approve", "policy_reject", "policy_discard"):
        assert client.post(url(name, 1), {"note": "x", "reason": "x"}).status_code == 403
    assert client.post(url("policy_draft")).status_code == 403


def test_an_unknown_version_is_not_found(client, writer, installed):
    client.force_login(writer)
    for name in ("policy", "policy_diff", "policy_export", "policy_due", "policy_edit"):
        assert client.get(url(name, 99)).status_code == 404


@pytest.mark.parametrize("section", [*SECTIONS, ""])
def test_every_section_of_a_draft_can_be_opened(client, writer, draft, section):
    client.force_login(writer)
    address = url("policy_edit", draft.version, section) if section else url("policy_edit", 2)
    response = client.get(address)
    assert response.status_code == 200
    assert "Save in the draft" in response.content.decode()


def test_an_unknown_section_is_not_found(client, writer, draft):
    client.force_login(writer)
    assert client.get(url("policy_edit", draft.version, "nonsense")).status_code == 404


def test_what_is_no_draft_leads_back_to_reading(client, writer, installed):
    client.force_login(writer)
    response = client.get(url("policy_edit", 1))
    assert response.status_code == 302
    assert response["Location"] == url("policy", 1)


# --- writing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("section", SECTIONS)
def test_saving_a_section_untouched_changes_nothing(client, writer, draft, section):
    client.force_login(writer)
    chosen = SECTIONS[section]
    data = (single_of if chosen.form else rows_of)(section, draft.content)
    response = client.post(url("policy_edit", draft.version, section), data)
    assert response.status_code == 302, response.content.decode()
    before = draft.content
    draft.refresh_from_db()
    assert draft.content == before


def test_a_changed_time_limit_is_kept(client, writer, draft):
    client.force_login(writer)
    data = rows_of("clocks", draft.content, **{"row-0-amount": "20", "row-0-names_en": "Quick"})
    client.post(url("policy_edit", draft.version, "clocks"), data)
    draft.refresh_from_db()
    assert draft.content["clocks"][0]["amount"] == 20
    assert draft.content["clocks"][0]["names"]["en"] == "Quick"


def test_basics_words_and_wanted_information_are_kept(client, writer, draft):
    client.force_login(writer)
    basics = single_of("basics", draft.content) | {"silence_days": "40", "redress_owner": "750.5"}
    client.post(url("policy_edit", 2, "basics"), basics)
    words = single_of("words", draft.content)
    words["emergency_words_property_loss"] = "flood\n火灾，盗窃, flood"
    client.post(url("policy_edit", 2, "words"), words)
    wanted = single_of("wanted", draft.content) | {"wanted_social": ["contact", "site"]}
    client.post(url("policy_edit", 2, "wanted"), wanted)
    draft.refresh_from_db()
    assert draft.content["silence"]["days"] == 40
    assert draft.content["redress"]["owner"] == "750.5"
    assert draft.content["emergency_words"]["property_loss"] == ["flood", "火灾", "盗窃"]
    assert draft.content["wanted"]["social"] == ["contact", "site"]


@pytest.mark.clause("CM-8.2a")
def test_an_own_sub_class_is_added_with_its_team(client, writer, draft):
    make_team("care")
    client.force_login(writer)
    count = len(draft.content["categories"])
    extra = {
        "row-TOTAL_FORMS": count + 1,
        f"row-{count}-code": "service.app",
        f"row-{count}-parent": "service",
        f"row-{count}-names_en": "Our app",
        f"row-{count}-names_zh": "手机应用",
        f"row-{count}-team": "care",
    }
    response = client.post(
        url("policy_edit", 2, "categories"), rows_of("categories", draft.content) | extra
    )
    assert response.status_code == 302
    draft.refresh_from_db()
    assert draft.content["categories"][-1]["team"] == "care"
    assert not Category.objects.filter(code="service.app").exists()  # only once it is in force


@pytest.mark.parametrize(
    ("section", "change", "words"),
    [
        ("clocks", {"row-0-amount": "0"}, "greater than or equal to 1"),
        ("clocks", {"row-0-amount": "soon"}, "Enter a whole number."),
        ("clocks", {"row-1-code": "ack_p0"}, "The code ack_p0 appears twice."),
        ("clocks", {"row-0-roll": "next_work_day"}, "do not move at their end"),
        ("clocks", {"row-2-categories": "nowhere"}, "There is no category “nowhere”."),
        ("clocks", {"row-2-channels": "phone"}, "P2 lacks a time limit for acknowledging"),
        ("clocks", {"row-16-pause_reasons": "complainant"}, "does not wait for the complainant"),
        ("categories", {"row-1-parent": "nowhere"}, "no category “nowhere”"),
        ("categories", {"row-1-parent": "product.not_received"}, "cannot belong to itself"),
        ("categories", {"row-1-parent": None}, "belongs to one of the four top classes"),
        ("categories", {"row-1-names_zh": None}, "This field is required."),
        ("categories", {"row-1-code": "Not Received"}, "A code begins with a small letter"),
        ("causes", {"row-0-code": "material"}, "The code material appears twice."),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_is_kept(
    client, writer, draft, section, change, words
):
    client.force_login(writer)
    response = client.post(
        url("policy_edit", 2, section), rows_of(section, draft.content, **change)
    )
    assert response.status_code == 422
    assert words in response.content.decode()
    before = draft.content
    draft.refresh_from_db()
    assert draft.content == before


def test_a_silence_that_ends_before_its_reminder_is_refused_at_the_field(client, writer, draft):
    client.force_login(writer)
    data = single_of("basics", draft.content) | {"silence_days": "10"}
    page = client.post(url("policy_edit", 2, "basics"), data)
    assert page.status_code == 422
    assert "The first reminder must go out before the silence ends." in page.content.decode()
    assert 'id="id_silence_first_reminder_after_days_error"' in page.content.decode()


def test_a_class_that_a_time_limit_names_cannot_go_and_the_page_says_where(client, writer, draft):
    client.force_login(writer)
    clocks = rows_of("clocks", draft.content, **{"row-17-categories": "product.safety"})
    assert client.post(url("policy_edit", 2, "clocks"), clocks).status_code == 302
    draft.refresh_from_db()
    index = [item["code"] for item in draft.content["categories"]].index("product.safety")
    data = rows_of("categories", draft.content, **{f"row-{index}-code": "product.danger"})
    page = client.post(url("policy_edit", 2, "categories"), data)
    assert page.status_code == 422
    assert "Time limits › row 18 › Categories" in page.content.decode()


def test_rows_are_added_moved_and_removed_before_anything_is_saved(client, writer, draft):
    client.force_login(writer)
    address = url("policy_edit", 2, "causes")
    typed = rows_of("causes", draft.content, **{"row-0-names_en": "Typed already"})
    added = client.post(address, typed | {"do": "add"}, headers={"HX-Request": "true"})
    assert added.status_code == 200
    assert "Typed already" in added.content.decode()
    count = len(draft.content["causes"])
    assert f'name="row-{count}-code"' in added.content.decode()
    assert "<html" not in added.content.decode()
    moved = client.post(address, typed | {"do": "up-1"}).content.decode()
    assert moved.index("material") < moved.index("Typed already")
    removed = client.post(address, typed | {"do": "remove-0"}).content.decode()
    assert "Typed already" not in removed
    before = draft.content
    draft.refresh_from_db()
    assert draft.content == before


def test_of_two_people_at_one_draft_the_second_is_told(client, writer, draft):
    client.force_login(writer)
    seen = content_digest(draft.content)
    first = rows_of("causes", draft.content, **{"row-0-names_en": "First"}) | {"seen": seen}
    second = rows_of("causes", draft.content, **{"row-0-names_en": "Second"}) | {"seen": seen}
    assert client.post(url("policy_edit", 2, "causes"), first).status_code == 302
    answer = client.post(url("policy_edit", 2, "causes"), second, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "Somebody else changed this draft" in answer.content.decode()


# --- deciding --------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.1")
def test_a_version_is_drafted_handed_in_and_approved_by_another(
    client, writer, approver, installed
):
    client.force_login(writer)
    begun = client.post(url("policy_draft"))
    assert begun["Location"] == url("policy_edit", 2)
    client.post(
        url("policy_edit", 2, "basics"),
        single_of("basics", installed.content) | {"silence_days": "45"},
    )
    client.post(url("policy_submit", 2), {"note": "More time to answer."})
    page = client.get(url("policy", 2)).content.decode()
    assert "You wrote this version: somebody else must approve it." in page
    refused = client.post(url("policy_approve", 2), headers={"HX-Request": "true"})
    assert refused.status_code == 403
    client.force_login(approver)
    assert "Your decision" in client.get(url("policy", 2)).content.decode()
    done = client.post(
        url("policy_approve", 2), {"note": "Agreed."}, headers={"HX-Request": "true"}
    )
    assert done["HX-Redirect"] == url("policy", 2)
    version = HandlingPolicy.objects.get(version=2)
    assert version.state == PolicyState.APPROVED
    assert version.approved_by == approver
    assert HandlingPolicy.objects.get(version=1).state == PolicyState.REJECTED


def test_rejecting_wants_a_reason(client, approver, installed):
    client.force_login(approver)
    assert client.post(url("policy_reject", 1), {"reason": " "}).status_code == 422
    client.post(url("policy_reject", 1), {"reason": "Too strict."})
    installed.refresh_from_db()
    assert installed.state == PolicyState.REJECTED
    assert installed.decision_note == "Too strict."


def test_handing_in_wants_a_note_and_approving_a_sensible_date(client, writer, approver, draft):
    client.force_login(writer)
    assert client.post(url("policy_submit", 2), {"note": ""}).status_code == 422
    client.post(url("policy_submit", 2), {"note": "As it came."})
    client.force_login(approver)
    bad = client.post(url("policy_approve", 2), {"effective_from": "tomorrow"})
    assert bad.status_code == 422
    past = client.post(url("policy_approve", 2), {"effective_from": "2020-01-01T00:00"})
    assert past.status_code == 422


def test_a_draft_is_discarded_and_another_can_be_begun(client, writer, draft):
    client.force_login(writer)
    assert client.post(url("policy_draft")).status_code == 409
    client.post(url("policy_discard", 2))
    draft.refresh_from_db()
    assert draft.state == PolicyState.DISCARDED
    assert client.post(url("policy_draft"), {"from": "1"}).status_code == 302


def test_the_writer_takes_a_version_back(client, writer, draft):
    submit_policy(policy_id=draft.pk, note="x", actor=writer, at=timezone.now())
    client.force_login(writer)
    assert "Take it back" in client.get(url("policy", 2)).content.decode()
    client.post(url("policy_reject", 2), {"reason": "A slip."})
    draft.refresh_from_db()
    assert draft.state == PolicyState.REJECTED


# --- comparing, files, due dates ----------------------------------------------------------------


def test_the_comparison_says_what_came_went_and_changed(client, writer, draft):
    client.force_login(writer)
    data = rows_of("causes", draft.content, **{"row-0-names_en": "Drawing"})
    count = len(draft.content["causes"])
    data |= {
        "row-TOTAL_FORMS": count + 1,
        f"row-{count}-code": "weather",
        f"row-{count}-names_en": "Weather",
        f"row-{count}-names_zh": "天气",
    }
    client.post(url("policy_edit", 2, "causes"), data)
    page = client.get(url("policy_diff", 2)).content.decode()
    assert "<ins>Drawing</ins>" in page
    assert "<del>Design or specification</del>" in page
    assert "Weather (weather)" in page
    same = client.get(url("policy_diff", 2), {"with": "2"}).content.decode()
    assert "Both say the same." in same
    alone = client.get(url("policy_diff", 1)).content.decode()
    assert "There is no other version to compare with." in alone


def test_a_version_goes_out_as_a_file_and_comes_back_into_a_draft(client, writer, draft):
    client.force_login(writer)
    file = client.get(url("policy_export", 1))
    assert "attachment" in file["Content-Disposition"]
    text = file.content.decode().replace("days: 30", "days: 31", 1)
    upload = SimpleUploadedFile("p.yaml", text.encode())
    assert client.post(url("policy_upload", 2), {"file": upload}).status_code == 302
    draft.refresh_from_db()
    assert draft.content["silence"]["days"] == 31


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("amount: 30", "amount: 0"), ["Time limits › row 1 › Amount", "Line ", "At least 1."]),
        (("calendar: CN", "calendar: MARS"), ["There is no working calendar “MARS”."]),
        (("silence:", "quiet:"), ["No reply", "This is missing.", "The policy has no such field."]),
        (("silence:", "calendar: CN\nsilence:"), ["“calendar” is said twice here."]),
        (("calendar: CN", "calendar: [CN"), ["This is not YAML"]),
        (("calendar: CN", "calendar: &a CN"), ["References"]),
    ],
)
def test_a_wrong_file_is_refused_naming_path_and_line(client, writer, draft, change, words):
    client.force_login(writer)
    text = client.get(url("policy_export", 1)).content.decode().replace(*change, 1)
    upload = SimpleUploadedFile("p.yaml", text.encode())
    answer = client.post(url("policy_upload", 2), {"file": upload})
    assert answer.status_code == 422
    for word in words:
        assert word in answer.content.decode()
    before = draft.content
    draft.refresh_from_db()
    assert draft.content == before


def test_a_file_that_is_no_text_or_far_too_big_is_refused(client, writer, draft):
    client.force_login(writer)
    for content, words in ((b"\xff\xfe\x00", "not UTF-8"), (b" " * 600_000, "bigger than")):
        upload = SimpleUploadedFile("p.yaml", content)
        answer = client.post(url("policy_upload", 2), {"file": upload})
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_a_file_is_not_taken_into_what_is_no_draft(client, writer, installed):
    client.force_login(writer)
    text = client.get(url("policy_export", 1)).content
    answer = client.post(url("policy_upload", 1), {"file": SimpleUploadedFile("p.yaml", text)})
    assert answer.status_code == 409


@pytest.mark.clause("CM-8.1")
def test_a_due_date_is_explained_step_by_step(client, writer, installed):
    client.force_login(writer)
    asked = {"start": "2026-09-28T10:00", "priority": "P2", "clock": "respond"}
    whole = client.get(url("policy_due", 1), asked).content.decode()
    part = client.get(url("policy_due", 1), asked, headers={"HX-Request": "true"}).content.decode()
    for page in (whole, part):
        # Ten working days over the National Day holiday of 2026 (1 to 7 October, work on the 10th).
        assert "holiday" in page
        assert "16 Oct 2026" in page
    assert "<html" not in part
    everything = client.get(url("policy_due", 1), asked | {"clock": ""}).content.decode()
    assert "Acknowledge" in everything
    assert "Decide and answer" in everything


def test_a_due_date_without_a_start_is_refused(client, writer, installed):
    client.force_login(writer)
    answer = client.get(url("policy_due", 1), {"start": "soon", "priority": "P2"})
    assert answer.status_code == 422
    late = client.get(url("policy_due", 1), {"start": "9999-12-31T10:00", "priority": "P2"})
    assert "This lies beyond what can be counted." in late.content.decode()


def test_a_known_time_limit_is_taken_over_on_the_page(client, writer, draft):
    client.force_login(writer)
    page = client.get(url("policy_presets", 2)).content.decode()
    assert "CN-AIR" in page
    assert "CN-PBOC-FIN" in page
    known = {"preset": "CN-CONSUMER-REMEDY", "clock": "refund_after_return"}
    assert client.post(url("policy_presets", 2), known).status_code == 302
    draft.refresh_from_db()
    assert draft.content["clocks"][-1]["preset"] == "CN-CONSUMER-REMEDY"
    again = client.post(url("policy_presets", 2), known, headers={"HX-Request": "true"})
    assert again.status_code == 422


def test_an_approved_version_is_in_force_on_the_page(client, writer, approver, draft):
    at = timezone.now()
    submit_policy(policy_id=draft.pk, note="x", actor=writer, at=at)
    approve_policy(policy_id=draft.pk, actor=approver, at=at)
    client.force_login(writer)
    page = client.get(url("policy", 2)).content.decode()
    assert "in force" in page
    assert "Took effect" in page
