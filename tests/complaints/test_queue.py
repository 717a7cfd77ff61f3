"""The queue: what needs somebody now, and figures that open exactly the list they count."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from complaints.models import Complaint, Escalation, Message, Notice
from complaints.selectors.queue import ERRANDS, TABS, parts_of, tabs_for
from complaints.states import MessageState, Occasion
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_site, make_team, make_user
from tests.complaints.rows import at, put, put_many, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def references(tab: str, actor: User) -> set[str]:
    found = set()
    for part in parts_of(tab, actor):
        found |= set(part.values_list("reference", flat=True))
    return found


def shown(response) -> list[str]:
    """Return the references of the rows on a page, in order."""
    return re.findall(r'<a class="nowrap" href="[^"]*">([^<]+)</a>', response.content.decode())


# --- what stands under which tab ----------------------------------------------------------------


def test_what_needs_me_is_mine_and_what_nobody_of_my_team_has_taken():
    team, other = make_team(), make_team()
    me, colleague = make_user("agent", team=team), make_user("agent", team=team)
    put(
        row(reference="MINE", owner=me, team=other),
        row(reference="FREE", team=team),
        row(reference="TAKEN", team=team, owner=colleague),
        row(reference="ELSEWHERE", team=other),
        row(reference="OVER", owner=me, state="closed"),
        row(reference="SECRET", team=team, confidential=True),
        row(reference="ABOUT-ME", team=team, subject_person=me),
    )
    assert references("now", me) == {"MINE", "FREE"}
    assert references("mine", me) == {"MINE"}
    assert references("team", me) == {"FREE", "TAKEN"}
    assert references("unassigned", me) == {"FREE"}
    assert references("open", me) == {"MINE", "FREE", "TAKEN"}


def test_what_waits_for_others_is_paused_answered_or_asked_about():
    me = make_user("manager")
    put(
        row(reference="PAUSED", paused=True),
        row(reference="ANSWERED", state="responded"),
        row(reference="ASKED", pending_approval="response"),
        row(reference="ACCEPTED", state="responded", answer="accepted"),
        row(reference="PLAIN"),
    )
    assert references("waiting", me) == {"PAUSED", "ANSWERED", "ASKED"}


def test_follow_ups_are_what_falls_due_after_the_end():
    me = make_user("manager")
    put(
        row(reference="DUE", state="closed", next_due_at=at(5), next_due_stage="follow_up"),
        row(reference="DONE", state="followed_up"),
        row(reference="OPEN", next_due_at=at(5)),
    )
    assert references("after", me) == {"DUE"}


def test_errands_are_escalations_not_taken_letters_that_failed_and_approvals(desk):
    me = desk.manager
    escalated, lost, asked, quiet = put(
        row(escalation_level=1), row(owner=me), row(pending_approval="response"), row()
    )
    rung = {"complaint": escalated, "by": desk.agent, "at": NOW, "level": 1, "trigger": "person"}
    escalation = Escalation.objects.create(**rung)
    Notice.objects.create(
        user=me, complaint=escalated, kind="escalation", escalation=escalation, created_at=NOW
    )
    letter = {
        "complaint": lost,
        "occasion": Occasion.PROGRESS,
        "channel": "email",
        "state": MessageState.BOUNCED,
        "language": "en",
        "body": "…",
        "written_by": me,
        "queued_at": NOW,
    }
    Message.objects.create(**letter)
    asked.approvals.create(kind="response", by=desk.handler, at=NOW, reason="Much money")
    assert references("escalated", me) == {escalated.reference}
    assert references("letters", me) == {lost.reference}
    assert references("approvals", me) == {asked.reference}
    Escalation.objects.update(taken_at=NOW, taken_by=me)
    Message.objects.update(state=MessageState.SENT)
    asked.approvals.update(by=me)
    assert not any(references(errand, me) for errand in ERRANDS)
    assert quiet.reference in references("open", me)


def test_those_who_only_look_begin_with_all_that_is_open():
    assert tabs_for(make_user("auditor"))[0] == "open"
    assert tabs_for(make_user("agent"))[0] == "now"
    assert "team" not in tabs_for(make_user("agent"))
    assert "team" in tabs_for(make_user("agent", team=make_team()))


# --- the page -----------------------------------------------------------------------------------


def test_the_page_lists_what_falls_due_first_in_front():
    me = make_user("handler")
    put(
        row(reference="LATER", owner=me, next_due_at=at(50)),
        row(reference="NEVER", owner=me),
        row(reference="FIRST", owner=me, next_due_at=at(-3)),
    )
    assert shown(sign_in(me).get(reverse("complaints:queue"))) == ["FIRST", "LATER", "NEVER"]


@pytest.mark.parametrize("tab", [*TABS, "escalated", "letters", "nonsense", ""])
def test_every_tab_answers(desk, tab):
    put_many(2, owner=desk.manager)
    assert sign_in(desk.manager).get(reverse("complaints:queue"), {"tab": tab}).status_code == 200


def test_each_figure_equals_the_list_that_it_opens(desk):
    me = desk.manager
    put(
        *(row(next_due_at=at(-hours)) for hours in range(3)),
        *(row(next_due_at=at(24 * 365), owner=me) for _ in range(2)),
        row(pending_approval="response", owner=me),
        row(state="closed", next_due_at=at(-5)),
    )
    client = sign_in(me)
    head = unescape(client.get(reverse("complaints:queue_head")).content.decode())
    tiles = re.findall(r'<a class="tile[^"]*" href="([^"]+)">(.*?)</a>', head, re.DOTALL)
    assert len(tiles) == 4
    for url, tile in tiles:
        figure = int(re.search(r'class="figure">.*?(\d+)</span>', tile, re.DOTALL).group(1))
        told = re.search(r'<p role="status">(\d+) complaint', client.get(url).content.decode())
        assert figure == int(told.group(1)), url
        assert figure == len(shown(client.get(url))), url


def test_each_tab_counts_what_it_lists(desk):
    me = desk.manager
    put_many(3, owner=me)
    put_many(4)
    put(row(state="closed", next_due_at=at(5)))
    client = sign_in(me)
    head = unescape(client.get(reverse("complaints:queue_head")).content.decode())
    tabs = re.findall(r'<a href="([^"]+tab=\w+)"[^>]*>[^<]+<span class="count">(\d+)', head)
    assert len(tabs) == len(tabs_for(me))
    for url, count in tabs:
        assert len(shown(client.get(url))) == int(count), url


def test_counts_never_reveal_what_a_list_hides():
    site = make_site()
    me = make_user("manager", site=site)
    put(row(next_due_at=at(-1)), row(site=site, subject_person=me, next_due_at=at(-1)))
    head = sign_in(me).get(reverse("complaints:queue_head")).content.decode()
    assert not re.search(
        r'class="(figure|count)">[^0-9<]*[1-9]', re.sub(r"<svg.*?</svg>", "", head)
    )


def test_an_agent_has_no_manager_figures():
    head = sign_in(make_user("agent")).get(reverse("complaints:queue_head")).content.decode()
    assert 'class="tile' not in head


def test_long_lists_have_pages_that_are_fetched_as_rows_only(desk):
    put_many(60, owner=desk.manager)
    client = sign_in(desk.manager)
    first = client.get(reverse("complaints:queue"))
    following = unescape(re.search(r'rel="next" href="([^"]+)"', first.content.decode()).group(1))
    rows = client.get(following, headers={"HX-Request": "true", "HX-Target": "rows"})
    assert len(shown(first)) == 50
    assert len(shown(rows)) == 10
    assert "<html" not in rows.content.decode()
    assert "HX-Target" in rows.headers["Vary"]


def test_the_administrator_is_led_to_where_they_may_be():
    client = sign_in(make_user("administrator"))
    answer = client.get(reverse("complaints:queue"))
    assert answer.status_code == 302
    assert client.get(answer.headers["Location"]).status_code == 200


# --- what a row shows ---------------------------------------------------------------------------


def test_a_row_says_who_what_when_and_how_long_there_is(desk):
    complaint = desk.case(name="Li Ming", description="The kettle\n leaks   and hisses.")
    page = sign_in(desk.manager).get(reverse("complaints:queue"), {"tab": "open"}).content.decode()
    assert complaint.reference in page
    assert "Li Ming" in page
    assert "The kettle leaks and hisses." in page
    assert 'data-state="received"' in page
    assert f'data-due="{complaint.next_due_at.astimezone().isoformat()[:10]}' in page


def test_a_confidential_complaint_shows_nothing_before_a_reason_was_given(desk):
    me = desk.manager
    complaint = desk.case(confidential=True, name="Whistle Blower", description="He takes bribes.")
    page = sign_in(me).get(reverse("complaints:list")).content.decode()
    assert complaint.reference in page
    assert "Whistle Blower" not in page
    assert "bribes" not in page
    complaint.accesses.create(user=me, reason="My case", granted_at=NOW, until=at(24 * 3650))
    page = sign_in(me).get(reverse("complaints:list")).content.decode()
    assert "Whistle Blower" in page
    assert "bribes" in page


def test_who_complains_is_not_shown_to_those_who_only_look_at_figures(desk):
    desk.case(name="Li Ming")
    page = sign_in(make_user("top_management")).get(reverse("complaints:list")).content.decode()
    assert "The kettle leaks." in page
    assert "Li Ming" not in page


def test_what_people_typed_cannot_become_markup(desk):
    desk.case(name="<b>Bob</b>", description="<script>alert(1)</script>")
    page = sign_in(desk.manager).get(reverse("complaints:list")).content.decode()
    assert "<script>alert" not in page
    assert "<b>Bob" not in page
    assert "&lt;b&gt;Bob" in page


def test_rows_speak_chinese_to_those_who_do(desk):
    me = make_user("manager", language="zh-hans")
    complaint = desk.case()
    page = sign_in(me).get(reverse("complaints:list")).content.decode()
    assert complaint.category is not None
    assert complaint.category.name_zh in page


# --- cost ---------------------------------------------------------------------------------------


def test_the_queue_takes_twelve_statements_at_most(desk, django_assert_max_num_queries):
    put_many(60, confidential=True)
    client = sign_in(desk.manager)
    client.get(reverse("complaints:queue"))
    with django_assert_max_num_queries(9):
        client.get(reverse("complaints:queue"), {"tab": "open"})
    with django_assert_max_num_queries(6):
        client.get(reverse("complaints:queue_head"))


def test_somebody_with_many_memberships_asks_no_more_often(django_assert_max_num_queries):
    me = make_user("handler", team=make_team())
    for _ in range(6):
        Membership.objects.create(user=me, role="agent", team=make_team(), site=make_site())
    put_many(60, owner=me)
    client = sign_in(me)
    client.get(reverse("complaints:queue"))
    with django_assert_max_num_queries(9):
        client.get(reverse("complaints:queue"))
    assert Complaint.objects.visible_to(me).count() == 60
