"""Personal links and codes: who holds one sees one complaint, nobody finds one by trying."""

import logging
from datetime import timedelta

import pytest
from django.conf import settings as conf
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.errors import NotAllowed
from complaints.models import Complaint, Message, PersonalLink
from complaints.selectors.links import (
    code_for,
    complaint_of_code,
    find_link,
    links_of,
    opens,
    tidy_reference,
)
from complaints.services.letters import draft_letter
from complaints.services.links import issue_link, mark_link_used, revoke_links, send_link
from complaints.services.messages import write_message
from complaints.states import LinkPurpose, MessageChannel, Occasion
from config.middleware import WithoutTokens
from journal.models import Entry
from journal.services import deliver_pending
from portal.services.answers import open_by_code, send_link_again
from tests.complaints.factories import NOW, make_complaint, make_policy, make_site, make_user
from tests.portal.factories import issued_for

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)


def test_the_address_in_letters_is_that_of_the_page():
    assert reverse("portal:lookup") in conf.STATUS_PAGE
    assert conf.PUBLIC_URL + reverse("portal:lookup") == conf.STATUS_PAGE


# --- issue_link -----------------------------------------------------------------------------------


def test_issue_link_keeps_no_secret_and_records_none():
    issued = issued_for(make_complaint())
    link = PersonalLink.objects.get()
    stored = {link.token_hash, link.code_hash}
    assert not stored & {issued.token, issued.code}
    entry = Entry.objects.filter(kind="complaint.link_issued").get()
    assert issued.token not in str(entry.payload)
    assert issued.token not in repr(issued)


def test_issue_link_is_for_those_who_write_to_complainants():
    complaint = make_complaint(site=make_site())
    with pytest.raises(NotAllowed):
        issued_for(complaint, actor=make_user("auditor"))
    with pytest.raises(Complaint.DoesNotExist):
        issued_for(complaint, actor=make_user("agent", site=make_site()))


def test_a_link_works_as_long_as_the_policy_says_and_not_a_moment_longer():
    issued = issued_for(make_complaint())
    link = find_link(issued.token)
    assert link is not None
    assert link.expires_at - link.created_at == timedelta(days=180)
    assert opens(link, at=link.expires_at - timedelta(seconds=1))
    assert not opens(link, at=link.expires_at)


def test_links_go_on_working_after_a_change_of_the_secret_key(settings):
    issued = issued_for(make_complaint())
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert find_link(issued.token) is not None


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "' or 1=1", "令牌"])
def test_find_link_finds_nothing_for_what_was_made_up(token):
    issued_for(make_complaint())
    assert find_link(token) is None


# --- codes ----------------------------------------------------------------------------------------


def test_a_code_opens_however_it_is_typed():
    complaint = make_complaint()
    issued = issued_for(complaint)
    loose = issued.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    reference = complaint.reference.lower().replace("-", " ")
    assert complaint_of_code(reference, loose, at=LATER) == complaint


def test_a_code_opens_no_other_complaint():
    first, second = make_complaint(), make_complaint()
    code = issued_for(first).code
    assert complaint_of_code(second.reference, code, at=LATER) is None


def test_a_code_follows_from_its_token():
    assert code_for("abc") == code_for("abc") != code_for("abd")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("c26 7qk2 9xwd", "C26-7QK2-9XWD"),
        ("C267QK29XWD", "C26-7QK2-9XWD"),
        ("", ""),
        ("x" * 500, "X" * 20),
    ],
)
def test_a_reference_is_read_however_it_is_typed(typed, meant):
    assert tidy_reference(typed) == meant


def test_open_by_code_gives_a_link_for_some_hours():
    complaint = make_complaint()
    issued = issued_for(complaint)
    opened = open_by_code(reference=complaint.reference, code=issued.code, at=LATER)
    assert opened.link.expires_at - LATER == timedelta(hours=4)
    assert open_by_code(reference=complaint.reference, code="WRONG", at=LATER) is None


# --- revoke and use -------------------------------------------------------------------------------


