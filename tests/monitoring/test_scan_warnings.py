"""Counts kept beside the complaints, and scans that raise, follow and end alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from complaints.models import Complainant, Complaint
from complaints.services.emergencies import declare_emergency
from incidents.services.lifecycle import Scope, declare_incident, open_incident
from incidents.services.linking import link_complaints
from journal.services import deliver_pending
from monitoring.models import Alert, AlertNotice, ScanRun, SeriesDay
from monitoring.selectors.series_counts import load_counts
from monitoring.services.returning import follow_repeats, raise_emergency
from monitoring.services.scanning import look_through, put_history_away, scan_warnings
from monitoring.services.series import keep_series, verify_series
from monitoring.services.warning_settings import ensure_settings
from tests.complaints.factories import make_complaint, make_site, make_user
from tests.monitoring.warning_world import (
    MONDAY,
    NOW,
    SUNDAY,
    noon,
    quality,
    quiet_months,
    spike,
    write_complaints,
)

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-8.4")]
WEEK = timedelta(days=7)


def kept():
    return sorted(SeriesDay.objects.values_list("day", "product", "complaints", "repeats"))


class TestCounts:
    def test_only_changed_days_are_counted_anew_and_equal_a_recount(self):
        site = make_site()
        quiet_months([site], weeks=3)
        assert keep_series(now=NOW) == 3
        assert keep_series(now=NOW) == 0
        write_complaints(MONDAY, 2, site=site, product=" kettle ")
        assert keep_series(now=NOW) == 1
        assert (MONDAY, "kettle", 2, 0) in kept()
        assert verify_series(now=NOW) == []

    def test_what_is_taken_back_or_changed_is_counted_so(self):
        first, second = write_complaints(MONDAY, 2, product="Kettle")
        keep_series(now=NOW)
        Complaint.objects.filter(pk=first.pk).update(state="not_a_complaint", is_open=False)
        Complaint.objects.filter(pk=second.pk).update(product="Pan", version=2)
        keep_series(now=NOW)
        assert kept() == [(MONDAY, "pan", 1, 0)]
        Complaint.objects.all().delete()
        keep_series(now=NOW)
        assert kept() == []

    def test_late_entries_stand_apart_and_are_not_known_before(self):
        write_complaints(MONDAY, 2)
        write_complaints(MONDAY, 3, recorded_at=noon(MONDAY + timedelta(days=4)))
        keep_series(now=NOW)
        loaded = load_counts()
        assert loaded.known(MONDAY).complaints.sum() == 2
        assert loaded.known(MONDAY + timedelta(days=4)).complaints.sum() == 5

    def test_a_difference_is_named_and_fails_the_command(self):
        write_complaints(MONDAY, 2)
        keep_series(now=NOW)
        call_command("verify_series")
        SeriesDay.objects.update(complaints=7)
        (fault,) = verify_series(now=NOW)
        assert (fault.day, fault.kept, fault.counted) == (MONDAY, 7, 2)
        with pytest.raises(CommandError, match="1 day"):
            call_command("verify_series")


class TestScan:
    @pytest.fixture
    def sites(self):
        return [make_site() for _ in range(3)]

    @pytest.fixture(autouse=True)
    def manager(self, sites):
        return make_user("manager", site=sites[1])

    @pytest.fixture
    def quality_manager(self):
        return make_user("quality_manager")

    def test_a_spike_is_one_alert_with_all_it_was_judged_by(self, sites, manager):
        quiet_months(sites)
        spike(sites[1])
        found = scan_warnings(as_of=SUNDAY, now=NOW)
        (alert,) = found.alerts
        assert alert.site == sites[1]
        assert alert.observed == 18
        assert 2 < (alert.expected or 0) < 7
        assert alert.level == "red"
        assert alert.p is not None
        assert alert.p < 0.001
        assert alert.since == MONDAY
        assert alert.series["counts"][-1] == 18
        assert alert.parameters["alpha"] == 0.01
        assert alert.members.count() == 18
        assert alert.due_at == datetime(2026, 3, 18, 16, tzinfo=UTC)  # two working days
        assert list(AlertNotice.objects.values_list("user", "kind")) == [(manager.pk, "raised")]

    def test_the_same_period_is_judged_once(self, sites):
        quiet_months(sites, weeks=12)
        spike(sites[1])
        assert scan_warnings(as_of=SUNDAY, now=NOW).alerts
        assert not scan_warnings(as_of=SUNDAY, now=NOW).alerts
        assert ScanRun.objects.count() == 2

    def test_a_day_that_is_not_over_is_refused(self):
        with pytest.raises(ValueError, match="as_of"):
            scan_warnings(as_of=SUNDAY + timedelta(days=1), now=NOW)

    def test_a_dry_run_writes_nothing(self, sites):
        quiet_months(sites, weeks=12)
        spike(sites[1])
        assert scan_warnings(as_of=SUNDAY, now=NOW, dry_run=True).raised
        assert not Alert.objects.exists()
        assert not ScanRun.objects.exists()

    def test_an_episode_goes_on_rises_and_ends_with_an_all_clear(self, sites):
        quiet_months(sites)
        spike(sites[1], 18)
        (alert,) = scan_warnings(as_of=SUNDAY, now=NOW).alerts
        spike(sites[1], 18, monday=MONDAY + WEEK)
        for at in (0, 2):
            write_complaints(
                MONDAY + WEEK + timedelta(days=at), 4, site=sites[at], product="Kettle"
            )
        found = scan_warnings(as_of=SUNDAY + WEEK, now=NOW + WEEK)
        assert not found.alerts
        alert.refresh_from_db()
        assert alert.members.count() == 36
        quiet_months(sites, weeks=3, until=MONDAY + 5 * WEEK)
        scan_warnings(as_of=SUNDAY + 4 * WEEK, now=NOW + 4 * WEEK)
        alert.refresh_from_db()
        assert not alert.going_on
        assert alert.calm_at
        assert "calm" in AlertNotice.objects.values_list("kind", flat=True)

    def test_a_declared_incident_leaves_the_past_but_is_counted(self, sites, quality_manager):
        quiet_months(sites, weeks=12)
        burst = spike(sites[1], 30, monday=MONDAY - WEEK)
        scope = Scope("Leak", "high", hypothesis="A bad seal", commander=quality_manager)
        at = noon(MONDAY - WEEK)
        incident = open_incident(scope=scope, actor=quality_manager, at=at)
        link_complaints(
            incident_id=incident.pk,
            complaint_ids=[one.pk for one in burst],
            actor=quality_manager,
            at=at,
        )
        declare_incident(incident_id=incident.pk, actor=quality_manager, at=at)
        keep_series(now=NOW)
        cells = load_counts().known(SUNDAY)
        assert cells.apart.sum() == 30
        assert cells.complaints.sum() == Complaint.objects.count()

    def test_a_channel_that_falls_silent_is_an_alert(self):
        for week in range(20, 1, -1):
            write_complaints(MONDAY - WEEK * week, 6, channel="email")
            write_complaints(MONDAY - WEEK * week, 5)
        for week in (1, 0):
            write_complaints(MONDAY - WEEK * week, 5)
        found = scan_warnings(as_of=SUNDAY, now=NOW)
        silent = [one for one in found.alerts if one.kind == "silence"]
        assert [(one.channel, one.observed) for one in silent] == [("email", 0)]

    def test_history_is_looked_through_without_telling_anybody(self, sites):
        quiet_months(sites, weeks=30)
        spike(sites[1], 24, monday=MONDAY - 10 * WEEK)
        quiet_months(sites, weeks=1, until=MONDAY + WEEK)
        found = look_through(since=SUNDAY - 12 * WEEK, as_of=SUNDAY, now=NOW)
        (alert,) = Alert.objects.filter(pk__in=[one.pk for one in found.alerts])
        assert (alert.period_from, alert.step) == (MONDAY - 10 * WEEK, 1)  # seen on its first day
        assert alert.raised_at < NOW - 8 * WEEK
        assert (alert.state, alert.dismissal) == ("dismissed", "history")
        assert not AlertNotice.objects.exists()
        assert put_history_away(now=NOW) == 0

    def test_the_command_tells_what_it_found(self, sites, capsys):
        quiet_months(sites, weeks=12)
        spike(sites[1])
        call_command("scan_warnings", as_of="2026-03-15")
        assert "red complaints:" in capsys.readouterr().out
        for wrong in ({"as_of": "soon"}, {"since": "2026-03-16", "as_of": "2026-03-15"}):
            with pytest.raises(CommandError, match=r"^--"):
                call_command("scan_warnings", **wrong)


class TestRules:
    def test_three_people_with_the_same_unusual_problem_are_a_red_alert(self):
        category = quality()
        people = Complainant.objects.bulk_create(
            [Complainant(name=name, created_at=NOW) for name in "ABC"]
        )
        for days, person in zip((20, 9, 0), people, strict=True):
            day = SUNDAY - timedelta(days=days)
            write_complaints(day, 1, product="Lamp", category=category, complainant=person)
        says = ensure_settings(at=NOW)
        given: dict[str, Any] = {"settings": says, "at": NOW, "now": NOW}
        (alert,) = follow_repeats(says.says, as_of=SUNDAY, **given)
        assert (alert.kind, alert.level, alert.product) == ("repeat_rule", "red", "Lamp")
        assert alert.members.count() == 3
        write_complaints(SUNDAY + timedelta(days=1), 1, product="lamp", category=category)
        assert follow_repeats(says.says, as_of=SUNDAY + timedelta(days=1), **given) == []
        assert alert.members.count() == 4
        follow_repeats(says.says, as_of=SUNDAY + timedelta(days=60), **given)
        alert.refresh_from_db()
        assert not alert.going_on

    def test_what_comes_every_month_anyway_is_left_to_the_statistics(self):
        category = quality()
        for week in range(40):
            write_complaints(SUNDAY - WEEK * week, 1, product="Lamp", category=category)
        keep_series(now=NOW)
        says = ensure_settings(at=NOW)
        assert not follow_repeats(says.says, settings=says, as_of=SUNDAY, at=NOW, now=NOW)

    def test_an_emergency_is_an_alert_at_once_and_once(self):
        manager = make_user("manager")
        complaint = make_complaint(product="Kettle", at=NOW)
        given: dict[str, Any] = {
            "trigger": "personal_safety",
            "facts": "Burnt hand",
            "actor": manager,
            "at": NOW,
        }
        declare_emergency(complaint_id=complaint.pk, **given)
        while deliver_pending():
            pass
        alert = Alert.objects.get()
        assert (alert.kind, alert.level, alert.about_id) == ("emergency", "red", complaint.pk)
        assert raise_emergency(complaint_id=complaint.pk, at=NOW) is None
