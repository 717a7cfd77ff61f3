"""Disposing of a complaint reaches every floor: afterwards no table and no file holds a word."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models

from accounts.services import system_user
from complaints.errors import NotAllowed
from complaints.models import (
    Approval,
    BulkItem,
    BulkRun,
    Complainant,
    Complaint,
    ConfidentialAccess,
    Correspondent,
    Escalation,
    IncomingMessage,
    Notice,
    Pause,
    QualityCheck,
    ReopenRequest,
)
from complaints.selectors.links import complaint_of_code, find_link, opens
from complaints.services.attachments import attach_file
from complaints.services.links import issue_link
from complaints.services.notes import add_note
from complaints.states import LinkPurpose, State
from emergencies.models import (
    Attempt,
    Containment,
    Emergency,
    FactSheet,
    FirstCall,
    Page,
    ReportDecision,
    Review,
)
from emergencies.services.erasing import erase_emergencies
from incidents.models import (
    Consent,
    Customer,
    FindingAnswer,
    Incident,
    JointItem,
    JointRun,
    Link,
    Outreach,
    Representative,
    RepresentativeDeed,
    Represented,
)
from incidents.services.erasing import erase_complaint
from journal.selectors import history_of
from journal.services import verify_journal
from monitoring.models import Alert, AlertMember, NewLevel
from monitoring.services.erasing import erase_alerts
from portal.models import HeldFile
from portal.services.files import erase_held_files, hold_file
from referrals.models import OutsideCase, OutsideDate, OutsideQuestion
from referrals.services.erasing import erase_cases
from retention.services.disposal import propose_disposal
from retention.services.holds import forget_holds, release_hold
from retention.states import Outcome, Skip
from tests.complaints.factories import NOW
from tests.floors import APPS
from tests.incidents.table import Table
from tests.mailroom.mails import answered, let_in
from tests.retention.desk import LATER, Archive

pytestmark = pytest.mark.django_db
SECRET = "Zhuang Weilin 庄伟霖"
PHONE = "139-1234-8765"
EMAIL = "weilin@zhuang.example"
# What must be nowhere: also in pieces, as the search keeps it.
NEEDLES = ("zhuang", "weilin", "庄伟", "伟霖", "139-1234", "13912348765")
# What hangs on a complaint without pointing at it.
ALSO = {Complainant, HeldFile, Representative, RepresentativeDeed}
# Texts in which nobody types about a person, by table: codes, digests, the machine's words, or
# what is counted. All others must be planted here, and erased.
CODES = {
    "complaints.Complaint": {
        *("state_before_merge", "cause_code", "reference", "idempotency_key", "language"),
        *("missing", "follow_up_holds", "disposed_under"),
        "product",  # what was complained about is counted
    },
    "complaints.Complainant": {"language", "phone_key", "email_key", "customer_key"},
    "complaints.Attachment": {"content_type", "sha256", "path", "scan"},
    "complaints.Clock": {"code", "spec", "calendar", "pause_reasons"},
    "complaints.Investigation": {"cause_code"},
    "complaints.Response": {"currency", "channel"},
    "complaints.Remedy": {"currency"},
    "complaints.Approval": {"why"},
    "complaints.Escalation": {"trigger", "clock_code"},
    "complaints.FollowUpAttempt": {"channel"},
    "complaints.Notice": {"kind"},
    "complaints.Message": {"language"},
    "complaints.PersonalLink": {"token_hash", "code_hash"},
    "emergencies.Emergency": {"trigger"},
    "emergencies.Attempt": {"code"},  # how a try ended; names no address
    "emergencies.ReportDecision": {"preset", "clock"},
    "incidents.Customer": {"product"},
    "incidents.Outreach": {"channel"},
    "incidents.Representative": {"allowed"},
    "mailroom.Mail": {"identity", "sha256", "path", "mailbox", "trouble"},
    # What is counted of a complaint: codes, and the product.
    "monitoring.Fact": {"product", "channel", "priority", "finding", "cause", "escalated_by"},
    "monitoring.Payment": {"currency"},
    "monitoring.Alert": {
        *("reference", "key", "dimensions", "product", "also", "parameters", "series"),
    },
    "monitoring.NewLevel": {"key"},
    "portal.HeldFile": {"path"},
    "referrals.OutsideCase": {"route"},
    "referrals.OutsideDate": {"preset", "preset_clock", "spec", "calendar"},
    "referrals.OutsideQuestion": {"digest"},
    # Written by the house after the words were gone.
    "retention.DisposalItem": {"record_class", "code", "reason"},
}


@pytest.fixture(autouse=True)
def raw(settings: Any, tmp_path: Path) -> Path:
    settings.MAIL_RAW_ROOT = tmp_path / "mails"
    return tmp_path


def hanging() -> set[type[models.Model]]:
    """Return the tables that point at a complaint, straight or by others, and those of ALSO."""
    ours = {model for app in APPS for model in apps.get_app_config(app).get_models()}
    found: set[type[models.Model]] = {Complaint, *ALSO}
    while True:
        more = {
            model
            for model in ours - found
            if any(field.related_model in found for field in model._meta.concrete_fields)
            and model._meta.label != "retention.SubjectRequest"  # a class of its own
        }
        if not more:
            return found
        found |= more


def texts(model: type[models.Model]) -> Iterator[models.Field]:
    """Yield the fields of a table in which a person may be spoken of."""
    for field in model._meta.concrete_fields:
        kinds = models.CharField | models.TextField | models.JSONField
        code = field.choices or field.name in CODES.get(model._meta.label, ())
        if isinstance(field, kinds) and not code:
            yield field


def plant() -> None:
    """Write the name into every such field of every row; each table must have one."""
    for model in hanging():
        fields = list(texts(model))
        rows = list(model._default_manager.values_list("pk", flat=True))
        assert rows or not fields, f"nothing of {model._meta.label} here: let the test make one"
        for pk in rows if fields else ():
            said: dict[str, Any] = {}
            for field in fields:
                value = f"{SECRET} {pk}"
                said[field.name] = (
                    [{"name": value}]
                    if isinstance(field, models.JSONField)
                    else value[: field.max_length]
                )
            model._default_manager.filter(pk=pk).update(**said)


def found_in_tables() -> list[str]:
    """Return the columns of the whole database in which something of the person stands."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                found |= {
                    f"{table}.{name}"
                    for name, value in zip(names, row, strict=True)
                    if any(needle in _text(value) for needle in NEEDLES)
                }
    return sorted(found)