def test_revoke_links_ends_every_link_and_code():
    complaint = make_complaint()
    issued = [issued_for(complaint) for _ in range(2)]
    agent = make_user("agent")
    assert revoke_links(complaint_id=complaint.pk, actor=agent, at=LATER) == 2
    assert revoke_links(complaint_id=complaint.pk, actor=agent, at=LATER) == 0
    links = [find_link(one.token) for one in issued]
    assert not any(opens(link, at=LATER) for link in links if link)
    assert complaint_of_code(complaint.reference, issued[0].code, at=LATER) is None
    assert Entry.objects.filter(kind="complaint.links_revoked").count() == 1
    with pytest.raises(NotAllowed):
        revoke_links(complaint_id=complaint.pk, actor=make_user("auditor"), at=LATER)


def test_mark_link_used_is_seen_by_the_desk():
    complaint = make_complaint()
    issued = issued_for(complaint)
    mark_link_used(link_id=issued.link.pk, at=LATER)
    assert [link.used_at for link in links_of(complaint)] == [LATER]


# --- letters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("occasion", ["acknowledgement", "progress", "decision", "follow_up"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_letters_by_e_mail_name_the_page(occasion, language):
    complaint = make_complaint(email="fang@example.cn", language=language)
    _subject, text = draft_letter(
        complaint, Occasion(occasion), MessageChannel.EMAIL, actor=None, extra={"news": "News."}
    )
    assert conf.STATUS_PAGE in text


def test_a_letter_becomes_a_link_as_it_leaves_and_the_house_keeps_none():
    complaint = make_complaint(email="fang@example.cn")
    agent = make_user("agent")
    write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.PROGRESS,
        channel=MessageChannel.EMAIL,
        subject="How things stand",
        text=f"See {conf.STATUS_PAGE} for all.",
        actor=agent,
        at=NOW,
    )
    deliver_pending()
    sent = mail.outbox[-1].body
    token = sent.split(conf.STATUS_PAGE)[1].split("/")[0]
    link = find_link(token)
    assert link.complaint == complaint
    message = Message.objects.get(subject="How things stand")
    assert link.message == message
    assert token not in message.body


# --- sent again -----------------------------------------------------------------------------------


def test_send_link_goes_to_the_contact_on_record_and_not_too_often():
    complaint = make_complaint(email="fang@example.cn")
    letters = [send_link_again(complaint_id=complaint.pk, at=LATER) for _ in range(4)]
    assert [letter is not None for letter in letters] == [True, True, True, False]
    assert {letter.to_address for letter in letters if letter} == {"fang@example.cn"}
    tomorrow = LATER + timedelta(days=1, minutes=1)
    assert send_link_again(complaint_id=complaint.pk, at=tomorrow) is not None


def test_send_link_has_nobody_to_write_to_without_an_address():
    complaint = make_complaint(phone="13800001234")
    assert send_link(complaint_id=complaint.pk, actor=make_user("agent"), at=LATER) is None
    with pytest.raises(NotAllowed):
        send_link(complaint_id=complaint.pk, actor=make_user("auditor"), at=LATER)


def test_issue_link_for_the_desk_names_its_purpose():
    complaint = make_complaint()
    agent = make_user("agent")
    issued = issue_link(complaint_id=complaint.pk, purpose=LinkPurpose.DESK, actor=agent, at=NOW)
    assert issued.link.purpose == "desk"
    assert issued.address.startswith(conf.STATUS_PAGE)


# --- the doors ------------------------------------------------------------------------------------


def look_up(reference: str, code: str, client: Client | None = None):
    return (client or Client()).post(
        reverse("portal:lookup"), {"reference": reference, "code": code}
    )


def test_number_and_code_lead_to_the_page():
    complaint = make_complaint()
    issued = issued_for(complaint, at=timezone.now())
    client = Client()
    answer = look_up(complaint.reference, issued.code, client)
    assert answer.status_code == 302
    assert complaint.reference in client.get(answer.headers["Location"]).content.decode()


