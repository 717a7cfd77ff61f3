"""The work on alerts: each verb and its refusals, the ladder, digests, what each person sees."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from emergencies.services.addresses import add_address
from emergencies.services.notes import send_note
from incidents.services.lifecycle import Scope, open_incident
from journal.models import Entry
from journal.services import deliver_pending, verify_subject
from monitoring.models import Alert, AlertNotice, Digest, Exposure
from monitoring.rules.watch_settings import default_settings
from monitoring.selectors.alerts import AlertFilters, alert_view, alerts_for
from monitoring.selectors.unread import unread_count
from monitoring.selectors.watching import settings_in_force
from monitoring.services.alerts import (
    acknowledge_alert,
    act_on_alert,
    close_alert,
    dismiss_alert,
    give_alert,
    investigate_alert,
    link_alert,
    open_incident_for_alert,
    read_alert_notices,
    rebase_alert,
    record_effect,
)
from monitoring.services.digest import choose_digest, deliver_digest, make_digests
from monitoring.services.exposure import import_exposure
from monitoring.services.following import sweep_alerts
from monitoring.services.series import keep_series
from monitoring.services.warning_settings import ask_preview, reckon_previews, set_warnings
from monitoring.workflow import MOVES, reasons_against
from tests.complaints.factories import NOW, make_complaint, make_site, make_user
from tests.monitoring.access_warnings import make_alert
from tests.monitoring.warning_world import NOW as MONDAY_MORNING
from tests.monitoring.warning_world import quiet_months, spike

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-8.4")]
DAY = timedelta(days=1)

# Which moves each state allows, by hand.
TABLE = {
    "open": {"acknowledge", "investigate", "dismiss"},
    "acknowledged": {"investigate", "dismiss"},
    "investigating": {"act", "dismiss"},
    "action": {"close"},
    "closed": {"confirm", "resume"},
    "dismissed": set(),
}


@pytest.fixture(autouse=True)
def nothing_kept():
    """Keep no count of an earlier test's people."""
    cache.clear()


@pytest.mark.parametrize("state", TABLE)
def test_each_state_allows_just_these_moves(state):
    alert = Alert(state=state)
    assert {name for name in MOVES if not reasons_against(alert, name)} == TABLE[state]


@pytest.fixture
def site():
    return make_site()


@pytest.fixture
def manager(site):
    return make_user("manager", site=site)


@pytest.fixture
def quality():
    return make_user("quality_manager")


@pytest.fixture
def alert(site, manager):
    complaints = [make_complaint(site=site, product="Kettle") for _ in range(3)]
    return make_alert(site, complaints=complaints)


def closed(alert, manager):
    given = {"alert_id": alert.pk, "actor": manager, "at": NOW}
    investigate_alert(**given)
    act_on_alert(cause="Seal", action="Recall", by=manager, due=(NOW + DAY).date(), **given)
    return close_alert(result="Recalled", **given)