def found_in_files(folder: Path) -> list[str]:
    """Return the files that say something of the person, in their name or inside."""
    return [
        str(file.relative_to(folder))
        for file in sorted(folder.rglob("*"))
        if file.is_file() and any(n in _text(file.read_bytes()) + file.name for n in NEEDLES)
    ]


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        value = bytes(value).decode(errors="replace")
    return str(value).lower()


def told(archive: Archive) -> Complaint:
    """Return a closed complaint with something on every floor."""
    key = uuid.uuid4()
    complaint = archive.desk.case(
        State.FOLLOWED_UP,
        name=SECRET,
        phone=PHONE,
        email=EMAIL,
        description=f"{SECRET} says the kettle leaks.",
        idempotency_key=f"public:{key}",
    )
    hold_file(key=key, file=SimpleUploadedFile("a.png", SECRET.encode()), at=NOW)
    _on_the_desk(archive, complaint)
    _in_an_emergency(archive, complaint)
    _in_an_incident(archive, complaint)
    case = OutsideCase.objects.create(
        complaint=complaint,
        kind="court",
        opened_by="complainant",
        opened_at=NOW,
        recorded_by=archive.desk.handler,
        recorded_at=NOW,
    )
    OutsideDate.objects.create(
        case=case, kind="hearing", due_at=NOW, by=archive.desk.handler, at=NOW, done_at=NOW
    )
    OutsideCase.objects.update(state="closed", result="upheld", closed_at=NOW)
    OutsideQuestion.objects.create(
        complaint=complaint,
        to_kind="lawyer",
        language="en",
        asked_by=archive.desk.handler,
        asked_at=NOW,
        ends_at=NOW,
        answered_at=NOW,
    )
    QualityCheck.objects.create(
        complaint=complaint, by=archive.desk.handler, at=NOW, customer_ok=True, compliance_ok=False
    )
    _in_an_alert(archive, complaint)
    hold = archive.hold(complaint_id=complaint.pk)
    release_hold(hold_id=hold.pk, reason="It is over.", actor=archive.second_quality, at=NOW)
    return complaint


