"""The pages that come after an answer, against WCAG 2.2 AA and on a narrow screen."""

from datetime import timedelta

import pytest
from django.urls import reverse

from complaints.models import Complaint
from complaints.services.reopening import request_reopening
from complaints.states import ReopenSource, State
from referrals.models import OutsideCase
from referrals.services.cases import Opening, decide_outside_case, open_outside_case
from referrals.services.dates import NewDate, Reckoned, set_outside_date
from referrals.states import Result
from tests.journeys.people import Front, House
from tests.journeys.test_accessible import NARROW, faults_of

DAY = timedelta(days=1)


def taken_outside(house: House, complaint: Complaint, result: Result | None = None) -> OutsideCase:
    """Take a complaint to the regulator, with a hearing and a time limit."""
    handler = house.people["handler"]
    with house.still():
        case = open_outside_case(
            complaint_id=complaint.pk,
            opening=Opening(
                "regulator",
                "徐汇区市场监督管理局",
                "complainant",
                house.now,
                reference_there="1187",
            ),
            actor=handler,
            at=house.now,
        )
        for date in (
            NewDate("hearing", "调解会", house.now + 2 * DAY, "302 室"),
            Reckoned("CN-12315-MEDIATION", "mediation", house.now),
        ):
            set_outside_date(case_id=case.pk, date=date, actor=handler, at=house.now)
        if result is not None:
            decide_outside_case(
                case_id=case.pk,
                result=result,
                decision="压缩机存在制造缺陷。",
                decided_at=house.now,
                actor=handler,
                at=house.now,
            )
    return case


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh-hans", "dark")])
def test_the_pages_of_the_aftermath_are_accessible(
    front: Front, house: House, language: str, scheme: str
) -> None:
    """Follow-ups, wishes to reopen, cases outside: lists, pages, and their steps."""
    due = house.case(State.CLOSED, name="Fang Wang", phone="13800001234")
    wished = house.case(State.FOLLOWED_UP)
    with house.still():
        request_reopening(
            complaint_id=wished.pk,
            reason="It leaks again. 又漏水了。",
            source=ReopenSource.COMPLAINANT,
            actor=house.people["agent"],
            at=house.now,
        )
    pending = taken_outside(house, due)
    lost = taken_outside(house, wished, Result.OVERTURNED)
    pages = [
        reverse("complaints:follow_ups"),
        reverse("complaints:reopenings"),
        reverse("complaints:move", args=[due.reference, "follow_up"]),
        reverse("complaints:move", args=[wished.reference, "decide_reopening"]),
        reverse("referrals:cases"),
        reverse("referrals:panel", args=[due.reference]),
        reverse("referrals:open", args=[due.reference]),
        reverse("referrals:case", args=[pending.pk]),
        reverse("referrals:act", args=[pending.pk, "date"]),
        reverse("referrals:act", args=[lost.pk, "effect"]),
    ]
    manager = front.as_("manager", language, color_scheme=scheme, bypass_csp=True)
    assert faults_of(manager, *pages) == []
    manager.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for name, address in (("follow-ups", pages[0]), ("cases", pages[4]), ("case", pages[7])):
        manager.page.goto(f"{manager.base}{address}")
        manager.shot(f"narrow-{name}")
