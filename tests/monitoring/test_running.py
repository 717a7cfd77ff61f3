"""The running week: provisional, corrected by what comes in late, and never judged."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from monitoring.selectors.running import Running, running_of, running_week
from monitoring.selectors.scope import Asked, Scope, scope_of
from monitoring.services.alerts import dismiss_alert
from monitoring.services.folding import rebuild_figures
from monitoring.services.scanning import scan_warnings
from monitoring.services.series import keep_series
from monitoring.states import Dismissal
from tests.complaints.factories import make_site, make_user
from tests.monitoring.access_warnings import make_alert
from tests.monitoring.warning_world import NOW, SUNDAY, noon, write_complaints

pytestmark = [pytest.mark.django_db, pytest.mark.clause("CM-8.4")]
DAY = timedelta(days=1)
TUESDAY = SUNDAY + 2 * DAY
LATER = NOW + DAY + timedelta(hours=6)


@pytest.fixture
def half_late():
    """Write a past in which half of each day is recorded the day after, and a week that runs."""
    site = make_site()
    for back in range(70, 170, 4):
        day = SUNDAY - back * DAY
        write_complaints(day, 2, site=site)
        write_complaints(day, 2, site=site, recorded_at=noon(day + DAY))
    write_complaints(SUNDAY + DAY, 4, site=site)
    write_complaints(TUESDAY, 6, site=site)
    write_complaints(TUESDAY, 2, site=site, confidential=True)
    keep_series(now=LATER)
    rebuild_figures(at=LATER)
    return site


def _scope(reader: User) -> Scope:
    found = scope_of(User.objects.get(pk=reader.pk), Asked())
    assert found is not None
    return found


def test_what_comes_in_late_is_added_as_far_as_the_past_tells(half_late) -> None:
    # Of Monday all is known after a day, of Tuesday half.
    found = running_week(_scope(make_user("manager")), TUESDAY)
    assert found == Running(SUNDAY + DAY, seen=12, likely=4 + 2 * 8)
    hidden = running_week(_scope(make_user("top_management")), TUESDAY)
    assert (hidden.seen, hidden.likely) == (10, 4 + 2 * 6)


def test_without_a_past_nothing_is_added() -> None:
    write_complaints(TUESDAY, 3)
    rebuild_figures(at=LATER)
    assert running_week(_scope(make_user("manager")), TUESDAY) == Running(SUNDAY + DAY, 3, 3)


def test_an_alert_tells_of_its_own_series_to_whom_it_belongs(half_late) -> None:
    alert, elsewhere = make_alert(half_late), make_alert(make_site())
    manager = make_user("manager", site=half_late)
    told = running_of(alert, User.objects.get(pk=manager.pk), TUESDAY)
    assert told is not None
    assert told.seen == 12
    assert running_of(elsewhere, User.objects.get(pk=manager.pk), TUESDAY) is None
    dismiss_alert(alert_id=alert.pk, actor=manager, at=LATER, why=Dismissal.CHANCE, note="None.")
    alert.refresh_from_db()
    assert running_of(alert, User.objects.get(pk=manager.pk), TUESDAY) is None


def test_the_running_week_is_told_as_provisional_and_judged_by_nobody(half_late) -> None:
    write_complaints(TUESDAY, 200, site=half_late)
    scanned = scan_warnings(as_of=TUESDAY - DAY, now=LATER)
    assert "complaints" not in {alert.kind for alert in scanned.alerts}
    with pytest.raises(ValueError, match="must be over"):
        scan_warnings(as_of=TUESDAY, now=LATER)
    boss = Client()
    boss.force_login(make_user("manager"))
    page = boss.get(reverse("monitoring:figure", args=["K01"])).content.decode()
    assert "provisional" in page
    past = {"period": "own", "first": "2025-01-01", "last": "2025-01-31"}
    assert (
        "provisional"
        not in boss.get(reverse("monitoring:figure", args=["K01"]), past).content.decode()
    )
    alert = make_alert(half_late)
    assert (
        "provisional"
        in boss.get(reverse("warnings:alert", args=[alert.reference])).content.decode()
    )