def _on_the_desk(archive: Archive, complaint: Complaint) -> None:
    handler = archive.desk.handler
    act: dict[str, Any] = {"complaint": complaint, "by": handler, "at": NOW}
    add_note(complaint_id=complaint.pk, text="Rang.", actor=handler, at=NOW)
    attach_file(
        complaint_id=complaint.pk,
        file=[f"Dear {SECRET}".encode()],
        name="letter.txt",
        internal=False,
        actor=handler,
        at=NOW,
    )
    let_in(answered(complaint, f"My name is {SECRET}.", sender=f"Z <{EMAIL}>"), at=NOW)
    if not IncomingMessage.objects.exists():
        IncomingMessage.objects.create(**act, channel="email", writer="complainant")
    Approval.objects.get_or_create(**act, kind="response", state="granted")
    Escalation.objects.create(**act, level=1)
    ReopenRequest.objects.create(
        **act, source="follow_up", verdict="declined", decided_by=archive.quality, decided_at=NOW
    )
    Correspondent.objects.create(complaint=complaint, added_by=handler, added_at=NOW, copied=True)
    ConfidentialAccess.objects.create(complaint=complaint, user=handler, granted_at=NOW, until=NOW)
    Pause.objects.create(
        complaint=complaint, cycle=1, reason="complainant", started_at=NOW, ended_at=LATER
    )
    run = BulkRun.objects.create(
        by=handler, created_at=NOW, action="assign", language="en", total=1, finished_at=NOW
    )
    BulkItem.objects.create(run=run, complaint=complaint)
    Notice.objects.create(user=handler, complaint=complaint, kind="assigned", created_at=NOW)


def _in_an_emergency(archive: Archive, complaint: Complaint) -> None:
    who = archive.desk.manager
    row = Emergency.objects.create(
        complaint=complaint, trigger="personal_safety", declared_at=NOW, ended_at=NOW
    )
    page = Page.objects.create(emergency=row, person=who, queued_at=NOW)
    Attempt.objects.create(page=page, at=NOW, result="sent")
    Containment.objects.create(emergency=row, measure="stop_sale", by=who, at=NOW)
    FactSheet.objects.create(emergency=row, version=1, by=who, at=NOW)
    FirstCall.objects.create(emergency=row, reached=True, by=who, at=NOW)
    ReportDecision.objects.create(
        emergency=row, preset="CN-RECALL", reportable="no", decided_by=who, decided_at=NOW
    )
    Review.objects.create(emergency=row, due_at=NOW, opened_at=NOW, done_at=NOW, done_by=who)


def alert_on(complaint: Complaint, *, is_open: bool = False) -> Alert:
    """Return an alert behind which a complaint stands."""
    day = NOW.date()
    alert = Alert.objects.create(
        kind="complaints",
        level="red",
        key="complaints:all:",
        dimensions="all",
        **dict.fromkeys(("period_from", "period_to", "since", "last_period"), day),
        observed=9,
        raised_at=NOW,
        due_at=NOW,
        is_open=is_open,
        reference=f"A26-{complaint.pk:04}",
        state="open" if is_open else "closed",
    )
    AlertMember.objects.create(alert=alert, complaint=complaint, joined_at=NOW)
    return alert


def _in_an_alert(archive: Archive, complaint: Complaint) -> None:
    NewLevel.objects.create(
        alert=alert_on(complaint), since=NOW.date(), factor=2, by=archive.desk.manager, at=NOW
    )


def table_of(archive: Archive) -> Table:
    """Return the people around an incident: those of the archive's desk."""
    table, desk = Table(), archive.desk
    people = {"agent": desk.agent, "handler": desk.handler, "manager": desk.manager}
    table.__dict__.update(people, quality=archive.quality)
    return table