class TestVerbs:
    def test_from_open_to_closed_each_step_is_on_the_record(self, alert, manager):
        given = {"alert_id": alert.pk, "actor": manager, "at": NOW}
        acknowledge_alert(**given, expected_version=1)
        investigate_alert(**given)
        act_on_alert(cause="Seal", action="Recall", by=manager, due=NOW.date(), **given)
        ended = close_alert(result="All recalled", **given)
        assert (ended.state, ended.owner, ended.is_open) == ("closed", manager, False)
        assert ended.effect_due == NOW.date() + timedelta(weeks=6)
        record_effect(effect="effective", note="Back to four a week", **given)
        kinds = list(
            Entry.objects.filter(subject_type="monitoring.alert")
            .order_by("seq")
            .values_list("kind", flat=True)
        )
        assert kinds == [
            f"alert.{name}"
            for name in ("raised", "acknowledged", "investigated", "acted", "closed", "effect")
        ]
        assert verify_subject(ended).intact

    def test_what_did_not_work_is_looked_into_again(self, alert, manager):
        closed(alert, manager)
        given = {"alert_id": alert.pk, "actor": manager, "at": NOW}
        again = record_effect(effect="not_effective", note="Still twelve", **given)
        assert (again.state, again.is_open) == ("investigating", True)
        act_on_alert(cause="Pump", action="New pump", by=manager, due=NOW.date(), **given)
        assert close_alert(result="Done", **given).effect == ""

    def test_whoever_may_not_is_refused_and_from_elsewhere_it_does_not_exist(self, alert):
        for role, error in (
            ("auditor", NotAllowed),
            ("top_management", NotAllowed),
            ("agent", Alert.DoesNotExist),
            ("provider_staff", Alert.DoesNotExist),
        ):
            with pytest.raises(error):
                acknowledge_alert(alert_id=alert.pk, actor=make_user(role), at=NOW)
        other = make_user("manager", site=make_site())
        with pytest.raises(Alert.DoesNotExist):
            acknowledge_alert(alert_id=alert.pk, actor=other, at=NOW)

    def test_of_two_at_once_the_second_is_told(self, alert, manager, quality):
        given = {"alert_id": alert.pk, "at": NOW, "expected_version": 1}
        acknowledge_alert(actor=manager, **given)
        with pytest.raises(Conflict):
            investigate_alert(actor=quality, **given)
        with pytest.raises(MoveRefused):
            acknowledge_alert(alert_id=alert.pk, actor=quality, at=NOW)

    @pytest.mark.parametrize(
        ("verb", "given", "field"),
        [
            (act_on_alert, {"cause": " ", "action": "x"}, "cause"),
            (act_on_alert, {"cause": "x", "action": ""}, "action"),
            (act_on_alert, {"cause": "x", "action": "x", "due": -1}, "due"),
            (act_on_alert, {"cause": "x", "action": "x", "by": "provider_staff"}, "by"),
            (dismiss_alert, {"why": "because", "note": "x"}, "why"),
            (dismiss_alert, {"why": "history", "note": "x"}, "why"),
            (dismiss_alert, {"why": "chance", "note": " "}, "note"),
            (rebase_alert, {"note": ""}, "note"),
            (give_alert, {"owner": "agent"}, "owner"),
            (link_alert, {"incident_id": 0}, "incident"),
        ],
    )
    def test_bad_input_names_its_field(self, alert, manager, verb, given, field):
        investigate_alert(alert_id=alert.pk, actor=manager, at=NOW)
        given = dict(given)
        if verb is act_on_alert:
            given["by"] = make_user(given["by"]) if "by" in given else manager
            given["due"] = (NOW + given.get("due", 0) * DAY).date()
        if "owner" in given:
            given["owner"] = make_user(given["owner"])
        with pytest.raises(BadInput) as refusal:
            verb(alert_id=alert.pk, actor=manager, at=NOW, **given)
        assert refusal.value.field == field

    def test_texts_of_the_end_are_demanded(self, alert, manager):
        given = {"alert_id": alert.pk, "actor": manager, "at": NOW}
        investigate_alert(**given)
        act_on_alert(cause="x", action="x", by=manager, due=NOW.date(), **given)
        steps: list[Any] = [
            (close_alert, {"result": ""}, "result"),
            (record_effect, {"effect": "", "note": "x"}, "effect"),
            (record_effect, {"effect": "unclear", "note": ""}, "note"),
        ]
        for verb, wrong, field in steps:
            with pytest.raises(BadInput) as refusal:
                verb(**given, **wrong)
            assert refusal.value.field == field

    def test_an_alert_is_given_to_who_may_work_on_it(self, alert, manager, quality):
        given = give_alert(alert_id=alert.pk, owner=quality, actor=manager, at=NOW)
        assert given.owner == quality
        assert AlertNotice.objects.filter(user=quality, kind="given").exists()
        dismiss_alert(alert_id=alert.pk, why="chance", note="x", actor=quality, at=NOW)
        with pytest.raises(MoveRefused):
            give_alert(alert_id=alert.pk, owner=manager, actor=quality, at=NOW)

    def test_a_new_level_ends_the_alert_and_is_the_usual_one(self, alert, manager):
        level = rebase_alert(alert_id=alert.pk, note="New shop", actor=manager, at=NOW)
        assert (level.key, level.factor) == (alert.key, 3.0)
        alert.refresh_from_db()
        assert (alert.state, alert.dismissal, alert.going_on) == ("dismissed", "new_level", False)
        silent = make_alert(kind="silence")
        with pytest.raises(MoveRefused):
            rebase_alert(alert_id=silent.pk, note="x", actor=make_user("manager"), at=NOW)

    def test_an_incident_takes_the_complaints_with_it(self, alert, manager):
        given = {"alert_id": alert.pk, "actor": manager, "at": NOW}
        scope = Scope("Kettles", "high", site=alert.site)
        incident = open_incident_for_alert(scope=scope, **given)
        assert incident.links.count() == 3
        with pytest.raises(MoveRefused):
            open_incident_for_alert(scope=scope, **given)
        other = make_alert(alert.site)
        open_one = open_incident(scope=scope, actor=manager, at=NOW)
        linked = link_alert(alert_id=other.pk, incident_id=open_one.pk, actor=manager, at=NOW)
        assert linked.incident == open_one


