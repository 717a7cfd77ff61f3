"""Where mail goes that has come in: onto its complaint, before a person, or as a new complaint."""

from datetime import timedelta

import pytest
from django.core import mail as post
from django.test import override_settings

from complaints.models import Complaint, IncomingMessage, Notice
from complaints.rules.reply_address import signed_reply, signed_return
from complaints.selectors.messages import message_id_of
from complaints.services.clocks import pause_complaint
from complaints.services.closure import merge_complaint
from complaints.services.correspondents import add_correspondent
from complaints.services.messages import write_message
from complaints.states import MessageChannel, Occasion, PauseReason, State, Writer
from complaints.transports import letter_of as as_sent
from journal.selectors import history_of
from journal.services import verify_subject
from mailroom.models import Mail
from mailroom.services.sorting import sort_mail
from mailroom.states import Kind, MailState, Reason
from tests.complaints.desk import Desk, make_version
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user
from tests.mailroom.mails import (
    ANN,
    DESK,
    LATER,
    answered,
    case,
    deliver_all,
    let_in,
    letter_of,
    mail,
)

pytestmark = pytest.mark.django_db
KEY = "only-for-tests"


@pytest.fixture(autouse=True)
def _policy() -> None:
    make_policy()


def incoming(complaint: Complaint) -> list[IncomingMessage]:
    return list(IncomingMessage.objects.filter(complaint=complaint))


# --- threads -----------------------------------------------------------------------------------


def test_an_answer_finds_its_complaint_by_what_it_answers():
    complaint = case()
    row = let_in(answered(complaint, "Here is the bill.", subject="Something else"))
    assert (row.state, row.complaint) == (MailState.FILED, complaint)
    (message,) = incoming(complaint)
    assert (message.text, message.writer, message.at) == (
        "Here is the bill.",
        Writer.COMPLAINANT,
        LATER,
    )
    assert row.incoming == message
    assert row.letter == letter_of(complaint)
    entry = history_of(complaint).filter(kind="message.received").get()
    assert entry.door == "mail"
    assert "bill" not in entry.body
    assert verify_subject(complaint).intact


def test_the_whole_chain_of_references_is_looked_at():
    complaint = case()
    chain = f"<a@x.cn> {message_id_of(letter_of(complaint))} <b@x.cn>"
    row = let_in(mail(subject="Hello", References=chain, In_Reply_To="<b@x.cn>"))
    assert row.complaint == complaint


def test_an_answer_to_an_earlier_mail_of_the_complainant_finds_its_complaint():
    complaint = case()
    let_in(answered(complaint, message_id="<first@mail.example.com>"))
    row = let_in(mail("And the photo.", subject="x", In_Reply_To="<first@mail.example.com>"))
    assert row.complaint == complaint
    assert len(incoming(complaint)) == 2


@override_settings(MAIL_SIGNED_REPLIES="reply-to", MAIL_REPLY_TO="reply@maple.example")
def test_letters_carry_a_signed_address_and_an_answer_to_it_finds_its_complaint():
    complaint = case()
    letter = as_sent(letter_of(complaint))
    (address,) = letter.reply_to
    assert address.startswith("reply+c")
    row = let_in(mail(subject="no token", to=address.upper()))
    assert row.complaint == complaint


@override_settings(MAIL_SIGNED_REPLIES="from", DEFAULT_FROM_EMAIL="Maple <desk@maple.example>")
def test_the_sender_itself_may_be_the_signed_address():
    letter = as_sent(letter_of(case()))
    assert letter.from_email.startswith("Maple <desk+c")
    assert letter.reply_to == []


@pytest.mark.parametrize(
    "subject",
    [
        "Re: About your complaint [{0}]",
        "回复：关于您的投诉【{0}】",
        "AW: SV: VS: 答复: 转发： [{0}] hello",
        "FW: (no subject) [{1}]",
    ],
)
def test_the_complainant_is_found_by_the_token_in_the_subject(subject):
    complaint = case()
    reference = complaint.reference
    row = let_in(mail(subject=subject.format(reference, reference.lower())))
    assert (row.state, row.complaint) == (MailState.FILED, complaint)


def test_what_comes_for_a_merged_complaint_goes_where_it_is_handled():
    desk = Desk()
    one = case(product="Kettle")
    other = make_complaint(name="Ann Lee", email=ANN, product="Kettle")
    merge_complaint(complaint_id=one.pk, into_id=other.pk, actor=desk.manager, at=NOW)
    row = let_in(answered(one))
    assert row.complaint == other


