"""The scorecard from live data: each figure counts what its list shows, and nothing hidden."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services import system_user
from complaints.errors import BadInput, Conflict, NotAllowed
from complaints.models import Complaint, QualityCheck
from complaints.selectors.scorecard import (
    ALL,
    MEASURES,
    WRONG,
    live_scorecard,
    measured,
    quarters_of,
    unchecked,
)
from complaints.services.quality import Verdict, check_quality, rate_quarter, rate_quarters
from complaints.services.triage import acknowledge_complaint
from complaints.states import MessageChannel
from providers import events
from providers.errors import BadInput as FileBadInput
from providers.errors import Conflict as FileConflict
from providers.errors import NotAllowed as FileNotAllowed
from providers.models import ImprovementPlan, QuarterResult
from providers.rules.scorecard import Scorecard
from providers.selectors.words import scheme_in_force
from providers.services.file import Happened, note_breach
from providers.services.scorecards import agree_plan, check_plan, finish_plan, freeze_quarter
from tests.accounts.factories import person
from tests.complaints.factories import make_complaint, make_policy, make_user
from tests.providers import files
from tests.providers.files import NOW, keeper
from tests.providers.partner import Partner

pytestmark = pytest.mark.django_db
QUARTER, MINUTE, DAY = "2026Q1", timedelta(minutes=1), timedelta(days=1)
FINE = Verdict(customer_ok=True, compliance_ok=True)


def taken(provider, late=0, **fields):
    """Return a complaint of a provider that was taken down so many minutes after it came."""
    return make_complaint(
        provider=provider,
        at=fields.pop("at", NOW),
        received_at=NOW - late * MINUTE,
        **fields,
    )


def counts(provider, actor=None, now=NOW):
    card = live_scorecard(provider, QUARTER, actor=actor or system_user(), now=now)
    return {one.measure.code: (one.count.part, one.count.whole) for one in card.measures}, card


def listed(provider, code, which, actor=None, now=NOW):
    measure = scheme_in_force().measure(code)
    assert measure is not None
    found = measured(
        provider,
        QUARTER,
        measure,
        which,
        actor=actor or system_user(),
        now=now,
    )
    return {row.pk for part in found for row in part}


@pytest.mark.clause("CM-8.7")
def test_each_figure_opens_what_it_counted():
    provider = files.begun()
    quick, slow = taken(provider, late=15), taken(provider, late=16)
    urgent = taken(provider, late=10, emergency_trigger="personal_safety", emergency_facts="Smoke.")
    make_complaint(at=NOW)  # the organisation's own is nobody's
    found, card = counts(provider)
    assert card.complaints == 3
    assert found["handover"] == (2, 3)
    assert found["escalation"] == (1, 1)
    assert listed(provider, "handover", ALL) == {quick.pk, slow.pk, urgent.pk}
    assert listed(provider, "handover", WRONG) == {slow.pk}
    later = NOW + 30 * DAY
    for code in MEASURES:
        if code == "satisfaction":
            continue  # marks are summed, answers are listed
        part, whole = counts(provider, now=later)[0][code]
        everything = listed(provider, code, ALL, now=later)
        wrong = listed(provider, code, WRONG, now=later)
        assert (len(everything) - len(wrong), len(everything)) == (part, whole), code
        assert wrong <= everything


def test_an_acknowledgement_counts_once_its_clock_has_ended():
    provider = files.begun()
    met, missed = taken(provider), taken(provider)
    assert counts(provider)[0]["acknowledgement"] == (0, 0)
    acknowledge_complaint(
        complaint_id=met.pk,
        channel=MessageChannel.PHONE,
        subject="",
        text="We have it.",
        told_at=NOW + MINUTE,
        actor=system_user(),
        at=NOW + MINUTE,
    )
    assert counts(provider, now=NOW + 9 * DAY)[0]["acknowledgement"] == (1, 2)
    assert listed(provider, "acknowledgement", WRONG, now=NOW + 9 * DAY) == {missed.pk}


def test_only_the_quarter_of_receipt_counts_and_no_merged_ones():
    provider = files.begun()
    taken(provider)
    make_complaint(provider=provider, at=datetime(2026, 4, 1, 3, tzinfo=UTC))
    Complaint.objects.filter(pk=taken(provider).pk).update(state="not_a_complaint", is_open=False)
    assert counts(provider)[1].complaints == 1
    assert quarters_of(provider, date(2026, 5, 1)) == ["2026Q2", "2026Q1"]


def test_a_count_reveals_nothing_that_a_list_hides():
    provider, wen = files.at_work()
    taken(provider)
    taken(provider, confidential=True)
    mine = counts(provider, actor=wen)[1]
    assert mine.complaints == 1
    assert len(listed(provider, "handover", ALL, actor=wen)) == 1
    assert counts(provider)[1].complaints == 2


def test_breaches_weigh_and_some_are_gates():
    provider = files.begun()
    taken(provider)
    assert counts(provider)[0]["data_protection"] == (1, 1)
    for kind, gates in (
        ("data_protection", []),
        ("unreported_emergency", ["unreported_emergency"]),
        ("privacy_breach", ["privacy_breach", "unreported_emergency"]),
    ):
        note_breach(
            provider_id=provider.pk,
            happened=Happened(kind, "So it was.", NOW),
            actor=keeper(),
            at=NOW,
        )
        found, card = counts(provider)
        assert (found["data_protection"], card.gates) == ((0, 1), gates)
    assert card.band == "D"


# --- quality checks ------------------------------------------------------------------------------


def test_a_check_is_made_once_by_somebody_who_had_no_part_in_it():
    provider = files.begun()
    complaint = taken(provider)
    mia = keeper()
    with pytest.raises(BadInput) as refused:
        check_quality(
            complaint_id=complaint.pk,
            verdict=Verdict(customer_ok=False, compliance_ok=True),
            actor=mia,
            at=NOW,
        )
    assert refused.value.field == "remark"
    verdict = Verdict(customer_ok=True, compliance_ok=False, remark="No date was told.")
    check_quality(complaint_id=complaint.pk, verdict=verdict, actor=mia, at=NOW)
    assert counts(provider)[0]["customer_critical"] == (1, 1)
    assert counts(provider)[0]["compliance_critical"] == (0, 1)
    with pytest.raises(Conflict):
        check_quality(complaint_id=complaint.pk, verdict=verdict, actor=mia, at=NOW)
    owned = taken(provider)
    Complaint.objects.filter(pk=owned.pk).update(owner=mia)
    own = make_complaint(at=NOW)
    handler = make_user("handler")
    for pk, actor in ((owned.pk, mia), (own.pk, mia), (taken(provider).pk, handler)):
        with pytest.raises(NotAllowed):
            check_quality(complaint_id=pk, verdict=FINE, actor=actor, at=NOW)
    assert QualityCheck.objects.count() == 1


def test_the_sample_is_the_same_for_everybody_and_leaves_out_what_was_checked():
    provider = files.begun()
    rows = [taken(provider) for _ in range(5)]
    Complaint.objects.filter(provider=provider).update(state="acknowledged")
    quinn = person("quinn", "quality_manager")
    first = unchecked(provider, QUARTER, actor=keeper(), size=3)
    assert first == unchecked(provider, QUARTER, actor=quinn, size=3)
    check_quality(complaint_id=first[0].pk, verdict=FINE, actor=quinn, at=NOW)
    assert first[0] not in unchecked(provider, QUARTER, actor=quinn, size=5)
    assert len(rows) == 5


# --- quarters and plans --------------------------------------------------------------------------


def rated(provider, quarter, band):
    card = Scorecard([], 40, [], None, band)
    return freeze_quarter(
        provider_id=provider.pk, quarter=quarter, card=card, scheme=scheme_in_force(), at=NOW
    )


def test_the_clock_freezes_the_last_quarter_once():
    provider = files.begun()
    taken(provider)
    april = datetime(2026, 4, 7, 3, tzinfo=UTC)
    rate_quarters(now=april)
    taken(provider)
    rate_quarters(now=april + DAY)
    result = QuarterResult.objects.get()
    assert (result.quarter, result.complaints, result.band) == (QUARTER, 1, "")
    assert {row["code"] for row in result.measures} == {
        one.code for one in scheme_in_force().measures
    }
    rate_quarter(provider=files.begun("idle"), quarter=QUARTER, at=april)
    assert QuarterResult.objects.count() == 1  # who did nothing is not rated


def test_two_c_or_one_d_raise_a_plan_and_one_plan_at_a_time():
    provider = files.begun()
    rated(provider, "2025Q2", "C")
    assert not provider.plans.exists()
    rated(provider, "2025Q3", "C")
    plan = provider.plans.get()
    assert (plan.because, plan.due_on) == (["2025Q2", "2025Q3"], date(2026, 4, 18))
    rated(provider, "2025Q4", "D")
    assert provider.plans.count() == 1
    assert files.kinds(provider).count(events.PLAN_RAISED) == 1


def test_a_plan_is_agreed_carried_out_and_checked_by_another():
    provider, wen = files.at_work()
    rated(provider, "2025Q4", "D")
    plan = provider.plans.get()
    who: dict[str, Any] = {"plan_id": plan.pk, "at": NOW}
    soon = date(2026, 4, 1)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"cause": " ", "measures": "Train.", "due_on": soon}, "cause"),
        ({"cause": "New people.", "measures": "", "due_on": soon}, "measures"),
        ({"cause": "New people.", "measures": "Train.", "due_on": date(2026, 1, 1)}, "due_on"),
    ]
    for fields, field in wrong:
        with pytest.raises(FileBadInput) as refused:
            agree_plan(**fields, actor=wen, **who)
        assert refused.value.field == field
    with pytest.raises(FileConflict):
        finish_plan(actor=wen, **who)
    agreed: dict[str, Any] = {"cause": "New people.", "measures": "Train.", "due_on": soon}
    agree_plan(**agreed, actor=wen, **who)
    with pytest.raises(FileNotAllowed):
        agree_plan(**agreed, actor=person("aud", "auditor"), **who)
    finish_plan(actor=keeper(), **who)
    with pytest.raises(FileNotAllowed):
        check_plan(effective=True, finding="It helped.", actor=keeper(), **who)
    with pytest.raises(FileNotAllowed):
        check_plan(effective=True, finding="It helped.", actor=wen, **who)
    quinn = person("quinn", "quality_manager")
    with pytest.raises(FileBadInput):
        check_plan(effective=True, finding="", actor=quinn, **who)
    checked = check_plan(effective=False, finding="It did not help.", actor=quinn, **who)
    assert checked.state == "not_effective"
    rated(provider, "2026Q1", "D")
    assert ImprovementPlan.objects.count() == 2


# --- the pages -----------------------------------------------------------------------------------


def test_the_page_shows_the_figures_and_leads_to_the_lists():
    make_policy()
    provider, wen = files.at_work(ends_on=date(2099, 1, 1))
    complaint = taken(provider, late=40)
    client = Client()
    client.force_login(wen)
    page = client.get(reverse("complaints:scorecard", args=[provider.code]), {"quarter": QUARTER})
    said = page.content.decode()
    assert page.status_code == 200
    assert "0 of 1" in said
    assert "Insufficient data" in said
    address = reverse("complaints:scorecard_measure", args=[provider.code, "handover"])
    found = client.get(address, {"quarter": QUARTER, "which": WRONG})
    assert complaint.reference in found.content.decode()
    assert client.get(address.replace("handover", "nonsense")).status_code == 404
    missed = reverse("complaints:scorecard_missed", args=[provider.code])
    cause = {"quarter": QUARTER, "stage": "acknowledge", "by": "provider"}
    assert f"{missed}?quarter={QUARTER}&amp;stage=acknowledge&amp;by=provider" in said
    told = client.get(missed, cause).content.decode()
    assert complaint.reference in told
    assert "Provider: " in told
    assert complaint.reference not in client.get(missed, {**cause, "by": "org"}).content.decode()
    for wrong in ({"by": "weather"}, {"stage": "assess"}):
        assert client.get(missed, {**cause, **wrong}).status_code == 404
    clock = complaint.clocks.filter(stage="acknowledge")[0]
    why = client.get(reverse("complaints:clock", args=[complaint.reference, clock.pk]))
    assert "Missed because of: <strong>Provider</strong>" in why.content.decode()
    another = files.begun("another")
    assert client.get(reverse("complaints:scorecard", args=[another.code])).status_code == 404


def test_the_manager_checks_from_the_sample():
    provider = files.begun()
    complaint = taken(provider)
    Complaint.objects.filter(pk=complaint.pk).update(state="acknowledged")
    client = Client()
    client.force_login(keeper())
    sample = client.get(
        reverse("complaints:quality_sample", args=[provider.code]), {"quarter": QUARTER}
    )
    assert complaint.reference in sample.content.decode()
    address = reverse("complaints:quality_check", args=[complaint.reference])
    assert client.post(address, {"customer_ok": "no", "compliance_ok": "yes"}).status_code == 422
    done = client.post(address, {"customer_ok": "yes", "compliance_ok": "yes", "remark": ""})
    assert done.status_code == 302
    again = client.post(address, {"customer_ok": "yes", "compliance_ok": "yes"})
    assert again.status_code == 409


def test_software_reads_the_scorecard_of_its_provider_and_of_no_other():
    partner, house = Partner("callco"), Partner("house", organisation=True)
    rival = Partner("rival")
    make_complaint(provider=partner.provider, at=NOW, received_at=NOW - 16 * MINUTE)
    address = f"providers/{partner.provider.code}/scorecard/"
    card = partner.get(f"{address}?quarter={QUARTER}").json()
    assert (card["provider"], card["complaints"], card["band"]) == ("callco", 1, None)
    handover = next(one for one in card["measures"] if one["code"] == "handover")
    assert (handover["part"], handover["whole"], handover["points"]) == (0, 1, 0.0)
    assert {one["stage"]: one["caused_by"] for one in card["missed"]} == {
        "acknowledge": "provider",
        "respond": "provider",
    }
    rated(partner.provider, QUARTER, "B")
    assert house.get(f"{address}?quarter={QUARTER}").json()["frozen_band"] == "B"
    assert rival.get(address).status_code == 404
    for nonsense in ("2099Q4", "2026Q5", "now"):
        assert partner.get(f"{address}?quarter={nonsense}").status_code == 422