class TestTelling:
    @pytest.mark.usefixtures("alert")
    def test_what_nobody_takes_climbs_the_ladder_and_stops_there(self, manager, quality):
        top = make_user("top_management")
        assert sweep_alerts(now=NOW + DAY) == 0
        assert sweep_alerts(now=NOW + 4 * DAY) == 1
        assert sweep_alerts(now=NOW + 4 * DAY) == 0
        sweep_alerts(now=NOW + 12 * DAY)
        assert sweep_alerts(now=NOW + 30 * DAY) == 0
        told = list(AlertNotice.objects.order_by("pk").values_list("user", "kind"))
        assert told == [
            (manager.pk, "raised"),
            (quality.pk, "unattended"),
            (top.pk, "unattended"),
        ]

    def test_the_effect_is_asked_for_when_its_day_comes(self, alert, manager):
        closed(alert, manager)
        assert sweep_alerts(now=NOW + timedelta(weeks=5)) == 0
        assert sweep_alerts(now=NOW + timedelta(weeks=6)) == 1
        assert sweep_alerts(now=NOW + timedelta(weeks=7)) == 0
        assert AlertNotice.objects.filter(user=manager, kind="effect").count() == 1

    def test_a_digest_names_the_series_and_nobody(self, alert, manager):
        assert make_digests(now=NOW) == 1
        assert make_digests(now=NOW) == 0
        while deliver_pending():
            pass
        letter = mail.outbox[-1]
        assert letter.to == [manager.email]
        assert alert.reference in letter.body
        assert "Li Ming" not in letter.body
        digest = Digest.objects.get()
        assert digest.sent_at
        deliver_digest(digest_id=digest.pk, at=NOW)
        assert len([one for one in mail.outbox if alert.reference in one.body]) == 1

    def test_whoever_chose_monday_waits_and_whoever_read_gets_none(self, alert, manager):
        choose_digest(rhythm="weekly", by_service=True, actor=manager, at=NOW)
        assert make_digests(now=NOW) == 0  # a Wednesday
        assert read_alert_notices(alert=alert, actor=manager, at=NOW) == 1
        assert make_digests(now=MONDAY_MORNING) == 0
        with pytest.raises(BadInput):
            choose_digest(rhythm="hourly", by_service=False, actor=manager, at=NOW)
        with pytest.raises(NotAllowed):
            choose_digest(rhythm="daily", by_service=False, actor=make_user("agent"), at=NOW)

    def test_a_service_that_refuses_is_noted_and_holds_nothing_up(self, manager, monkeypatch):
        sent = []
        monkeypatch.setattr(
            "emergencies.transports.apprise.Apprise.notify", lambda *_a, **k: sent.append(k)
        )
        add_address(
            person=manager, text="dingtalk://abcdefghijklmnop@13800000000", actor=manager, at=NOW
        )
        given = {"person": manager, "subject": "1 alert", "text": "A26", "language": "en"}
        assert send_note(**given, at=NOW) == ["dingtalk:not_accepted"]
        assert sent[0]["title"] == "1 alert"


class TestSight:
    def test_counts_hide_what_lists_hide(self, site, manager):
        seen = [make_complaint(site=site) for _ in range(2)]
        hidden = make_complaint(site=site, confidential=True)
        alert = make_alert(site, complaints=[*seen, hidden], observed=12)
        top = make_user("top_management")
        whole, part = alert_view(alert, manager), alert_view(alert, top)
        assert (whole.complaints, part.complaints) == (3, 2)
        assert [row.count for row in whole.chart] == [4, 5, 12]
        assert [row.count for row in part.chart] == [3, 3, 9]
        assert "11 from" in part.seen
        line = alerts_for(AlertFilters("all"), top, now=NOW).lines[0]
        assert "11 from" in line.seen

    def test_every_page_tells_who_works_on_alerts_how_many_they_have_not_opened(
        self, client, alert, manager
    ):
        def badge() -> str:
            return str(client.get(reverse("complaints:notices")).context["unread_alerts"])

        AlertNotice.objects.create(user=manager, alert=alert, kind="raised", created_at=NOW)
        looker = make_user("top_management")
        AlertNotice.objects.create(user=looker, alert=alert, kind="raised", created_at=NOW)
        client.force_login(looker)
        assert badge() == ""
        client.force_login(manager)
        assert badge() == "1"
        client.get(reverse("warnings:alert", args=[alert.reference]))
        assert badge() == ""

    def test_the_number_tells_nothing_of_alerts_that_do_not_exist_for_the_reader(self, alert):
        elsewhere = make_user("manager", site=make_site())
        AlertNotice.objects.create(user=elsewhere, alert=alert, kind="raised", created_at=NOW)
        assert unread_count(elsewhere) == 0

    def test_lists_are_of_ones_own_places(self, alert, manager):
        elsewhere = make_alert(make_site())
        shown = alerts_for(AlertFilters.parse({"tab": "nonsense"}), manager, now=NOW)
        assert [line.alert for line in shown.lines] == [alert]
        assert elsewhere not in Alert.objects.visible_to(manager)

    def test_the_page_tells_chance_in_words_and_takes_a_step(self, client, alert, manager):
        client.force_login(manager)
        page = client.get(reverse("warnings:alert", args=[alert.reference])).content.decode()
        assert "about once in 480 weeks" in page
        assert 'data-chart="time"' in page
        assert not AlertNotice.objects.filter(user=manager, read_at=None).exists()
        act = reverse("warnings:act", args=[alert.reference, "dismiss"])
        refused = client.post(act, {"why": "chance", "note": ""})
        assert refused.status_code == 422
        client.post(act, {"why": "chance", "note": "Nothing in common"})
        alert.refresh_from_db()
        assert alert.state == "dismissed"


