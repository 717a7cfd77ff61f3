"""What a person decides about mail that waits; and nobody sees or decides what is not theirs."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as post
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.services import system_user
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint, IncomingMessage
from complaints.services.notes import grant_confidential_access
from complaints.states import Writer
from journal.selectors import history_of
from mailroom.errors import DecidedAlready
from mailroom.models import Mail
from mailroom.selectors.triage import PAGE, counts_by_reason, dangers, mail_for, triage_page
from mailroom.services import triage as verbs
from mailroom.services.filing import intake_of
from mailroom.services.keeping import clean_mails, erase_mails
from mailroom.services.raw import raw_file
from mailroom.services.triage import (
    add_to_complaint,
    open_raw,
    put_aside,
    take_back,
)
from mailroom.states import Aside, MailState, Reason
from tests.complaints.factories import NOW, make_complaint, make_policy, make_site, make_user
from tests.mailroom.mails import ANN, LATER, answered, case, deliver_all, let_in, mail

pytestmark = pytest.mark.django_db
TOMORROW = LATER + timedelta(days=1)


@pytest.fixture(autouse=True)
def _policy() -> None:
    make_policy()


@pytest.fixture
def agent() -> User:
    return make_user("agent", username="mei")


def stranger(text: str = "Good morning.", **fields: str) -> Mail:
    """Return a mail that waits."""
    fields.setdefault("to", "press@localhost")
    row = let_in(mail(text, **fields))
    assert row.state == MailState.WAITING
    return row


# --- a complaint -------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2")
def test_make_complaint_counts_from_when_the_mail_arrived_and_acknowledges(agent):
    row = stranger("The kettle leaks.", subject="FW: Kettle")
    complaint = make_complaint_of(row, agent)
    assert (complaint.received_at, complaint.channel) == (LATER, "email")
    assert complaint.recorded_by == agent
    assert complaint.description == "Kettle\n\nThe kettle leaks."
    row.refresh_from_db()
    assert (row.state, row.complaint, row.decided_by) == (MailState.FILED, complaint, agent)
    deliver_all()
    assert [letter.to for letter in post.outbox] == [[ANN]]


def make_complaint_of(row: Mail, actor: User, **changes: object) -> Complaint:
    return verbs.make_complaint(
        mail_id=row.pk, intake=intake_of(row, **changes), actor=actor, at=TOMORROW
    )


def test_made_twice_by_the_same_person_it_is_one_complaint(agent):
    row = stranger()
    assert make_complaint_of(row, agent) == make_complaint_of(row, agent)
    with pytest.raises(DecidedAlready):
        make_complaint_of(row, make_user("agent"))
    assert Complaint.objects.count() == 1


def test_what_a_machine_sent_is_not_answered_by_a_machine(agent):
    row = stranger(Auto_Submitted="auto-generated")
    complaint = make_complaint_of(row, agent)
    deliver_all()
    assert (complaint.state, post.outbox) == ("received", [])


def test_a_complaint_without_words_is_refused(agent):
    row = stranger()
    with pytest.raises(BadInput) as refusal:
        make_complaint_of(row, agent, description=" ")
    assert refusal.value.field == "description"
    row.refresh_from_db()
    assert row.state == MailState.WAITING


# --- onto a complaint --------------------------------------------------------------------------


def test_add_to_complaint_files_the_words_as_somebody_elses(agent):
    complaint = case(actor=agent)
    row = let_in(answered(complaint, sender="Bob <bob@example.com>"))
    add_to_complaint(
        mail_id=row.pk,
        reference=f" {complaint.reference.lower()} ",
        from_complainant=False,
        actor=agent,
        at=TOMORROW,
    )
    message = IncomingMessage.objects.get()
    assert (message.writer, message.complaint) == (Writer.OTHER, complaint)


def test_a_person_may_say_that_the_complainant_wrote_it(agent):
    complaint = case(actor=agent)
    row = let_in(answered(complaint, sender="Ann <ann@elsewhere.example>"))
    add(row, complaint, agent, from_complainant=True)
    assert IncomingMessage.objects.get().writer == Writer.COMPLAINANT


def add(row: Mail, complaint: Complaint, actor: User, *, from_complainant: bool = False) -> Mail:
    return add_to_complaint(
        mail_id=row.pk,
        reference=complaint.reference,
        from_complainant=from_complainant,
        actor=actor,
        at=TOMORROW,
    )


def test_a_reference_that_does_not_exist_for_the_person_is_refused(agent):
    north = make_user("agent", site=make_site())
    complaint = make_complaint(site=make_site())
    row = stranger()
    with pytest.raises(BadInput) as refusal:
        add(row, complaint, north)
    assert refusal.value.field == "reference"


# --- no complaint ------------------------------------------------------------------------------


def test_put_aside_keeps_the_mail_and_take_back_lets_it_wait_again(agent):
    row = stranger()
    put_aside(mail_id=row.pk, why=Aside.NEWSLETTER, actor=agent, at=TOMORROW)
    row.refresh_from_db()
    assert (row.state, row.aside, row.decided_by) == (MailState.ASIDE, Aside.NEWSLETTER, agent)
    assert raw_file(row.path).exists()
    take_back(mail_id=row.pk, actor=agent, at=TOMORROW)
    row.refresh_from_db()
    assert (row.state, row.reason, row.aside) == (MailState.WAITING, Reason.TAKEN_BACK, "")
    kinds = [entry.kind for entry in history_of(row)]
    assert kinds == ["mail.taken_in", "mail.waits", "mail.put_aside", "mail.taken_back"]


@pytest.mark.parametrize(("why", "field"), [(Aside.NONE, "why"), (Aside.OTHER, "remark")])
def test_putting_aside_needs_a_reason(agent, why, field):
    with pytest.raises(BadInput) as refusal:
        put_aside(mail_id=stranger().pk, why=why, remark=" ", actor=agent, at=TOMORROW)
    assert refusal.value.field == field


def test_a_mail_put_onto_a_wrong_complaint_is_taken_off_again(agent):
    complaint = case(actor=agent)
    row = add(stranger("Secret words."), complaint, agent)
    take_back(mail_id=row.pk, actor=agent, at=TOMORROW)
    row.refresh_from_db()
    assert (row.state, row.complaint) == (MailState.WAITING, None)
    assert IncomingMessage.objects.get().withdrawn_at == TOMORROW
    page = signed_in(agent).get(reverse("complaints:complaint", args=[complaint.reference]))
    assert "Secret words." not in page.content.decode()
    add(row, complaint, agent)  # and may be put there after all


def test_what_became_a_complaint_is_not_taken_back(agent):
    row = stranger()
    make_complaint_of(row, agent)
    with pytest.raises(DecidedAlready):
        take_back(mail_id=row.pk, actor=agent, at=TOMORROW)


# --- who may -----------------------------------------------------------------------------------


def test_who_only_reads_decides_nothing(agent):
    quality = make_user("quality_manager")
    row = stranger()
    assert mail_for(quality, row.pk) == row
    for decide in (
        lambda: put_aside(mail_id=row.pk, why=Aside.SPAM, actor=quality, at=TOMORROW),
        lambda: make_complaint_of(row, quality),
        lambda: add(row, case(), quality),
        lambda: take_back(mail_id=row.pk, actor=quality, at=TOMORROW),
    ):
        with pytest.raises(NotAllowed):
            decide()


def test_without_the_right_no_mail_exists():
    boss = make_user("top_management")
    row = stranger()
    assert mail_for(boss, row.pk) is None
    with pytest.raises(Mail.DoesNotExist):
        put_aside(mail_id=row.pk, why=Aside.SPAM, actor=boss, at=TOMORROW)


def test_a_mail_that_may_be_about_a_complaint_out_of_sight_is_out_of_sight():
    north, south = make_site(), make_site()
    complaint = case(site=south)
    row = let_in(answered(complaint, sender="bob@example.com"))
    agent = make_user("agent", site=north)
    assert mail_for(agent, row.pk) is None
    assert counts_by_reason(agent) == []
    assert counts_by_reason(make_user("agent", site=south)) == [(Reason.OTHER_SENDER, 1)]


def test_a_mail_about_a_confidential_complaint_is_masked_until_a_reason_is_given(agent):
    manager = make_user("manager")
    complaint = case(confidential=True, actor=manager, owner=manager)
    row = let_in(answered(complaint, "Secret.", sender="bob@example.com", subject="Secret"))
    assert mail_for(agent, row.pk) is None
    other = make_user("manager", username="other")
    (shown,) = triage_page(other, state=MailState.WAITING, at=TOMORROW).rows
    assert shown.masked
    client = signed_in(other)
    page = client.get(reverse("mailroom:triage")).content.decode()
    assert "Secret" not in page
    assert "bob@example.com" not in page
    assert complaint.reference in page
    asked = client.get(reverse("mailroom:mail", args=[row.pk]))
    assert (
        reverse("complaints:confidential", args=[complaint.reference]) in asked.headers["Location"]
    )
    assert client.get(reverse("mailroom:raw", args=[row.pk])).status_code == 302
    assert not triage_page(other, state=MailState.WAITING, words="Secret", at=TOMORROW).rows
    with pytest.raises(NotAllowed):
        open_raw(mail_id=row.pk, actor=other, at=TOMORROW)
    grant_confidential_access(
        complaint_id=complaint.pk, reason="Mail came in.", actor=other, at=TOMORROW
    )
    assert open_raw(mail_id=row.pk, actor=other, at=TOMORROW) == row


# --- the list ----------------------------------------------------------------------------------


def test_the_list_is_paged_by_key_with_the_oldest_first(agent):
    rows = [
        Mail(
            identity=f"{n:064d}",
            sha256="0",
            path="x",
            size=1,
            door="pipe",
            arrived_at=NOW,
            taken_in_at=NOW,
            state=MailState.WAITING,
            reason=Reason.UNMATCHED,
            subject=f"No. {n}",
        )
        for n in range(PAGE + 5)
    ]
    Mail.objects.bulk_create(rows)
    first = triage_page(agent, state=MailState.WAITING, at=NOW)
    assert (len(first.rows), first.rows[0].mail.subject) == (PAGE, "No. 0")
    rest = triage_page(agent, state=MailState.WAITING, after=first.next_after, at=NOW)
    assert [row.mail.subject for row in rest.rows] == [f"No. {n}" for n in range(PAGE, PAGE + 5)]
    assert rest.next_after is None


def test_the_list_takes_as_many_statements_whatever_its_length(agent):
    client = signed_in(agent)
    address = reverse("mailroom:triage")
    stranger()
    client.get(address)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    one = statements()
    for n in range(6):
        stranger(f"No. {n}", sender=f"p{n}@example.org")
    assert statements() == one


def test_filters_narrow_the_list(agent):
    stranger(subject="Invitation", sender="expo@example.org")
    stranger(subject="包裹", Auto_Submitted="auto-generated")
    client = signed_in(agent)

    def shown(**query: str) -> str:
        return client.get(reverse("mailroom:triage"), query).content.decode()

    assert "Invitation" in shown()
    assert "包裹" in shown()
    assert "Invitation" not in shown(reason="automatic")
    assert "包裹" not in shown(q="invit")
    assert "No mail is like that" in shown(q="nothing of the kind")
    assert shown(state="nonsense", reason="nonsense", after="x")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- pages -------------------------------------------------------------------------------------


def test_the_pages_lead_from_the_mail_to_its_complaint(agent):
    row = stranger("The kettle exploded. 水壶爆炸了。", subject="Kettle")
    client = signed_in(agent)
    page = client.get(reverse("mailroom:mail", args=[row.pk])).content.decode()
    assert "爆炸" in page
    assert "declare an emergency" in page
    assert dangers(row)
    form = client.get(reverse("mailroom:make", args=[row.pk])).content.decode()
    assert ANN in form
    refused = client.post(reverse("mailroom:make", args=[row.pk]), {"description": ""})
    assert refused.status_code == 422
    made = client.post(
        reverse("mailroom:make", args=[row.pk]),
        {
            "description": "The kettle exploded.",
            "email": ANN,
            "emergency_trigger": "personal_safety",
            "emergency_facts": "Exploded.",
        },
    )
    complaint = Complaint.objects.get()
    assert made.headers["Location"] == reverse("complaints:complaint", args=[complaint.reference])
    assert complaint.emergency
    again = client.get(reverse("mailroom:make", args=[row.pk]))
    assert again.headers["Location"] == reverse("mailroom:mail", args=[row.pk])


@pytest.mark.parametrize(
    ("address", "data", "said"),
    [
        ("mailroom:add", {"reference": "C26-0000-0000"}, "no complaint of this reference"),
        ("mailroom:add", {}, "required"),
        ("mailroom:aside", {"why": "other"}, "in a few words why"),
        ("mailroom:aside", {}, "required"),
        ("mailroom:make", {"description": "x", "email": "none"}, "not an e-mail address"),
    ],
)
def test_a_refusal_is_said_beside_its_input(agent, address, data, said):
    row = stranger()
    answer = signed_in(agent).post(reverse(address, args=[row.pk]), data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    row.refresh_from_db()
    assert row.state == MailState.WAITING


def test_the_raw_mail_is_handed_out_to_be_saved_and_never_shown(agent):
    row = stranger("<script>alert(1)</script>", subject="x")
    answer = signed_in(agent).get(reverse("mailroom:raw", args=[row.pk]))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.getvalue() == raw_file(row.path).read_bytes()
    assert history_of(row).filter(kind="mail.read", actor=agent).exists()


def test_the_page_of_a_complaint_shows_both_directions_and_a_way_to_reopen(agent):
    complaint = case(actor=agent)
    let_in(answered(complaint, "My own words."))
    address = reverse("mailroom:correspondence", args=[complaint.reference])
    client = signed_in(agent)
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "My own words." in part
    assert "Please send us the bill." in part
    assert "<html" not in part
    Complaint.objects.filter(pk=complaint.pk).update(
        state="closed", is_open=False, closed_at=LATER - timedelta(hours=1)
    )
    whole = client.get(address).content.decode()
    assert "after the complaint had ended" in whole
    assert reverse("complaints:move", args=[complaint.reference, "reopen"]) in whole


# --- erasing -----------------------------------------------------------------------------------


def test_erase_mails_leaves_the_rows_and_the_record(agent, django_capture_on_commit_callbacks):
    complaint = case(actor=agent)
    row = let_in(answered(complaint, "My own words."))
    with django_capture_on_commit_callbacks(execute=True):
        given: dict[str, Any] = {
            "complaint_id": complaint.pk,
            "actor": system_user(),
            "at": TOMORROW,
        }
        assert erase_mails(**given) == 1
    row.refresh_from_db()
    assert (row.text, row.sender, row.subject, row.files) == ("", "", "", [])
    assert not raw_file(row.path).exists()
    assert history_of(row).filter(kind="mail.erased").exists()
    with pytest.raises(Mail.DoesNotExist):
        open_raw(mail_id=row.pk, actor=agent, at=TOMORROW)
    assert erase_mails(**given) == 0


def test_only_the_system_erases_mails(agent):
    complaint = case(actor=agent)
    row = let_in(answered(complaint, "My own words."))
    with pytest.raises(NotAllowed):
        erase_mails(complaint_id=complaint.pk, actor=agent, at=TOMORROW)
    row.refresh_from_db()
    assert "My own words." in row.text


def test_mail_put_aside_is_erased_once_its_time_is_over(agent, django_capture_on_commit_callbacks):
    row = stranger("Buy now.", subject="Offer")
    put_aside(mail_id=row.pk, why=Aside.SPAM, actor=agent, at=NOW)
    assert clean_mails(before=NOW, at=TOMORROW) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert clean_mails(before=NOW + timedelta(seconds=1), at=TOMORROW) == 1
    row.refresh_from_db()
    assert (row.text, row.sender, row.subject) == ("", "", "")
    assert not raw_file(row.path).exists()
