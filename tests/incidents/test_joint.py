"""One text for all, one message for each; exceptions, resumption, and who has no e-mail."""

from typing import Any

import pytest

from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.models import Message
from complaints.services.policy import default_content
from complaints.states import MessageChannel, Occasion, State
from incidents.models import JointItem, JointRun
from incidents.selectors.joint import joint_progress
from incidents.services import joint
from incidents.services.joint import (
    change_joint,
    continue_joint,
    continue_oldest_joint,
    discard_joint,
    make_exception,
    prepare_joint,
    start_joint,
    tell_by_hand,
)
from incidents.services.joint_letters import first_texts, letter_of
from incidents.services.linking import unlink_complaint
from tests.complaints.desk import make_version
from tests.complaints.factories import NOW
from tests.incidents.table import Table, later

pytestmark = pytest.mark.django_db
NEWS = {
    "en": {"subject": "About {reference}", "body": "Dear {name}, {reference}: we test the seals."},
    "zh-hans": {"subject": "关于{reference}", "body": "{name}，您好：{reference}正在检测密封圈。"},
}


def prepare(table, incident, kind="progress", texts=NEWS, **more):
    return prepare_joint(
        incident_id=incident.pk,
        kind=kind,
        texts=texts,
        language="en",
        actor=table.manager,
        at=NOW,
        **more,
    )


def run_through(run, table, at=NOW):
    start_joint(run_id=run.pk, actor=table.manager, at=at)
    while continue_joint(run_id=run.pk, limit=2, now=at) == 2:
        pass
    run.refresh_from_db()
    return run


def outcomes(run):
    return list(run.items.order_by("pk").values_list("outcome", flat=True))


@pytest.mark.clause("CM-7.4")
def test_each_complainant_gets_a_message_of_their_own_in_their_language(table: Table):
    english, chinese = table.mailed(1), table.mailed(1, language="zh-hans")
    incident = table.incident(*english, *chinese)
    run = prepare(table, incident)
    assert not Message.objects.filter(occasion=Occasion.PROGRESS).exists()  # a draft so far
    run_through(run, table)
    assert (outcomes(run), run.finished_at) == (["sent", "sent"], NOW)
    first, second = Message.objects.filter(occasion=Occasion.PROGRESS).order_by("pk")
    assert first.body == f"Dear Kunde 0, {english[0].reference}: we test the seals."
    assert second.body.startswith("Kunde 0，您好")
    assert chinese[0].reference in second.body
    assert (first.to_address, first.complaint) == (english[0].complainant.email, english[0])


@pytest.mark.clause("CM-7.4")
def test_exceptions_are_left_out_or_get_a_text_of_their_own(table: Table):
    cases = table.mailed(3)
    incident = table.incident(*cases)
    run = prepare(table, incident)
    left, own, _same = run.items.order_by("pk")
    make_exception(
        item_id=left.pk, leave_out=True, reason="In hospital.", actor=table.manager, at=NOW
    )
    make_exception(
        item_id=own.pk,
        leave_out=False,
        text="{name}, we call you today about {reference}.",
        actor=table.manager,
        at=NOW,
    )
    run_through(run, table)
    assert outcomes(run) == ["left_out", "sent", "sent"]
    bodies = list(
        Message.objects.filter(occasion=Occasion.PROGRESS).order_by("pk").values_list("body")
    )
    assert bodies[0][0].endswith(f"we call you today about {cases[1].reference}.")
    assert not cases[0].messages.filter(occasion=Occasion.PROGRESS).exists()


@pytest.mark.clause("CM-7.4")
def test_who_has_no_email_is_listed_for_phone_or_letter(table: Table):
    (by_phone,) = table.cases(1)
    incident = table.incident(by_phone, *table.mailed(1))
    run = run_through(prepare(table, incident), table)
    item = run.items.get(complaint=by_phone)
    assert (item.outcome, item.reason) == (
        "by_hand",
        "Not sent because no usable e-mail address is known.",
    )
    who: dict[str, Any] = {"item_id": item.pk, "actor": table.manager, "at": later(hours=1)}
    with pytest.raises(BadInput) as refusal:
        tell_by_hand(channel=MessageChannel.PHONE, text="We test.", told_at=None, **who)
    assert refusal.value.field == "told_at"
    with pytest.raises(BadInput) as refusal:
        tell_by_hand(channel=MessageChannel.EMAIL, text="We test.", told_at=NOW, **who)
    assert refusal.value.field == "channel"
    tell_by_hand(channel=MessageChannel.PHONE, text="We test.", told_at=NOW, **who)
    told = by_phone.messages.get(occasion=Occasion.PROGRESS)
    assert (told.state, told.sent_at, told.channel) == ("noted", NOW, "phone")
    with pytest.raises(MoveRefused):
        tell_by_hand(channel=MessageChannel.PHONE, text="We test.", told_at=NOW, **who)