class TestSettings:
    def given(self, **changes):
        return {**default_settings().model_dump(mode="json"), **changes}

    def test_new_settings_are_a_version_and_the_old_stay(self, quality):
        first = {"seen_version": 0, "actor": quality, "at": NOW}
        set_warnings(content=self.given(least=8), note="Fewer", **first)
        assert settings_in_force().says.least == 8
        with pytest.raises(Conflict):
            set_warnings(content=self.given(), note="Back", **first)

    @pytest.mark.parametrize(
        ("changes", "note", "field"),
        [
            ({"least": 0}, "x", "least"),
            ({"sets": []}, "x", "sets"),
            ({"red_alpha": 0.04}, "x", ""),
            ({"calendar": "MARS"}, "x", "calendar"),
            ({}, " ", "note"),
        ],
    )
    def test_wrong_settings_are_refused_with_the_field(self, quality, changes, note, field):
        with pytest.raises(BadInput) as refusal:
            set_warnings(
                content=self.given(**changes), note=note, seen_version=0, actor=quality, at=NOW
            )
        assert refusal.value.field == field

    def test_only_who_may_sets_tries_or_takes_in(self, manager):
        given = {"actor": manager, "at": NOW}
        with pytest.raises(NotAllowed):
            set_warnings(content=self.given(), note="x", seen_version=0, **given)
        with pytest.raises(NotAllowed):
            ask_preview(content=self.given(), **given)
        with pytest.raises(NotAllowed):
            import_exposure(data=b"", **given)

    def test_a_trial_tells_what_would_have_alarmed_and_changes_nothing(self, quality):
        sites = [make_site() for _ in range(3)]
        quiet_months(sites)
        spike(sites[1])
        keep_series(now=MONDAY_MORNING)
        preview = ask_preview(content=self.given(), actor=quality, at=MONDAY_MORNING)
        assert reckon_previews(now=MONDAY_MORNING) == 1
        preview.refresh_from_db()
        assert not preview.failed
        assert [found[:3] for found in preview.found] == [
            [f"complaints:site:{sites[1].pk}", "2026-03-09", 18.0]
        ]
        assert not Alert.objects.exists()

    def test_exposure_is_taken_in_whole_or_names_the_cell(self, quality, site):
        head = "dimension,member,month,unit,amount\n"
        given = {"actor": quality, "at": NOW}
        table = f"{head}site,{site.code},2026-01,orders,800\nproduct,Kettle,2026-01,units,90\n"
        assert import_exposure(data=table.encode(), **given) == 2
        assert import_exposure(data=table.replace("800", "900").encode(), **given) == 2
        assert Exposure.objects.get(dimension="site").amount == 900
        for row, told in (
            ("site,nowhere,2026-01,orders,1", "Row 3, column member"),
            ("site,,2026-01,orders,1", "Row 3, column member"),
            ("shop,x,2026-01,orders,1", "Row 3, column dimension"),
            ("product,x,2026,orders,1", "Row 3, column month"),
            ("product,x,2026-01,litres,1", "Row 3, column unit"),
            ("product,x,2026-01,units,-1", "Row 3, column amount"),
        ):
            data = f"{head}all,,2026-02,customers,5\n{row}\n".encode()
            with pytest.raises(BadInput, match=told):
                import_exposure(data=data, **given)
        assert Exposure.objects.count() == 2