# --- not silently onto a complaint -------------------------------------------------------------


def test_a_sender_who_only_knows_the_reference_waits_for_a_person():
    complaint = case()
    row = let_in(mail(sender="Eve <eve@evil.example>", subject=f"Re: [{complaint.reference}]"))
    assert (row.state, row.reason) == (MailState.WAITING, Reason.SUBJECT_ONLY)
    assert row.suggestion == complaint
    assert not incoming(complaint)


def test_an_answer_from_another_address_waits_for_a_person():
    complaint = case()
    row = let_in(answered(complaint, sender="Bob <bob@example.com>"))
    assert (row.state, row.reason) == (MailState.WAITING, Reason.OTHER_SENDER)
    assert not incoming(complaint)


@override_settings(MAIL_REPLY_TO="reply@maple.example")
@pytest.mark.parametrize("tail", ["c{0}", "c{0}-0123456789abcdef", "{1}", "c{0}-x"])
def test_an_address_that_we_did_not_sign_waits_for_a_person(tail):
    complaint = case()
    name = complaint.reference.replace("-", "").lower()[1:]
    forged = f"reply+{tail.format(name, complaint.reference.lower())}@maple.example"
    row = let_in(mail(to=forged, subject=f"Re: [{complaint.reference}]"))
    assert (row.state, row.reason) == (MailState.WAITING, Reason.FORGED)
    assert not incoming(complaint)


@override_settings(MAIL_REPLY_TO="reply@maple.example", SECRET_KEY_FALLBACKS=["the-old-key"])
def test_addresses_signed_by_a_former_key_still_hold():
    complaint = case()
    old = signed_reply("reply@maple.example", complaint.reference, "the-old-key")
    assert let_in(mail(to=old, subject="x")).complaint == complaint


@override_settings(MAIL_AUTHSERV_ID="mx.maple.example")
def test_a_sender_whom_our_mail_server_disowns_waits_for_a_person():
    complaint = case()
    checks = "mx.maple.example; spf=fail; dmarc=fail header.from=example.com"
    row = let_in(answered(complaint, Authentication_Results=checks))
    assert row.reason == Reason.UNVERIFIED
    others = "mx.evil.example; dmarc=fail"
    assert let_in(answered(complaint, Authentication_Results=others)).complaint == complaint


def test_an_answer_to_a_colleagues_notice_waits_for_a_person():
    complaint = case()
    let_in(answered(complaint))
    notice = complaint.messages.filter(to_user__isnull=False).latest("pk")
    row = let_in(mail(sender=notice.to_address, In_Reply_To=message_id_of(notice)))
    assert row.reason == Reason.COLLEAGUE


# --- what follows ------------------------------------------------------------------------------


def test_whoever_is_responsible_is_told_once_until_they_have_read_it():
    complaint = case()
    for _time in range(3):
        let_in(answered(complaint))
    notice = Notice.objects.get(kind="message_in")
    assert notice.user == complaint.recorded_by
    assert len([one for one in post.outbox if one.to == [complaint.recorded_by.email]]) == 1


def test_waiting_for_the_complainant_ends_when_they_write():
    desk = Desk()
    complaint = desk.case(State.ASSESSED, email=ANN)
    pause_complaint(
        complaint_id=complaint.pk,
        reason=PauseReason.COMPLAINANT,
        evidence="",
        told_at=None,
        actor=desk.handler,
        at=NOW,
    )
    let_in(mail("The number is 17.", subject=f"[{complaint.reference}]"))
    complaint.refresh_from_db()
    assert not complaint.paused
    assert complaint.pauses.get().ended_at == LATER


def test_waiting_for_somebody_else_goes_on():
    desk = Desk()
    complaint = desk.case(State.ASSESSED, email=ANN)
    pause_complaint(
        complaint_id=complaint.pk,
        reason=PauseReason.APPRAISAL,
        evidence="Order 4.",
        told_at=NOW,
        actor=desk.handler,
        at=NOW,
    )
    let_in(mail("How long?", subject=f"[{complaint.reference}]"))
    complaint.refresh_from_db()
    assert complaint.paused


def test_a_mail_after_the_end_is_told_to_a_person_and_opens_nothing():
    desk = Desk()
    complaint = desk.case(State.CLOSED, email=ANN)
    row = let_in(mail("It broke again.", subject=f"[{complaint.reference}]"))
    complaint.refresh_from_db()
    assert (row.complaint, complaint.state) == (complaint, State.CLOSED)
    assert Notice.objects.get(kind="message_after_end").user == desk.handler


