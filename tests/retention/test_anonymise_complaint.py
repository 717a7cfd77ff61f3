"""Disposing of what was said: nothing of a person is left, everything counted is."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase

from accounts.services import system_user
from complaints.errors import MoveRefused, NotAllowed
from complaints.models import Attachment, BulkRun, Complaint, Message
from complaints.selectors.messages import unsettled_messages
from complaints.selectors.search import search
from complaints.services.attachments import attach_file, open_attachment
from complaints.services.bulk import Wish, continue_bulk, start_bulk
from complaints.services.disposing import OWN_TEXTS, TEXTS, anonymise_complaint, forgotten_key
from complaints.services.intake import Intake, receive_complaint
from complaints.services.notes import add_note
from complaints.services.reopening import reopen_complaint
from complaints.states import State
from complaints.workflow import possible_moves
from journal.services import verify_journal, verify_subject
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user
from tests.retention.desk import LATER, Archive, post_is_out

SECRET = "Zhuang Weilin"
KPI = (
    *("reference", "state", "is_open", "cycle", "channel", "priority", "category", "site", "team"),
    *("owner", "recorded_by", "finding", "answer", "closure_basis", "cause_code", "language"),
    *("received_at", "recorded_at", "acknowledged_at", "assessed_at", "decided_at"),
    *("decision_sent_at", "answered_at", "closed_at", "followed_up_at", "remedy_done_at"),
    *("anonymous", "confidential", "emergency", "escalation_level", "repeat_of", "product"),
    *("policy", "missing", "depth_done", "unreachable", "merged_into"),
)


def gone(complaint: Complaint) -> Complaint:
    post_is_out()
    anonymise_complaint(complaint_id=complaint.pk, under="D-1", actor=system_user(), at=LATER)
    return Complaint.objects.get(pk=complaint.pk)


def spoken(desk: Desk, **fields: Any) -> Complaint:
    """Return a closed complaint in which a name stands wherever somebody may type."""
    said = {
        "name": SECRET,
        "email": "zhuang.weilin@example.com",
        "customer_number": "K-778",
        "address": f"Room 5, {SECRET}",
        "needs": SECRET,
        "representative": SECRET,
        "remedy_sought": f"{SECRET} wants it back",
        "order_number": "ZW-1",
        "description": f"{SECRET} says the kettle leaks.",
        "found": dict.fromkeys(("findings", "cause", "evidence", "similar_cases"), SECRET),
        "decided": {"reasons": SECRET, "remedy_detail": SECRET, "text": f"Dear {SECRET}"},
    }
    complaint = desk.case(State.FOLLOWED_UP, **(said | fields))
    add_note(complaint_id=complaint.pk, text=f"{SECRET} rang", actor=desk.agent, at=NOW)
    return complaint


@pytest.mark.clause("CM-7.5")
@pytest.mark.django_db
def test_no_table_holds_a_word_of_the_person_afterwards():
    gone(spoken(Desk()))
    found = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_app_config("complaints").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
        for value in model._default_manager.values_list(field.name, flat=True)
        if SECRET in str(value) or "K-778" in str(value) or "zhuang" in str(value)
    ]
    assert found == []


@pytest.mark.django_db
def test_every_text_that_hangs_on_a_complaint_is_either_erased_or_known_to_be_a_code():
    codes = {
        *("channel", "code", "calendar", "stage", "currency", "cause_code", "subject_code"),
        *("clock_code", "trigger", "kind", "language", "scan", "content_type", "sha256"),
        *("state", "outcome", "finding", "answer", "product", "reference", "disposed_under"),
        *("token_hash", "code_hash"),  # keyed digests of links that no longer work
        *("idempotency_key", "next_due_stage", "state_before_merge", "description"),
    }
    left = []
    for model in apps.get_app_config("complaints").get_models():
        if model is not Complaint and not any(
            field.related_model is Complaint for field in model._meta.concrete_fields
        ):
            continue
        erased = OWN_TEXTS if model is Complaint else TEXTS.get(model, ())
        left += [
            f"{model.__name__}.{field.name}"
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not field.choices
            and field.name not in {*erased, *codes}
        ]
    assert left == []


@pytest.mark.django_db
@pytest.mark.clause("CM-7.5")
def test_what_is_counted_stays_and_the_record_proves_itself():
    desk = Desk()
    complaint = spoken(desk)
    before = Complaint.objects.filter(pk=complaint.pk).values(*KPI).get()
    clocks = list(complaint.clocks.order_by("pk").values("code", "due_at", "stopped_at", "met"))
    amounts = list(complaint.responses.values_list("amount", "currency", "finding"))
    scores = list(complaint.followupattempts.values_list("handling_score", "outcome_score"))
    after = gone(complaint)
    assert Complaint.objects.filter(pk=complaint.pk).values(*KPI).get() == before
    assert list(after.clocks.order_by("pk").values("code", "due_at", "stopped_at", "met")) == clocks
    assert list(after.responses.values_list("amount", "currency", "finding")) == amounts
    assert list(after.followupattempts.values_list("handling_score", "outcome_score")) == scores
    assert (after.anonymised_at, after.disposed_under) == (LATER, "D-1")
    assert verify_subject(after).intact
    assert verify_journal().intact


@pytest.mark.django_db
def test_words_no_longer_find_it_but_the_reference_does():
    desk = Desk()
    complaint = spoken(desk)
    assert [row.pk for row in search(desk.manager, "Zhuang").rows] == [complaint.pk]
    gone(complaint)
    assert search(desk.manager, "Zhuang").rows == []
    assert [row.pk for row in search(desk.manager, complaint.reference).rows] == [complaint.pk]


@pytest.mark.django_db
def test_a_person_stays_until_their_last_complaint_goes():
    desk = Desk()
    first = desk.case(State.CLOSED, name=SECRET, phone="13900001111")
    second = desk.case(State.CLOSED, complainant=first.complainant)
    one = gone(first)
    assert one.complainant_id not in {None, second.complainant_id}
    assert str(one.complainant) == "—"
    second.refresh_from_db()
    assert second.complainant.name == SECRET
    two = gone(second)
    assert two.complainant_id == second.complainant_id
    assert (two.complainant.name, two.complainant.phone_key) == ("", "")


@pytest.mark.django_db
def test_only_the_system_does_it():
    desk = Desk()
    complaint = desk.case(State.CLOSED)
    for person in (desk.manager, make_user("quality_manager"), make_user("administrator")):
        with pytest.raises(NotAllowed):
            anonymise_complaint(complaint_id=complaint.pk, under="D-1", actor=person, at=LATER)


@pytest.mark.django_db
def test_open_held_and_disposed_ones_are_refused_with_every_reason():
    archive = Archive()
    complaint = make_complaint()
    archive.hold(complaint_id=complaint.pk)
    with pytest.raises(MoveRefused) as refused:
        gone(complaint)
    assert list(map(str, refused.value.reasons)) == [
        "This complaint is on legal hold: it must stay as it is.",
        "This complaint is open.",
    ]
    closed = archive.closed()
    gone(closed)
    with pytest.raises(MoveRefused, match="was disposed of"):
        gone(closed)


@pytest.mark.django_db
def test_a_letter_on_its_way_is_settled_first():
    desk = Desk()
    complaint = desk.case(State.CLOSED)
    told = Message.objects.filter(complaint=complaint)
    told.update(state="queued", channel="email")
    with pytest.raises(MoveRefused, match="still on its way"):
        anonymise_complaint(complaint_id=complaint.pk, under="D-1", actor=system_user(), at=LATER)
    told.update(channel="phone")  # nobody will read that out any more
    gone(complaint)
    assert unsettled_messages(desk.manager, now=LATER).total == 0


@pytest.mark.django_db(transaction=True)
def test_files_are_deleted_unless_another_complaint_has_the_same():
    desk = Desk()
    one, two = desk.case(State.CLOSED), desk.case(State.CLOSED)

    def attach(complaint: Complaint, content: bytes) -> Attachment:
        return attach_file(
            complaint_id=complaint.pk,
            file=[content],
            name="li-ming.txt",
            internal=False,
            actor=desk.manager,
            at=NOW,
        )

    own, shared, other = attach(one, b"mine"), attach(one, b"ours"), attach(two, b"ours")
    places = [Path(settings.MEDIA_ROOT) / row.path for row in (own, shared)]
    assert all(place.exists() for place in places)
    gone(one)
    assert [place.exists() for place in places] == [False, True]
    own.refresh_from_db()
    assert (own.name, own.path, bool(own.sha256)) == ("", "", True)
    with pytest.raises(NotAllowed, match="disposed of"):
        open_attachment(attachment_id=own.pk, actor=desk.manager, at=LATER)
    assert open_attachment(attachment_id=other.pk, actor=desk.manager, at=LATER)


@pytest.mark.django_db
def test_nothing_more_is_done_with_it():
    desk = Desk()
    complaint = gone(desk.case(State.CLOSED))
    assert possible_moves(complaint) == []
    with pytest.raises(MoveRefused, match="was disposed of"):
        add_note(complaint_id=complaint.pk, text="Hm.", actor=desk.agent, at=LATER)
    with pytest.raises(MoveRefused, match="was disposed of"):
        reopen_complaint(complaint_id=complaint.pk, reason="Again.", actor=desk.agent, at=LATER)


@pytest.mark.django_db
def test_the_same_form_or_file_handed_in_again_brings_nothing_back():
    desk = Desk()
    make_policy()
    intake = Intake(
        channel="phone",
        description="It leaks.",
        received_at=NOW,
        contact_unknown=True,
        idempotency_key="cfpb:1066221",
    )
    complaint = receive_complaint(intake=intake, actor=desk.agent, at=NOW)
    Complaint.objects.filter(pk=complaint.pk).update(is_open=False, state="withdrawn")
    after = gone(complaint)
    assert after.idempotency_key == forgotten_key("cfpb:1066221")
    assert "1066221" not in after.idempotency_key
    assert receive_complaint(intake=intake, actor=desk.agent, at=LATER).pk == complaint.pk


@pytest.mark.django_db
def test_a_reason_given_for_a_heap_goes_with_the_last_of_it():
    desk = Desk()
    two = [desk.case(), desk.case()]
    run = start_bulk(
        wish=Wish("withdraw", reason=f"{SECRET} agreed"),
        complaint_ids=[complaint.pk for complaint in two],
        language="en",
        actor=desk.manager,
        at=NOW,
    )
    continue_bulk(run_id=run.pk, limit=9, now=NOW)
    gone(two[0])
    assert BulkRun.objects.get().given["reason"] == f"{SECRET} agreed"
    gone(two[1])
    assert BulkRun.objects.get().given["reason"] == ""


MONTHS = some.integers(0, 20)
ENDS = some.sampled_from([State.CLOSED, State.FOLLOWED_UP, State.WITHDRAWN, State.RESPONDED])


class CountsStay(TestCase):
    """Whatever goes, no list counts differently afterwards."""

    @how(max_examples=6)
    @given(some.lists(some.tuples(ENDS, MONTHS, some.booleans()), min_size=1, max_size=4))
    def test_counts_by_state_category_and_month_do_not_change(self, lives):
        desk = Desk()
        made = [
            (desk.case(state, at=NOW + timedelta(days=30 * month)), goes)
            for state, month, goes in lives
        ]
        before = counted()
        for complaint, goes in made:
            if goes and not complaint.is_open:
                gone(complaint)
        assert counted() == before
        assert verify_journal().intact


def counted() -> list[Counter[Any]]:
    rows = Complaint.objects.values_list(
        "state", "category", "channel", "priority", "received_at__year", "received_at__month"
    )
    everything = list(rows)
    return [Counter(row[place] for row in everything) for place in range(4)] + [
        Counter(row[4:] for row in everything)
    ]
