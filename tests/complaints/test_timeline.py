"""The record in sentences: every kind is told, in both languages, with what was written."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from complaints import events
from complaints.models import Complaint
from complaints.selectors.timeline import Line, lines_of, material_of, waiting_messages
from complaints.selectors.timeline_words import STAFF_NOTICE, TELLINGS, telling_of
from complaints.services.closure import merge_complaint
from complaints.services.messages import write_message
from complaints.services.notes import add_note
from complaints.services.response import propose_dismissal, return_approval
from complaints.services.sending import note_bounce, send_message
from complaints.services.triage import acknowledge_impossible, assign_complaint
from complaints.states import MessageChannel, Occasion, State
from journal.origin import origin
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_team, make_user

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ABOUT_COMPLAINTS = {
    kind
    for name, kind in vars(events).items()
    if name.isupper() and kind.startswith(("complaint.", "message."))
}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def lines(complaint: Complaint, actor: Any = None, language: str = "en", **how: Any) -> list[Line]:
    complaint = Complaint.objects.select_related("policy").get(pk=complaint.pk)
    material = material_of(complaint, actor or complaint.recorded_by)
    with translation.override(language):
        return lines_of(material, complaint.policy.says, language=language, **how)


def titles(complaint: Complaint, **how: Any) -> list[str]:
    return [line.title for line in lines(complaint, **how)]


def test_every_kind_of_entry_has_its_sentence_and_an_unknown_one_is_named() -> None:
    assert set(TELLINGS) >= ABOUT_COMPLAINTS
    # What else is told, a higher floor has taught (timeline_words.teach), under a word of its own.
    taught = {kind.partition(".")[0] for kind in set(TELLINGS) - ABOUT_COMPLAINTS}
    assert taught <= {"outside", "emergency", "incident", "mail", "retention"}
    assert "%(kind_code)s" in str(telling_of("complaint.dreamt_of", {}).words)


def test_a_life_is_told_in_its_order(desk: Desk) -> None:
    assert titles(desk.case(State.FOLLOWED_UP)) == [
        "Received (Phone)",
        "Acknowledgement told (Phone)",
        "Receipt acknowledged (Phone)",
        f"Assigned to {desk.handler}",
        "Colleagues told",
        "Assessed: P2 normal, Goods defective",
        "Findings recorded: Findings, cause, evidence and similar cases",
        "Decision told (Phone)",
        "Answered: Upheld",
        "The complainant's answer: Accepted",
        "Closed: Accepted by the complainant",
        "Followed up: Answered",
    ]


def test_the_same_life_is_told_in_the_readers_language(desk: Desk) -> None:
    found = titles(desk.case(State.ASSESSED), language="zh-hans")
    assert any("商品存在质量问题" in title for title in found), found


def test_what_was_written_stands_below_its_entry(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED, decided={"remedy_detail": "With flowers."})
    by_title = {line.title: line for line in lines(complaint)}
    findings = by_title["Findings recorded: Findings, cause, evidence and similar cases"]
    assert [said.text for said in findings.said][:2] == [
        "The seal is worn out.",
        "A batch of brittle seals.",
    ]
    answered = by_title["Answered: Upheld"]
    assert ("Amount", "CNY 80.00") in answered.facts
    assert [said.text for said in answered.said] == ["The seal was faulty.", "With flowers."]
    letter = by_title["Decision told (Phone)"].message
    assert letter is not None
    assert letter.body == "We are sorry: you get your money back."


def test_who_when_and_from_where_is_told_and_what_was_written_down_later(desk: Desk) -> None:
    with origin("web", "10.0.0.7"):
        complaint = desk.case(at=timezone.now())
        add_note(
            complaint_id=complaint.pk,
            text="Phoned.",
            actor=desk.agent,
            at=timezone.now() - HOUR,
        )
    first, second = lines(complaint)
    assert (first.who, first.door, first.address) == (str(desk.agent), "on a page", "10.0.0.7")
    assert first.recorded_at is None
    assert second.recorded_at is not None


def test_the_system_has_no_name(desk: Desk) -> None:
    complaint = desk.case(channel="email", email="ann@example.com")
    assert [line.who for line in lines(complaint)] == [str(desk.agent), "", ""]


def test_the_filters_show_their_kinds_only(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    add_note(complaint_id=complaint.pk, text="Phoned.", actor=desk.agent, at=NOW)
    assert titles(complaint, show="notes") == ["Note"]
    assert titles(complaint, show="messages") == ["Acknowledgement told (Phone)"]
    assert titles(complaint, show="system") == ["Colleagues told"]
    assert "Assessed: P2 normal, Goods defective" in titles(complaint, show="moves")


def test_notices_to_colleagues_are_folded_into_one_line(desk: Desk) -> None:
    for _number in range(3):
        make_user("manager")
    complaint = desk.case()
    propose_dismissal(complaint_id=complaint.pk, reason="Spam", actor=desk.manager, at=NOW)
    (line,) = [line for line in lines(complaint) if line.icon == STAFF_NOTICE.icon]
    assert len(line.folded) == 3
    assert all(one.title.startswith("Colleague told: ") for one in line.folded)


def test_kinds_with_two_meanings_are_told_apart(desk: Desk) -> None:
    complaint = desk.case(anonymous=True, phone="")
    acknowledge_impossible(complaint_id=complaint.pk, reason="No number.", actor=desk.agent, at=NOW)
    for owner in (desk.handler, None):
        assign_complaint(
            complaint_id=complaint.pk,
            owner=owner,
            team=make_team(),
            actor=desk.manager,
            at=NOW,
        )
    found = lines(complaint)
    assert found[1].title == "Receipt not acknowledged: nobody can be reached"
    assert [said.text for said in found[1].said] == ["No number."]
    assert found[-1].title == "Nobody owns it any more"
    assert found[-1].facts[0][0] == "Team"


def test_an_approval_is_told_with_its_reason_and_its_answer(desk: Desk) -> None:
    complaint = desk.case(at=NOW)
    asked = propose_dismissal(
        complaint_id=complaint.pk, reason="Only a question.", actor=desk.manager, at=NOW
    )
    return_approval(
        approval_id=asked.pk, note="It is one.", actor=make_user("quality_manager"), at=NOW
    )
    by_title = {line.title: line for line in lines(complaint)}
    proposed = by_title["Proposed that this is not a complaint"]
    assert [said.text for said in proposed.said] == ["Only a question."]
    returned = by_title["Returned: Not a complaint"]
    assert [said.text for said in returned.said] == ["It is one."]


def test_the_fate_of_a_letter_is_told_without_repeating_its_text(desk: Desk) -> None:
    complaint = desk.case(email="ann@example.com")
    message = write_message(
        complaint_id=complaint.pk,
        occasion=Occasion.OTHER,
        channel=MessageChannel.EMAIL,
        subject="Hello",
        text="Good news.",
        actor=desk.agent,
        at=NOW,
    )
    send_message(message_id=message.pk, at=NOW + HOUR)
    note_bounce(message_id=message.pk, reason="Mailbox full", actor=desk.agent, at=NOW + DAY)
    found = lines(complaint, show="messages")
    assert [line.title for line in found] == [
        "Other message written (E-mail)",
        "Other message sent",
        "Other message came back",
    ]
    assert [line.message is not None for line in found] == [True, False, False]
    material = material_of(complaint, desk.agent)
    assert [waiting.pk for waiting in waiting_messages(material)] == [message.pk]


def test_a_merge_names_the_other_only_to_those_who_may_know_of_it(desk: Desk) -> None:
    same: dict[str, Any] = {"phone": "13900001111", "product": "Kettle K2"}
    one, other = desk.case(**same), desk.case(**same)
    merge_complaint(complaint_id=one.pk, into_id=other.pk, actor=desk.manager, at=NOW)
    assert titles(one)[-1] == f"Merged into {other.reference}"
    Complaint.objects.filter(pk=other.pk).update(
        confidential=True, recorded_by=desk.manager, owner=desk.manager
    )
    assert titles(one, actor=desk.agent)[-1] == "Merged into another complaint"


def test_the_timeline_is_a_fragment_of_its_own_that_stays_in_the_address(desk: Desk) -> None:
    complaint = desk.case(State.ASSESSED)
    add_note(complaint_id=complaint.pk, text="Phoned twice.", actor=desk.agent, at=NOW)
    client = Client()
    client.force_login(desk.agent)
    base = f"/complaints/{complaint.reference}"
    fragment = client.get(f"{base}/timeline/?show=notes", headers={"HX-Request": "true"})
    text = fragment.content.decode()
    assert "Phoned twice." in text
    assert "Receipt acknowledged" not in text
    assert "<html" not in text
    assert client.get(f"{base}/timeline/?show=notes").headers["Location"] == (
        f"{base}/?show=notes#record"
    )
    whole = client.get(f"{base}/?show=messages").content.decode()
    assert "Phoned twice." not in whole
