"""What colleagues are told, on their page and in the corner of every other one."""

import re

import pytest
from django.test import Client

from accounts.models import User
from complaints.models import Notice
from complaints.selectors.notices import UNREAD_CAP, notices_of, unread_count, untaken_emergencies
from complaints.services.emergencies import declare_emergency, take_emergency
from complaints.services.notices import read_all_notices, read_notice
from complaints.states import Trigger
from tests.complaints.desk import Desk
from tests.complaints.factories import NOW, make_site, make_user
from tests.complaints.rows import put, row

pytestmark = pytest.mark.django_db
PAGE = "/notices/"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def tell(user: User, count: int = 1, **fields) -> list[Notice]:
    complaint = fields.pop("complaint", None) or put(row())[0]
    told = {"kind": "assigned", "user": user, "complaint": complaint, "created_at": NOW, **fields}
    return Notice.objects.bulk_create(Notice(**told) for _ in range(count))


def bell(client: Client, url: str = PAGE) -> str:
    page = client.get(url).content.decode()
    found = re.search(r'#bell"/></svg>.*?class="count">([^<]*)', page, re.DOTALL)
    return found.group(1) if found else ""


def test_unread_notices_are_counted_on_every_page(desk):
    client = sign_in(desk.handler)
    assert bell(client) == ""
    tell(desk.handler, 3)
    tell(desk.manager)
    assert bell(client) == bell(client, "/") == bell(client, "/complaints/") == "3"


def test_many_unread_notices_are_counted_no_further_than_anybody_reads(desk):
    tell(desk.handler, UNREAD_CAP + 5)
    assert unread_count(desk.handler) == UNREAD_CAP + 1
    assert bell(sign_in(desk.handler)) == f"{UNREAD_CAP}+"


def test_reading_one_and_going_on_to_what_it_is_about(desk):
    complaint = desk.case()
    notice = tell(desk.handler, complaint=complaint)[0]
    answer = sign_in(desk.handler).post(f"{PAGE}{notice.pk}/read/", {"open": "1"})
    assert answer.headers["Location"].endswith(f"/{complaint.reference}/")
    assert unread_count(desk.handler) == 0


def test_reading_again_keeps_the_first_moment(desk):
    notice = tell(desk.handler, read_at=NOW)[0]
    read_notice(notice_id=notice.pk, actor=desk.handler, at=NOW.replace(year=2030))
    notice.refresh_from_db()
    assert notice.read_at == NOW


def test_nobody_reads_the_notices_of_another(desk):
    notice = tell(desk.manager)[0]
    assert sign_in(desk.handler).post(f"{PAGE}{notice.pk}/read/").status_code == 404
    assert unread_count(desk.manager) == 1


def test_reading_all_leaves_what_came_since(desk):
    tell(desk.handler, 3)
    client = sign_in(desk.handler)
    newest = re.search(r'name="newest" value="(\d+)"', client.get(PAGE).content.decode()).group(1)
    tell(desk.handler)
    tell(desk.manager)
    client.post(f"{PAGE}read/", {"newest": newest})
    assert unread_count(desk.handler) == 1
    assert unread_count(desk.manager) == 1
    assert read_all_notices(up_to=0, actor=desk.handler, at=NOW) == 0


def test_links_only_show_and_buttons_act(desk):
    notice = tell(desk.handler)[0]
    client = sign_in(desk.handler)
    assert client.get(f"{PAGE}{notice.pk}/read/").status_code == 405
    assert client.get(f"{PAGE}read/").status_code == 405
    assert unread_count(desk.handler) == 1


def test_the_page_keeps_the_unread_apart_and_has_pages(desk):
    tell(desk.handler, 60)
    tell(desk.handler, 2, read_at=NOW)
    first = notices_of(desk.handler)
    second = notices_of(desk.handler, before=first.next_before)
    assert (len(first.notices), len(second.notices), second.next_before) == (50, 12, None)
    page = sign_in(desk.handler).get(PAGE, {"unread": "1"}).content.decode()
    assert page.count('class="notice unread"') == 50
    assert 'class="notice"' not in page


def test_a_complaint_one_may_no_longer_see_is_not_named(desk):
    me = make_user("agent", site=make_site())
    complaint = put(row(reference="HIDDEN", site=make_site()))[0]
    tell(me, complaint=complaint)
    page = sign_in(me).get(PAGE).content.decode()
    assert "HIDDEN" not in page
    assert "no longer visible to you" in page


# --- emergencies --------------------------------------------------------------------------------


def emergency(desk: Desk, **fields):
    complaint = desk.case(**fields)
    declare_emergency(
        complaint_id=complaint.pk,
        trigger=Trigger.PERSONAL_SAFETY,
        facts="It burns",
        actor=desk.agent,
        at=NOW,
    )
    return complaint


@pytest.mark.clause("CM-8.2b")
def test_an_emergency_stands_on_every_page_until_somebody_takes_it(desk):
    complaint = emergency(desk)
    client = sign_in(desk.handler)
    for url in ("/", "/complaints/", "/notices/", "/emergencies/", "/search/"):
        page = client.get(url).content.decode()
        assert f'data-emergency="{complaint.reference}"' in page, url
    take_emergency(complaint_id=complaint.pk, actor=desk.manager, at=NOW)
    assert "data-emergency" not in client.get("/").content.decode()
    assert "data-emergency" not in client.get("/emergencies/").content.decode()


def test_an_emergency_is_shown_to_those_who_could_take_it(desk):
    site = make_site()
    emergency(desk, site=site)
    assert len(untaken_emergencies(make_user("agent", site=site))) == 1
    assert untaken_emergencies(make_user("agent", site=make_site())) == []
    assert untaken_emergencies(make_user("auditor")) == []
    assert untaken_emergencies(make_user("administrator")) == []


def test_the_button_of_the_banner_takes_it(desk):
    complaint = emergency(desk)
    client = sign_in(desk.handler)
    page = client.get("/emergencies/").content.decode()
    assert client.post(re.search(r'action="([^"]+)"', page).group(1)).status_code == 302
    complaint.refresh_from_db()
    assert complaint.emergency_taken_by == desk.handler


def test_strangers_are_told_nothing(client):
    assert client.get("/emergencies/").status_code == 302
    assert "data-emergency" not in client.get("/accounts/login/").content.decode()
