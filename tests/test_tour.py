"""A tour of the house that runs: one complaint, from the telephone to the evidence.

Read it from top to bottom. Each stop shows one idea, with the place where it lives; the tests that
prove each idea with all its refusals stand in tests/<app>/.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.management import call_command

from accounts.models import User
from accounts.services import create_user, grant_role
from complaints import events
from complaints.errors import MoveRefused, NotAllowed
from complaints.models import Category, Complaint
from complaints.permissions import may
from complaints.selectors.people import find_repeat
from complaints.services.closure import close_complaint
from complaints.services.follow_ups import FollowUp, record_follow_up
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.investigation import FoundOut, record_findings
from complaints.services.letters import draft_letter
from complaints.services.policy import install_default_policy
from complaints.services.reckoning import explain
from complaints.services.response import (
    Decision,
    grant_approval,
    mark_remedy_done,
    propose_response,
    record_decision,
)
from complaints.services.sweeping import sweep_clocks
from complaints.services.triage import (
    Criteria,
    acknowledge_complaint,
    assess_complaint,
    assign_complaint,
)
from complaints.states import Answer, FollowUpOutcome, MessageChannel, Occasion
from complaints.workflow import possible_moves
from journal.models import Delivery
from journal.selectors import history_of
from journal.services import deliver_pending, verify_subject

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine o'clock in Shanghai
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.django_db
@pytest.mark.clause("CM-8.2", "CM-8.2c", "CM-8.3", "CM-8.3+", "CM-8.5", "CM-7.5")
@pytest.mark.clause("CM-8.6a", "CM-8.6b", "CM-8.6c")
def test_one_complaint_from_the_telephone_to_the_evidence():  # noqa: PLR0915 - a tour is one walk
    # 1. People and rights. A role is a row; code asks for a permission, on an object.
    #    accounts/rules.py has the table, complaints/permissions.py the questions.
    mei, wei, lin = (a_person(name, role) for name, role in PEOPLE)

    # 2. The rules of the desk are data, versioned: categories, time limits, limits of redress.
    #    complaints/defaults/policy.yaml is what an installation begins with.
    policy = install_default_policy(at=MONDAY - DAY)
    leaks = Category.objects.get(code="product.defective")

    # 3. A verb does everything or nothing: it asks, locks, moves, saves and records, in one
    #    transaction. It is handed who acts and what time it is; it never looks at a clock.
    complaint = receive_complaint(
        intake=Intake(
            channel="phone",
            description="The kettle leaks. I have called twice.",
            received_at=MONDAY,
            person=Person(name="Ann Lee", phone="13800000000", email="ann@example.com"),
            category=leaks,
            language="en",
        ),
        actor=mei,
        at=MONDAY + 5 * timedelta(minutes=1),
    )
    assert complaint.reference.startswith("C26-")
    assert complaint.policy == policy  # whatever the policy says tomorrow
    assert complaint.missing == ["product", "occurred_at", "remedy_sought"]  # marked, not refused

    # 4. Its clocks run: legal ones, promised ones, several at a time. The queue is ordered by the
    #    one that ends first, and each due date can be explained step by step.
    assert complaint.next_due_stage == "acknowledge"
    clock = complaint.clocks.get(stage="respond")
    explained = explain(clock, now=MONDAY)
    assert explained.due_at == clock.due_at
    assert [step.code for step in explained.steps][-1] == "due_day"

    # 5. The state machine stands in one place, complaints/workflow.py. It offers what is possible
    #    and says why something is not.
    assert possible_moves(complaint) == ["acknowledge", "withdraw", "merge"]
    with pytest.raises(MoveRefused) as refusal:
        close_complaint(complaint_id=complaint.pk, actor=lin, at=MONDAY)
    assert str(refusal.value) == "This step does not follow from where the complaint stands."
    with pytest.raises(NotAllowed):
        close_complaint(complaint_id=complaint.pk, actor=mei, at=MONDAY)

    # 6. A letter is a fact first: it is queued with the move, and an outbox carries it. Only when
    #    it has left, the clock stops.
    subject, text = draft_letter(
        complaint, Occasion.ACKNOWLEDGEMENT, MessageChannel.EMAIL, actor=mei
    )
    assert "16 Mar" in text  # the process, with the expected dates
    acknowledge_complaint(
        complaint_id=complaint.pk,
        channel=MessageChannel.EMAIL,
        subject=subject,
        text=text,
        actor=mei,
        at=MONDAY + HOUR,
    )
    assert mail.outbox == []
    assert complaint.clocks.get(stage="acknowledge").running
    deliver_pending()
    assert [letter.to for letter in mail.outbox] == [["ann@example.com"]]
    assert not complaint.clocks.get(stage="acknowledge").running
    assert not Delivery.objects.filter(delivered_at=None).exists()

    # 7. One person owns it, and judges it by five criteria; they make priority and depth.
    assign_complaint(complaint_id=complaint.pk, owner=wei, actor=lin, at=MONDAY + 2 * HOUR)
    complaint.refresh_from_db()
    assert may(wei, "complaints.assess", complaint)
    assess_complaint(
        complaint_id=complaint.pk,
        criteria=Criteria(
            severity="moderate",
            safety_hazard="none",
            complexity="simple",
            impact="one",
            immediate_action_needed=False,
            immediate_action_possible=True,
            category=leaks,
        ),
        actor=wei,
        at=MONDAY + 2 * HOUR,
    )

    # 8. Time passes, and nobody reports. The sweep tells the ladder, once.
    sweep_clocks(now=MONDAY + 7 * DAY)
    sweep_clocks(now=MONDAY + 7 * DAY)
    assert complaint.escalations.filter(level=2).count() == 1

    # 9. What was found out, as deep as the priority asks.
    record_findings(
        complaint_id=complaint.pk,
        found=FoundOut(
            findings="The seal is worn out.",
            cause="A batch of brittle seals.",
            cause_code="material",
        ),
        actor=wei,
        at=MONDAY + 7 * DAY,
    )

    # 10. Above his limit Wei needs a second person, who is neither he nor the owner.
    response = propose_response(
        complaint_id=complaint.pk,
        decision=Decision(
            finding="upheld",
            reasons="The seal was faulty from the beginning.",
            remedy_kind="refund",
            amount=Decimal(699),
            channel=MessageChannel.EMAIL,
            subject="Our decision",
            text="You were right. You get your money back within a week.",
        ),
        actor=wei,
        at=MONDAY + 7 * DAY + HOUR,
    )
    with pytest.raises(NotAllowed):
        grant_approval(approval_id=response.approval.pk, actor=wei, at=MONDAY + 8 * DAY)
    grant_approval(approval_id=response.approval.pk, actor=lin, at=MONDAY + 8 * DAY)
    deliver_pending()

    # 11. The complainant answers, the money arrives, and only now can it be closed.
    record_decision(
        complaint_id=complaint.pk, answer=Answer.ACCEPTED, actor=mei, at=MONDAY + 9 * DAY
    )
    mark_remedy_done(
        remedy_id=complaint.remedys.get().pk,
        proof="Bank slip 4711",
        done_at=MONDAY + 10 * DAY,
        actor=wei,
        at=MONDAY + 10 * DAY,
    )
    close_complaint(
        complaint_id=complaint.pk,
        lessons="Test seals at the door.",
        actor=wei,
        at=MONDAY + 10 * DAY,
    )

    # 12. How it went is asked apart: the handling, and the outcome.
    record_follow_up(
        complaint_id=complaint.pk,
        follow_up=FollowUp("phone", FollowUpOutcome.ANSWERED, handling_score=8, outcome_score=10),
        actor=mei,
        at=MONDAY + 20 * DAY,
    )
    complaint.refresh_from_db()
    assert (complaint.state, complaint.closure_basis) == ("followed_up", "accepted")

    # 13. All of it stands in the journal, each entry tied to the one before by its hash. Words of
    #     people are not in there, only ids, codes and digests that vouch for the words.
    kinds = [entry.kind for entry in history_of(complaint)]
    assert kinds[0] == events.RECEIVED
    assert kinds[-1] == events.FOLLOWED_UP
    assert kinds.count(events.MESSAGE_SENT) >= 2
    assert not any("kettle" in entry.body for entry in history_of(complaint))
    assert verify_subject(complaint).intact
    call_command("verify_journal")  # what an auditor would run

    # 14. Who complains again of the same matter within ninety days is recognised, however they
    #     write their number.
    again = receive_complaint(
        intake=Intake(
            channel="web",
            description="It leaks again.",
            received_at=MONDAY + 30 * DAY,
            person=Person(phone="+86 138 0000 0000"),
            category=leaks,
        ),
        actor=mei,
        at=MONDAY + 30 * DAY,
    )
    assert again.repeat_of == complaint == find_repeat(again, policy.says)
    assert set(Complaint.objects.visible_to(mei)) == {complaint, again}


PEOPLE = (("mei", "agent"), ("wei", "handler"), ("lin", "manager"))


def a_person(name: str, role: str) -> User:
    """Return a colleague with one role, everywhere."""
    user = create_user(
        username=name,
        password=None,
        display_name=name.title(),
        language="en",
        actor=None,
        at=MONDAY - DAY,
    )
    grant_role(user=user, role=role, actor=None, at=MONDAY - DAY)
    return user
