"""Remarks for colleagues, and leave to read what is confidential."""

from datetime import timedelta

import pytest

from complaints import events
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint, ConfidentialAccess
from complaints.permissions import needs_reason
from complaints.services.notes import add_note, grant_confidential_access
from complaints.services.triage import assign_complaint
from journal.selectors import history_of
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_site, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_note_is_kept_word_for_word_and_the_chain_vouches_for_it(desk):
    complaint = desk.case()
    note = add_note(complaint_id=complaint.pk, text=" Called twice. ", actor=desk.agent, at=NOW)
    assert (note.text, note.by, note.at) == ("Called twice.", desk.agent, NOW)
    entry = history_of(complaint).get(kind=events.NOTE_ADDED)
    assert (entry.payload["note"], len(entry.payload["sha256"])) == (note.pk, 64)
    assert "Called" not in entry.body


def test_a_note_contradicts_no_open_page(desk):
    complaint = desk.case()
    add_note(complaint_id=complaint.pk, text="Called.", actor=desk.agent, at=NOW)
    before = complaint.version
    complaint.refresh_from_db()
    assert complaint.version == before


def test_an_empty_note_is_refused(desk):
    complaint = desk.case()
    with pytest.raises(BadInput) as refusal:
        add_note(complaint_id=complaint.pk, text="\n ", actor=desk.agent, at=NOW)
    assert refusal.value.field == "text"


def test_notes_are_written_at_the_end_too(desk):
    complaint = desk.case("closed")
    assert add_note(complaint_id=complaint.pk, text="A card came.", actor=desk.agent, at=NOW).pk


@pytest.mark.parametrize("role", ["auditor", "top_management"])
def test_who_only_checks_writes_no_notes(desk, role):
    complaint = desk.case()
    with pytest.raises(NotAllowed):
        add_note(complaint_id=complaint.pk, text="-", actor=make_user(role), at=NOW)


# --- reading what is confidential --------------------------------------------------------------


def read(complaint: Complaint, who: object, reason: str = "Yearly audit.") -> ConfidentialAccess:
    return grant_confidential_access(
        complaint_id=complaint.pk,
        reason=reason,
        actor=who,  # type: ignore[arg-type]
        at=NOW,
    )


def test_who_has_the_right_reads_for_a_day_of_work_and_it_is_recorded_why(desk):
    complaint = desk.case(confidential=True)
    auditor = make_user("auditor")
    assert needs_reason(auditor, complaint)
    access = read(complaint, auditor)
    assert (access.reason, access.until) == ("Yearly audit.", NOW + timedelta(hours=8))
    entry = history_of(complaint).get(kind=events.CONFIDENTIAL_READ)
    assert (entry.actor, entry.payload["access"]) == (auditor, access.pk)
    assert "audit" not in entry.body


def test_a_reason_that_says_nothing_is_refused(desk):
    complaint = desk.case(confidential=True)
    with pytest.raises(BadInput) as refusal:
        read(complaint, make_user("auditor"), reason=" ok ")
    assert refusal.value.field == "reason"


def test_who_owns_it_needs_no_reason(desk):
    complaint = desk.case(confidential=True)
    assign_complaint(complaint_id=complaint.pk, owner=desk.handler, actor=desk.manager, at=NOW)
    complaint.refresh_from_db()
    assert not needs_reason(desk.handler, complaint)


def test_who_has_no_right_to_it_does_not_learn_that_it_exists(desk):
    complaint = desk.case(confidential=True)
    strangers = [
        make_user("agent"),
        make_user("handler"),
        make_user("top_management"),
        make_user("administrator"),
        make_user("manager", site=make_site()),
    ]
    for stranger in strangers:
        with pytest.raises(Complaint.DoesNotExist):
            read(complaint, stranger)
    assert not ConfidentialAccess.objects.exists()
