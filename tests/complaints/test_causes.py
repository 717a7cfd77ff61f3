"""By whom a time limit was missed: the arithmetic, and what it reads from the record."""

from datetime import UTC, datetime, timedelta

import pytest

from complaints.models import Complaint
from complaints.rules.causes import Stay, Wait, evidence_of
from complaints.selectors.causes import evidence_lines, miss_of, misses_among
from complaints.services.triage import assign_complaint
from complaints.states import Stage
from tests.complaints.factories import make_complaint, make_policy, make_user
from tests.providers import files
from tests.providers.files import NOW

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DUE = START + 100 * MINUTE


def after(minutes):
    return START + minutes * MINUTE


def asked(*stays, waits=(), allowed=()):
    return evidence_of(
        [Stay(party, after(minutes)) for party, minutes in stays],
        [
            Wait(reason, party, after(since), None if until is None else after(until))
            for reason, party, since, until in waits
        ],
        since=START,
        until=DUE,
        pauses_allowed=allowed,
    )


@pytest.mark.clause("CM-8.7")
@pytest.mark.parametrize(
    ("stays", "waits", "allowed", "lain", "still", "by"),
    [
        # It lay with one all the time, whatever came after the due date.
        ([("provider", 0), ("org", 150)], [], [], {"provider": 100}, {}, "provider"),
        # The provider used up the time, and handed it on in the last minutes.
        ([("provider", 0), ("org", 90)], [], [], {"provider": 90, "org": 10}, {}, "provider"),
        ([("provider", 0), ("org", 40)], [], [], {"provider": 40, "org": 60}, {}, "org"),
        # There and back again.
        (
            [("provider", 0), ("org", 20), ("provider", 60)],
            [],
            [],
            {"provider": 60, "org": 40},
            {},
            "provider",
        ),
        # A pause that the clock does not know is waiting for somebody all the same.
        (
            [("org", 0)],
            [("complainant", "complainant", 10, 80)],
            [],
            {"org": 30, "complainant": 70},
            {},
            "complainant",
        ),
        (
            [("org", 0)],
            [("appraisal", "third_party", 10, None)],
            ["complainant"],
            {"org": 10, "third_party": 90},
            {},
            "third_party",
        ),
        # One that stops the clock moved the due date, so nobody is blamed for it.
        (
            [("org", 0)],
            [("complainant", "complainant", 10, 80)],
            ["complainant"],
            {"org": 30},
            {"complainant": 70},
            "org",
        ),
        # An answer that waits for approval lies with the organisation.
        (
            [("provider", 0)],
            [("approval", "org", 30, 95)],
            ["complainant"],
            {"provider": 35, "org": 65},
            {},
            "org",
        ),
        # Halves: the organisation answers for the whole.
        ([("provider", 0), ("org", 50)], [], [], {"provider": 50, "org": 50}, {}, "org"),
    ],
)
def test_a_missed_limit_is_caused_by_whoever_held_it_longest(
    stays, waits, allowed, lain, still, by
):
    found = asked(*stays, waits=waits, allowed=allowed)
    assert (found.lain, found.stood_still, found.caused_by) == (lain, still, by)


def test_every_minute_goes_somewhere_once():
    waits = [
        ("complainant", "complainant", 5, 30),
        ("approval", "org", 20, 60),
        ("mediation", "third_party", 55, None),
    ]
    found = asked(("provider", -10), ("org", 7), waits=waits, allowed=("complainant",))
    assert sum(found.lain.values()) + sum(found.stood_still.values()) == 100


@pytest.mark.django_db
@pytest.mark.clause("CM-8.7")
def test_it_is_read_from_the_record_by_contract_and_by_owner():
    make_policy()
    provider, wen = files.at_work(
        extras=["complaints.note", "complaints.assign_self"],
        matrix=files.matrix("receive", "acknowledge"),
    )
    handler = make_user("handler")
    left, passed_on = (
        make_complaint(actor=wen, at=NOW, received_at=NOW, provider=provider) for _ in range(2)
    )
    house = make_complaint(at=NOW, received_at=NOW)
    assign_complaint(
        complaint_id=passed_on.pk,
        owner=handler,
        actor=make_user("manager"),
        at=NOW + MINUTE,
    )
    late = NOW + timedelta(days=400)
    found = {
        (miss.clock.complaint_id, miss.clock.stage): miss.caused_by
        for miss in misses_among(Complaint.objects.all(), now=late)
    }
    ack, respond = Stage.ACKNOWLEDGE, Stage.RESPOND
    assert found[left.pk, ack] == "provider"  # its contract says that it acknowledges …
    assert found[left.pk, respond] == "org"  # … and does not say that it answers
    assert found[passed_on.pk, ack] == found[passed_on.pk, respond] == "org"
    assert found[house.pk, ack] == "org"
    clock = left.clocks.filter(stage=ack)[0]
    assert miss_of(clock, now=NOW) is None
    miss = miss_of(clock, now=late)
    assert miss.evidence.lain == {"provider": int((clock.due_at - NOW).total_seconds() // 60)}
    assert evidence_lines(miss.evidence) == [f"Provider: {miss.evidence.lain['provider']} min"]
