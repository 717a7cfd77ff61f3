"""The questions one may ask about people, and the list of the people pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Absence, Invitation, Membership, PlannedMove, Site, Team, User
from accounts.permissions import grants_with, has
from accounts.rules import digest_of
from accounts.states import SignInFailure
from journal.selectors import history_of

PAGE = 50
# Somebody's memberships, and whose absence they cover: rows without an id.
_OF_PERSON = (
    "SELECT id, user_id, role, site_id, team_id, provider_id FROM accounts_membership"
    " WHERE user_id = %s UNION ALL SELECT NULL, person_id, NULL, NULL, NULL, NULL"
    " FROM accounts_absence WHERE deputy_id = %s AND starts_at <= %s AND ends_at > %s ORDER BY 1"
)
# What may stand beside a password; recovery codes only come along with one of them.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def find_by_username(username: str) -> User | None:
    """Return the person of this user name, whatever its case."""
    return User.objects.filter(username__iexact=User.normalize_username(username.strip())).first()


@dataclass(frozen=True)
class PeoplePage:
    """Some people in order of user name, and where the next page begins (None at the end)."""

    people: list[User]
    next_after: str | None


def people(
    *, at: datetime, words: str = "", role: str = "", state: str = "", after: str = ""
) -> PeoplePage:
    """Return a page of people: `words` in name or address, `state` active, leaving or inactive.

    Each tells whether they have a second factor (`has_factor`) and are away at `at` (`is_away`).
    """
    found = User.objects.filter(is_system=False, is_client=False, username__gt=after).order_by(
        "username"
    )
    for word in words.split():
        found = found.filter(
            Q(username__icontains=word) | Q(display_name__icontains=word) | Q(email__icontains=word)
        )
    if role:
        found = found.filter(Exists(Membership.objects.filter(user=OuterRef("pk"), role=role)))
    if state == "leaving":
        found = found.filter(is_active=True, leaves_on__isnull=False)
    elif state:
        found = found.filter(is_active=state == "active")
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
    found = found.annotate(
        has_factor=Exists(factors),
        is_away=Exists(absences_at(at).filter(person=OuterRef("pk"))),
    )
    rows = list(with_roles(found)[: PAGE + 1])
    shown = rows[:PAGE]
    return PeoplePage(shown, shown[-1].username if len(rows) > PAGE else None)


def with_roles(users: QuerySet[User]) -> QuerySet[User]:
    """Return the same people with their memberships and places at hand."""
    return users.prefetch_related("memberships__site", "memberships__team")


def everybody() -> QuerySet[User]:
    """Return all people; the system is not one."""
    return with_roles(User.objects.filter(is_system=False, is_client=False))


def sites() -> QuerySet[Site]:
    """Return all sites, those out of use too."""
    return Site.objects.all()


def teams() -> QuerySet[Team]:
    """Return all teams, those out of use too."""
    return Team.objects.all()


def has_second_factor(user: User) -> bool:
    """Return whether the person signs in with a second factor."""
    return bool(Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists())


def passkeys_of(user: User) -> list[Authenticator]:
    """Return somebody's passkeys, oldest first."""
    kind = Authenticator.Type.WEBAUTHN
    return list(Authenticator.objects.filter(user=user, type=kind).order_by("pk"))


def organisation_name() -> str:
    """Return what the organisation is called in the present language."""
    chinese = (get_language() or "").startswith("zh")
    return str(settings.ORGANISATION_NAME_ZH if chinese else settings.ORGANISATION_NAME)


def provider_name() -> str:
    """Return what single sign-on is called in the present language; empty without any."""
    if not settings.OIDC:
        return ""
    english, chinese = settings.OIDC["name"]
    return str(chinese if (get_language() or "").startswith("zh") else english)


def is_linked(user: User) -> bool:
    """Return whether the person may come in by single sign-on."""
    return bool(SocialAccount.objects.filter(user=user).exists())


def open_invitation(secret: str, at: datetime) -> Invitation | None:
    """Return the invitation of a link, or None when it is unknown, used or too old."""
    return (
        Invitation.objects.select_related("user")
        .filter(
            digest=digest_of(secret), used_at__isnull=True, ends_at__gt=at, user__is_active=True
        )
        .first()
    )


def planned_moves(user: User) -> QuerySet[PlannedMove]:
    """Return the moves of a person that are still to come."""
    moves = user.planned_moves.filter(made_at__isnull=True)
    return moves.select_related("site", "team", "leaves__site", "leaves__team")


