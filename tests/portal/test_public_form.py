"""The public form: takes every complaint, says at once whom to call, loses nothing typed."""

import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import system_user
from complaints.models import Complaint, Message, Notice
from complaints.services.attachments import attach_file
from complaints.states import MessageState, State
from journal.models import Entry
from journal.selectors import history_of
from portal.models import HeldFile, Submission
from portal.services.files import MOST_FILES, attach_held_files, clean_held_files, hold_file
from portal.services.intake import mark_genuine, take_complaint
from tests.complaints.factories import make_policy, make_site, make_user
from tests.portal.factories import filled_in, only_complaint, send, token_in

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def png(name: str = "leak.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG, content_type="image/png")


# --- received -------------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2")
def test_the_form_becomes_a_complaint_with_everything_that_was_said():
    site = make_site("north")
    answer = send(
        remedy_sought="A new kettle.",
        product="Kettle K2",
        order_number="A-77",
        site=site.pk,
        name="Fang Wang",
        phone="13800001234",
        representative="Li Ming, her son",
        needs="Large print",
        occurred_on="2026-01-02",
    )
    complaint = only_complaint()
    assert answer.status_code == 302
    assert (complaint.channel, complaint.site, complaint.state) == ("web", site, "acknowledged")
    assert complaint.remedy_sought == "A new kettle."
    assert complaint.representative == "Li Ming, her son"
    assert timezone.localtime(complaint.occurred_at).date().isoformat() == "2026-01-02"
    assert complaint.complainant.email == "fang@example.cn"
    assert complaint.complainant.needs == "Large print"
    assert complaint.recorded_by.is_system
    first = history_of(complaint).first()
    assert (first.kind, first.door) == ("complaint.received", "public")


@pytest.mark.clause("CM-8.2c")
def test_who_gave_an_address_is_acknowledged_by_letter_with_a_link():
    send()
    letter = Message.objects.get()
    assert (letter.channel, letter.state) == ("email", MessageState.QUEUED)
    assert "/complain/status/" in letter.body


@pytest.mark.clause("CM-8.2c")
def test_who_has_no_e_mail_is_acknowledged_on_the_page_and_gets_number_and_code():
    client = Client()
    answer = send(client, email=None, unreachable="on")
    complaint = only_complaint()
    assert complaint.anonymous
    assert (complaint.state, complaint.acknowledged_at is not None) == ("acknowledged", True)
    page = client.get(answer.headers["Location"]).content.decode()
    assert complaint.reference in page
    assert re.search(r'id="code">[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}<', page)
    assert "write down number and code" in page


def test_the_receipt_shows_the_same_code_however_often_it_is_looked_at():
    client = Client()
    address = send(client).headers["Location"]
    pages = [client.get(address).content.decode() for _ in range(2)]
    codes = [re.findall(r'id="code">([^<]+)', page) for page in pages]
    assert len(codes[0]) == 1
    assert codes[0] == codes[1]


def test_sent_twice_it_is_one_complaint():
    sent = filled_in()
    make_policy()
    client = Client()
    answers = [client.post(reverse("portal:form"), sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Complaint.objects.count() == 1
    assert only_complaint().notes.count() == 0


def test_sent_again_with_other_words_adds_them_instead_of_losing_them():
    sent = filled_in()
    send(**sent)
    send(**{**sent, "description": "The kettle leaks. It also hums."})
    complaint = only_complaint()
    assert [note.text for note in complaint.notes.all()] == ["The kettle leaks. It also hums."]


def test_take_complaint_says_whether_it_was_there_already():
    make_policy()
    from portal.forms import ComplaintForm  # noqa: PLC0415 - the form as the page reads it

    now = timezone.now()
    form = ComplaintForm(filled_in(), now=now)
    assert form.is_valid()
    sent = form.sent
    assert not take_complaint(sent=sent, at=now).again
    assert take_complaint(sent=sent, at=now).again


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"description": " "}, "description", "Tell us what happened."),
        ({"email": None}, "email", "Give an e-mail address or a phone number"),
        ({"email": "fang at home"}, "email", "This is not an e-mail address."),
        ({"occurred_on": "2199-01-01"}, "occurred_on", "This day lies in the future."),
        ({"language": "xx"}, "language", "Select a valid choice"),
        ({"site": "999"}, "site", "Select a valid choice"),
    ],
)
def test_an_error_names_its_field_and_what_was_typed_stays(changes, field, sentence):
    answer = send(**({"remedy_sought": "A new kettle."} | changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<a href="#id_{field}' in page
    assert sentence in page
    assert "A new kettle." in page
    assert not Complaint.objects.exists()


def test_a_form_without_its_key_is_shown_again_with_what_was_typed():
    answer = send(key="nonsense")
    assert answer.status_code == 200
    assert "nobody answers the phone" in answer.content.decode()
    assert not Complaint.objects.exists()


def test_files_stay_when_something_else_is_wrong():
    client, sent = Client(), filled_in(description="")
    make_policy()
    page = client.post(reverse("portal:form"), {**sent, "uploads": [png()]}).content.decode()
    assert "leak.png" in page
    client.post(reverse("portal:form"), {**sent, "description": "It leaks."})
    attached = only_complaint().attachments.get()
    assert (attached.name, attached.internal) == ("leak.png", False)
    assert not HeldFile.objects.exists()


def test_a_held_file_can_be_taken_away_without_losing_words():
    client, sent = Client(), filled_in(description="")
    make_policy()
    client.post(reverse("portal:form"), {**sent, "uploads": [png()]})
    held = HeldFile.objects.get()
    page = client.post(
        reverse("portal:form"), {**sent, "description": "It leaks.", "drop": held.pk}
    ).content.decode()
    assert "leak.png" not in page
    assert "It leaks." in page
    assert not Complaint.objects.exists()


def test_a_file_that_is_refused_keeps_no_complaint_from_being_received():
    client = Client()
    make_policy()
    fake = SimpleUploadedFile("leak.png", b"MZ this is a program", content_type="image/png")
    answer = client.post(reverse("portal:form"), {**filled_in(), "uploads": [fake]}, follow=True)
    assert only_complaint().attachments.count() == 0
    assert "The content of this file is not what its name says" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("tool.exe", b"MZ", "files of this type are not taken"),
        ("empty.png", b"", "the file is empty"),
        ("big.png", PNG, "larger than"),
    ],
)
def test_hold_file_refuses_what_cannot_be_attached(name, content, sentence, settings):
    settings.ATTACHMENT_MAX_BYTES = 60
    file = SimpleUploadedFile(name, content)
    answer = send(description="It leaks.", uploads=[file])
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_hold_file_takes_only_so_many():
    key = uuid.uuid4()
    for number in range(MOST_FILES):
        hold_file(key=key, file=png(f"{number}.png"), at=timezone.now())
    answer = send(key=str(key), uploads=[png("more.png")])
    assert answer.status_code == 422
    assert HeldFile.objects.filter(key=key).count() == MOST_FILES


