"""What an emergency is, and how it is handled, is said by the handling policy."""

import pytest
from django.test import Client
from django.urls import reverse

from complaints.rules.intake import emergency_hints
from complaints.rules.policy import PolicyContent, completed, faults_in
from complaints.services.policy import default_content, draft_policy
from tests.complaints.factories import NOW, make_policy, make_user


def content() -> dict:
    return default_content().model_dump(mode="json")


def test_versions_from_before_the_fast_channel_still_load():
    older = content()
    del older["emergency_triggers"], older["fast_channel"]
    says = PolicyContent.model_validate(older)
    assert says.fast_channel.call_every_minutes == 15
    assert says.triggers == ("personal_safety", "property_loss", "media_attention")
    assert completed(older)["fast_channel"]["review_work_days"] == 10


@pytest.mark.clause("CM-8.2b")
def test_own_triggers_are_suggested_from_their_own_words():
    hints = emergency_hints("他们要报警，警察已经来了", default_content())
    assert hints == {"authority_on_site": ["报警"]}
    assert "data_breach" in emergency_hints("A data breach!", default_content())


@pytest.mark.parametrize(
    ("code", "fault"), [("media_attention", "twice"), ("Bad Code", "string_pattern_mismatch")]
)
def test_an_own_trigger_has_a_code_of_its_own(code, fault):
    changed = content()
    changed["emergency_triggers"][0]["code"] = code
    assert [found.code for found in faults_in(changed)] == [fault]


@pytest.mark.django_db
def test_triggers_words_and_times_are_edited_on_the_policy_pages():
    make_policy()
    editor = make_user("quality_manager")
    draft = draft_policy(actor=editor, at=NOW)
    browser = Client()
    browser.force_login(editor)

    def address(section: str) -> str:
        return reverse("complaints:policy_edit", args=[draft.version, section])

    page = browser.get(address("emergency_triggers"))
    assert "报警" in page.content.decode()
    rows = {
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "1",
        "rows-0-code": "flood",
        "rows-0-names_en": "Flood",
        "rows-0-names_zh": "水灾",
        "rows-0-words": "flood\n水灾，漫水",
        "do": "save",
    }
    prefix = page.context["editor"].rows.prefix
    rows = {key.replace("rows-", f"{prefix}-"): value for key, value in rows.items()}
    assert browser.post(address("emergency_triggers"), rows).status_code == 302
    times = {
        "fast_channel_call_every_minutes": 10,
        "fast_channel_decide_reports_hours": 12,
        "fast_channel_review_work_days": 5,
        "fast_channel_test_every_months": 3,
        "fast_channel_drill_every_months": 6,
        "fast_channel_reports": ["CN-RECALL-REPORT", "CN-MD-AE"],
    }
    assert browser.post(address("fast_channel"), times).status_code == 302
    draft.refresh_from_db()
    assert draft.says.emergency_triggers[0].words == ("flood", "水灾", "漫水")
    assert draft.says.fast_channel.call_every_minutes == 10
    assert draft.says.fast_channel.reports == ("CN-RECALL-REPORT", "CN-MD-AE")
    wrong = browser.post(address("fast_channel"), times | {"fast_channel_reports": ["X"]})
    assert wrong.status_code == 422
    shown = browser.get(reverse("complaints:policy", args=[draft.version])).content.decode()
    assert "水灾" in shown