def _in_an_incident(archive: Archive, complaint: Complaint) -> None:
    table, who = table_of(archive), archive.desk.manager
    incident = table.incident()
    finding = table.finding(incident)
    Link.objects.create(
        incident=incident,
        complaint=complaint,
        linked_by=who,
        linked_at=NOW,
        binds=False,
    )
    wrong = table.incident(title="Another")
    Link.objects.create(
        incident=wrong,
        complaint=complaint,
        linked_by=who,
        linked_at=NOW,
        unlinked_by=who,
        unlinked_at=NOW,
        unlink_reason="Not this one.",
        binds=False,
    )
    FindingAnswer.objects.create(
        finding=finding, complaint=complaint, verdict="rejected", reason="-", by=who, at=NOW
    )
    run = JointRun.objects.create(
        incident=incident, kind="progress", language="en", total=1, by=who, created_at=NOW
    )
    JointItem.objects.create(run=run, complaint=complaint)
    for number, linked in enumerate((complaint, None)):
        customer = Customer.objects.create(
            incident=incident, name=f"C{number}", complaint=linked, added_at=NOW
        )
        Outreach.objects.create(customer=customer, at=NOW, result="reached", by=who)
    person = Representative.objects.create(incident=incident, named_by=who, named_at=NOW)
    RepresentativeDeed.objects.create(representative=person, act="settle", at=NOW, recorded_by=who)
    represented = Represented.objects.create(representative=person, complaint=complaint)
    Consent.objects.create(represented=represented, act="settle", given_at=NOW, recorded_by=who)
    Incident.objects.filter(pk=incident.pk).update(state="closed", is_open=False, closed_at=NOW)


@pytest.mark.clause("CM-7.5")
def test_disposing_of_a_complaint_leaves_no_word_of_the_person_on_any_floor(
    archive: Archive, raw: Path, django_capture_on_commit_callbacks: Any
) -> None:
    archive.approved()
    complaint = told(archive)
    issued = issue_link(
        complaint_id=complaint.pk, purpose=LinkPurpose.RECEIPT, actor=system_user(), at=LATER
    )
    link = find_link(issued.token)
    assert link is not None
    assert opens(link, at=LATER)
    plant()
    assert found_in_tables()
    assert found_in_files(raw)
    with django_capture_on_commit_callbacks(execute=True):
        run = archive.carried_out()
    assert run.items.values_list("outcome", flat=True).get(complaint=complaint) == Outcome.DISPOSED
    assert found_in_tables() == []
    assert found_in_files(raw) == []
    link.refresh_from_db()
    assert not opens(link, at=LATER)
    assert complaint_of_code(complaint.reference, issued.code, at=LATER) is None
    assert verify_journal().intact


@pytest.mark.clause("CM-7.5")
def test_what_is_still_going_on_on_another_floor_stops_disposal(archive: Archive) -> None:
    archive.approved()
    outside, linked, over, unreviewed, undecided, learnt, warned = (
        archive.closed(name=f"N{number}") for number in range(7)
    )
    alert_on(warned, is_open=True)
    for complaint, warned_at, done_at in (
        (unreviewed, None, None),
        (undecided, NOW, NOW),
        (learnt, None, NOW),
    ):
        row = Emergency.objects.create(
            complaint=complaint,
            trigger="personal_safety",
            declared_at=NOW,
            ended_at=NOW,
            ended_how="closed",
            next_warning_at=warned_at,
        )
        Review.objects.create(
            emergency=row,
            opened_at=NOW,
            due_at=NOW,
            calendar_revision=1,
            done_at=done_at,
            done_by=archive.quality if done_at else None,
        )
    for complaint in (outside, over):
        OutsideCase.objects.create(
            complaint=complaint,
            kind="court",
            body="Court",
            opened_by="complainant",
            opened_at=NOW,
            recorded_by=archive.desk.handler,
            recorded_at=NOW,
        )
    OutsideCase.objects.filter(complaint=over).update(
        state="closed", result="upheld", closed_at=NOW
    )
    incident = table_of(archive).incident()
    Link.objects.create(
        incident=incident, complaint=linked, linked_by=archive.quality, linked_at=NOW
    )
    run = archive.carried_out()
    assert dict(run.items.values_list("complaint", "code")) == {
        outside.pk: Skip.BLOCKED,
        linked.pk: Skip.BLOCKED,
        over.pk: "",
        unreviewed.pk: Skip.BLOCKED,
        undecided.pk: Skip.BLOCKED,
        learnt.pk: "",
        warned.pk: Skip.BLOCKED,
    }
    assert "alert" in run.items.get(complaint=warned).reason
    assert "emergency" in run.items.get(complaint=unreviewed).reason
    assert "outside" in run.items.get(complaint=outside).reason
    assert "incident" in run.items.get(complaint=linked).reason


