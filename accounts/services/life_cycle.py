"""The verbs on joining, moving and leaving, and the sweep that makes them happen on their day."""

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.models import Invitation, Membership, PlannedMove, Site, Team, User
from accounts.permissions import demand
from accounts.rules import digest_of
from accounts.selectors import open_invitation
from accounts.services.access import set_password
from accounts.services.people import (
    check_leaving,
    deactivate_user,
    grant_role,
    refuse_role,
    revoke_role,
    system_user,
)
from journal.errors import Refusal
from journal.origin import origin
from journal.services import record

log = structlog.get_logger(__name__)

MANAGE = "accounts.manage"


@transaction.atomic
def invite_user(*, user: User, actor: User | None, at: datetime) -> tuple[Invitation, str]:
    """Make a link by which somebody sets their first password; earlier links stop working.

    Returns the invitation and the secret of the link, which is not kept. Raises Refusal when the
    account is closed, has no address, or a sign-in of its own already.
    """
    demand(actor, MANAGE)
    if not user.is_active or user.is_system or user.is_client:
        raise Refusal(_("This account is closed."), code="closed")
    if not user.email:
        raise Refusal(
            _("This person has no e-mail address. Give them a one-time password instead."),
            code="no_address",
            field="email",
        )
    if user.last_login is not None:
        raise Refusal(
            _("This person has signed in already. Give them a one-time password instead."),
            code="signed_in_before",
        )
    user.invitations.filter(used_at__isnull=True).delete()
    secret = secrets.token_urlsafe(32)
    ends_at = at + timedelta(hours=settings.INVITATION_HOURS)
    invitation = Invitation.objects.create(
        user=user, digest=digest_of(secret), made_at=at, ends_at=ends_at
    )
    record(
        kind=events.USER_INVITED,
        subject=user,
        actor=actor,
        occurred_at=at,
        payload=events.Invited(invitation=invitation.pk),
    )
    return invitation, secret


@transaction.atomic
def accept_invitation(*, secret: str, password: str, at: datetime) -> User:
    """Set the first password by a link, which works once.

    Raises Refusal with code `invitation_over`, or naming `password` when it is too weak.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self",)).filter(digest=digest_of(secret)).first()
    )
    if invitation is None or open_invitation(secret, at) is None:
        raise Refusal(
            _("This link has been used or is too old. Ask for a new one."), code="invitation_over"
        )
    user = set_password(
        user=invitation.user, password=password, one_time=False, actor=invitation.user, at=at
    )
    invitation.used_at = at
    invitation.save(update_fields=["used_at"])
    return user


@transaction.atomic
def move_user(
    *,
    user: User,
    leaves: Membership | None,
    role: str,
    site: Site | None,
    team: Team | None,
    on: date,
    actor: User | None,
    at: datetime,
) -> PlannedMove:
    """Give somebody another place or role from a day on, in one step with the one they leave.

    What they own and can no longer handle goes back to its team (complaints hears of it). Raises
    Refusal as grant_role does, and for a day that has passed (`on`).
    """
    demand(actor, MANAGE)
    today = timezone.localdate(at)
    if on < today:
        raise Refusal(_("This day has passed."), code="past", field="on")
    if leaves is not None and leaves.user_id != user.pk:
        raise Refusal(_("This is a role of somebody else."), code="not_theirs", field="leaves")
    refuse_role(user=user, role=role, site=site, team=team, actor=actor)
    move = PlannedMove.objects.create(
        user=user,
        leaves=leaves,
        role=role,
        site=site,
        team=team,
        takes_effect_on=on,
        planned_by=actor,
    )
    if on <= today:
        _make(move, at)
    else:
        record(
            kind=events.MOVE_PLANNED,
            subject=user,
            actor=actor,
            occurred_at=at,
            payload=events.Moved(move=move.pk, on=on.isoformat()),
        )
    return move


@transaction.atomic
def drop_move(*, move: PlannedMove, actor: User | None, at: datetime) -> None:
    """Take a planned move back. Raises Refusal when it has been made."""
    demand(actor, MANAGE)
    if move.made_at is not None:
        raise Refusal(_("This move has been made already."), code="made")
    record(
        kind=events.MOVE_DROPPED,
        subject=move.user,
        actor=actor,
        occurred_at=at,
        payload=events.Moved(move=move.pk, on=move.takes_effect_on.isoformat()),
    )
    move.delete()


def _make(move: PlannedMove, at: datetime) -> None:
    """Make a move; the new place comes first, so that nobody is without one in between."""
    user = move.user
    grant_role(
        user=user, role=move.role, site=move.site, team=move.team, actor=move.planned_by, at=at
    )
    stays = (move.role, move.site_id, move.team_id)
    left = move.leaves
    if left is not None and (left.role, left.site_id, left.team_id) != stays:
        revoke_role(membership=left, actor=move.planned_by, at=at)
        move.leaves = None
    move.made_at = at
    move.save(update_fields=["leaves", "made_at"])
    record(
        kind=events.USER_MOVED,
        subject=user,
        actor=move.planned_by,
        occurred_at=at,
        payload=events.Moved(move=move.pk, on=move.takes_effect_on.isoformat()),
    )


@transaction.atomic
def plan_leaving(*, user: User, leaves_on: date | None, actor: User | None, at: datetime) -> User:
    """Say on which day somebody leaves, or with None that they stay. From that day on they are out.

    Their managers hear of it (complaints), so that open work is handed over before. Raises Refusal
    for the system, oneself, the last administrator and a day that has passed (`leaves_on`).
    """
    demand(actor, MANAGE)
    if leaves_on is not None:
        check_leaving(user, actor)
        if leaves_on <= timezone.localdate(at):
            raise Refusal(
                _("Choose a day to come, or deactivate the account now."),
                code="past",
                field="leaves_on",
            )
    if user.leaves_on == leaves_on:
        return user
    user.leaves_on = leaves_on
    user.save(update_fields=["leaves_on"])
    record(
        kind=events.USER_LEAVING if leaves_on else events.USER_STAYS,
        subject=user,
        actor=actor,
        occurred_at=at,
        payload=events.Leaving(on=leaves_on.isoformat() if leaves_on else None),
    )
    return user


def sweep_life_cycle(*, now: datetime) -> int:
    """Make the moves and departures whose day has come; return how many.

    Each in a transaction of its own: one that is refused keeps nobody else waiting and is tried
    again at the next sweep.
    """
    today, done = timezone.localdate(now), 0
    with origin("scheduler"):
        moves = PlannedMove.objects.filter(made_at__isnull=True, takes_effect_on__lte=today)
        for move in moves.select_related("user", "leaves", "planned_by"):
            done += _by_itself(_make, move, now)
        for user in User.objects.filter(is_active=True, leaves_on__lte=today):
            done += _by_itself(_see_off, user, now)
    return done


def _see_off(user: User, at: datetime) -> None:
    deactivate_user(user=user, actor=system_user(), at=at)


def _by_itself(verb: Callable[[Any, datetime], None], subject: Any, at: datetime) -> bool:
    try:
        with transaction.atomic():
            verb(subject, at)
    except Refusal as refusal:
        log.warning("life_cycle.refused", code=refusal.code)
        return False
    return True