# --- third parties -----------------------------------------------------------------------------


def test_letters_go_to_the_complainant_of_record_whoever_wrote_last():
    complaint = case()
    let_in(answered(complaint, sender="Bob <bob@example.com>"))
    letter = _write(complaint)
    assert (letter.to_address, letter.copy_to) == (ANN, "")


def test_a_third_party_takes_part_once_a_person_has_added_them():
    complaint = case()
    add_correspondent(
        complaint_id=complaint.pk,
        address="Bob@Example.com",
        name="Bob Lee",
        reason="Brother, helps with the language.",
        agreed=True,
        copied=True,
        actor=complaint.recorded_by,
        at=NOW,
    )
    row = let_in(answered(complaint, sender="Bob <bob@example.com>"))
    assert row.complaint == complaint
    assert incoming(complaint)[0].writer == Writer.THIRD_PARTY
    letter = as_sent(_write(complaint))
    assert (letter.to, letter.cc) == ([ANN], ["bob@example.com"])


def _write(complaint: Complaint):
    return write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.OTHER,
        channel=MessageChannel.EMAIL,
        subject="News",
        text="Thank you.",
        actor=complaint.recorded_by,
        at=LATER,
    )


# --- new complaints ----------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2")
@pytest.mark.clause("CM-8.2c")
def test_a_mail_to_a_complaints_address_becomes_a_complaint_received_when_it_arrived():
    arrived = LATER - timedelta(minutes=40)
    row = let_in(mail("The kettle leaks.", subject="Re: Kettle"), arrived_at=arrived)
    complaint = row.complaint
    assert complaint is not None
    assert (complaint.channel, complaint.received_at) == ("email", arrived)
    assert complaint.description == "Kettle\n\nThe kettle leaks."
    assert (complaint.complainant.name, complaint.complainant.email) == ("Ann Lee", ANN)
    assert (complaint.language, complaint.state) == ("en", State.ACKNOWLEDGED)
    letter = as_sent(letter_of(complaint))
    assert letter.to == [ANN]
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"


def test_the_policy_may_leave_every_new_mail_to_a_person():
    make_version({"mail": {"automatic_complaints": False}}, effective_from=NOW)
    row = let_in(mail())
    assert (row.state, row.reason) == (MailState.WAITING, Reason.UNMATCHED)


def test_a_mail_addressed_to_something_else_waits():
    assert let_in(mail(to="press@localhost")).reason == Reason.UNMATCHED


def test_a_mail_of_somebody_with_an_open_complaint_waits_with_a_suggestion():
    complaint = case()
    row = let_in(mail(subject="And another thing"))
    assert (row.reason, row.suggestion) == (Reason.KNOWN_SENDER, complaint)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"List_Unsubscribe": "<mailto:off@shop.example>"}, Reason.NEWSLETTER),
        ({"X_Spam_Flag": "YES"}, Reason.SPAM),
        ({"Auto_Submitted": "auto-generated"}, Reason.AUTOMATIC),
        ({"subject": "自动回复：您好"}, Reason.AUTOMATIC),
        ({"subject": "About [C26-0000-0000]"}, Reason.UNMATCHED),
    ],
)
def test_what_is_no_persons_complaint_waits(fields, reason):
    row = let_in(mail(**fields))
    assert (row.state, row.reason) == (MailState.WAITING, reason)
    assert not Complaint.objects.exists()


def test_a_colleagues_mail_waits():
    colleague = make_user("agent")
    assert let_in(mail(sender=colleague.email)).reason == Reason.COLLEAGUE


# --- machines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Return_Path": "<>"},
        {"subject": "Out of office: Re: About your complaint"},
        {"subject": "自动回复: 关于您的投诉"},
        {"subject": "Automatic reply: About your complaint"},
    ],
)
def test_an_automatic_reply_is_kept_and_counts_for_nothing(fields):
    complaint = case()
    post.outbox.clear()
    row = let_in(answered(complaint, **fields))
    assert (row.state, row.kind) == (MailState.FILED, Kind.AUTO_REPLY)
    (message,) = incoming(complaint)
    assert message.automatic
    complaint.refresh_from_db()
    assert (complaint.answer, Notice.objects.count(), post.outbox) == ("", 0, [])


