"""People's requests: taken, recognised, corrected, answered with grounds, forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from complaints.models import Complaint
from complaints.selectors.search import search
from complaints.states import State
from journal.selectors import history_of
from journal.services import verify_journal
from retention.errors import BadInput, Conflict, NotAllowed
from retention.models import SubjectRequest
from retention.rules.schedule import ScheduleContent
from retention.selectors.rights import due_for, people_found
from retention.selectors.schedule import default_content
from retention.services.disposal import (
    carry_out_disposal,
    propose_early_disposal,
    review_disposal,
)
from retention.services.packages import ask_for_package
from retention.services.rights import (
    Asked,
    Reply,
    answer_request,
    forget_requests,
    rectify,
    take_request,
    verify_identity,
)
from retention.states import RequestState, RunState
from tests.complaints.factories import NOW, make_complaint, make_site, make_user
from tests.retention.desk import Archive, post_is_out


def taken(archive: Archive, kind: str = "access", **given: Any) -> SubjectRequest:
    said: dict[str, Any] = {
        "name": "Li Ming",
        "contact": "13900001111",
        "received_at": NOW,
        **given,
    }
    return take_request(asked=Asked(kind=kind, **said), actor=archive.quality, at=NOW)


def verified(archive: Archive, complaint: Complaint, kind: str = "access") -> SubjectRequest:
    return verify_identity(
        request_id=taken(archive, kind).pk,
        people=[complaint.complainant_id or 0],
        proof="call_back",
        proof_note="on the number on record",
        actor=archive.quality,
        at=NOW,
    )


def answered(archive: Archive, request: SubjectRequest, answer: str, **said: Any):
    return answer_request(
        request_id=request.pk, reply=Reply(answer, **said), actor=archive.quality, at=NOW
    )


@pytest.mark.clause("CM-7.5")
def test_a_request_has_a_due_date_of_fifteen_working_days(archive):
    request = taken(archive)
    assert request.state == RequestState.RECEIVED
    # From 4 March 2026; the fifteenth working day after it.
    assert request.last_day.isoformat() == "2026-03-25"
    shorter = ScheduleContent(**{**default_content().model_dump(), "rights_work_days": 1})
    assert due_for(NOW, shorter) < request.due_at
    assert [entry.kind for entry in history_of(request)] == ["subject.request_received"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "anything"}, "kind"),
        ({"name": " ", "contact": ""}, "name"),
        ({"received_at": NOW + timedelta(days=1)}, "received_at"),
    ],
)
def test_a_request_at_fault_names_the_field(archive, given, field):
    with pytest.raises(BadInput) as refused:
        taken(archive, **given)
    assert refused.value.field == field


@pytest.mark.parametrize("role", ["manager", "auditor", "top_management", "administrator", "agent"])
def test_other_roles_answer_no_requests(archive, role):
    complaint = archive.closed(phone="13900001111")
    request, other = verified(archive, complaint), make_user(role)
    with pytest.raises(NotAllowed):
        take_request(asked=Asked("access", "Li", "", NOW), actor=other, at=NOW)
    with pytest.raises(NotAllowed):
        verify_identity(request_id=request.pk, people=[], proof="document", actor=other, at=NOW)
    with pytest.raises(NotAllowed):
        rectify(
            request_id=request.pk,
            complaint_id=complaint.pk,
            changes={"name": "Li Min"},
            reason="Misspelt.",
            actor=other,
            at=NOW,
        )
    with pytest.raises(NotAllowed):
        answer_request(request_id=request.pk, reply=Reply("granted"), actor=other, at=NOW)


def test_a_right_at_one_site_is_not_enough(archive):
    local = make_user("quality_manager", site=make_site())
    with pytest.raises(NotAllowed):
        take_request(asked=Asked("access", "Li", "", NOW), actor=local, at=NOW)


@pytest.mark.parametrize(
    "words", ["139 0000 1111", "+8613900001111", "LI.MING@example.com", "k 778", "li mi"]
)
def test_people_are_found_by_number_address_or_the_beginning_of_their_name(archive, words):
    complaint = make_complaint(
        name="Li Ming", phone="13900001111", email="li.ming@example.com", customer_number="K778"
    )
    make_complaint(name="Wang Fang")
    found = people_found(archive.quality, words)
    assert [(item.person.pk, item.complaints) for item in found] == [(complaint.complainant_id, 1)]


def test_people_out_of_ones_scope_are_not_found(archive):
    complaint = make_complaint(name="Li Ming", site=make_site())
    local = make_user("quality_manager", site=make_site())
    assert people_found(local, "Li Ming") == []
    about = make_user("quality_manager")
    Complaint.objects.filter(pk=complaint.pk).update(subject_person=about)
    assert people_found(about, "Li Ming") == []
    assert people_found(archive.quality, "L") == []


def test_who_asks_is_recorded_with_the_way_they_were_recognised(archive):
    complaint = archive.closed(phone="13900001111")
    request = verified(archive, complaint)
    assert (request.state, request.proof) == (RequestState.VERIFIED, "call_back")
    assert request.verified_by == archive.quality
    stranger = make_complaint(name="Wang Fang", subject_person=archive.quality)
    for people, proof, field in (
        ([complaint.complainant_id or 0], "a nice voice", "proof"),
        ([stranger.complainant_id or 0], "document", "people"),
        ([999_999], "document", "people"),
    ):
        with pytest.raises(BadInput) as refused:
            verify_identity(
                request_id=request.pk, people=people, proof=proof, actor=archive.quality, at=NOW
            )
        assert refused.value.field == field


def test_a_correction_goes_through_the_desk_and_keeps_old_and_new(archive):
    complaint = archive.closed(name="Li Min", phone="13900001111")
    request = verified(archive, complaint, "rectification")
    rectify(
        request_id=request.pk,
        complaint_id=complaint.pk,
        changes={"name": "Li Ming", "phone": "13900001111"},
        reason="Misspelt.",
        actor=archive.quality,
        at=NOW,
    )
    request.refresh_from_db()
    assert request.rectified == [
        {"complaint": complaint.reference, "field": "name", "old": "Li Min", "new": "Li Ming"}
    ]
    assert Complaint.objects.get(pk=complaint.pk).complainant.name == "Li Ming"
    assert [row.pk for row in search(archive.quality, "Ming").rows] == [complaint.pk]
    assert "complaint.corrected" in [entry.kind for entry in history_of(complaint)]
    assert history_of(request).last().payload["fields"] == ["name"]
    done, run = answered(archive, request, "granted")
    assert (done.answer, run) == ("granted", None)
    assert verify_journal().intact


def test_a_correction_is_refused_without_change_for_strangers_and_under_hold(archive):
    complaint = archive.closed(name="Li Min", phone="13900001111")
    other = archive.closed()
    request = verified(archive, complaint, "rectification")

    def correct(pk: int, **changes: str) -> None:
        rectify(
            request_id=request.pk,
            complaint_id=pk,
            changes=changes,
            reason="Misspelt.",
            actor=archive.quality,
            at=NOW,
        )

    with pytest.raises(BadInput, match="Nothing was changed"):
        correct(complaint.pk, name="Li Min")
    with pytest.raises(BadInput, match="one of their complaints"):
        correct(other.pk, name="Li Ming")
    archive.hold(complaint_id=complaint.pk)
    with pytest.raises(BadInput, match="legal hold"):
        correct(complaint.pk, name="Li Ming")
    with pytest.raises(BadInput, match="Nothing was corrected"):
        answered(archive, request, "granted")


def test_nothing_is_shown_or_changed_before_it_is_known_who_asks(archive):
    complaint = archive.closed(phone="13900001111")
    request = taken(archive)
    with pytest.raises(NotAllowed, match="who asks"):
        rectify(
            request_id=request.pk,
            complaint_id=complaint.pk,
            changes={"name": "X"},
            reason="Y",
            actor=archive.quality,
            at=NOW,
        )
    with pytest.raises(NotAllowed, match="who asks"):
        answered(archive, request, "granted")
    with pytest.raises(NotAllowed, match="who asks"):
        ask_for_package(
            request_id=request.pk,
            language="en",
            with_internal_files=False,
            actor=archive.quality,
            at=NOW,
        )


@pytest.mark.clause("CM-7.5")
def test_a_refusal_names_its_ground_and_reasons(archive):
    request = taken(archive, "erasure")
    for said, field in (
        ({}, "ground"),
        ({"ground": "because"}, "ground"),
        ({"ground": "duty"}, "reasons"),
    ):
        with pytest.raises(BadInput) as refused:
            answered(archive, request, "refused", **said)
        assert refused.value.field == field
    with pytest.raises(BadInput) as refused:
        answered(archive, request, "perhaps")
    assert refused.value.field == "answer"
    done, run = answered(
        archive, request, "refused", ground="duty", reasons="We must keep it six years."
    )
    assert (done.state, done.ground, run) == (RequestState.ANSWERED, "duty", None)
    with pytest.raises(Conflict, match="already"):
        answered(archive, request, "granted")
    with pytest.raises(IntegrityError), transaction.atomic():
        SubjectRequest.objects.filter(pk=request.pk).update(ground="")


def test_granted_erasure_is_a_list_that_two_others_review(archive):
    archive.approved()
    closed, open_one = archive.closed(phone="13900001111"), None
    open_one = archive.desk.case(complainant=closed.complainant)
    stranger = archive.closed()
    request = verified(archive, closed, "erasure")
    with pytest.raises(BadInput, match="None of these"):
        answered(archive, request, "granted", complaints=(open_one.pk, stranger.pk))
    _done, run = answered(
        archive, request, "granted", complaints=(closed.pk, open_one.pk, stranger.pk)
    )
    assert [item.complaint_id for item in run.items.all()] == [closed.pk]
    with pytest.raises(NotAllowed, match="made this list"):
        review_disposal(run_id=run.pk, actor=archive.quality, at=NOW)
    review_disposal(run_id=run.pk, actor=archive.second_quality, at=NOW)
    review_disposal(run_id=run.pk, actor=archive.top, at=NOW)
    post_is_out()
    carry_out_disposal(now=NOW)
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    assert Complaint.objects.get(pk=closed.pk).anonymised_at == NOW
    assert Complaint.objects.get(pk=open_one.pk).complainant.name == "Li Ming"
    assert verify_journal().intact


@pytest.mark.parametrize("role", ["manager", "auditor", "top_management", "administrator"])
def test_other_roles_list_nothing_before_its_time(archive, role):
    archive.approved()
    closed = archive.closed(phone="13900001111")
    request = verified(archive, closed, "erasure")
    with pytest.raises(NotAllowed):
        propose_early_disposal(
            request=request, complaint_ids=[closed.pk], actor=make_user(role), at=NOW
        )


def test_erasure_without_an_approved_schedule_is_refused(archive):
    closed = archive.closed(phone="13900001111")
    request = verified(archive, closed, "erasure")
    with pytest.raises(Conflict, match="approved"):
        answered(archive, request, "granted", complaints=(closed.pk,))
    assert SubjectRequest.objects.get(pk=request.pk).answered_at is None


def test_a_held_complaint_is_not_erased_early(archive):
    archive.approved()
    closed = archive.closed(phone="13900001111")
    request = verified(archive, closed, "objection")
    archive.hold(complaint_id=closed.pk)
    with pytest.raises(BadInput, match="None of these"):
        answered(archive, request, "granted", complaints=(closed.pk,))


def test_a_copy_is_prepared_before_access_is_granted(archive):
    request = verified(archive, archive.closed(phone="13900001111"))
    with pytest.raises(BadInput, match="No copy"):
        answered(archive, request, "granted")


def test_a_request_is_forgotten_when_its_own_time_is_over(archive):
    complaint = archive.closed(phone="13900001111")
    old = verified(archive, complaint, "erasure")
    answered(archive, old, "refused", ground="claims", reasons="Li Ming may sue us.")
    waits = taken(archive)
    assert forget_requests(before=NOW, at=NOW) == 0
    later = NOW + timedelta(days=1)
    assert forget_requests(before=later, at=later) == 1
    assert forget_requests(before=later, at=later) == 0
    old.refresh_from_db()
    assert (old.name, old.contact, old.reasons, list(old.people.all())) == ("", "", "", [])
    assert (old.answer, old.ground, old.forgotten_at) == ("refused", "claims", later)
    waits.refresh_from_db()
    assert waits.name == "Li Ming"
    assert complaint.state == State.CLOSED