def test_attach_held_files_says_which_were_refused_and_why():
    send()
    complaint, key, now = only_complaint(), uuid.uuid4(), timezone.now()
    hold_file(key=key, file=png(), at=now)
    hold_file(key=key, file=SimpleUploadedFile("fake.png", b"MZ program"), at=now)
    gone = hold_file(key=key, file=png("gone.png"), at=now)
    (Path(settings.MEDIA_ROOT) / gone.path).unlink()
    refused = attach_held_files(key=key, complaint_id=complaint.pk, actor=system_user(), at=now)
    assert [name for name, _why in refused] == ["fake.png", "gone.png"]
    assert [file.name for file in complaint.attachments.all()] == ["leak.png"]
    assert not HeldFile.objects.filter(key=key).exists()


def test_clean_held_files_forgets_those_of_forms_never_finished():
    now = timezone.now()
    hold_file(key=uuid.uuid4(), file=png(), at=now - timedelta(days=2))
    hold_file(key=uuid.uuid4(), file=png(), at=now)
    assert clean_held_files(now=now) == 1
    assert HeldFile.objects.count() == 1


def test_far_too_much_is_refused_before_it_is_read(settings):
    settings.ATTACHMENT_MAX_BYTES = 10
    make_policy()
    answer = Client().post(
        reverse("portal:form"), filled_in(description="x" * 1_100_000), HTTP_ACCEPT="text/html"
    )
    assert answer.status_code == 413
    assert not Complaint.objects.exists()


def test_the_language_changes_without_losing_what_was_typed():
    answer = send(description="漏水了", speak="zh-hans", danger="yes")
    page = answer.content.decode()
    assert 'lang="zh-hans"' in page
    assert "漏水了" in page
    assert not Complaint.objects.exists()


# --- danger ---------------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2b")
def test_who_is_in_danger_declares_an_emergency_and_people_are_told_at_once():
    manager = make_user("manager")
    client = Client()
    answer = send(client, danger="yes", description="The charger burns.")
    complaint = only_complaint()
    assert (complaint.emergency, complaint.priority) == (True, "P0")
    assert complaint.emergency_trigger == "personal_safety"
    assert Notice.objects.filter(user=manager, kind="emergency").exists()
    page = client.get(answer.headers["Location"]).content.decode()
    assert 'href="tel:120"' in page
    assert "We have told our people on call." in page


@pytest.mark.clause("CM-8.2b")
def test_the_form_has_the_numbers_to_call_before_anything_is_sent():
    make_policy()
    page = Client().get(reverse("portal:form")).content.decode()
    for number in ("110", "119", "120"):
        assert f'href="tel:{number}"' in page


