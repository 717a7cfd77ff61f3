"""Letters say what happens next, when, and where else to turn, in the complainant's language."""

from datetime import timedelta

import pytest
from django.test import override_settings

from accounts.services import system_user
from complaints.errors import BadInput, Conflict, NotAllowed
from complaints.models import Message, MessageTemplate
from complaints.rules.letters import (
    REQUIRED,
    fill,
    gaps,
    one_line,
    problems,
    summary,
    without_gaps,
    written_language,
)
from complaints.services.letters import draft_letter
from complaints.services.messages import put_out
from complaints.services.templates import (
    change_template,
    default_texts,
    fingerprint,
    has_subject,
    install_default_templates,
    occasions,
)
from complaints.services.triage import assign_complaint
from complaints.states import MessageChannel, Occasion
from journal.models import Entry
from journal.selectors import history_of
from tests.complaints.factories import NOW, make_complaint, make_user

ACK, EMAIL = Occasion.ACKNOWLEDGEMENT, MessageChannel.EMAIL
LANGUAGES = ("en", "zh-hans")


# --- the texts of the house ------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["email", "phone", "letter"])
@pytest.mark.parametrize("occasion", occasions())
def test_every_occasion_has_a_sound_text_of_its_own(occasion, channel, language):
    text = default_texts()[occasion, channel, language]
    assert problems(occasion, text.subject, text.body) == []
    assert bool(text.subject) == has_subject(channel)
    assert ("您" in text.body) == (language == "zh-hans")


def test_chinese_texts_hold_no_english_and_english_ones_no_chinese():
    for (_occasion, _channel, language), text in default_texts().items():
        words = "".join(part for part in (text.subject + text.body).split("{"))
        chinese = any("\u4e00" <= char <= "\u9fff" for char in words)
        assert chinese == (language == "zh-hans")


# --- the check of placeholders ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "body", "wrong"),
    [
        ("{reference}", "{process} {respond_by}", []),
        ("{reference}", "{process}", [("missing", "respond_by")]),
        ("{reference}", "{process} {respond_by} {refrence}", [("unknown", "refrence")]),
        ("{reference}", "{process} {respond_by} {question}", [("unfit", "question")]),
        ("{reference", "{process} {respond_by}", [("unbalanced", "{}"), ("missing", "reference")]),
        ("", "{reference} {process} {respond_by} }", [("unbalanced", "{}")]),
        ("", "{reference} {process} {respond_by} {}", [("unknown", "")]),
    ],
)
def test_a_template_is_checked_before_it_counts(subject, body, wrong):
    assert problems("acknowledgement", subject, body) == wrong


def test_what_a_letter_must_say_can_be_said_at_its_occasion():
    for occasion, names in REQUIRED.items():
        text = " ".join(f"{{{name}}}" for name in names)
        assert problems(occasion, "", text) == []


def test_a_value_with_braces_is_not_filled_again():
    assert fill("{name}: {summary}", {"name": "{summary}", "summary": "{x}"}) == "{summary}: {x}"


def test_words_of_a_complainant_are_never_taken_for_a_gap():
    assert gaps(without_gaps("I said [[nothing]]")) == []


def test_a_subject_is_one_line():
    assert (
        one_line("Your\r\nBcc: all@example.org\tcomplaint") == "Your Bcc: all@example.org complaint"
    )