def test_a_wrong_number_and_a_wrong_code_get_the_same_answer():
    complaint = make_complaint()
    issued = issued_for(complaint, at=timezone.now())
    pages = [
        look_up(reference, code).content.decode().replace(reference, "…").replace(code, "…")
        for reference, code in (
            (complaint.reference, "AAAA-BBBB-CCCC"),
            ("C26-AAAA-BBBB", "AAAA-BBBB-CCCC"),
            ("C26-AAAA-BBBB", issued.code),
        )
    ]
    assert len(set(pages)) == 1


def test_trying_is_limited_by_address_and_by_number(settings):
    settings.PUBLIC_TRIES_AN_HOUR = 2
    complaint = make_complaint()
    issued = issued_for(complaint, at=timezone.now())
    here = Client(REMOTE_ADDR="192.0.2.1")
    assert [look_up(f"C26-AAAA-BBB{n}", "X", here).status_code for n in range(3)] == [422, 422, 429]
    for n in range(2):
        look_up(complaint.reference, "X", Client(REMOTE_ADDR=f"198.51.100.{n}"))
    # Even the right code is not looked at any more: who tries from everywhere learns nothing.
    assert look_up(complaint.reference, issued.code, Client(REMOTE_ADDR="203.0.113.9")).status_code
    assert (
        look_up(complaint.reference, issued.code, Client(REMOTE_ADDR="203.0.113.9")).status_code
        == 429
    )


@pytest.mark.parametrize("state", ["made up", "expired", "revoked"])
@pytest.mark.parametrize("name", ["portal:status", "portal:receipt"])
def test_a_link_that_does_not_work_says_the_same_whatever_the_reason(state, name):
    complaint = make_complaint()
    issued = issued_for(complaint, at=timezone.now())
    token = "x" * len(issued.token) if state == "made up" else issued.token
    if state == "expired":
        PersonalLink.objects.update(expires_at=timezone.now())
    if state == "revoked":
        PersonalLink.objects.update(revoked_at=timezone.now())
    answer = Client().get(reverse(name, args=[token]))
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "This link does not work" in page
    assert complaint.reference not in page
    assert "send a fresh link" in page


def test_an_old_link_asks_for_a_fresh_one_with_one_button():
    complaint = make_complaint(email="fang@example.cn")
    issued = issued_for(complaint, at=timezone.now())
    PersonalLink.objects.update(expires_at=timezone.now())
    answer = Client().post(reverse("portal:send_again"), {"token": issued.token})
    assert answer.status_code == 200
    assert Message.objects.get(occasion="other").to_address == "fang@example.cn"


def test_asking_for_a_fresh_link_never_says_whether_the_complaint_exists():
    complaint = make_complaint(phone="13800001234")
    known = Client().post(reverse("portal:send_again"), {"reference": complaint.reference})
    made_up = Client().post(reverse("portal:send_again"), {"reference": "C26-AAAA-BBBB"})
    assert known.content == made_up.content
    assert known.status_code == made_up.status_code == 200


def test_asking_for_a_fresh_link_is_limited(settings):
    make_policy()
    settings.PUBLIC_TRIES_AN_HOUR = 1
    ask = {"reference": "C26-AAAA-BBBB"}
    assert Client().post(reverse("portal:send_again"), ask).status_code == 200
    assert Client().post(reverse("portal:send_again"), ask).status_code == 429


@pytest.mark.parametrize("page", ["status", "received"])
def test_no_token_reaches_the_logs(page):
    secret = "b67x83fypECIWkr5Ed7xORIA1Qs-UTyL"
    line = logging.LogRecord(
        "django.request",
        logging.WARNING,
        __file__,
        1,
        "%s: %s",
        ("Not Found", f"/complain/{page}/{secret}/add/"),
        None,
    )
    assert WithoutTokens().filter(line)
    assert secret not in line.getMessage()
    assert line.getMessage() == f"Not Found: /complain/{page}/…/add/"