def test_a_letter_may_wait_for_the_day_it_is_posted(table: Table):
    (case,) = table.cases(1)
    run = run_through(prepare(table, table.incident(case)), table)
    tell_by_hand(
        item_id=run.items.get().pk,
        channel=MessageChannel.LETTER,
        text="We test.",
        told_at=None,
        actor=table.manager,
        at=NOW,
    )
    assert case.messages.get(occasion=Occasion.PROGRESS).state == "queued"


def test_a_broken_run_is_gone_on_with_and_tells_nobody_twice(table: Table):
    cases = table.mailed(5)
    run = prepare(table, table.incident(*cases))
    start_joint(run_id=run.pk, actor=table.manager, at=NOW)
    assert continue_joint(run_id=run.pk, limit=2, now=NOW) == 2
    # The worker died here; the next one takes the oldest run up.
    assert continue_oldest_joint(now=later(minutes=1)) == 3
    assert continue_oldest_joint(now=later(minutes=2)) == 0
    run.refresh_from_db()
    assert run.finished_at == later(minutes=1)
    for case in cases:
        assert case.messages.filter(occasion=Occasion.PROGRESS).count() == 1


def test_one_that_trips_us_up_does_not_hold_up_the_others(table: Table, monkeypatch):
    cases = table.mailed(2)
    run = prepare(table, table.incident(*cases))
    real = letter_of

    def breaks(run, item, complaint, **more):
        if complaint.pk == cases[0].pk:
            raise RuntimeError("boom")
        return real(run, item, complaint, **more)

    monkeypatch.setattr(joint, "letter_of", breaks)
    run_through(run, table)
    assert outcomes(run) == ["refused", "sent"]
    assert "wrong on our side" in run.items.first().reason


@pytest.mark.clause("CM-7.4")
def test_a_joint_decision_reaches_only_those_whose_handlers_confirmed(table: Table):
    confirmed, open_one = table.mailed(2, State.INVESTIGATING)
    incident = table.incident(confirmed, open_one, state="contained")
    finding = table.finding(incident)
    table.confirm(finding, confirmed)
    texts = first_texts("decision")
    run = run_through(prepare(table, incident, "decision", texts), table)
    assert outcomes(run) == ["sent", "refused"]
    assert "handler has not confirmed" in run.items.last().reason
    confirmed.refresh_from_db()
    response = confirmed.responses.get()
    assert (confirmed.state, response.finding, response.remedy_kind) == (
        "responded",
        "upheld",
        "replacement",
    )
    assert "The seal was faulty from the beginning." in response.text
    assert "{" not in response.text
    assert "[[" not in response.text


def test_a_decision_that_needs_approval_waits_for_it(table: Table):
    make_version(
        {
            "priorities": [
                {**item, "needs_approval": True}
                for item in default_content().model_dump(mode="json")["priorities"]
            ]
        },
        effective_from=later(days=-1),
    )
    (case,) = table.mailed(1, State.INVESTIGATING)
    incident = table.incident(case, state="contained")
    finding = table.finding(incident)
    table.confirm(finding, case)
    run = run_through(prepare(table, incident, "decision", first_texts("decision")), table)
    assert outcomes(run) == ["asked"]
    case.refresh_from_db()
    assert (case.state, case.pending_approval) == ("investigating", "response")


def test_acknowledging_and_closing_go_through_the_usual_guards(table: Table):
    fresh = table.mailed(1)[0]
    accepted, unanswered = table.mailed(2, State.RESPONDED)
    table.answer(accepted, "accepted", NOW)
    incident = table.incident(fresh, accepted, unanswered)
    acknowledged = run_through(
        prepare(table, incident, "acknowledge", first_texts("acknowledge")), table
    )
    assert outcomes(acknowledged) == ["sent"]
    fresh.refresh_from_db()
    assert fresh.state == "acknowledged"
    closed = run_through(prepare(table, incident, "close", {}, lessons="Test seals."), table)
    assert outcomes(closed) == ["sent", "refused"]
    assert "no answer yet" in closed.items.get(complaint=unanswered).reason


