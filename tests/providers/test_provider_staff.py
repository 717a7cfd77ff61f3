"""A provider's people walk through the house: only their own, masked as agreed, nothing dead."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from complaints.models import Complaint
from complaints.permissions import withheld_from
from complaints.selectors.veil import HIDDEN
from complaints.services.messages import write_message
from complaints.states import MessageChannel, Occasion
from providers.rules.matrix import PERSONAL_FIELDS
from tests.accounts.factories import make_provider
from tests.complaints.factories import NOW, make_complaint, make_policy, make_user

pytestmark = pytest.mark.django_db
PERSON: dict[str, Any] = {
    "name": "Zhao Liying",
    "organisation": "Liying Ltd",
    "phone": "13912345678",
    "email": "liying@caller.example",
    "customer_number": "K-77001",
    "address": "9 Harbour Road",
    "needs": "uses a wheelchair",
}
SECRET = [*PERSON.values(), "Attorney Sun"]
# What everybody may open who is signed in; each is looked at with the provider's eyes.
LISTS = (
    "complaints:queue",
    "complaints:emergencies",
    "complaints:list",
    "complaints:search",
    "complaints:follow_ups",
    "complaints:notices",
    "complaints:messages_unsettled",
    "complaints:imports",
    "complaints:intake",
    "complaints:glossary",
    "complaints:filter_panel",
    "referrals:cases",
    "emergencies:declare",
    "portal:doubtful",
    "providers:own",
    "accounts:profile",
    "accounts:absences",
)
PANELS = (
    "complaints:complaint",
    "complaints:timeline",
    "referrals:panel",
    "mailroom:correspondence",
    "portal:panel",
    "retention:panel",
)


@pytest.fixture
def scene():
    """Return a provider's person, shown names only, its complaint, and two that are others'."""
    make_policy()
    provider = make_provider("callcentre", shown_fields=["name"])
    staff = make_user("provider_staff", username="wen", provider=provider)
    mine = make_complaint(
        actor=staff, description="The tap drips.", representative="Attorney Sun", **PERSON
    )
    write_message(
        complaint_id=mine.pk,
        occasion=Occasion.PROGRESS,
        channel=MessageChannel.EMAIL,
        subject="For Zhao Liying",
        text="Dear Zhao Liying, call us at 13912345678.",
        actor=make_user("manager"),
        at=NOW,
    )
    house = make_complaint(description="Belongs to the house.", name="Qian Du", phone="13700007777")
    other = make_complaint(
        actor=make_user("provider_staff", provider=make_provider("another")),
        description="Belongs to the other one.",
        name="Sun Er",
        phone="13600006666",
    )
    client = Client()
    client.force_login(staff)
    return client, staff, mine, (house, other)


def seen(client, name, *args, **data):
    """Return what a page says; it must be there."""
    page = client.get(reverse(name, args=args), data, follow=True)
    assert page.status_code == 200, name
    return page.content.decode()


@pytest.mark.clause("CM-8.7")
@pytest.mark.parametrize("name", LISTS)
def test_no_list_tells_of_others_or_shows_what_is_withheld(scene, name):
    client, _staff, _mine, others = scene
    said = seen(client, name)
    for complaint in others:
        assert complaint.reference not in said
        assert complaint.description not in said
    for hidden in SECRET:
        if hidden != PERSON["name"]:
            assert hidden not in said, (name, hidden)


@pytest.mark.parametrize("name", PANELS)
def test_the_page_of_ones_own_complaint_is_masked_and_that_of_others_does_not_exist(scene, name):
    client, _staff, mine, others = scene
    page = client.get(reverse(name, args=[mine.reference]), headers={"HX-Request": "true"})
    assert page.status_code == 200
    said = page.content.decode()
    for hidden in SECRET:
        if hidden != PERSON["name"]:
            assert hidden not in said, hidden
    for complaint in others:
        assert client.get(reverse(name, args=[complaint.reference])).status_code == 404


def test_every_link_on_their_pages_can_be_opened(scene):
    client, _staff, mine, _others = scene
    pages = [reverse(name) for name in LISTS]
    pages += [reverse(name, args=[mine.reference]) for name in PANELS]
    dead = []
    for page in pages:
        said = client.get(page, headers={"HX-Request": "true"} if "/of/" in page else {})
        found = said.content.decode().replace("&amp;", "&")
        for link in set(re.findall(r'href="(/[^"#]*)', found)):
            if link.startswith(("/static/", "/accounts/")):
                continue
            status = client.get(link).status_code
            if status not in {200, 302}:
                dead.append((page, link, status))
    assert dead == []


def test_every_step_that_is_offered_opens_its_form(scene):
    client, _staff, mine, _others = scene
    said = seen(client, "complaints:complaint", mine.reference)
    offered = set(re.findall(rf'hx-get="(/complaints/{mine.reference}/[^"]*)"', said))
    assert offered
    for address in offered:
        page = client.get(address, headers={"HX-Request": "true"})
        assert page.status_code == 200, address
        for hidden in SECRET:
            if hidden != PERSON["name"]:
                assert hidden not in page.content.decode(), (address, hidden)


def test_an_export_leaves_out_what_the_contract_does_not_show(scene):
    client, _staff, mine, _others = scene
    answer = client.post(reverse("complaints:export"), {"format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Reference"] for row in rows] == [mine.reference]
    assert rows[0]["Name"] == PERSON["name"]
    for column in ("Phone", "E-mail", "Organisation", "Customer number", "Representative"):
        assert rows[0][column] == "not shown"


def test_nothing_is_found_by_what_is_withheld(scene):
    client, _staff, mine, _others = scene
    for words in ("tap drips", "Zhao Liying", mine.reference):
        assert mine.reference in seen(client, "complaints:search", q=words)
    for words in ("13912345678", "liying@caller.example", "K-77001", "Attorney Sun", "Qian Du"):
        found = seen(client, "complaints:search", q=words)
        assert f"/complaints/{mine.reference}/" not in found, words


def test_the_names_of_callers_stay_in_letters_only_where_the_contract_shows_them(scene):
    client, staff, mine, _others = scene
    letter = mine.messages.get(occasion=Occasion.PROGRESS)
    address = reverse("complaints:message_print", args=[mine.reference, letter.pk])
    said = client.get(address).content.decode()
    assert "Dear Zhao Liying" in said
    assert PERSON["phone"] not in said
    staff.provider.shown_fields = []
    staff.provider.save()
    said = client.get(address).content.decode()
    assert "Zhao Liying" not in said
    assert f"Dear {HIDDEN}" in said


def test_who_is_shown_nothing_is_told_so_in_lists(scene):
    client, staff, _mine, _others = scene
    staff.provider.shown_fields = []
    staff.provider.save()
    said = seen(client, "complaints:list")
    assert PERSON["name"] not in said
    assert "Not shown to you" in said


def test_the_intake_takes_over_only_what_is_shown(scene):
    client, _staff, _mine, _others = scene
    said = client.post(
        reverse("complaints:intake_help"), {"phone": PERSON["phone"], "description": "Again."}
    ).content.decode()
    assert PERSON["name"] in said
    for hidden in (PERSON["email"], PERSON["customer_number"], PERSON["address"]):
        assert hidden not in said


def test_a_draft_greets_nobody_by_a_name_that_is_withheld(scene):
    client, staff, mine, _others = scene
    staff.provider.shown_fields = ["email"]
    staff.provider.save()
    address = reverse("complaints:move", args=[mine.reference, "acknowledge"])
    said = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert PERSON["name"] not in said
    drafts = re.findall(r'<textarea[^>]*name="text".*?</textarea>', said, re.DOTALL)
    assert drafts
    assert HIDDEN not in drafts[0]


def test_a_suspended_provider_sees_its_own_page_and_nothing_else(scene):
    client, staff, mine, _others = scene
    staff.provider.active = False
    staff.provider.save()
    page = client.get("/")
    assert page.status_code == 302
    assert page.headers["Location"] == reverse("providers:own")
    assert client.get(reverse("providers:own")).status_code == 200
    assert client.get(reverse("complaints:complaint", args=[mine.reference])).status_code in {
        403,
        404,
    }
    assert client.get(reverse("complaints:list")).status_code == 403


def test_filters_name_no_colleague_and_no_other_provider(scene):
    client, _staff, _mine, _others = scene
    make_user("handler", display_name="Colleague Inside")
    said = seen(client, "complaints:list", more="1", provider="another")
    assert "Colleague Inside" not in said
    assert "f-provider" not in said
    assert "no value of the filter" in said  # as for a code that does not exist
    manager = Client()
    manager.force_login(make_user("manager"))
    found = seen(manager, "complaints:list", more="1", provider="callcentre")
    assert "The tap drips" in found
    assert "Belongs to" not in found
    assert "Belongs to the house" in seen(manager, "complaints:list", provider="none")


def test_colleagues_are_withheld_nothing(scene):
    _client, staff, _mine, _others = scene
    assert withheld_from(make_user("handler")) == frozenset()
    assert withheld_from(staff) == frozenset(PERSONAL_FIELDS) - {"name"}
    assert Complaint.objects.visible_to(staff).count() == 1