@dataclass(frozen=True)
class SignIn:
    """One sign-in, or one failed attempt and why it failed."""

    at: datetime
    address: str
    second_factor: bool
    failure: str


def recent_sign_ins(user: User, count: int = 10) -> list[SignIn]:
    """Return the person's last sign-ins and failed attempts, newest first."""
    entries = history_of(user).filter(kind__in=events.SIGN_IN_KINDS).order_by("-seq")[:count]
    return [
        SignIn(
            at=entry.occurred_at,
            address=entry.address,
            second_factor=bool(entry.payload.get("second_factor")),
            failure=str(SignInFailure(entry.payload["code"]).label)
            if entry.kind == events.SIGN_IN_FAILED
            else "",
        )
        for entry in entries
    ]


def named_for(person: User, absent: User | None) -> str:
    """Return who acts as colleagues and complainants read it, with whom they stand in for."""
    if absent is None:
        return str(person)
    return _("%(deputy)s (for %(absent)s)") % {"deputy": person, "absent": absent}


# --- absence: who stands in for whom -------------------------------------------------------------


def absence_of(user: User, at: datetime) -> Absence | None:
    """Return the absence that somebody is in at a moment, or None."""
    return absences_at(at).filter(person=user.pk).select_related("deputy").first()


def deputy_of(user: User, at: datetime) -> User | None:
    """Return who stands in for somebody at a moment: None when they are there, or nobody does."""
    return deputies_of([user.pk], at).get(user.pk)


def deputies_of(people: Iterable[int], at: datetime) -> dict[int, User]:
    """Return who stands in for these people (by id) at a moment; who is there has no entry."""
    away = (
        absences_at(at)
        .filter(person__in=set(people), deputy__is_active=True)
        .select_related("deputy")
        .order_by("-starts_at", "-id")
    )
    return {absence.person_id: absence.deputy for absence in away if absence.deputy}


def standing_in(user: User, at: datetime) -> User:
    """Return the same person, knowing whom they stand in for; every door does this once."""
    # As text and in one, because every page asks: to put it together takes longer than to ask it.
    moment = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(_OF_PERSON, [user.pk, user.pk, moment, moment])
        rows = cursor.fetchall()
    user.know_grants([row for row in rows if row[0] is not None])
    away = [person for pk, person, *_ in rows if pk is None]
    user.covering = tuple(_colleagues(away)) if away else ()  # nearly always nobody
    return user


def _colleagues(ids: Sequence[int]) -> QuerySet[User]:
    """Return absent colleagues with their roles."""
    people = User.objects.filter(pk__in=ids, is_active=True)
    return people.prefetch_related("memberships").order_by("username")


def absences_to_come(user: User, at: datetime) -> QuerySet[Absence]:
    """Return somebody's absences that are not over, the next one first."""
    return Absence.objects.filter(person=user.pk, ends_at__gt=at).select_related("deputy")


def standing_in_for(user: User, at: datetime) -> QuerySet[Absence]:
    """Return the absences, now and to come, in which somebody stands in for others."""
    return Absence.objects.filter(deputy=user.pk, ends_at__gt=at).select_related("person")


def absences_among(people: QuerySet[User], at: datetime) -> QuerySet[Absence]:
    """Return the absences, now and to come, of these people."""
    return Absence.objects.filter(
        person__in=people.order_by().values("pk"), ends_at__gt=at
    ).select_related("person", "deputy")[:PAGE]


def in_charge_of(actor: User) -> QuerySet[User]:
    """Return whose absence the actor may note: themselves, and people in their places."""
    everyone = User.objects.filter(is_active=True, is_system=False, is_client=False)
    if has(actor, "accounts.manage"):
        return everyone
    who = Q(pk=actor.pk)
    for grant in grants_with(actor, "accounts.set_absence"):
        place = Membership.objects.filter(user=OuterRef("pk"))
        if grant.site_id is not None:
            place = place.filter(site=grant.site_id)
        if grant.team_id is not None:
            place = place.filter(team=grant.team_id)
        who |= Q(Exists(place))
    return everyone.filter(who)


def absences_at(at: datetime) -> QuerySet[Absence]:
    """Return the absences that hold at a moment."""
    return Absence.objects.filter(starts_at__lte=at, ends_at__gt=at)