def test_the_words_of_an_alert_go_with_the_last_of_its_complaints(archive: Archive) -> None:
    goes, stays = (archive.closed(name=f"N{number}") for number in range(2))
    alert = alert_on(goes)
    AlertMember.objects.create(alert=alert, complaint=stays, joined_at=NOW)
    Alert.objects.update(cause=SECRET)
    given: dict[str, Any] = {"actor": system_user(), "at": LATER}
    assert erase_alerts(complaint_id=goes.pk, **given) == 0
    Complaint.objects.filter(pk=goes.pk).update(anonymised_at=LATER)
    assert erase_alerts(complaint_id=stays.pk, **given) == 1
    alert.refresh_from_db()
    assert SECRET not in alert.cause
    assert alert.members.count() == 2, "how many there were is counted"


def test_the_period_counts_from_the_end_of_the_case_outside(archive: Archive) -> None:
    archive.approved()
    complaint = archive.closed(name="N")
    OutsideCase.objects.create(
        complaint=complaint,
        kind="court",
        body="Court",
        opened_by="complainant",
        opened_at=NOW,
        recorded_by=archive.desk.handler,
        recorded_at=NOW,
    )
    ended = NOW + timedelta(days=400)
    OutsideCase.objects.update(state="closed", result="upheld", closed_at=ended)
    assert propose_disposal(actor=None, at=LATER) is None
    run = propose_disposal(actor=None, at=LATER + timedelta(days=400))
    assert run is not None
    assert run.items.get().record_class == "outside_case"


def test_customers_of_an_incident_stay_while_another_of_its_complaints_does(
    archive: Archive,
) -> None:
    goes, stays = archive.closed(name="A"), archive.closed(name="B")
    incident = table_of(archive).incident()
    for complaint in (goes, stays):
        Link.objects.create(
            incident=incident,
            complaint=complaint,
            linked_by=archive.quality,
            linked_at=NOW,
            binds=False,
        )
    Customer.objects.create(incident=incident, name="C", phone="1", added_at=NOW)
    Incident.objects.update(state="closed", is_open=False, closed_at=NOW)
    erase_complaint(complaint_id=goes.pk, actor=system_user(), at=LATER)
    assert Customer.objects.get().name == "C"
    Complaint.objects.filter(pk=goes.pk).update(anonymised_at=LATER)
    erase_complaint(complaint_id=stays.pk, actor=system_user(), at=LATER)
    customer = Customer.objects.get()
    assert (customer.name, customer.phone) == (f"#{customer.pk}", "")


def test_a_hold_keeps_its_reason_while_something_under_it_is_left(archive: Archive) -> None:
    complaint = archive.closed(name="A")
    hold = archive.hold(complaint_id=complaint.pk)
    given: dict[str, Any] = {
        "complaint_id": complaint.pk,
        "actor": system_user(),
        "at": LATER,
    }
    assert forget_holds(**given) == 0
    release_hold(hold_id=hold.pk, reason="It is over.", actor=archive.second_quality, at=NOW)
    assert forget_holds(**given) == 1
    hold.refresh_from_db()
    assert (hold.reason, hold.authority, hold.release_reason) == ("—", "—", "—")


@pytest.mark.parametrize(
    "erase",
    [erase_alerts, erase_cases, erase_complaint, erase_emergencies, erase_held_files, forget_holds],
)
def test_nobody_but_the_system_erases(archive: Archive, erase: Any) -> None:
    complaint = archive.closed(name="A")
    with pytest.raises(NotAllowed):
        erase(complaint_id=complaint.pk, actor=archive.quality, at=LATER)


def test_nobody_is_invited_while_a_legal_hold_lies_on_their_complaint(archive: Archive) -> None:
    complaint = archive.closed(name="A")

    def waits() -> list[str]:
        complaint.refresh_from_db()
        return list(complaint.follow_up_holds)

    first, second = (archive.hold(complaint_id=complaint.pk) for _ in range(2))
    assert waits() == ["legal_hold"]
    for hold, left in ((first, ["legal_hold"]), (second, [])):
        release_hold(hold_id=hold.pk, reason="It is over.", actor=archive.second_quality, at=NOW)
        assert waits() == left
    told = history_of(complaint).filter(kind__startswith="complaint.follow_up")
    assert [entry.payload["hold"] for entry in told] == ["legal_hold", "legal_hold"]