def test_other_remedies_are_told_jointly(table: Table):
    (case,) = table.mailed(1, State.RESPONDED)
    run = run_through(
        prepare(table, table.incident(case), "remedies", first_texts("remedies")), table
    )
    assert outcomes(run) == ["sent"]
    assert case.messages.filter(occasion=Occasion.REMEDIES).exists()


def test_who_was_taken_out_meanwhile_gets_nothing(table: Table):
    gone, stays = table.mailed(2)
    incident = table.incident(gone, stays)
    run = prepare(table, incident)
    started = prepare(table, incident)
    start_joint(run_id=started.pk, actor=table.manager, at=NOW)
    unlink_complaint(
        incident_id=incident.pk,
        complaint_id=gone.pk,
        reason="Other product.",
        actor=table.manager,
        at=NOW,
    )
    assert run.items.get(complaint=gone).outcome == "left_out"
    continue_joint(run_id=started.pk, limit=9, now=NOW)
    assert outcomes(started) == ["refused", "sent"]


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"en": {"subject": "", "body": " "}}, "text_en"),
        ({"en": {"subject": "", "body": "Dear {nam}, {reference}"}}, "text_en"),
        ({"en": {"subject": "", "body": "Dear {name}"}}, "text_en"),
        ({"en": {"subject": "", "body": "{reference} {news}"}}, "text_en"),
        ({"zh-hans": {"subject": "", "body": "{reference} {"}}, "text_zh-hans"),
        ({"en": {"subject": "", "body": "{reference} {finding}"}}, "text_en"),
    ],
)
def test_a_text_that_would_not_work_is_refused_before_anything_goes_out(table: Table, texts, field):
    incident = table.incident(*table.mailed(1))
    with pytest.raises(BadInput) as refusal:
        prepare(table, incident, texts=texts)
    assert refusal.value.field == field
    run = prepare(table, incident)
    with pytest.raises(BadInput):
        change_joint(run_id=run.pk, texts=texts, lessons="", actor=table.manager, at=NOW)


def test_an_own_text_is_checked_like_the_others(table: Table):
    run = prepare(table, table.incident(*table.mailed(1)))
    with pytest.raises(BadInput) as refusal:
        make_exception(
            item_id=run.items.get().pk,
            leave_out=False,
            text="Dear {who}",
            actor=table.manager,
            at=NOW,
        )
    assert refusal.value.field == "text"


def test_a_draft_is_changed_or_thrown_away_and_begins_once(table: Table):
    incident = table.incident(*table.mailed(1))
    run = prepare(table, incident)
    changed = {"en": {"subject": "", "body": "{reference}: we know the cause."}}
    change_joint(run_id=run.pk, texts=changed, lessons="", actor=table.manager, at=NOW)
    thrown = prepare(table, incident)
    discard_joint(run_id=thrown.pk, actor=table.manager, at=NOW)
    run_through(run, table)
    assert Message.objects.get(occasion=Occasion.PROGRESS).body.endswith("we know the cause.")
    for verb in (start_joint, discard_joint):
        with pytest.raises(MoveRefused):
            verb(run_id=run.pk, actor=table.manager, at=NOW)
    with pytest.raises(MoveRefused):
        make_exception(item_id=run.items.get().pk, leave_out=True, actor=table.manager, at=NOW)
    assert continue_joint(run_id=thrown.pk, limit=5, now=NOW) == 0


def test_what_fits_nobody_is_not_prepared(table: Table):
    incident = table.incident(*table.mailed(1))
    with pytest.raises(MoveRefused, match="No common finding"):
        prepare(table, incident, "decision", first_texts("decision"))
    with pytest.raises(MoveRefused, match="fits none"):
        prepare(table, incident, "close", {})
    with pytest.raises(BadInput) as refusal:
        prepare(table, incident, "shout")
    assert refusal.value.field == "kind"
    with pytest.raises(NotAllowed):
        prepare_joint(
            incident_id=incident.pk,
            kind="progress",
            texts=NEWS,
            language="en",
            actor=table.agent,
            at=NOW,
        )
    assert not JointRun.objects.exists()
    assert not JointItem.objects.exists()


def test_progress_counts_only_what_its_reader_may_see(table: Table):
    cases = table.mailed(2)
    run = prepare(table, table.incident(*cases))
    assert joint_progress(run, table.manager).total == 2
    cases[0].subject_person = table.manager
    cases[0].save(update_fields=["subject_person"])
    assert joint_progress(run, table.manager).total == 1