def test_a_summary_is_cut_between_words_or_between_characters():
    assert summary("word " * 60).endswith("word…")
    assert len(summary("漏水" * 200)) == 161
    assert summary(" short\n text ") == "short text"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("zh-hans", "zh-hans"),
        ("zh_CN", "zh-hans"),
        ("zh", "zh-hans"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language_of_the_house_is_written_in(wanted, found):
    assert written_language(wanted, LANGUAGES, "en") == found


# --- drafting --------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.clause("CM-8.2c")
def test_an_acknowledgement_tells_the_process_and_the_expected_dates():
    complaint = make_complaint(name="Ann Lee", email="ann@example.com")
    subject, text = draft_letter(complaint, ACK, EMAIL, actor=None)
    assert complaint.reference in subject
    assert "Dear Ann Lee," in text
    assert "4 Mar 2026" in text  # received
    assert "You can expect our decision by 1" in text
    assert "- We judge how serious the matter is" in text
    assert "- We tell you our decision and the reasons for it, by 1" in text
    assert "where else you can turn" in text
    assert gaps(text) == []


@pytest.mark.django_db
@pytest.mark.clause("CM-8.2c")
def test_a_letter_is_in_the_complainants_language_whatever_the_colleague_speaks():
    complaint = make_complaint(name="李明", email="li@example.com", language="zh-hans")
    subject, text = draft_letter(complaint, ACK, EMAIL, actor=make_user("agent", language="en"))
    assert subject == f"我们已收到您的投诉（编号 {complaint.reference}）"
    assert "尊敬的李明：" in text
    assert "2026年3月4日" in text
    assert "预计不晚于2026年3月1" in text


@pytest.mark.django_db
def test_the_day_is_the_day_of_the_organisation_not_of_utc():
    late = NOW.replace(hour=17)  # one o'clock the next morning in Shanghai
    complaint = make_complaint(at=late + timedelta(hours=2), received_at=late)
    assert "5 Mar 2026" in draft_letter(complaint, ACK, EMAIL, actor=None)[1]


@pytest.mark.django_db
def test_a_phone_text_is_read_out_and_has_no_subject():
    complaint = make_complaint(description="The kettle leaks {badly}.")
    subject, text = draft_letter(complaint, ACK, MessageChannel.PHONE, actor=None)
    assert subject == ""
    assert "I have written down: The kettle leaks {badly}." in text
    in_person = draft_letter(complaint, ACK, MessageChannel.IN_PERSON, actor=None)
    assert in_person == (subject, text)


@pytest.mark.django_db
def test_a_channel_without_a_text_of_its_own_uses_the_email():
    complaint = make_complaint()
    by_sms = draft_letter(complaint, Occasion.CLOSING, MessageChannel.SMS, actor=None)
    assert by_sms == draft_letter(complaint, Occasion.CLOSING, EMAIL, actor=None)


@pytest.mark.django_db
def test_nobody_known_is_addressed_politely():
    complaint = make_complaint(anonymous=True)
    assert draft_letter(complaint, ACK, EMAIL, actor=None)[1].startswith("Dear customer,")


@pytest.mark.django_db
def test_the_letter_is_signed_by_who_handles_it():
    complaint, agent = make_complaint(), make_user("agent", display_name="Mei Chen")
    assert "Kind regards,\nMei Chen\nRedress" in draft_letter(complaint, ACK, EMAIL, actor=agent)[1]
    system = system_user()
    assert "Kind regards,\nComplaints desk" in draft_letter(complaint, ACK, EMAIL, actor=system)[1]
    owner = make_user("handler", display_name="Hao Wang")
    assign_complaint(complaint_id=complaint.pk, owner=owner, actor=make_user("manager"), at=NOW)
    complaint.refresh_from_db()
    assert "Kind regards,\nHao Wang" in draft_letter(complaint, ACK, EMAIL, actor=agent)[1]


@pytest.mark.django_db
@pytest.mark.clause("CM-8.6d")
def test_a_notice_of_remedies_names_every_route_of_the_policy():
    for language in LANGUAGES:
        complaint = make_complaint(language=language)
        text = draft_letter(complaint, Occasion.REMEDIES, EMAIL, actor=None)[1]
        for route in complaint.policy.says.routes:
            assert route.names.of(language) in text
            assert route.how.of(language) in text


@pytest.mark.django_db
@pytest.mark.clause("CM-8.5")
def test_a_decision_is_told_with_what_was_decided():
    complaint = make_complaint()
    given = {"finding": "partly", "reasons": "It was old.", "remedy": "A new lid."}
    text = draft_letter(complaint, Occasion.DECISION, EMAIL, actor=None, extra=given, at=NOW)[1]
    assert "Our decision: Your complaint is justified in part." in text
    assert "It was old." in text
    assert "Remedy: A new lid." in text
    assert "Please tell us by 3 Apr 2026" in text
    assert gaps(text) == []


@pytest.mark.django_db
def test_what_only_a_person_can_say_stands_as_a_gap_and_stops_the_letter():
    complaint, agent = make_complaint(email="ann@example.com"), make_user("agent")
    subject, text = draft_letter(complaint, Occasion.DECISION, EMAIL, actor=agent)
    assert gaps(text) == ["what you decide", "the reasons", "what is done for the complainant"]
    with pytest.raises(BadInput, match="what you decide") as refusal:
        put_out(
            complaint,
            occasion=Occasion.DECISION,
            channel=EMAIL,
            subject=subject,
            body=text,
            actor=agent,
            at=NOW,
        )
    assert refusal.value.field == "text"
    assert not Message.objects.filter(occasion=Occasion.DECISION).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("occasion", [ACK, Occasion.CLOSING, Occasion.FOLLOW_UP])
def test_what_the_machine_sends_by_itself_never_has_a_gap(occasion):
    complaint = make_complaint()
    complaint.clocks.all().delete()
    assert gaps(draft_letter(complaint, occasion, EMAIL, actor=None)[1]) == []


@pytest.mark.django_db
@override_settings(
    ORGANISATION_NAME="Maple & Sons",
    ORGANISATION_NAME_ZH="枫叶父子公司",
    ORGANISATION_CONTACT="+86 21 5555 0100",
)
def test_the_organisation_and_how_to_reach_it_come_from_the_settings():
    text = draft_letter(make_complaint(), ACK, EMAIL, actor=None)[1]
    assert "contact us at +86 21 5555 0100" in text
    assert text.endswith("Maple & Sons")


# --- templates kept by the organisation ------------------------------------------------------


@pytest.mark.django_db
def test_installing_the_texts_again_changes_nothing_and_keeps_what_people_wrote():
    assert install_default_templates(at=NOW) == len(default_texts())
    assert install_default_templates(at=NOW) == 0
    own = _change(make_user("quality_manager"))
    MessageTemplate.objects.filter(occasion="other", channel="phone").update(body="old text")
    assert install_default_templates(at=NOW) == 2
    own.refresh_from_db()
    assert own.body == "{reference} {process} {respond_by}"


@pytest.mark.django_db
def test_a_changed_text_is_used_from_then_on_and_recorded():
    install_default_templates(at=NOW)
    quality = make_user("quality_manager")
    row = _change(quality, subject="Case {reference}")
    entry = history_of(row).last()
    assert entry is not None
    assert (entry.kind, entry.actor) == ("template.changed", quality)
    assert entry.payload["sha256"] == fingerprint(row)
    assert "{process}" not in Entry.objects.get(pk=entry.pk).body
    complaint = make_complaint()
    assert draft_letter(complaint, ACK, EMAIL, actor=None)[0] == f"Case {complaint.reference}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field", "named"),
    [
        ({"body": "{reference} {process}"}, "body", "{respond_by}"),
        ({"body": "{reference} {process} {respond_by} {nmae}"}, "body", "{nmae}"),
        ({"subject": "{nmae}"}, "subject", "{nmae}"),
        ({"body": "{reference} {process} {respond_by} {finding}"}, "body", "{finding}"),
        ({"body": "{reference} {process} {respond_by} {"}, "body", "{}"),
        ({"body": "  "}, "body", "text"),
        ({"subject": " "}, "subject", "subject"),
        ({"subject": "x" * 201}, "subject", "too long"),
    ],
)
def test_a_faulty_text_is_refused_by_name(given, field, named):
    with pytest.raises(BadInput) as refusal:
        _change(make_user("quality_manager"), **given)
    assert refusal.value.field == field
    assert named in str(refusal.value)
    assert not MessageTemplate.objects.exists()


@pytest.mark.django_db
def test_only_who_keeps_the_templates_may_change_them():
    for role in ("agent", "handler", "manager", "auditor", "administrator"):
        with pytest.raises(NotAllowed):
            _change(make_user(role))


@pytest.mark.django_db
def test_of_two_people_changing_one_text_the_second_is_told():
    quality = make_user("quality_manager")
    seen = fingerprint(_change(quality))
    _change(quality, subject="First {reference}", seen=seen)
    with pytest.raises(Conflict):
        _change(quality, subject="Second {reference}", seen=seen)


def _change(actor, **given) -> MessageTemplate:
    texts = {"subject": "About {reference}", "body": "{reference} {process} {respond_by}"}
    return change_template(
        occasion="acknowledgement",
        channel="email",
        language="en",
        actor=actor,
        at=NOW,
        **{**texts, **given},
    )
