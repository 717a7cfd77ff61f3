"""Climbing the ladder: who is asked, what they decide, and that somebody takes it."""

from typing import Any

import pytest

from complaints import events
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Complaint, Escalation, Message, Notice
from complaints.services.escalation import escalate_complaint, take_escalation
from journal.selectors import history_of
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_site, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def escalate(desk: Desk, complaint: Complaint, **changes: Any) -> Escalation:
    given: dict[str, Any] = {"reason": "More money?", "actor": desk.agent, "at": NOW}
    return escalate_complaint(complaint_id=complaint.pk, **(given | changes))


def test_the_next_level_is_told_with_what_to_decide(desk):
    complaint = desk.case("assessed")
    escalate(desk, complaint)
    second = escalate(desk, complaint)
    complaint.refresh_from_db()
    assert (second.level, complaint.escalation_level) == (2, 2)
    assert (second.reason, second.trigger) == ("More money?", "person")
    told = Notice.objects.filter(escalation=second)
    assert {notice.user for notice in told} == {desk.manager}
    facts = [entry.payload for entry in history_of(complaint).filter(kind=events.ESCALATED)]
    assert [(fact["level"], fact["told"]) for fact in facts][1] == (2, [desk.manager.pk])


def test_the_first_level_asks_those_who_may_take_it_over(desk):
    complaint = desk.case("assessed")
    stranger = make_user("handler")
    escalate(desk, complaint)
    told = set(Notice.objects.filter(kind="escalation").values_list("user", flat=True))
    assert told == {desk.handler.pk, desk.manager.pk}
    assert stranger.pk not in told


def test_a_level_may_be_skipped_but_never_gone_back_to(desk):
    complaint = desk.case()
    assert escalate(desk, complaint, level=3).level == 3
    for level in (1, 3):
        with pytest.raises(BadInput) as refusal:
            escalate(desk, complaint, level=level)
        assert refusal.value.field == "level"
    assert escalate(desk, complaint).level == 4


def test_the_ladder_has_an_end(desk):
    complaint = desk.case()
    escalate(desk, complaint, level=5)
    for level in (None, 6):
        with pytest.raises(MoveRefused):
            escalate(desk, complaint, level=level)


def test_it_takes_a_reason(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        escalate(desk, complaint, reason=" ")
    assert refusal.value.field == "reason"


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_what_is_at_its_end_does_not_climb(desk, state):
    complaint = desk.case(state)
    with pytest.raises(MoveRefused):
        escalate(desk, complaint)


def test_who_only_checks_does_not_escalate(desk):
    complaint = desk.case()
    with pytest.raises(NotAllowed):
        escalate(desk, complaint, actor=make_user("auditor"))


def test_nobody_is_told_of_what_they_must_not_know(desk):
    elsewhere = make_user("manager", site=make_site())
    subject = make_user("manager")
    top = make_user("top_management")
    complaint = desk.case(subject_person=subject, confidential=True, site=make_site())
    desk.manager  # noqa: B018 - is there when it is asked
    for _level in range(5):
        escalate(desk, complaint)
    told = set(Notice.objects.values_list("user", flat=True))
    assert desk.manager.pk in told
    assert not told & {elsewhere.pk, subject.pk, top.pk}


def test_one_mail_each_names_the_reference_and_nothing_of_the_matter(desk):
    complaint = desk.case()
    desk.manager  # noqa: B018 - is there when it is asked
    escalate(desk, complaint, level=2)
    mail = Message.objects.get(to_user=desk.manager)
    assert complaint.reference in mail.body
    assert "kettle" not in mail.body
    assert "More money" not in mail.body


# --- taken -------------------------------------------------------------------------------------


def test_somebody_of_the_level_takes_it_and_it_waits_no_longer(desk):
    complaint = desk.case()
    escalation = escalate(desk, complaint, level=2)
    take_escalation(escalation_id=escalation.pk, actor=desk.manager, at=NOW)
    escalation.refresh_from_db()
    assert (escalation.taken_by, escalation.taken_at) == (desk.manager, NOW)
    assert history_of(complaint).get(kind=events.ESCALATION_TAKEN).actor == desk.manager
    with pytest.raises(MoveRefused):
        take_escalation(escalation_id=escalation.pk, actor=make_user("manager"), at=NOW)


def test_who_takes_a_level_takes_all_that_waits_there(desk):
    complaint = desk.case()
    first = escalate(desk, complaint, level=2)
    second = Escalation.objects.create(complaint=complaint, by=desk.agent, at=NOW, level=2)
    above = escalate(desk, complaint, level=3)
    take_escalation(escalation_id=first.pk, actor=desk.manager, at=NOW)
    second.refresh_from_db()
    above.refresh_from_db()
    assert (second.taken_by, above.taken_by) == (desk.manager, None)


@pytest.mark.parametrize(
    ("level", "may", "may_not"),
    [
        (2, "manager", ("agent", "handler", "auditor", "quality_manager", "top_management")),
        (3, "quality_manager", ("agent", "handler", "manager", "auditor", "top_management")),
        (5, "top_management", ("agent", "handler", "manager", "auditor")),
    ],
)
def test_only_those_who_are_asked_take_it(desk, level, may, may_not):
    complaint = desk.case()
    escalation = escalate(desk, complaint, level=level)
    for role in may_not:
        with pytest.raises(NotAllowed):
            take_escalation(escalation_id=escalation.pk, actor=make_user(role), at=NOW)
    take_escalation(escalation_id=escalation.pk, actor=make_user(may), at=NOW)


def test_whom_it_is_about_does_not_take_it(desk):
    subject = make_user("manager")
    complaint = desk.case(subject_person=subject)
    escalation = escalate(desk, complaint, level=2)
    with pytest.raises(Complaint.DoesNotExist):
        take_escalation(escalation_id=escalation.pk, actor=subject, at=NOW)
