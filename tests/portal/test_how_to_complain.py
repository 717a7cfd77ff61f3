"""The page "How to complain" and the policy's part of it: nothing on it but what is in force."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.forms.policy import SECTIONS, SectionEditor
from complaints.rules.policy import PolicyContent, PublicSide, faults_in
from complaints.selectors.policy_document import document_of
from complaints.selectors.policy_words import differences
from complaints.services.policy import default_content
from portal.selectors.publication import publication
from tests.complaints.desk import clocks_said, make_version
from tests.complaints.factories import NOW, make_policy

pytestmark = pytest.mark.django_db
NEW = ("emergency_phones", "ways", "public")


def page(language: str = "en") -> str:
    answer = Client().get(reverse("portal:how"), {"language": language})
    return answer.content.decode()


@pytest.mark.clause("CM-5.2", "CM-8.1")
@pytest.mark.parametrize(
    ("language", "limit", "route", "free"),
    [
        ("en", "10 working days", "Complaint to the market regulator (12315)", "free of charge"),
        ("zh-hans", "10 个工作日", "向市场监督管理部门投诉（12315）", "投诉均不收费"),
    ],
)
def test_it_says_ways_limits_and_other_remedies_in_words(language, limit, route, free):
    make_policy()
    text = page(language)
    for words in (limit, route, free, 'href="tel:120"'):
        assert words in text


@pytest.mark.clause("CM-5.2")
def test_it_follows_the_version_in_force_and_names_it():
    clocks = clocks_said(decide={"amount": 7})
    version = make_version(
        {
            "clocks": [
                {**clock, "amount": 7} if clock["stage"] == "respond" else clock for clock in clocks
            ],
            "ways": [{"channel": "phone", "how": {"en": "Call 400.", "zh": "请拨打 400。"}}],
            "public": {"reopen_days": 33},
        },
        effective_from=NOW,
    )
    text = page()
    assert "Call 400." in text
    assert f"version {version.version}" in text
    assert "for 33 days" in text
    limits = {limit.what: limit.usual for limit in publication(language="en", at=NOW).limits}
    assert limits["You have our decision with the reasons"].startswith("7 ")


def test_it_promises_no_legal_limit_of_a_class_of_complaints():
    make_policy()
    told = publication(language="en", at=NOW)
    assert [limit.what for limit in told.limits][:1] == ["We tell you that we have your complaint"]
    assert all(limit.usual for limit in told.limits)


# --- the policy -----------------------------------------------------------------------------------


def older() -> dict:
    """Return a content written before there were complainant pages."""
    return {k: v for k, v in default_content().model_dump(mode="json").items() if k not in NEW}


def test_a_version_older_than_the_public_pages_still_loads():
    says = PolicyContent.model_validate(older())
    assert says.public == PublicSide()
    assert (says.emergency_phones, says.ways) == ((), ())


def test_what_changed_between_an_older_and_a_newer_version_is_told_in_words():
    new = default_content().model_dump(mode="json")
    found = {item.path.split(".")[0]: item for item in differences(older(), new)}
    # `public` says what holds for the older version too, by default: that is no change.
    assert set(found) == {"emergency_phones", "ways"}
    assert "120" in found["emergency_phones"].new


@pytest.mark.parametrize("code", NEW)
def test_a_draft_made_from_an_older_version_can_be_edited(code):
    assert SectionEditor(SECTIONS[code], older()) is not None


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        (
            {"ways": [{"channel": "web", "how": {"en": "A", "zh": "甲"}}] * 2},
            "ways.1.channel",
            "twice",
        ),
        (
            {"emergency_phones": [{"names": {"en": "A", "zh": "甲"}, "number": "one"}]},
            "emergency_phones.0.number",
            "string_pattern_mismatch",
        ),
        ({"public": {"link_days": 0}}, "public.link_days", "greater_than_equal"),
        ({"public": {"unknown": 1}}, "public.unknown", "extra_forbidden"),
    ],
)
def test_the_policy_refuses_what_makes_no_sense(changes, path, code):
    content = default_content().model_dump(mode="json") | changes
    assert [(fault.path, fault.code) for fault in faults_in(content)] == [(path, code)]


def test_the_document_shows_it():
    doc = document_of(make_policy())
    assert ("Ambulance", "120") in doc.emergency_phones
    assert len(doc.ways) == 5
    assert publication(language="zh-hans", at=timezone.now()).ways[0].how.startswith("随时")
