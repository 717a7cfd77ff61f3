"""Templates are kept, and letters printed, in the browser."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from complaints.models import Message, MessageTemplate
from complaints.services.messages import put_out
from complaints.services.templates import (
    default_texts,
    fingerprint,
    install_default_templates,
    occasions,
)
from complaints.states import MessageChannel, Occasion
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def quality(client: Client) -> Client:
    install_default_templates(at=NOW)
    make_policy()
    return page_of(make_user("quality_manager"))


@pytest.fixture
def agent() -> User:
    return make_user("agent", username="mei")


def address(name: str = "template", language: str = "en", channel: str = "email") -> str:
    return reverse(f"complaints:{name}", args=["acknowledgement", channel, language])


# --- templates -------------------------------------------------------------------------------


def test_the_list_leads_to_every_text(quality):
    answer = quality.get(reverse("complaints:templates")).content.decode()
    for occasion in occasions():
        for language in ("en", "zh-hans"):
            assert reverse("complaints:template", args=[occasion, "email", language]) in answer


def test_the_pages_speak_chinese(quality):
    user = User.objects.get(memberships__role="quality_manager")
    user.language = "zh-hans"
    user.save()
    for path in (reverse("complaints:templates"), address()):
        assert quality.get(path).status_code == 200


def test_a_text_is_changed_on_its_page(quality):
    row = MessageTemplate.objects.get(occasion="acknowledgement", channel="email", language="en")
    assert quality.get(address()).context["form"].initial["body"] == row.body
    answer = quality.post(
        address(),
        {
            "subject": "Case {reference}",
            "body": "{process}\r\n{respond_by}  \r\n",
            "seen": fingerprint(row),
        },
        follow=True,
    )
    row.refresh_from_db()
    assert (row.subject, row.body) == ("Case {reference}", "{process}\n{respond_by}")
    assert "Restore the standard text" in answer.content.decode()


def test_a_wrong_placeholder_is_named_and_what_was_typed_stays(quality):
    answer = quality.post(address(), {"subject": "{refrence}", "body": "{process} my words"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "There is no placeholder {refrence}." in text
    assert "my words" in text
    assert MessageTemplate.objects.get(
        occasion="acknowledgement", channel="email", language="en"
    ).subject.startswith("We have received")


def test_of_two_people_at_one_text_the_second_keeps_their_words(quality):
    data = {"subject": "{reference}", "body": "{process} {respond_by} mine", "seen": "old"}
    answer = quality.post(address(), data)
    assert answer.status_code == 409
    assert "{process} {respond_by} mine" in answer.content.decode()


def test_the_standard_text_can_be_restored(quality):
    quality.post(address(), {"subject": "{reference}", "body": "{process} {respond_by}"})
    quality.post(address(), {"restore": "1"})
    row = MessageTemplate.objects.get(occasion="acknowledgement", channel="email", language="en")
    assert row.body == default_texts()["acknowledgement", "email", "en"].body


def test_a_text_that_did_not_exist_can_be_written(quality):
    path = reverse("complaints:template", args=["closing", "sms", "en"])
    assert "There is no such text yet" in quality.get(path).content.decode()
    quality.post(path, {"body": "{reference} is closed."})
    assert MessageTemplate.objects.get(occasion="closing", channel="sms").body


@pytest.mark.parametrize(
    "key",
    [
        ("staff_notice", "email", "en"),
        ("acknowledgement", "in_person", "en"),
        ("acknowledgement", "email", "fr"),
        ("nonsense", "email", "en"),
    ],
)
def test_there_is_no_page_for_a_text_that_nobody_uses(quality, key):
    assert quality.get(reverse("complaints:template", args=key)).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("occasion", occasions())
def test_the_preview_shows_every_standard_text_for_an_invented_complaint(
    quality, occasion, language
):
    text = default_texts()[occasion, "email", language]
    path = reverse("complaints:template_preview", args=[occasion, "email", language])
    answer = quality.post(path, {"subject": text.subject, "body": text.body}).content.decode()
    assert "C00-0000-0000" in answer
    assert "{" not in answer
    assert "alert" not in answer


def test_the_preview_tries_a_text_on_a_complaint(quality):
    complaint = make_complaint(name="Ann Lee")
    data = {"subject": "{reference}", "body": "{name} {process} {respond_by}"}
    answer = quality.post(
        address("template_preview"), {**data, "reference": complaint.reference.lower()}
    ).content.decode()
    assert complaint.reference in answer
    assert "Ann Lee" in answer


def test_the_preview_says_what_is_wrong_while_one_types(quality):
    answer = quality.post(address("template_preview"), {"subject": "x", "body": "{nmae}"})
    assert "There is no placeholder {nmae}." in answer.content.decode()
    answer = quality.post(address("template_preview"), {"subject": "x", "body": "half done"})
    assert "{reference}" in answer.content.decode()
    assert "half done" in answer.content.decode()


def test_the_preview_reads_no_complaint_that_needs_a_reason(quality):
    secret = make_complaint(name="Ann Lee", confidential=True)
    answer = quality.post(
        address("template_preview"),
        {"subject": "s", "body": "{name}", "reference": secret.reference},
    ).content.decode()
    assert "There is no such complaint that you may read." in answer
    assert "Ann Lee" not in answer


# --- printing --------------------------------------------------------------------------------


def address_of_print(message: Message) -> str:
    return reverse("complaints:message_print", args=[message.complaint.reference, message.pk])


def test_a_letter_is_printed_in_its_own_language_whoever_prints_it(agent):
    complaint = make_complaint(
        actor=agent, name="李明", address="上海市南京路1号", language="zh-hans"
    )
    message = put_out(
        complaint,
        occasion=Occasion.OTHER,
        channel=MessageChannel.LETTER,
        subject="回复",
        body="您好！\n一切都好。",
        actor=agent,
        at=NOW,
    )
    with translation.override("en"):
        answer = page_of(agent).get(address_of_print(message))
    text = answer.content.decode()
    assert 'class="letter" lang="zh-hans"' in text
    assert "上海市南京路1号" in text
    assert "年" in text
    assert "一切都好。" in text
    assert "css/letter.css" in text


def test_a_letter_is_printed_only_by_who_may_read_its_complaint(agent):
    secret, other = (
        make_complaint(actor=agent, confidential=confidential) for confidential in (True, False)
    )
    message = put_out(
        secret,
        occasion=Occasion.OTHER,
        channel=MessageChannel.LETTER,
        subject="Hello",
        body="Only for you.",
        actor=agent,
        at=NOW,
    )
    answer = page_of(make_user("manager")).get(address_of_print(message))
    assert answer.status_code == 302
    assert reverse("complaints:confidential", args=[secret.reference]) in answer["Location"]
    wrong = reverse("complaints:message_print", args=[other.reference, message.pk])
    assert page_of(agent).get(wrong).status_code == 404