@pytest.mark.clause("CM-8.2b")
def test_words_of_danger_that_nobody_declared_are_told_to_those_in_charge():
    manager = make_user("manager")
    send(description="My daughter was taken to hospital after eating it.")
    assert not only_complaint().emergency
    assert [n.kind for n in Notice.objects.filter(user=manager)] == ["danger_words"]


def test_harmless_words_tell_nobody():
    make_user("manager")
    send()
    assert not Notice.objects.exists()


# --- the trap and the limits ----------------------------------------------------------------------


def test_the_trap_never_drops_a_complaint_but_marks_it_and_sends_no_letter():
    answer = send(website="https://buy.example")
    complaint = only_complaint()
    assert answer.status_code == 302
    assert complaint.submission.suspected
    assert complaint.state == State.RECEIVED
    assert not Message.objects.exists()
    assert Entry.objects.filter(kind="complaint.suspected").count() == 1


def test_danger_counts_even_in_a_doubtful_form():
    send(website="x", danger="yes")
    assert only_complaint().emergency


def test_mark_genuine_takes_the_mark_away_once():
    send(website="x")
    agent = make_user("agent")
    submission = Submission.objects.get()
    mark_genuine(submission_id=submission.pk, actor=agent, at=timezone.now())
    mark_genuine(submission_id=submission.pk, actor=agent, at=timezone.now())
    submission.refresh_from_db()
    assert submission.checked_by == agent
    assert Entry.objects.filter(kind="complaint.found_genuine").count() == 1


def test_an_address_that_sends_too_often_gets_a_plain_answer_that_keeps_the_text(settings):
    settings.PUBLIC_FORMS_AN_HOUR = 2
    statuses = [send(description=f"Complaint {n}").status_code for n in range(3)]
    answer = send(description="My fourth")
    page = answer.content.decode()
    assert (statuses, answer.status_code) == ([302, 302, 429], 429)
    assert "My fourth" in page
    assert "we have to wait a little" in page
    assert 'href="tel:120"' in page
    assert Complaint.objects.count() == 2


def test_another_address_is_not_held_back_by_the_first(settings):
    settings.PUBLIC_FORMS_AN_HOUR = 1
    assert send(Client(REMOTE_ADDR="192.0.2.1")).status_code == 302
    assert send(Client(REMOTE_ADDR="192.0.2.2"), description="Another").status_code == 302
    assert send(Client(REMOTE_ADDR="192.0.2.1"), description="Third").status_code == 429


def test_the_same_text_from_everywhere_is_held_back(settings):
    settings.PUBLIC_SAME_TEXT_AN_HOUR = 1
    assert send(Client(REMOTE_ADDR="192.0.2.1")).status_code == 302
    assert send(Client(REMOTE_ADDR="192.0.2.2")).status_code == 429


def test_who_is_in_danger_may_try_more_often(settings):
    settings.PUBLIC_FORMS_AN_HOUR = 1
    assert send().status_code == 302
    assert send(description="Second").status_code == 429
    assert send(description="It burns", danger="yes").status_code == 302


# --- the frame ------------------------------------------------------------------------------------


def test_public_pages_set_no_session_and_leak_no_address():
    client = Client()
    answer = client.get(send(client).headers["Location"])
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "sessionid" not in client.cookies


def test_the_form_and_how_to_complain_may_be_found_by_search_engines():
    make_policy()
    for name in ("portal:form", "portal:how"):
        answer = Client().get(reverse(name))
        assert "X-Robots-Tag" not in answer.headers
        assert "noindex" not in answer.content.decode()


def test_a_complaint_needs_no_cookie():
    make_policy()
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("portal:form"), filled_in()).status_code == 302


@pytest.mark.parametrize("name", ["portal:form", "portal:how"])
def test_the_first_page_is_light(name):
    """At most 60 kB with everything it loads; the fonts are the system's."""
    from django.contrib.staticfiles import finders  # noqa: PLC0415

    make_policy()
    page = Client().get(reverse(name)).content
    loaded = re.findall(rb'(?:href|src)="/static/([^"]+)"', page)
    assert b"<script" not in page
    size = len(page) + sum(
        Path(str(finders.find(path.decode()))).stat().st_size for path in set(loaded)
    )
    assert size <= 60_000, size


def test_colleagues_attach_internally_and_complainants_never_see_it():
    send()
    complaint, handler = only_complaint(), make_user("manager")
    attach_file(
        complaint_id=complaint.pk,
        file=[PNG],
        name="internal.png",
        internal=True,
        actor=handler,
        at=timezone.now(),
    )
    client = Client()
    token = token_in(send(client, description="Again, something else."))
    assert User.objects.filter(is_system=True).exists()
    assert "internal.png" not in client.get(reverse("portal:status", args=[token])).content.decode()
