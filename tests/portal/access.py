"""Who may open the complainants' pages, and what the desk sees of them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from complaints.models import Complaint
from portal.models import Submission
from tests.architecture.access_row import Row, World, no_such_method, only, signed_in
from tests.complaints.factories import NOW, make_complaint, make_policy
from tests.portal.factories import filled_in, issued_for

READERS = ("agent", "handler", "manager", "quality_manager", "auditor", "top_management")
FRONT = ("agent", "handler", "manager")
_NO_GET = no_such_method(anonymous="login")


def _policy(_world: World) -> Mapping[str, Any]:
    make_policy()
    return {}


def _complaint(world: World, **fields: Any) -> Complaint:
    return make_complaint(site=fields.pop("site", world.site), **fields)


def _of(**fields: Any) -> Callable[[World], Mapping[str, Any]]:
    return lambda world: {"reference": _complaint(world, **fields).reference}


def _elsewhere(world: World) -> Mapping[str, Any]:
    return {"reference": _complaint(world, site=world.elsewhere).reference}


def _token(world: World) -> Mapping[str, Any]:
    return {"token": issued_for(_complaint(world), at=timezone.now()).token}


def _act(world: World) -> Mapping[str, Any]:
    return {**_token(world), "name": "add"}


def _submission(world: World) -> Mapping[str, Any]:
    row = Submission.objects.create(complaint=_complaint(world), at=NOW, suspected=True)
    return {"pk": row.pk}


def _anybody(get: str, post: str, **more: Any) -> Row:
    """Return a row of a page without an account: the same for everybody."""
    return Row(get=signed_in(get, anonymous=get), post=signed_in(post, anonymous=post), **more)


_ONLY_FRONT = only(*FRONT, gives="redirect", others="404")
_SEEN = _ONLY_FRONT | dict.fromkeys(("quality_manager", "auditor", "top_management"), "403")

ROWS: dict[str, Row] = {
    "portal:form": _anybody("ok", "redirect", kwargs=_policy, data=lambda _world: filled_in()),
    # Whoever has no link learns nothing, signed in or not.
    "portal:answer": _anybody(
        "404", "404", kwargs=lambda world: {**_policy(world), "token": "guess"}
    ),
    "portal:answer_file": _anybody("404", "405", kwargs=lambda _world: {"token": "guess", "pk": 1}),
    "portal:how": _anybody("ok", "405", kwargs=_policy),
    "portal:receipt": _anybody("ok", "405", kwargs=_token),
    "portal:receipt#made up": _anybody(
        "404", "405", kwargs=lambda world: {**_policy(world), "token": "made-up"}
    ),
    "portal:lookup": _anybody("ok", "422", kwargs=_policy),
    "portal:send_again": _anybody("405", "ok", kwargs=_policy),
    "portal:status": _anybody("ok", "405", kwargs=_token),
    "portal:status#made up": _anybody(
        "404", "405", kwargs=lambda world: {**_policy(world), "token": "made-up"}
    ),
    "portal:act": _anybody("redirect", "redirect", kwargs=_act, data=lambda _w: {"text": "More."}),
    "portal:act#made up": _anybody(
        "404", "404", kwargs=lambda world: {**_policy(world), "token": "made-up", "name": "add"}
    ),
    "portal:doubtful": Row(get=only(*READERS, "provider_staff"), post=no_such_method()),
    # Whoever may not acknowledge anything is turned away before anything is looked for.
    "portal:genuine": Row(
        get=_NO_GET,
        post={**only(*FRONT, gives="redirect"), "provider_staff": "404"},
        kwargs=_submission,
    ),
    "portal:panel": Row(get=only(*READERS, others="404"), post=no_such_method(), kwargs=_of()),
    "portal:panel#elsewhere": Row(
        get=only("quality_manager", "auditor", "top_management", others="404"),
        post=no_such_method(),
        kwargs=_elsewhere,
    ),
    "portal:link_issue": Row(
        get=_NO_GET,
        post=_SEEN | dict.fromkeys(FRONT, "ok"),
        kwargs=_of(),
    ),
    "portal:link_send": Row(get=_NO_GET, post=_SEEN, kwargs=_of()),
    "portal:links_revoke": Row(get=_NO_GET, post=_SEEN, kwargs=_of()),
    # The shops' page is kept by browsers and says nothing about anybody.
    "portal:shop": _anybody("ok", "405"),
    "portal:shop_manifest": _anybody("ok", "405"),
    "portal:shop_worker": _anybody("ok", "405"),
    "portal:shop_who": Row(get=signed_in("ok", anonymous="401"), post="405"),
    "portal:shop_send": Row(
        get="405",
        post=only(*FRONT, "provider_staff", gives="ok", anonymous="401"),
        kwargs=_policy,
        data=lambda _world: filled_in(description="Said in the shop."),
    ),
}
