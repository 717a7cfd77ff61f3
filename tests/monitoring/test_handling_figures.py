"""Figures of how complaints are handled: escalation, redress, causes, emergencies; and editions."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import system_user
from complaints.models import Complaint, Remedy
from complaints.services.emergencies import declare_emergency, take_emergency
from complaints.services.escalation import escalate_complaint
from complaints.services.response import mark_remedy_done
from complaints.states import State, Trigger
from emergencies.services.situation import decide_containment, declare_contained
from emergencies.states import Measure
from journal.services import deliver_pending, utc_now
from monitoring.kpis import BY_CODE
from monitoring.models import Cell, Fact, Fold, Payment
from monitoring.rules.kpi import Result, Span
from monitoring.selectors.edition import bare, edition
from monitoring.selectors.results import COUNTED, WHOLE, facts_behind, results
from monitoring.selectors.scope import Scope
from monitoring.services.folding import catch_up, fold_all, fold_journal, rebuild_outdated
from monitoring.services.proving import verify_figures
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-9.1")]
TODAY = timezone.localdate(NOW)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SPAN = Span(TODAY - 29 * DAY, TODAY + DAY, TODAY)
EVERYTHING = Scope(0, confidential=True, members={})


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(autouse=True)
def _proven(desk: Desk) -> Iterator[None]:
    """Prove after each test that what is kept says what the sources say."""
    yield
    fold_all(at=NOW)
    assert verify_figures().difference == ""


def _figure(code: str, span: Span = SPAN) -> Result:
    fold_all(at=NOW)
    return results(EVERYTHING, [(BY_CODE[code], span)])[0]


def _behind(code: str, which: str, span: Span = SPAN) -> set[int]:
    facts = facts_behind(EVERYTHING, BY_CODE[code], span, which)
    return set(facts.values_list("complaint", flat=True))


def _escalated(desk: Desk, complaint: Complaint, level: int) -> None:
    escalate_complaint(
        complaint_id=complaint.pk, reason="Help.", level=level, actor=system_user(), at=NOW
    )


def test_escalations_are_split_by_what_made_them_climb_first_and_by_how_high(desk: Desk) -> None:
    kept = [desk.case(State.RESPONDED) for _ in range(4)]
    _escalated(desk, kept[0], 1)  # to the handlers: no second level
    _escalated(desk, kept[1], 2)
    _escalated(desk, kept[1], 4)
    declare_emergency(
        complaint_id=kept[2].pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts="Sparks.",
        actor=system_user(),
        at=NOW,
    )
    for complaint in kept:
        desk.close(complaint, NOW, "accepted")
    desk.case(State.RECEIVED)  # still open: not of what was closed
    found = _figure("K14")
    assert (found.numerator, found.denominator) == (2, 4)
    assert {name: count for name, count in found.bands.items() if count} == {
        "by_staff": 1,
        "by_emergency": 1,
        "level_4": 1,
        "level_5": 1,
    }
    assert _behind("K14", "by_staff") == _behind("K14", "level_4") == {kept[1].pk}
    assert _behind("K14", "by_emergency") == {kept[2].pk}


def _paid(remedy: Remedy, at: Any) -> None:
    mark_remedy_done(
        remedy_id=remedy.pk, proof="Bank slip", done_at=at, actor=system_user(), at=NOW
    )


def test_redress_is_what_was_paid_by_currency_each_payment_on_its_day(desk: Desk) -> None:
    before = NOW - 40 * DAY
    one, two, three = (desk.case(State.RESPONDED, at=before) for _ in range(3))
    first = one.remedys.get()
    assert _figure("K18").sums == {}  # promised is not paid
    _paid(first, before + DAY)  # in the period before
    for complaint, cents, currency in ((one, 2500, "EUR"), (two, 1000, "EUR"), (two, 300, "CNY")):
        Remedy.objects.create(
            complaint=complaint,
            by=desk.manager,
            at=before,
            kind="refund",
            amount=cents / 100,
            currency=currency,
        )
    for remedy in Remedy.objects.filter(done_at__isnull=True).exclude(complaint=three):
        _paid(remedy, NOW - DAY)
    found = _figure("K18")
    assert found.sums == {"CNY": 83, "EUR": 35}  # 80 of the promise and 3
    assert found.value is None  # there is no sum over currencies
    assert found.numerator == 4
    assert _behind("K18", COUNTED) == {one.pk, two.pk}
    earlier = _figure("K18", Span(SPAN.first - 30 * DAY, SPAN.first, TODAY))
    assert earlier.sums == {"CNY": 80}
    assert earlier.value == 80
    Payment.objects.filter(currency="EUR", cents=1000).update(cents=999)
    assert "what hangs on it" in verify_figures().difference
    Payment.objects.filter(currency="EUR", cents=999).update(cents=1000)


def test_what_is_taken_back_is_negative_and_nothing_is_shared_among_none(desk: Desk) -> None:
    complaint = desk.case(State.RESPONDED)
    assert _figure("K18u").value == 0 or _figure("K18u").sums == {}
    _paid(complaint.remedys.get(), NOW)
    Remedy.objects.create(
        complaint=complaint,
        by=desk.manager,
        at=NOW,
        kind="refund",
        amount=-30,
        currency="CNY",
        done_at=NOW,
    )
    desk.case(State.RESPONDED)
    escalate_complaint(complaint_id=complaint.pk, reason="Look.", actor=system_user(), at=NOW)
    assert _figure("K18").sums == {"CNY": 50}
    each = _figure("K18u")
    assert each.sums == {"CNY": 25}
    assert each.denominator == 2
    nothing = _figure("K18u", Span(TODAY - 90 * DAY, TODAY - 60 * DAY, TODAY))
    assert (nothing.value, nothing.sums) == (None, {})


def test_causes_open_the_complaints_they_count_and_too_many_unknown_ones_are_told(
    desk: Desk,
) -> None:
    known = [desk.case(State.RESPONDED) for _ in range(3)]
    none = desk.case(State.RESPONDED)
    Complaint.objects.filter(pk=none.pk).update(cause_code="")
    escalate_complaint(complaint_id=none.pk, reason="Look.", actor=system_user(), at=NOW)
    not_found = desk.case(State.RESPONDED, found={"cause_code": "unknown"})
    found = _figure("K22")
    assert (found.numerator, found.denominator) == (2, 5)
    unknown = {none.pk, not_found.pk}
    assert _behind("K22", COUNTED) == unknown
    assert _behind("K22", WHOLE) == {*unknown, *(one.pk for one in known)}
    client = Client()
    client.force_login(make_user("quality_manager"))
    days = {"period": "own", "first": SPAN.first.isoformat(), "last": TODAY.isoformat()}
    address = reverse("monitoring:figure", args=["K22"])
    page = client.get(address, days)
    rows = page.context["causes"]["rows"]
    assert [(row["count"], row["share"]) for row in rows] == [
        (3, "60.0 %"),
        (1, "20.0 %"),
        (1, "20.0 %"),
    ]
    assert page.context["causes"]["doubtful"]
    for row in rows:
        assert len(client.get(row["url"]).context["rows"]) == row["count"]


def test_an_emergency_is_followed_to_containment_and_what_was_missed_is_told(desk: Desk) -> None:
    at_once, missed = desk.case(State.RECEIVED), desk.case(State.ASSESSED)
    for complaint, minutes in ((at_once, 5), (missed, 30)):
        declare_emergency(
            complaint_id=complaint.pk,
            trigger=Trigger.PERSONAL_SAFETY,
            facts="Sparks.",
            actor=system_user(),
            at=NOW + minutes * MINUTE,
        )
    deliver_pending(clock=lambda: utc_now() + DAY)  # the fast channel begins to follow them
    took: dict[str, Any] = {"complaint_id": at_once.pk, "actor": desk.manager}
    take_emergency(**took, at=NOW + 10 * MINUTE)
    waiting = _figure("K24e")
    assert (waiting.value, waiting.excluded) == (None, {"not_acted": 2})
    decide_containment(
        **took, measure=Measure.STOP_SALE, details="All stores.", at=NOW + 25 * MINUTE
    )
    declare_contained(**took, at=NOW + 45 * MINUTE)
    acted, contained = _figure("K24e"), _figure("K24f")
    assert acted.value == acted.most == 20
    assert acted.excluded == {"not_acted": 1}
    assert contained.value == 40
    assert contained.excluded == {"not_contained": 1}
    assert _figure("K24a").value == 5
    assert _figure("K24d").numerator == 2
    late = _figure("K24m")
    assert (late.numerator, late.denominator, late.value) == (1, 2, Fraction(50))
    assert _behind("K24m", COUNTED) == {missed.pk}


def test_figures_of_another_edition_are_made_anew_by_the_worker_alone(desk: Desk) -> None:
    desk.case(State.CLOSED)
    fold_all(at=NOW)
    assert Fold.objects.get().edition == edition()
    # As an update leaves it: a measure is counted that no cell has, and the edition is another.
    Fold.objects.update(edition="older")
    Cell.objects.filter(measure="closed").delete()
    Fact.objects.update(channel="letter")
    assert catch_up(at=NOW + DAY) == NOW  # a page says how old it is, and waits for nothing
    with pytest.raises(CommandError, match="older edition"):
        call_command("verify_figures")
    assert fold_journal(at=NOW + DAY) == 0
    assert (Fold.objects.get().edition, Fold.objects.get().folded_at) == (edition(), NOW + DAY)
    assert Cell.objects.filter(dimension="all", measure="closed", n=1).exists()
    assert catch_up(at=NOW + DAY) is None
    assert rebuild_outdated(at=NOW + 2 * DAY) == 0  # who comes second finds it done
    assert Fold.objects.get().folded_at == NOW + DAY


def test_what_is_said_of_the_code_makes_no_new_edition() -> None:
    plain = "def counted(row):\n    return row.n + 1\n"
    told = '"""Facts."""\n\ndef counted(row):\n    """Count."""\n    # why\n    return row.n + 1\n'
    assert bare(plain) == bare(told)
    assert bare(plain) != bare(plain.replace("1", "2"))
