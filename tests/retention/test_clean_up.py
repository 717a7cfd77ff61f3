"""Clearing away what belongs to no complaint, by the period of its class."""

import os
import uuid
from datetime import timedelta
from pathlib import Path

from complaints.models import IntakeDraft
from complaints.services.attachments import attach_file, clean_orphans
from complaints.services.drafts import clean_drafts, save_draft
from journal.models import Entry
from retention.services.cleaning import clean_up
from retention.tasks import list_what_is_due
from tests.complaints.factories import NOW
from tests.retention.desk import Archive


def draft(archive: Archive, *, days_ago: int) -> IntakeDraft:
    key = uuid.uuid4()
    save_draft(
        key=key,
        data={"name": "Li"},
        actor=archive.desk.agent,
        at=NOW - timedelta(days=days_ago),
    )
    return IntakeDraft.objects.get(key=key)


def test_drafts_go_after_the_days_that_the_schedule_says(archive):
    old, young = draft(archive, days_ago=31), draft(archive, days_ago=29)
    assert clean_up(now=NOW)["drafts"] == 1
    assert list(IntakeDraft.objects.all()) == [young]
    archive.approved(drafts=(7, "days"))
    assert clean_up(now=NOW)["drafts"] == 1
    assert not IntakeDraft.objects.filter(pk__in=[old.pk, young.pk]).exists()
    assert [entry.payload["count"] for entry in Entry.objects.filter(kind="retention.cleaned")] == [
        1,
        1,
    ]


def test_nothing_to_clear_away_leaves_no_entry(archive):
    assert set(clean_up(now=NOW).values()) == {0}
    assert not Entry.objects.filter(kind="retention.cleaned").exists()


def test_each_class_has_its_verb(archive):
    draft(archive, days_ago=3)
    assert clean_drafts(before=NOW - timedelta(days=4), at=NOW) == 0
    assert clean_drafts(before=NOW, at=NOW) == 1


def test_files_that_belong_to_nothing_go_and_others_stay(archive, media):
    complaint = archive.closed()
    kept = attach_file(
        complaint_id=complaint.pk,
        file=[b"mine"],
        name="receipt.txt",
        internal=False,
        actor=archive.desk.manager,
        at=NOW,
    )
    root = media / "attachments"
    orphan = root / "ab" / "cd" / "left-over"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"?")
    for file in (orphan, root / kept.path):
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    assert clean_orphans(before=NOW, at=NOW) == 0
    assert clean_orphans(before=NOW + timedelta(seconds=1), at=NOW) == 1
    assert (Path(root) / kept.path).exists()


def test_the_sweep_waits_for_a_schedule_without_a_fuss(archive):
    list_what_is_due()
