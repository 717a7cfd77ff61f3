"""The intake of shops: received when it was heard, one complaint for one key, no words lost."""

import json
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.errors import Conflict, NotAllowed
from complaints.models import Complaint
from portal.services.shop import Words, take_from_shop
from tests.complaints.factories import make_policy, make_site, make_user

pytestmark = pytest.mark.django_db
PHOTO = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture
def agent():
    make_policy()
    return make_user("agent", site=make_site("north"))


def sent_by(user, **changes):
    """Send what a device keeps; return the answer."""
    client = Client()
    if user is not None:
        client.force_login(user)
    now = timezone.now()
    plain = {
        "key": str(uuid.uuid4()),
        "description": "The kettle leaks.",
        "phone": "13800001234",
        "captured_at": (now - timedelta(hours=3)).isoformat(),
        "sent_at": now.isoformat(),
    }
    return client.post(reverse("portal:shop_send"), plain | changes)


# --- what is taken --------------------------------------------------------------------------------


@pytest.mark.clause("CM-8.2")
def test_it_counts_as_received_when_it_was_taken_down(agent):
    answer = sent_by(agent)
    told = answer.json()
    complaint = Complaint.objects.get()
    assert answer.status_code == 201
    assert told["reference"] == complaint.reference
    waited = complaint.recorded_at - complaint.received_at
    assert timedelta(hours=2, minutes=59) < waited < timedelta(hours=3, minutes=1)
    assert (complaint.channel, complaint.site.code) == ("in_person", "north")
    assert complaint.recorded_by == agent


@pytest.mark.parametrize("wrong_by", [timedelta(days=-400), timedelta(days=400)])
def test_a_device_with_a_wrong_clock_tells_the_right_time(agent, wrong_by):
    now = timezone.now() + wrong_by
    sent_by(agent, captured_at=(now - timedelta(hours=2)).isoformat(), sent_at=now.isoformat())
    complaint = Complaint.objects.get()
    waited = complaint.recorded_at - complaint.received_at
    assert timedelta(hours=1, minutes=59) < waited < timedelta(hours=2, minutes=1)


@pytest.mark.parametrize("captured_at", ["", "yesterday", "2026-01-01T10:00"])
def test_a_time_that_cannot_be_read_counts_as_now(agent, captured_at):
    assert sent_by(agent, captured_at=captured_at).status_code == 201
    complaint = Complaint.objects.get()
    assert complaint.received_at == complaint.recorded_at


def test_the_same_key_is_the_same_complaint(agent):
    key = str(uuid.uuid4())
    first, second = sent_by(agent, key=key), sent_by(agent, key=key)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["reference"] == second.json()["reference"]
    assert Complaint.objects.count() == 1


@pytest.mark.clause("CM-8.2b")
def test_danger_opens_the_fast_channel(agent):
    sent_by(agent, danger="on", description="The battery burns.")
    assert Complaint.objects.get().emergency


def test_photos_come_along_and_a_bad_one_loses_no_complaint(agent):
    photo = SimpleUploadedFile("leak.png", PHOTO)
    bad = SimpleUploadedFile("tool.exe", b"MZ")
    answer = sent_by(agent, uploads=[photo, bad])
    assert answer.status_code == 201
    assert "tool.exe" in answer.json()["warning"]
    assert [file.name for file in Complaint.objects.get().attachments.all()] == ["leak.png"]


def test_who_gives_no_contact_is_taken_down_as_anonymous(agent):
    sent_by(agent, phone="")
    assert Complaint.objects.get().anonymous


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"description": " "}, 422, "description"),
        ({"email": "fang at home"}, 422, "email"),
        ({"key": "nonsense"}, 422, "key"),
    ],
)
def test_a_refusal_says_why_and_where(agent, changes, status, field):
    answer = sent_by(agent, **changes)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert answer.json()["error"]
    assert not Complaint.objects.exists()


def test_the_signed_out_and_those_who_receive_nothing_are_told_apart(agent):
    assert sent_by(None).json()["code"] == "signed_out"
    answer = sent_by(make_user("auditor"))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_somebody_elses_words_are_sent_only_on_purpose(agent):
    other = make_user("agent")
    answer = sent_by(other, captured_by=agent.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "somebody_else")
    assert not Complaint.objects.exists()
    assert sent_by(other, captured_by=agent.pk, take_over="on").status_code == 201


def test_what_a_colleague_has_sent_is_not_sent_again(agent):
    key = str(uuid.uuid4())
    sent_by(agent, key=key)
    answer = sent_by(make_user("agent"), key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "sent_already")
    assert Complaint.objects.count() == 1


def test_take_from_shop_refuses_whoever_may_not_receive(agent):
    words = Words(key=uuid.uuid4(), channel="in_person", description="It leaks.")
    now = timezone.now()
    with pytest.raises(NotAllowed):
        take_from_shop(
            words=words, captured_at=now, captured_by=None, actor=make_user("auditor"), at=now
        )
    with pytest.raises(Conflict):
        take_from_shop(words=words, captured_at=now, captured_by=agent.pk + 1, actor=agent, at=now)


# --- the page and its worker ----------------------------------------------------------------------


def test_a_token_against_forgery_is_demanded(agent):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    assert client.post(reverse("portal:shop_send"), {}).status_code == 403


def test_the_worker_stays_below_its_own_page():
    answer = Client().get(reverse("portal:shop_worker"))
    text = answer.content.decode().replace("\\u002D", "-")
    page = reverse("portal:shop")
    assert reverse("portal:shop_worker").startswith(page)
    assert "Service-Worker-Allowed" not in answer.headers
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "shop-store.js" in text
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Complaint intake"), ("zh-hans", "投诉登记")]
)
def test_the_manifest_speaks_the_readers_language(language, name):
    answer = Client(headers={"Accept-Language": language}).get(reverse("portal:shop_manifest"))
    told = json.loads(answer.content)
    assert told["name"] == name
    assert told["scope"] == told["start_url"] == reverse("portal:shop")
    assert answer.headers["Content-Type"] == "application/manifest+json"


def test_the_page_says_nothing_about_whoever_opens_it(agent):
    client = Client()
    client.force_login(agent)
    page = client.get(reverse("portal:shop")).content.decode()
    assert agent.username not in page
    assert client.get(reverse("portal:shop_who")).json() == {
        "id": agent.pk,
        "name": str(agent),
        "may": True,
    }
