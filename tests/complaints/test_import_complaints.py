"""Imports: good rows go in by the rules of receipt, bad ones are listed, nobody is mailed."""

import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import OperationalError
from openpyxl import Workbook

from accounts.services import system_user
from complaints import events
from complaints.errors import BadInput, NotAllowed
from complaints.management.commands.import_complaints import Command
from complaints.models import (
    Clock,
    Complainant,
    Complaint,
    ImportJob,
    Message,
    Notice,
)
from complaints.selectors.imports import error_text, shipped_maps
from complaints.selectors.search import search
from complaints.services import import_rows, importing
from complaints.services.import_lookups import Lookups
from complaints.services.importing import (
    BadMap,
    forget_imports,
    hand_in_import,
    path_of,
    run_import,
    run_next_import,
)
from complaints.services.sweeping import sweep_clocks
from complaints.states import ClosureBasis, State
from journal.models import Entry
from journal.services import bulk_rows, verify_journal
from tests.complaints.factories import NOW, make_complaint, make_policy, make_site, make_user
from tests.complaints.test_import_rules import MAP

pytestmark = pytest.mark.django_db

FIELDS = {
    "external_id": "id",
    "channel": {"column": "via", "otherwise": "other", "values": {"web": "web", "phone": "phone"}},
    "description": "text",
    "received_at": "in",
    "closed_at": "out",
    "name": "name",
    "phone": "phone",
    "email": "mail",
    "order_number": "order",
    "category": "class",
    "site": "site",
    "confidential": "secret",
}
HEADER = "id,via,text,in,out,name,phone,mail,order,class,site,secret"


