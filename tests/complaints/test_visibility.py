"""Lists and single complaints obey the same rules: exhaustively, over people and complaints."""

import itertools
import random
from itertools import product

import pytest

from accounts.models import Membership, User
from accounts.rules import NEVER_BY_HAND, PERMISSIONS_OF
from accounts.services import system_user
from accounts.states import Role
from complaints.models import Complaint
from complaints.permissions import may, may_know_complainant, may_see
from complaints.selectors.paging import lines
from tests.accounts.factories import make_provider
from tests.complaints.factories import make_policy, make_site, make_team, make_user
from tests.complaints.rows import put, row

pytestmark = pytest.mark.django_db

PERMISSIONS = ("complaints.note", "complaints.approve", "complaints.assign_self")


@pytest.fixture
def me() -> User:
    return make_user(username="me")


@pytest.fixture
def places(me):
    """Return where memberships hold: everywhere, a site, a team, a team at a site."""
    site, team = make_site("here"), make_team("desk")
    return [(None, None), (site, None), (None, team), (site, team)]


@pytest.fixture
def complaints(me, places) -> list[Complaint]:
    """Return a complaint of every kind that rights can tell apart."""
    other, policy = make_user(username="other"), make_policy()
    sites = [None, places[1][0], make_site("there")]
    teams = [None, places[2][1], make_team("back")]
    kinds = product(sites, teams, (False, True), (None, me, other), (me, other), (None, me, other))
    providers = itertools.cycle([None, make_provider("ours"), make_provider("theirs")])
    return put(
        *(
            row(
                site=site,
                team=team,
                confidential=secret,
                owner=owner,
                recorded_by=recorder,
                subject_person=subject,
                provider=next(providers),
                policy=policy,
            )
            for site, team, secret, owner, recorder, subject in kinds
            if owner is None or owner != subject
        )
    )


def memberships(places) -> list[tuple[tuple[str, tuple], ...]]:
    """Return each role at each place, and many pairs and triples of them."""
    single = [(role, place) for role in Role.values for place in places]
    draw = random.Random(10002)
    several = [tuple(draw.sample(single, size)) for size in (2, 3) for _ in range(60)]
    return [(), *((one,) for one in single), *several]


def give(me: User, held) -> User:
    """Give a person these memberships and no others."""
    Membership.objects.filter(user=me).delete()
    Membership.objects.bulk_create(
        Membership(user=me, role=role, provider=make_provider("ours"))
        if role in NEVER_BY_HAND
        else Membership(user=me, role=role, site=site, team=team)
        for role, (site, team) in {
            (role, (None, None) if role in NEVER_BY_HAND else place) for role, place in held
        }
    )
    return User.objects.get(pk=me.pk)


def ids(complaints) -> set[int]:
    return set(complaints.values_list("pk", flat=True))


def test_a_list_shows_exactly_what_may_be_seen(me, places, complaints):
    for held in memberships(places):
        actor = give(me, held)
        wanted = {complaint.pk for complaint in complaints if may_see(actor, complaint)}
        assert ids(Complaint.objects.visible_to(actor)) == wanted, held


def test_the_parts_of_a_list_are_the_whole_and_no_more(me, places, complaints):
    for held in memberships(places):
        actor = give(me, held)
        parts = [ids(part) for part in Complaint.objects.parts_visible_to(actor)]
        assert set().union(*parts) == ids(Complaint.objects.visible_to(actor)), held


def test_what_nobody_owns_is_whole_without_the_parts_that_have_owners(me, places, complaints):
    for held in memberships(places):
        actor = give(me, held)
        parts = Complaint.objects.parts_visible_to(actor, unowned=True)
        free = [ids(part.filter(owner__isnull=True)) for part in parts]
        wanted = ids(Complaint.objects.visible_to(actor).filter(owner__isnull=True))
        assert set().union(*free) == wanted, held
        assert all(free), held  # no part is gone through in vain


def test_what_may_be_done_is_listed_as_it_is_allowed(me, places, complaints):
    for held in memberships(places):
        actor = give(me, held)
        for permission in PERMISSIONS:
            wanted = {c.pk for c in complaints if may(actor, permission, c)}
            assert ids(Complaint.objects.where_may(actor, permission)) == wanted, (held, permission)


def test_a_row_of_a_list_is_judged_as_its_complaint(me, places, complaints):
    by_id = {complaint.pk: complaint for complaint in complaints}
    rows = lines(list(by_id))
    assert len(rows) == len(by_id)
    for held in memberships(places)[:40]:
        actor = give(me, held)
        for line in rows:
            complaint = by_id[line.pk]
            assert may_see(actor, line) == may_see(actor, complaint), held
            assert may_know_complainant(actor, line) == may_know_complainant(actor, complaint)


def test_the_system_sees_everything(complaints):
    assert len(ids(Complaint.objects.visible_to(system_user()))) == len(complaints)
    assert len(ids(Complaint.objects.where_may(system_user(), "complaints.close"))) == len(
        complaints
    )


def test_nobody_sees_what_is_about_themselves_whatever_their_role(me, complaints):
    for role in PERMISSIONS_OF:
        actor = give(me, [(role, (None, None))])
        assert not Complaint.objects.visible_to(actor).filter(subject_person=me).exists()