def test_an_automatic_reply_does_not_end_the_waiting():
    desk = Desk()
    complaint = desk.case(State.ASSESSED, email=ANN)
    pause_complaint(
        complaint_id=complaint.pk,
        reason=PauseReason.COMPLAINANT,
        evidence="",
        told_at=None,
        actor=desk.handler,
        at=NOW,
    )
    let_in(mail("Back soon.", subject=f"自动回复 [{complaint.reference}]"))
    complaint.refresh_from_db()
    assert complaint.paused


@pytest.mark.parametrize(
    "fields", [{"X_Auto_Response_Suppress": "All"}, {"Precedence": "bulk"}, {"X_Loop": "yes"}]
)
def test_what_only_looks_automatic_is_no_answer_but_somebody_is_told(fields):
    complaint = case()
    row = let_in(answered(complaint, **fields))
    assert (row.state, row.kind) == (MailState.FILED, Kind.AUTOMATIC)
    assert incoming(complaint)[0].automatic
    assert Notice.objects.get().kind == "message_in"


def test_our_own_letter_that_comes_back_waits_and_is_not_answered():
    complaint = case()
    letter = as_sent(letter_of(complaint)).message().as_bytes()
    post.outbox.clear()
    row = let_in(letter)
    assert (row.state, row.kind, row.reason) == (MailState.WAITING, Kind.OWN, Reason.OWN)
    assert post.outbox == []


def test_one_sender_gets_so_many_automatic_letters_a_day_and_then_a_person():
    rows = [let_in(mail(f"Number {n}.", sender=f"robot{n}@example.org")) for n in range(5)]
    assert {row.state for row in rows} == {MailState.FILED}
    complaint_ids = []
    for n in range(5):
        row = let_in(mail(f"Again {n}.", sender="loop@example.org"))
        if row.complaint_id:
            complaint_ids.append(row.complaint_id)
            Complaint.objects.filter(pk=row.complaint_id).update(
                state=State.WITHDRAWN, is_open=False
            )
    assert len(complaint_ids) == 3
    assert row.reason == Reason.TOO_MANY
    assert len([one for one in post.outbox if one.to == ["loop@example.org"]]) == 3


# --- once --------------------------------------------------------------------------------------


def test_the_same_mail_comes_in_once_whichever_way_it_came():
    made = mail()
    first = let_in(made)
    raw = made.as_bytes()
    by_another_way = b"From MAILER Wed Mar  4\nDelivered-To: desk@x.example\n" + raw
    assert let_in(by_another_way.replace(b"\n", b"\r\n") + b"\r\n") == first
    assert Mail.objects.count() == 1
    assert Complaint.objects.count() == 1


def test_the_same_id_with_other_words_is_another_mail():
    let_in(mail("One.", message_id="<x@y.cn>"))
    let_in(mail("Two.", message_id="<x@y.cn>"))
    assert Mail.objects.count() == 2


def test_sorting_again_changes_nothing():
    row = let_in(mail())
    before = row.decided_at
    sort_mail(mail_id=row.pk, at=LATER + timedelta(days=1))
    row.refresh_from_db()
    assert (row.decided_at, Complaint.objects.count()) == (before, 1)


def test_what_the_machine_cannot_read_is_a_file_and_a_task(monkeypatch):
    def breaks(*_given, **_more):
        raise RecursionError

    monkeypatch.setattr("mailroom.services.sorting.parse", breaks)
    row = let_in(mail())
    assert (row.state, row.kind, row.reason) == (
        MailState.WAITING,
        Kind.UNREADABLE,
        Reason.UNREADABLE,
    )
    assert row.trouble == "RecursionError"


def test_what_is_too_large_is_kept_whole_and_waits(settings):
    settings.MAIL_MAX_BYTES = 10_000
    row = let_in(mail("x" * 70 + "\n" + ("long " * 14 + "\n") * 300))
    assert (row.state, row.reason, row.sender) == (MailState.WAITING, Reason.TOO_LARGE, ANN)
    assert row.size > 10_000


def test_a_refused_complaint_waits_for_a_person(monkeypatch):
    row = let_in(mail(sender="Ann <ann@-odd-.example>"))
    assert (row.state, row.reason, row.trouble) == (
        MailState.WAITING,
        Reason.UNMATCHED,
        "invalid email",
    )


@override_settings(MAIL_RETURN_ADDRESS="bounces@maple.example")
def test_the_envelope_names_the_letter():
    complaint = case()
    letter = as_sent(letter_of(complaint))
    expected = signed_return("bounces@maple.example", letter_of(complaint).pk, KEY)
    assert letter.from_email == expected
    assert str(letter.message()["From"]) == f"Complaints <{DESK}>"
    deliver_all()