@pytest.fixture(autouse=True)
def _place(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(bulk_rows, "FEW", 0)  # the few rows of a test go the way of the many
    make_policy()


@pytest.fixture
def manager():
    """Return somebody who may import everywhere."""
    return make_user("quality_manager")


def the_map(**changes):
    """Return a map of the columns above."""
    return {**MAP, "timezone": "Asia/Shanghai", "fields": {**FIELDS, **changes}}


def row(number, **cells):
    """Return a row with these cells."""
    cells = {"id": str(number), "text": f"text {number}", "in": "2026-01-05", **cells}
    return ",".join(str(cells.get(name, "")) for name in HEADER.split(","))


def hand_in(actor, *rows, dry_run=False, at=NOW, **changes):
    """Hand a file of these rows in."""
    content = "\n".join([HEADER, *rows, ""]).encode()
    return hand_in_import(
        file=[content[:10], content[10:]],
        file_name="old.csv",
        mapping=the_map(**changes),
        dry_run=dry_run,
        actor=actor,
        at=at,
    )


def clock():
    """Stand still."""
    return NOW


def run(actor, *rows, **options):
    """Import these rows."""
    return run_import(job_id=hand_in(actor, *rows, **options).pk, clock=clock)


def counts(job):
    """Return what came of a job: new, known, bad."""
    return job.rows_new, job.rows_known, job.rows_bad


def bad(job):
    """Return the bad rows of a job."""
    return list(job.problems.values_list("line", "field", "code"))


@pytest.mark.clause("CM-8.2")
def test_an_open_row_is_received_with_clocks_from_the_day_it_came_in(manager):
    run(manager, row(1, via="phone", phone="13800138000", name="王芳"))
    complaint = Complaint.objects.get()
    assert complaint.state == State.RECEIVED
    assert complaint.recorded_by == manager
    assert complaint.external_id == "1"
    assert complaint.received_at == datetime(2026, 1, 4, 16, tzinfo=UTC)
    assert complaint.recorded_at == NOW
    assert complaint.complainant is not None
    assert complaint.complainant.phone_key == "+8613800138000"
    assert {clock.started_at for clock in complaint.clocks.all()} == {complaint.received_at}
    assert {c.stage for c in complaint.clocks.all()} >= {"acknowledge", "respond"}
    assert complaint.next_due_at == min(clock.due_at for clock in complaint.clocks.all())


def test_what_is_over_by_now_warns_nobody(manager):
    run(manager, row(1, phone="13800138000"), row(2, phone="13800138001", **{"in": "2026-03-03"}))
    old, fresh = Complaint.objects.order_by("external_id")
    assert {clock.told_percent for clock in old.clocks.all()} == {100}
    assert all(clock.next_event_at is None for clock in old.clocks.all())
    assert all(
        clock.next_event_at > NOW for clock in fresh.clocks.all() if clock.next_event_at is not None
    )
    sweep_clocks(now=NOW)
    assert not Notice.objects.exists()


@pytest.mark.clause("CM-8.6c")
def test_closed_history_arrives_closed_with_its_dates_and_without_clocks(manager):
    job = run(
        manager,
        row(1, out="2026-01-09"),
        finding={"value": "upheld"},
        acknowledged_at={"value": "2026-01-06"},
    )
    assert counts(job) == (1, 0, 0)
    complaint = Complaint.objects.get()
    assert complaint.state == State.CLOSED
    assert not complaint.is_open
    assert complaint.closure_basis == ClosureBasis.HISTORY
    assert complaint.closed_at == datetime(2026, 1, 9, 15, 59, 59, tzinfo=UTC)
    assert complaint.acknowledged_at == datetime(2026, 1, 6, 15, 59, 59, tzinfo=UTC)
    assert complaint.finding == "upheld"
    assert not Clock.objects.exists()
    assert complaint.next_due_at is None


def test_an_acknowledged_row_waits_for_no_acknowledgement(manager):
    run(manager, row(1), acknowledged_at={"value": "2026-01-06"})
    complaint = Complaint.objects.get()
    assert complaint.state == State.ACKNOWLEDGED
    assert "acknowledge" not in {clock.stage for clock in complaint.clocks.all()}


@pytest.mark.parametrize("state", ["withdrawn", "not_a_complaint", "followed_up"])
def test_other_ends_are_kept(manager, state):
    job = run(
        manager,
        row(1, out="2026-01-09"),
        state={"value": state},
        followed_up_at={"value": "2026-02-01" if state == "followed_up" else ""},
    )
    assert counts(job) == (1, 0, 0)
    assert Complaint.objects.get().state == state


def test_bad_rows_are_listed_while_good_ones_go_in(manager):
    job = run(
        manager,
        row(1),
        row(2, out="2026-01-01"),
        row(3, mail="nobody"),
        row(4, site="nowhere"),
        row(5, text=""),
        row(6) + ",more",
        row(7),
    )
    assert counts(job) == (2, 0, 5)
    assert job.status == ImportJob.Status.DONE
    assert bad(job) == [
        (3, "closed_at", "before_receipt"),
        (4, "email", "refused"),
        (5, "site", "unknown_value"),
        (6, "description", "missing"),
        (7, "", "too_many_cells"),
    ]


def test_running_twice_changes_nothing(manager):
    rows = [row(number) for number in range(5)]
    assert counts(run(manager, *rows)) == (5, 0, 0)
    assert counts(run(manager, *rows, row(9), row(9))) == (1, 6, 0)
    assert Complaint.objects.count() == 6


def test_the_same_number_of_another_source_is_another_complaint(manager):
    run(manager, row(1))
    content = f"{HEADER}\n{row(1)}\n".encode()
    job = hand_in_import(
        file=[content],
        file_name="x",
        mapping={**the_map(), "source": "other"},
        actor=manager,
        at=NOW,
    )
    assert counts(run_import(job_id=job.pk, clock=clock)) == (1, 0, 0)


def test_a_dry_run_writes_nothing(manager):
    job = run(manager, row(1), row(2, out="2026-01-01"), dry_run=True)
    assert counts(job) == (1, 0, 1)
    assert bad(job) == [(3, "closed_at", "before_receipt")]
    assert not Complaint.objects.exists()
    assert not Complainant.objects.exists()


@pytest.mark.clause("CM-8.2c")
def test_an_import_mails_nobody(manager, settings):
    run(manager, row(1, via="web", mail="ann@example.com", name="Ann"), row(2, out="2026-01-09"))
    sweep_clocks(now=NOW)
    assert not Message.objects.exists()
    assert not Notice.objects.exists()
    assert mail.outbox == []


def test_every_complaint_has_its_journal_entry_and_is_found(manager):
    job = run(manager, row(1, text="水壶漏水"), row(2, text="kettle leaks", out="2026-01-09"))
    entries = Entry.objects.filter(kind=events.IMPORTED)
    assert {entry.subject_id for entry in entries} == set(
        Complaint.objects.values_list("pk", flat=True)
    )
    assert {entry.door for entry in entries} == {"import"}
    assert {entry.actor_id for entry in entries} == {manager.pk}
    assert all(entry.payload["import"] == job.pk for entry in entries)
    assert "漏水" not in "".join(entry.body for entry in entries)
    assert Entry.objects.filter(kind=events.IMPORT_STARTED, subject_id=job.pk).count() == 1
    assert Entry.objects.filter(kind=events.IMPORT_FINISHED, subject_id=job.pk).count() == 1
    assert verify_journal().fault is None
    assert [found.external_id for found in search(manager, "漏").rows] == ["1"]
    assert [found.external_id for found in search(manager, "kettle").rows] == ["2"]


def test_people_known_already_are_not_made_twice(manager):
    known = make_complaint(name="Ann", phone="13800138000").complainant
    run(
        manager,
        row(1, name="Ann", phone="138 0013 8000"),
        row(2, name="Bob", mail="bob@example.com"),
        row(3, name="Bob", mail="Bob@example.com "),
        row(4, name="Nobody"),
        row(5, name="Nobody"),
    )
    first, second, third, fourth, fifth = Complaint.objects.filter(recorded_by=manager).order_by(
        "external_id"
    )
    assert first.complainant == known
    assert second.complainant == third.complainant
    assert fourth.complainant != fifth.complainant


def test_somebody_unreachable_is_taken_and_marked(manager):
    run(manager, row(1, name="Ann"))
    complaint = Complaint.objects.get()
    assert "contact" in complaint.missing
    assert not complaint.anonymous


def test_repeats_are_linked_within_and_across_batches(manager, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    ann = {"phone": "13800138000", "order": "A1"}
    run(
        manager,
        row(1, **ann, out="2026-01-06"),
        row(2, **ann, **{"in": "2026-01-20", "out": "2026-01-21"}),
        row(3, **ann, **{"in": "2026-02-01"}),
        row(4, phone="13800138000", order="B2", **{"in": "2026-02-01"}),
        row(5, phone="13900139000", order="A1", **{"in": "2026-02-01"}),
    )
    first, second, third, other_order, somebody_else = Complaint.objects.order_by("external_id")
    assert first.repeat_of is None
    assert second.repeat_of == first
    assert third.repeat_of == second
    assert other_order.repeat_of is None
    assert somebody_else.repeat_of is None


def test_a_category_is_found_by_code_and_by_either_name(manager):
    run(
        manager,
        row(1, **{"class": "product.defective"}),
        row(2, **{"class": "goods DEFECTIVE"}),
        row(3, **{"class": "商品存在质量问题"}),
        row(4, **{"class": "what is this"}),
    )
    *known, unknown = Complaint.objects.order_by("external_id")
    assert {str(item.category.code) for item in known if item.category} == {"product.defective"}
    assert unknown.category is None
    assert "category" in unknown.missing


def test_nobody_without_the_right_imports():
    with pytest.raises(NotAllowed):
        hand_in(make_user("agent"), row(1))


def test_a_manager_of_one_site_imports_for_that_site_only():
    here, there = make_site("here"), make_site("there")
    job = run(make_user("manager", site=here), row(1, site="HERE"), row(2, site="there"), row(3))
    assert counts(job) == (1, 0, 2)
    assert bad(job) == [(3, "site", "not_allowed"), (4, "site", "not_allowed")]
    assert Complaint.objects.get().site == here
    assert there.code == "there"


def test_a_right_that_was_taken_away_meanwhile_counts(manager):
    job = hand_in(manager, row(1))
    manager.memberships.all().delete()
    job = run_next_import(now=NOW, clock=clock)
    assert job is not None
    assert job.status == ImportJob.Status.FAILED
    assert "may no longer import" in str(error_text(job))
    assert not Complaint.objects.exists()


def test_a_confidential_row_stays_confidential(manager):
    run(manager, row(1, secret="yes", text="harassment"))
    assert Complaint.objects.get().confidential
    assert search(make_user("agent"), "harassment").rows == []


def test_a_map_at_fault_is_refused_with_every_place(manager):
    with pytest.raises(BadMap) as caught:
        hand_in(manager, row(1), product={"column": "a", "value": "b"}, channel={})
    assert [path for path, _why in caught.value.faults] == ["fields.channel", "fields.product"]


def test_a_map_that_does_not_fit_the_file_is_refused(manager):
    with pytest.raises(BadInput, match="wanted") as caught:
        hand_in(manager, row(1), product="wanted")
    assert caught.value.field == "map"


def test_a_file_that_cannot_be_read_is_refused_and_not_kept(manager):
    with pytest.raises(BadInput) as caught:
        hand_in_import(
            file=[b"\x1f\x8bbroken"], file_name="x", mapping=the_map(), actor=manager, at=NOW
        )
    assert caught.value.field == "file"
    assert not ImportJob.objects.exists()
    assert list(importing.folder().iterdir()) == []


def test_a_file_that_is_too_large_is_refused(manager, monkeypatch):
    monkeypatch.setattr(importing, "MAX_FILE_BYTES", 10)
    with pytest.raises(BadInput, match="too large"):
        hand_in(manager, row(1))
    assert list(importing.folder().iterdir()) == []


class TestGoingOn:
    """A worker may be killed at any moment; another goes on where it had committed."""

    @pytest.fixture(autouse=True)
    def _small_batches(self, monkeypatch):
        monkeypatch.setattr(importing, "BATCH", 3)

    def test_a_killed_worker_loses_only_its_batch(self, manager, monkeypatch):
        job = hand_in(manager, *(row(number) for number in range(10)), row(99, text=""))
        taken = []

        def killed(self, batch, **options):
            taken.append(batch)
            if len(taken) == 3:
                raise KeyboardInterrupt
            return whole(self, batch, **options)

        whole = import_rows.RowTaker.take
        monkeypatch.setattr(import_rows.RowTaker, "take", killed)
        with pytest.raises(KeyboardInterrupt):
            run_next_import(now=NOW, clock=clock)
        job.refresh_from_db()
        assert (job.status, job.rows_done, job.rows_new) == ("running", 6, 6)
        assert Complaint.objects.count() == 6

        assert run_next_import(now=NOW + timedelta(seconds=1), clock=clock) is None
        later = NOW + importing.LEASE + timedelta(seconds=1)
        again = run_next_import(now=later, clock=lambda: later)
        assert again is not None
        assert (again.status, *counts(again)) == ("done", 10, 0, 1)
        assert Complaint.objects.count() == 10
        assert bad(again) == [(12, "description", "missing")]

    def test_a_worker_that_lost_its_lease_writes_no_more(self, manager, monkeypatch):
        job = hand_in(manager, *(row(number) for number in range(6)))
        whole = import_rows.RowTaker.take

        def overtaken(self, batch, **options):
            ImportJob.objects.filter(pk=job.pk).update(leased_until=NOW + timedelta(days=1))
            monkeypatch.setattr(import_rows.RowTaker, "take", whole)
            return whole(self, batch, **options)

        monkeypatch.setattr(import_rows.RowTaker, "take", overtaken)
        left = run_next_import(now=NOW, clock=clock)
        assert left is not None
        assert left.status == "running"
        assert left.rows_done == 3

    def test_two_workers_do_not_take_the_same_job(self, manager):
        job = hand_in(manager, row(1))
        ImportJob.objects.update(status="running", leased_until=NOW + timedelta(seconds=5))
        assert run_next_import(now=NOW, clock=clock) is None
        with pytest.raises(BadInput, match="under way"):
            run_import(job_id=job.pk, clock=clock)

    def test_a_long_import_makes_room_for_other_work(self, manager):
        hand_in(manager, *(row(number) for number in range(7)))
        ticks = iter(NOW + timedelta(seconds=20 * n) for n in range(100))
        turns, now = 0, NOW
        while (job := run_next_import(now=now, clock=lambda: next(ticks))) is not None:
            turns, now = turns + 1, job.leased_until or now
            assert turns < 20
        assert turns > 1
        assert counts(ImportJob.objects.get()) == (7, 0, 0)

    def test_passing_over_many_rows_keeps_the_lease(self, manager, monkeypatch):
        monkeypatch.setattr(importing, "PASSED_OVER", 2)
        job = hand_in(manager, *(row(number) for number in range(8)))
        ImportJob.objects.filter(pk=job.pk).update(rows_done=7, rows_total=8)
        ticks = iter(NOW + timedelta(seconds=50 * n) for n in range(100))
        job = run_next_import(now=NOW, clock=lambda: next(ticks))
        assert job is not None
        assert (job.status, job.rows_done, job.rows_new) == ("done", 8, 1)

    def test_a_workbook_is_brought_to_its_end_in_one_go(self, manager):
        book = Workbook()
        for line in [HEADER, *(row(number) for number in range(7))]:
            book.active.append(line.split(","))
        file = io.BytesIO()
        book.save(file)
        hand_in_import(
            file=[file.getvalue()], file_name="x", mapping=the_map(), actor=manager, at=NOW
        )
        ticks = iter(NOW + timedelta(seconds=20 * n) for n in range(100))
        job = run_next_import(now=NOW, clock=lambda: next(ticks))
        assert job is not None
        assert (job.status, job.rows_total, job.rows_new) == ("done", 7, 7)

    def test_jobs_are_taken_in_their_order(self, manager):
        first, second = hand_in(manager, row(1)), hand_in(manager, row(2))
        assert run_next_import(now=NOW, clock=clock) == first
        assert run_next_import(now=NOW, clock=clock) == second
        assert run_next_import(now=NOW, clock=clock) is None

    def test_progress_is_told_batch_by_batch(self, manager):
        job = hand_in(manager, *(row(number) for number in range(7)))
        seen = []
        run_import(
            job_id=job.pk,
            clock=clock,
            on_progress=lambda j: seen.append((j.rows_done, j.rows_total)),
        )
        assert seen == [(3, 7), (6, 7), (7, 7)]
        assert all(a < b for a, b in pairwise(seen))

    def test_a_fault_of_the_machine_fails_the_job_without_data_in_the_log(
        self, manager, monkeypatch
    ):
        hand_in(manager, row(1))

        def broken(*_args, **_kwargs):
            raise ValueError("王芳 13800138000")

        monkeypatch.setattr(import_rows.RowTaker, "take", broken)
        job = run_next_import(now=NOW, clock=clock)
        assert job is not None
        assert job.status == "failed"
        assert "ValueError" in job.error
        assert "王芳" not in job.error

    def test_an_absent_database_is_waited_for(self, manager, monkeypatch):
        hand_in(manager, row(1))

        def away(*_args, **_kwargs):
            raise OperationalError

        monkeypatch.setattr(import_rows.RowTaker, "take", away)
        with pytest.raises(OperationalError):
            run_next_import(now=NOW, clock=clock)
        assert ImportJob.objects.get().status == "running"

    def test_a_row_that_the_database_refuses_spoils_no_other(self, manager, monkeypatch):
        monkeypatch.setattr(importing, "BATCH", 8)
        monkeypatch.setattr(import_rows, "new_clock", _without_due_date)
        rows = [row(number, out="2026-01-09") for number in range(6)]
        job = run(manager, *rows, row(7))
        assert counts(job) == (6, 0, 1)
        assert bad(job) == [(8, "", "database")]

    def test_old_files_and_what_bad_rows_said_are_removed(self, manager):
        job = run(manager, row(1), row(3, mail="nobody"))
        assert job.problems.get().value == "nobody"
        assert path_of(job).exists()
        ended = job.finished_at
        assert forget_imports(before=ended, at=NOW) == 0
        assert path_of(job).exists()
        assert forget_imports(before=ended + timedelta(seconds=1), at=NOW) == 1
        assert not path_of(job).exists()
        assert (job.problems.get().value, job.problems.get().code) == ("", "refused")


def _without_due_date(complaint, *_args):
    due = NOW + timedelta(days=1)
    return Clock(
        complaint=complaint, cycle=1, code="x", started_at=NOW, due_at=due, promised_at=due
    )


class TestCommand:
    """`manage.py import_complaints`."""

    @pytest.fixture
    def files(self, tmp_path):
        """Write a table and a map."""
        table, table_map = tmp_path / "old.csv", tmp_path / "map.yaml"
        table.write_text("\n".join([HEADER, row(1), row(2, text="")]), encoding="gb18030")
        fields = "\n".join(f"  {name}: {_yaml(spec)}" for name, spec in FIELDS.items())
        table_map.write_text(
            f"source: test\nnames: {{en: T, zh: 测}}\nfields:\n{fields}\n", encoding="utf-8"
        )
        return str(table), str(table_map)

    def test_it_imports_and_lists_bad_rows(self, files, capsys):
        table, table_map = files
        call_command("import_complaints", table, map=table_map)
        out = capsys.readouterr().out
        assert "2 rows read: 1 new, 0 there already, 1 bad." in out
        assert "Line 3, What happened: This is missing." in out
        assert Complaint.objects.get().recorded_by == system_user()

    @pytest.mark.parametrize(("total", "bar"), [(7, "[####"), (None, "3/?")])
    def test_a_terminal_shows_how_far_it_is(self, manager, total, bar):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        shown = Terminal()
        job = hand_in(manager, row(1))
        job.rows_done, job.rows_total = 3, total
        Command(stderr=shown)._progress(job)
        assert bar in shown.getvalue()

    def test_a_dry_run_says_what_would_happen(self, files, capsys):
        call_command("import_complaints", files[0], map=files[1], dry_run=True)
        assert "1 would be new" in capsys.readouterr().out
        assert not Complaint.objects.exists()

    def test_it_acts_in_somebodys_name(self, files, manager):
        call_command(
            "import_complaints",
            files[0],
            map=files[1],
            username=manager.username,
            stdout=io.StringIO(),
        )
        assert Complaint.objects.get().recorded_by == manager

    @pytest.mark.parametrize("what", ["file", "map", "name", "right"])
    def test_what_is_wrong_is_told(self, files, what, tmp_path):
        table, table_map = files
        options = {"map": table_map}
        if what == "file":
            table = str(tmp_path / "absent.csv")
        elif what == "map":
            (tmp_path / "bad.yaml").write_text("source: x\nfields: {nonsense: y}\n")
            options["map"] = str(tmp_path / "bad.yaml")
        elif what == "name":
            options["username"] = "nobody-at-all"
        else:
            options["username"] = make_user("agent").username
        with pytest.raises(CommandError):
            call_command("import_complaints", table, **options)


def _yaml(spec):
    if isinstance(spec, str):
        return spec
    values = ", ".join(f"{key}: {value}" for key, value in spec["values"].items())
    return f"{{column: {spec['column']}, otherwise: {spec['otherwise']}, values: {{{values}}}}}"


_CFPB = (
    "complaint_id,product,sub_product,issue,sub_issue,state,zip_code,submitted_via,date_received,"
    "date_sent_to_company,company,company_response,timely_response,consumer_disputed"
)
_NYC = (
    "unique_key,account,opendate,closedate,complaint_type,descriptor,zip,borough,council_dist,"
    "community_board"
)
SAMPLES = {
    "cfpb": [
        _CFPB,
        "1,Mortgage,Other,Late fee,,CA,9,Referral,2014-10-10,2014-10-16,Acme,Closed,Yes,",
        "2,Debt,,Late fee,Too late,OH,9,Web,2014-10-10,2014-10-17,Acme,In progress,Yes,",
    ],
    "cfpb_narratives": ["row,product,narrative", '3,Credit card,"A long story"'],
    "nyc_council": [
        _NYC,
        "A1,NYCC18,2015-01-01,2015-01-12,Sanitation,Missed pick-up,11373,Queens,,",
        "A2,NYCC18,2015-01-01,,,,,,,",
    ],
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_maps_that_come_with_the_product_take_every_row(manager, name, tmp_path):
    job = hand_in_import(
        file=["\n".join(SAMPLES[name]).encode()],
        file_name=name,
        mapping=shipped_maps()[name].model_dump(mode="json", exclude_defaults=True),
        actor=manager,
        at=NOW,
    )
    job = run_import(job_id=job.pk, clock=clock)
    assert counts(job) == (len(SAMPLES[name]) - 1, 0, 0)


def test_every_class_that_a_shipped_map_names_exists():
    known = {category.code for category in Lookups(system_user()).categories.values()}
    for table_map in shipped_maps().values():
        field = table_map.fields.get("category")
        if field is not None:
            assert set(field.values.values()) - {""} <= known
            assert field.otherwise in known
