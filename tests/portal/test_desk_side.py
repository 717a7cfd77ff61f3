"""What the desk sees of complainants: doubtful forms, links; and what it may do there."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints.models import PersonalLink
from portal.models import Submission
from portal.selectors import doubtful as questions
from portal.selectors.doubtful import doubtful_for
from portal.services.intake import mark_genuine
from tests.complaints.desk import Desk
from tests.complaints.factories import make_complaint, make_site, make_user
from tests.portal.factories import only_complaint, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def doubted(**fields) -> Submission:
    complaint = make_complaint(**fields)
    return Submission.objects.create(complaint=complaint, at=timezone.now(), suspected=True)


def test_the_list_shows_what_waits_and_hides_what_is_out_of_sight(desk):
    here, there = make_site("here"), make_site("there")
    mine, other = doubted(site=here), doubted(site=there)
    manager = make_user("manager", site=here)
    page = signed_in(manager).get(reverse("portal:doubtful")).content.decode()
    assert mine.complaint.reference in page
    assert other.complaint.reference not in page


def test_the_list_says_nothing_of_a_confidential_matter(desk):
    doubted(confidential=True, description="Something nobody must know.")
    page = signed_in(desk.manager).get(reverse("portal:doubtful")).content.decode()
    assert "nobody must know" not in page


def test_the_list_is_paged_by_key(desk, monkeypatch):
    monkeypatch.setattr(questions, "PAGE", 2)
    rows = [doubted() for _ in range(3)]
    first = doubtful_for(desk.manager)
    assert [row.pk for row in first.forms] == [row.pk for row in rows[:2]]
    second = doubtful_for(desk.manager, after=first.next_after or 0)
    assert [row.pk for row in second.forms] == [rows[2].pk]
    assert second.next_after is None
    page = signed_in(desk.manager).get(reverse("portal:doubtful"), {"after": "x"})
    assert page.status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_list(desk):
    client = signed_in(desk.manager)
    doubted()
    client.get(reverse("portal:doubtful"))
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("portal:doubtful"))
        counts.append(len(seen))
        doubted()
        doubted()
    assert counts[0] == counts[1]


def test_the_panel_of_a_confidential_complaint_opens_for_nobody_without_a_reason(desk):
    complaint = make_complaint(confidential=True)
    address = reverse("portal:panel", args=[complaint.reference])
    assert signed_in(make_user("auditor")).get(address).status_code == 404


def test_a_code_is_shown_once_to_be_read_out(desk):
    complaint = make_complaint()
    address = reverse("portal:link_issue", args=[complaint.reference])
    answer = signed_in(desk.agent).post(address)
    assert "issued-code" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert PersonalLink.objects.get().purpose == "desk"


def test_links_are_sent_and_revoked_from_the_page(desk):
    complaint = make_complaint(email="fang@example.cn", actor=desk.agent)
    client = signed_in(desk.agent)
    client.post(reverse("portal:link_send", args=[complaint.reference]))
    assert complaint.messages.get(occasion="other").to_address == "fang@example.cn"
    client.post(reverse("portal:link_issue", args=[complaint.reference]))
    client.post(reverse("portal:links_revoke", args=[complaint.reference]))
    assert PersonalLink.objects.get().revoked_at is not None
    without = make_complaint(phone="13800001234", actor=desk.agent)
    page = client.post(reverse("portal:link_send", args=[without.reference]), follow=True)
    assert "Not sent" in page.content.decode()


def test_a_doubtful_form_is_marked_genuine_by_those_who_acknowledge(desk):
    send(website="x")
    submission, complaint = Submission.objects.get(), only_complaint()
    client = signed_in(desk.agent)
    panel = reverse("portal:panel", args=[complaint.reference])
    assert "A program may have filled in" in client.get(panel).content.decode()
    assert complaint.reference in client.get(reverse("portal:doubtful")).content.decode()
    assert client.post(reverse("portal:genuine", args=[submission.pk])).status_code == 302
    assert "A program may have filled in" not in client.get(panel).content.decode()


def test_mark_genuine_is_not_for_everybody(desk):
    send(website="x")
    submission = Submission.objects.get()
    client = signed_in(make_user("auditor"))
    assert client.post(reverse("portal:genuine", args=[submission.pk])).status_code == 403
    elsewhere = make_user("agent", site=make_site())
    with pytest.raises(Submission.DoesNotExist):
        mark_genuine(submission_id=submission.pk, actor=elsewhere, at=timezone.now())
