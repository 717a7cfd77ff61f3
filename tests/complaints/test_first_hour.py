"""An empty installation says what it lacks, step by step, until somebody puts the list away."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.services import system_user
from complaints.errors import NotAllowed
from complaints.models import MessageTemplate, SetupMark
from complaints.selectors.first_hour import first_hour, shows_first_hour
from complaints.services.policy import approve_policy, install_default_policy
from complaints.services.setup import mark_setup_step
from complaints.services.templates import install_default_templates
from complaints.states import SetupStep
from compliance.services import confirm_calendar_year
from journal.selectors import history_of
from tests.complaints.factories import make_complaint, make_site, make_team, make_user

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, 1, tzinfo=UTC)
TODAY = date(2026, 11, 2)


def line(code):
    return next(item for item in first_hour(TODAY).lines if item.code == code)


def test_an_empty_installation_lacks_everything():
    system_user()
    found = first_hour(TODAY)
    assert [item.code for item in found.lines if item.done] == []
    assert all(item.missing for item in found.lines)
    assert not found.finished


def test_the_system_is_no_administrator():
    system_user()
    assert not line("administrator").done
    make_user("administrator")
    assert line("administrator").done


def test_sites_and_teams_are_both_needed():
    make_site()
    assert line("places").missing == "No team yet."
    make_team()
    assert line("places").done


def test_every_task_needs_somebody_and_approval_a_second_person():
    manager = make_user("manager")
    assert "keeps the handling policy" in line("people").missing
    quality = make_user("quality_manager")
    assert "One person keeps the policy" in line("people").missing
    make_user("top_management")
    assert line("people").done
    quality.is_active = False
    quality.save()
    assert "keeps the handling policy" in line("people").missing
    manager.memberships.all().delete()
    assert "receives complaints" in line("people").missing


def test_one_person_may_not_handle_and_approve_alone():
    make_user("manager", "quality_manager")
    assert "One person keeps the policy" in line("people").missing
    make_user("top_management")
    assert "One person handles complaints" in line("people").missing


def test_the_policy_must_be_approved_by_a_person():
    policy = install_default_policy(at=AT)
    assert not line("policy").done
    approve_policy(policy_id=policy.pk, actor=make_user("top_management"), at=AT)
    assert line("policy").done


def test_the_calendar_of_the_next_year_is_asked_for_in_autumn():
    assert "2027" in line("calendar").missing
    spring = next(i for i in first_hour(date(2026, 3, 2)).lines if i.code == "calendar")
    assert spring.done
    quality = make_user("quality_manager")
    confirm_calendar_year(code="CN", year=2027, actor=quality, at=AT)
    assert line("calendar").done


def test_templates_are_ticked_off_or_changed():
    install_default_templates(at=AT)
    assert not line("templates").done
    letter = MessageTemplate.objects.filter(occasion="decision", language="en")
    letter.update(changed_by=make_user("quality_manager"))
    assert line("templates").done


def test_a_tick_is_recorded_once_with_its_person():
    admin = make_user("administrator")
    mark = mark_setup_step(step=SetupStep.TEMPLATES, actor=admin, at=AT)
    assert mark_setup_step(step=SetupStep.TEMPLATES, actor=admin, at=AT) == mark
    assert line("templates").done
    assert [entry.kind for entry in history_of(mark)] == ["setup.marked"]


@pytest.mark.parametrize("role", ["agent", "handler", "manager", "auditor", "top_management"])
def test_others_do_not_set_the_installation_up(role):
    with pytest.raises(NotAllowed):
        mark_setup_step(step=SetupStep.DISMISSED, actor=make_user(role), at=AT)
    assert not SetupMark.objects.exists()


def test_a_first_complaint_ends_the_list():
    make_complaint()
    assert line("complaint").done


def test_the_card_is_for_those_who_set_up_until_it_is_put_away(client):
    admin = make_user("administrator")
    assert shows_first_hour(admin, TODAY)
    assert not shows_first_hour(make_user("agent"), TODAY)
    client.force_login(admin)
    card = client.get(reverse("complaints:first_hour_card")).content.decode()
    assert "of 7 steps done" in card
    client.post(reverse("complaints:mark_first_hour"), {"step": "dismissed"})
    assert not shows_first_hour(admin, TODAY)
    assert client.get(reverse("complaints:first_hour_card")).content == b""
    assert client.get(reverse("complaints:first_hour")).status_code == 200


def test_the_card_goes_by_itself_when_nothing_is_left():
    admin = make_user("administrator")
    quality = make_user("quality_manager")
    make_user("manager")
    make_user("top_management")
    make_site()
    make_team()
    policy = install_default_policy(at=AT)
    approve_policy(policy_id=policy.pk, actor=quality, at=AT)
    confirm_calendar_year(code="CN", year=2027, actor=quality, at=AT)
    mark_setup_step(step=SetupStep.TEMPLATES, actor=quality, at=AT)
    assert shows_first_hour(admin, TODAY)
    make_complaint()
    assert first_hour(TODAY).finished
    assert not shows_first_hour(admin, TODAY)


def test_the_page_ticks_off_and_refuses_nonsense(client):
    client.force_login(make_user("quality_manager"))
    page = client.get(reverse("complaints:first_hour")).content.decode()
    assert "Message templates looked through" in page
    address = reverse("complaints:mark_first_hour")
    assert client.post(address, {"step": "sleep"}).status_code == 422
    assert client.post(address, {"step": "templates"}).status_code == 302
    assert SetupMark.objects.get().at <= timezone.now()
