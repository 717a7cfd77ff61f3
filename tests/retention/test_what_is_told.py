"""A copy of somebody's data reaches every floor, and says nothing about anybody else."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import translation

from complaints.models import Complaint, Correspondent, IncomingMessage
from complaints.services.incoming import withdraw_message
from complaints.services.notes import add_note
from complaints.states import State
from incidents.models import Customer, Representative, RepresentativeDeed, Represented
from mailroom.models import Mail
from mailroom.services.triage import add_to_complaint, put_aside
from mailroom.states import Aside, MailState, Reason
from portal.models import Submission
from retention.selectors.readable import PARTS, WORDS, in_words, sections_of
from retention.selectors.rights import held_about
from retention.services.packages import path_of
from tests.complaints.factories import NOW
from tests.mailroom.mails import LATER, answered, case, let_in, mail
from tests.retention.desk import Archive
from tests.retention.test_every_floor import hanging, table_of, texts, told
from tests.retention.test_packages import prepared
from tests.retention.test_rights import verified

pytestmark = pytest.mark.django_db
_OTHERS = "about somebody else"
_MACHINE = "the machine's own word"
# Columns in which a person may be spoken of, and which a copy leaves out; all others must be in it.
KEPT_BACK = {
    "complaints.Correspondent.address": _OTHERS,
    "complaints.Correspondent.name": _OTHERS,
    "complaints.Correspondent.reason": _OTHERS,
    "complaints.Message.copy_to": _OTHERS,
    "complaints.Message.error": _MACHINE,
    "complaints.BulkItem.reason": _MACHINE,
    "complaints.Investigation.subject_statement": _OTHERS,
    "complaints.Investigation.similar_cases": _OTHERS,
    "incidents.Representative.name": _OTHERS,
    "incidents.Representative.contact": _OTHERS,
    "incidents.Representative.mandate_text": "others gave it as well",
    "mailroom.Mail.message_id": _MACHINE,
    "mailroom.Mail.aside_note": "said of mails that belong to no complaint",
    "referrals.OutsideCase.contact": _OTHERS,
    "referrals.OutsideQuestion.to_name": _OTHERS,
    **dict.fromkeys(
        (f"monitoring.Alert.{name}" for name in ("cause", "action", "result")), "of the cause"
    ),
    **dict.fromkeys(
        ("monitoring.Alert.dismissal_note", "monitoring.Alert.effect_note"), "of the cause"
    ),
    "monitoring.NewLevel.reason": "of the cause",
    "complaints.QualityCheck.remark": "about how a provider worked, not about the person",
    **dict.fromkeys(
        (f"retention.Hold.{name}" for name in ("reason", "authority", "query", "release_reason")),
        "why something is held is between the house and an authority",
    ),
}


@pytest.fixture(autouse=True)
def raw(settings: Any, tmp_path: Path) -> Path:
    settings.MAIL_RAW_ROOT = tmp_path / "mails"
    return tmp_path


def label(model: type[models.Model], field: models.Field) -> str:
    return f"{model._meta.label}.{field.name}"


def plant_words() -> set[str]:
    """Write a word of its own into every column of every row; return the columns."""
    columns = set()
    for model in hanging():
        fields = list(texts(model))
        columns |= {label(model, field) for field in fields}
        for pk in model._default_manager.values_list("pk", flat=True) if fields else ():
            said: dict[str, Any] = {}
            for field in fields:
                word = f"<{label(model, field)}> {pk}"
                assert len(word) <= (field.max_length or len(word)), word
                said[field.name] = [{"name": word}] if isinstance(field, models.JSONField) else word
            model._default_manager.filter(pk=pk).update(**said)
    return columns


def copy_of(archive: Archive, complaint: Complaint, **how: Any) -> dict[str, bytes]:
    """Return the files of the package that a person is given."""
    export = prepared(archive, verified(archive, complaint), **how)
    with zipfile.ZipFile(path_of(export)) as package:
        return {name: package.read(name) for name in package.namelist()}


def words_in(files: dict[str, bytes], name: str) -> str:
    return files[name].decode().replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.clause("CM-7.5")
def test_a_copy_holds_every_word_of_every_floor_or_says_why_not(archive: Archive) -> None:
    archive.approved()
    complaint = told(archive)
    request = verified(archive, complaint)
    columns = plant_words()
    export = prepared(archive, request, internal=True)
    with zipfile.ZipFile(path_of(export)) as package:
        data, page = (package.read(name).decode() for name in ("data.json", "index.html"))
    page = page.replace("&lt;", "<").replace("&gt;", ">")
    files = "\n".join(package.namelist())
    found = {column for column in columns if f"<{column}>" in data + files}
    assert columns - found == set(KEPT_BACK)
    assert {column for column in columns if f"<{column}>" in page} == found


@pytest.mark.clause("CM-7.5")
def test_raw_mails_go_along_as_they_came(archive: Archive) -> None:
    complaint = told(archive)
    files = copy_of(archive, complaint)
    (name,) = [name for name in files if name.endswith(".eml")]
    assert name == f"files/{complaint.reference}/mails/{Mail.objects.get().pk}.eml"
    assert b"In-Reply-To" in files[name]


@pytest.mark.clause("CM-7.5")
def test_a_joint_incident_names_no_other_complainant(archive: Archive) -> None:
    one, other = (
        archive.desk.case(State.CLOSED, name=name, phone=phone)
        for name, phone in (("Li Ming", "13900001111"), ("Zhao Qiang", "13755556666"))
    )
    table = table_of(archive)
    incident = table.incident(one, other, title="Zhao Qiang and others: kettles leak")
    table.finding(incident)
    for complaint in (one, other):
        Customer.objects.create(
            incident=incident, name=f"Kunde {complaint.pk}", complaint=complaint, added_at=NOW
        )
    person = Representative.objects.create(
        incident=incident,
        name="Sun Bo",
        contact="13511112222",
        named_by=table.quality,
        named_at=NOW,
    )
    Represented.objects.create(representative=person, complaint=one)
    RepresentativeDeed.objects.create(
        representative=person,
        act="settle",
        text="Sun Bo settled for all, Zhao Qiang excepted.",
        at=NOW,
        recorded_by=table.quality,
    )
    add_note(complaint_id=one.pk, text="As with Zhao Qiang.", actor=archive.quality, at=NOW)
    files = copy_of(archive, one)
    everything = b"".join(files.values()).decode()
    assert "■■■ settled for all, ■■■ excepted." in everything
    assert incident.reference in everything
    assert f"Kunde {one.pk}" in everything
    for others in ("Zhao", "Sun Bo", "13511112222", f"Kunde {other.pk}", other.reference):
        assert others not in everything


@pytest.mark.clause("CM-7.5")
def test_a_mail_of_somebody_else_is_not_told(archive: Archive, settings: Any) -> None:
    complaint = case(actor=archive.desk.agent)
    let_in(answered(complaint, "My own words."))
    other = let_in(
        answered(complaint, "What the neighbour saw.", sender="Bo Neighbour <bo@example.org>")
    )
    assert other.state == MailState.WAITING
    add_to_complaint(
        mail_id=other.pk,
        reference=complaint.reference,
        from_complainant=False,
        actor=archive.desk.agent,
        at=LATER,
    )
    add_note(complaint_id=complaint.pk, text="Bo Neighbour rang.", actor=archive.desk.agent, at=NOW)
    Correspondent.objects.create(
        complaint=complaint,
        address="law@example.org",
        name="Lawyer Hu",
        reason="Asked to.",
        added_by=archive.desk.agent,
        added_at=NOW,
    )
    files = copy_of(archive, complaint)
    everything = b"".join(files.values()).decode()
    assert "My own words." in words_in(files, "data.json")
    assert sum(name.endswith(".eml") for name in files) == 1
    for others in ("neighbour saw", "Bo Neighbour", "bo@example", "Lawyer Hu", "law@example"):
        assert others not in everything


@pytest.mark.clause("CM-7.5")
def test_mails_on_no_complaint_are_told_to_whose_address_they_came_from(
    archive: Archive, settings: Any
) -> None:
    settings.MAIL_REPLY_TO = "reply@maple.example"
    complaint = case(actor=archive.desk.agent)
    waiting = let_in(mail("A press matter.", to="press@localhost", sender="Ann <ANN@Example.com>"))
    guessed = f"reply+{complaint.reference.replace('-', '').lower()}@maple.example"
    forged = let_in(mail("Of another day.", to=guessed))
    aside = let_in(mail("Win a kettle.", to="press@localhost"))
    put_aside(
        mail_id=aside.pk,
        why=Aside.SPAM,
        remark="Ping He: third time.",
        actor=archive.desk.agent,
        at=LATER,
    )
    let_in(mail("What the neighbour saw.", to="press@localhost", sender="Bo <bo@example.org>"))
    hidden = let_in(mail("Of the hidden one.", to="press@localhost"))
    about = archive.closed(complainant=complaint.complainant, subject_person=archive.quality)
    Mail.objects.filter(pk=hidden.pk).update(suggestion=about)
    files = copy_of(archive, complaint)
    rows = json.loads(files["data.json"])["other_records"]["raw_mails"]
    states = [(row["record"], row["state"], row["text"].strip()) for row in rows]
    assert states == [
        ("Mail on no complaint", "Waits for a person", "A press matter."),
        ("Mail on no complaint", "Waits for a person", "Of another day."),
        ("Mail on no complaint", "Not a complaint", "Win a kettle."),
    ]
    assert (rows[1]["reason"], rows[2]["note"]) == (Reason.FORGED.label, "■■■: third time.")
    assert [name for name in files if "no-complaint" in name] == [
        f"files/no-complaint/mails/{row.pk}.eml" for row in (waiting, forged, aside)
    ]
    assert "A press matter." in words_in(files, "index.html")
    everything = b"".join(files.values()).decode()
    for others in ("neighbour saw", "bo@example", "Of the hidden one"):
        assert others not in everything


@pytest.mark.clause("CM-7.5")
def test_who_is_known_by_phone_only_has_no_mails_and_whoever_copies_is_told(
    archive: Archive,
) -> None:
    complaint = archive.closed(name="Li Ming", phone="13900001111")
    let_in(mail("Li Ming, 139 0000 1111: my kettle.", to="press@localhost"))
    assert b"my kettle" not in b"".join(copy_of(archive, complaint).values())
    client = Client()
    client.force_login(archive.quality)
    for met, told_so in ((complaint, True), (case(actor=archive.desk.agent), False)):
        page = client.get(reverse("retention:request", args=[verified(archive, met).pk]))
        assert ("can only be found by the sender" in page.text) == told_so


def test_words_taken_off_a_complaint_are_not_told(archive: Archive) -> None:
    complaint = case(actor=archive.desk.agent)
    let_in(answered(complaint, "Of another matter."))
    withdraw_message(
        incoming_id=IncomingMessage.objects.get().pk,
        reason="Another matter.",
        actor=archive.desk.agent,
        at=LATER,
    )
    everything = b"".join(copy_of(archive, complaint).values()).decode()
    assert "Of another matter" not in everything


def test_the_public_form_is_told(archive: Archive) -> None:
    complaint = archive.closed(name="Li Ming", phone="13900001111")
    Submission.objects.create(complaint=complaint, at=NOW, suspected=True)
    held = json.loads(copy_of(archive, complaint)["data.json"])["complaints"][0]
    assert held["other_records"]["held_files"] == [
        {"record": "Public form", "at": NOW.isoformat(), "suspected": True, "checked_at": None}
    ]


def test_every_key_has_a_word_for_people(archive: Archive) -> None:
    complaint = told(archive)
    with translation.override("zh-hans"):
        held = held_about(complaint, own=set(), names=set())
        sections = list(sections_of(held))
        words = [line.label for section in sections for row in section.rows for line in row]
        headings = [section.heading for section in sections[1:]]
    assert set(held) - {"other_records"} == (set(held) & set(WORDS)) | set(PARTS)
    assert all(not word.isascii() for word in (*words, *headings))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "Yes"),
        (None, ""),
        (3, "3"),
        ([{"name": "A", "place": ""}, {"name": "B"}], "Name: A\nName: B"),
        ("2026-03-04T02:00:00+00:00", "4 Mar 2026, 10:00"),
        ("TEXT", "TEXT"),
    ],
)
def test_values_are_told_as_people_read_them(value: Any, words: str) -> None:
    assert in_words(value) == words
