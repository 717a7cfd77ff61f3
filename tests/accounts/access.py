"""Who may open the pages for signing in, one's own pages and the people pages."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Absence, Membership, PlannedMove
from tests.architecture.access_row import Row, World, no_such_method, only, signed_in

PERSON = {"display_name": "Somebody", "email": "", "language": ""}
PLACE = {"name_en": "New", "name_zh": "新店"}
ADMIN = "administrator"
Kwargs = Callable[[World], dict[str, int]]


def _somebody(world: World) -> dict[str, int]:
    return {"pk": world.somebody.pk}


def _deactivated(world: World) -> dict[str, int]:
    world.somebody.is_active = False
    world.somebody.save()
    return {"pk": world.somebody.pk}


def _with_role(world: World) -> dict[str, int]:
    membership = Membership.objects.create(user=world.somebody, role="agent")
    return {"pk": world.somebody.pk, "membership": membership.pk}


def _with_address(world: World) -> dict[str, int]:
    world.somebody.email = "somebody@example.com"
    world.somebody.save()
    return {"pk": world.somebody.pk}


def _planned(world: World) -> dict[str, int]:
    move = PlannedMove.objects.create(
        user=world.somebody, role="agent", takes_effect_on=date(2999, 1, 1)
    )
    return {"pk": world.somebody.pk, "move": move.pk}


def _absence(world: World) -> dict[str, int]:
    now = timezone.now()
    absence = Absence.objects.create(
        person=world.users["agent"], starts_at=now, ends_at=now + timedelta(days=1)
    )
    return {"pk": absence.pk}


def _away(world: World) -> dict[str, Any]:
    return {"person": "", "starts_at": "2999-01-01T09:00", "ends_at": "2999-01-02T09:00"}


def _managed(post: str, kwargs: Kwargs = _somebody, **more: Any) -> Row:
    """Return the row of a page that only changes something, for administrators."""
    return Row(get=no_such_method(), post=only(ADMIN, gives=post), kwargs=kwargs, **more)


ROWS = {
    # Signing in. Who has signed in is sent on from here.
    "account_login": Row(
        get=signed_in("redirect", anonymous="ok"), post=signed_in("redirect", anonymous="ok")
    ),
    "account_logout": Row(get=signed_in(), post="login"),
    "account_inactive": Row(get="ok", post="405"),
    "account_reauthenticate": Row(get=signed_in(), post=signed_in()),
    "account_change_password": Row(get=signed_in(), post=signed_in()),
    "mfa_index": Row(get=signed_in(), post=no_such_method()),
    "mfa_authenticate": Row(get=signed_in("redirect"), post=signed_in("redirect")),
    "mfa_reauthenticate": Row(get=signed_in("redirect"), post=signed_in("redirect")),
    "mfa_activate_totp": Row(get=signed_in("redirect"), post=signed_in("redirect")),
    "mfa_deactivate_totp": Row(get=signed_in("404"), post=signed_in("404")),
    "mfa_view_recovery_codes": Row(get=signed_in("404"), post=no_such_method()),
    "mfa_generate_recovery_codes": Row(get=signed_in("redirect"), post=signed_in("redirect")),
    "mfa_download_recovery_codes": Row(get=signed_in("404"), post=signed_in("404")),
    "mfa_add_webauthn": Row(get=signed_in("redirect"), post=signed_in("redirect")),
    "mfa_login_webauthn": Row(get=signed_in("redirect"), post=signed_in("redirect")),
    "mfa_reauthenticate_webauthn": Row(get=signed_in("redirect"), post=signed_in("redirect")),
    "mfa_edit_webauthn": Row(
        get=signed_in("redirect"), post=signed_in("redirect"), kwargs=lambda _world: {"pk": 1}
    ),
    "mfa_remove_webauthn": Row(
        get=signed_in("redirect"), post=signed_in("redirect"), kwargs=lambda _world: {"pk": 1}
    ),
    # Without a provider there is no single sign-on.
    "single_sign_on": Row(get="404", post="405"),
    "single_sign_on_tie": Row(get=signed_in("redirect"), post=signed_in("redirect")),
    "single_sign_on_untie": Row(get=no_such_method(), post=signed_in("409")),
    "openid_connect_callback": Row(
        get="404", post="405", kwargs=lambda _world: {"provider_id": "oidc"}
    ),
    "accounts:invitation": Row(get="410", post="410", kwargs=lambda _world: {"secret": "nothing"}),
    "usersessions_list": Row(get=signed_in(), post=signed_in("redirect")),
    # One's own pages.
    "accounts:profile": Row(
        get=signed_in(), post=signed_in("redirect"), data=lambda _world: PERSON
    ),
    "accounts:language": Row(
        get="405", post="redirect", data=lambda _world: {"language": "zh-hans", "next": "/me/"}
    ),
    "accounts:absences": Row(get=signed_in(), post=signed_in("redirect"), data=_away),
    "accounts:end_absence": Row(
        get=no_such_method(),
        # The person themselves, who manages them, and administrators; nobody else learns of it.
        post=only("agent", "manager", ADMIN, gives="redirect", others="404"),
        kwargs=_absence,
    ),
    # People and places.
    "accounts:people": Row(get=only(ADMIN), post=no_such_method()),
    "accounts:add_person": Row(
        get=only(ADMIN), post=only(ADMIN), data=lambda _world: {**PERSON, "username": "new"}
    ),
    "accounts:person": Row(
        get=only(ADMIN),
        post=only(ADMIN, gives="redirect"),
        kwargs=_somebody,
        data=lambda _world: PERSON,
    ),
    "accounts:grant_role": _managed("redirect", data=lambda _world: {"role": "agent"}),
    "accounts:revoke_role": _managed("redirect", kwargs=_with_role),
    "accounts:deactivate": _managed("redirect"),
    "accounts:reactivate": _managed("redirect", kwargs=_deactivated),
    "accounts:reset_password": _managed("ok"),
    "accounts:remove_second_factor": _managed("409"),
    "accounts:end_sessions": _managed("redirect"),
    "accounts:invite": _managed("ok", kwargs=_with_address),
    "accounts:move": _managed(
        "redirect", data=lambda _world: {"move-role": "agent", "move-on": "2999-01-01"}
    ),
    "accounts:drop_move": _managed("redirect", kwargs=_planned),
    "accounts:leaving": _managed("redirect", data=lambda _world: {"leaves_on": "2999-01-01"}),
    "accounts:sites": Row(
        get=only(ADMIN),
        post=only(ADMIN, gives="redirect"),
        data=lambda _world: {**PLACE, "code": "new"},
    ),
    "accounts:site": Row(
        get=only(ADMIN),
        post=only(ADMIN, gives="redirect"),
        kwargs=lambda world: {"code": world.site.code},
        data=lambda _world: PLACE,
    ),
    "accounts:teams": Row(
        get=only(ADMIN),
        post=only(ADMIN, gives="redirect"),
        data=lambda _world: {**PLACE, "code": "new"},
    ),
    "accounts:team": Row(
        get=only(ADMIN),
        post=only(ADMIN, gives="redirect"),
        kwargs=lambda world: {"code": world.team.code},
        data=lambda _world: PLACE,
    ),
}
