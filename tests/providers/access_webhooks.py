"""Who may open the pages of webhooks. The calls of the API answer nobody who comes by a session."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.models import Provider
from tests.architecture.access_row import Row, World, no_such_method, only
from tests.providers.listening import make_client, make_endpoint

KEEPERS = ("administrator", "provider_staff")
BY_TOKEN_ONLY = Row(get="401", post="401")
_WEBHOOK = {"webhook": "we_1"}


def _provider(world: World) -> Provider:
    provider = world.users["provider_staff"].provider
    assert provider is not None
    return provider


def _own(world: World) -> Mapping[str, Any]:
    return {"pk": make_endpoint(make_client(_provider(world)))[0].pk}


def _ours(_world: World) -> Mapping[str, Any]:
    return {"pk": make_endpoint(make_client())[0].pk}


def _act(name: str) -> Callable[[World], Mapping[str, Any]]:
    return lambda world: {**_own(world), "act": name}


def _new(world: World) -> Mapping[str, Any]:
    return {"client": make_client(_provider(world)).pk, "url": "https://partner.example/"}


def _acted(name: str, *, gives: str = "redirect", **data: Any) -> Row:
    return Row(
        get=no_such_method(),
        post=only(*KEEPERS, gives=gives),
        kwargs=_act(name),
        data=lambda _world: data,
    )


ROWS: dict[str, Row] = {
    "providers:webhooks": Row(get=only(*KEEPERS), post=no_such_method()),
    "providers:webhook_new": Row(
        get=only(*KEEPERS), post=only(*KEEPERS, gives="redirect"), data=_new
    ),
    "providers:webhook_new#nothing": Row(get=only(*KEEPERS), post=only(*KEEPERS, gives="422")),
    "providers:webhook": Row(
        get=only(*KEEPERS),
        post=only(*KEEPERS, gives="redirect"),
        kwargs=_own,
        data=lambda _world: {"url": "https://partner.example/new"},
    ),
    "providers:webhook#of the organisation": Row(
        get={**only("administrator"), "provider_staff": "404"},
        post={**only("administrator", gives="422"), "provider_staff": "404"},
        kwargs=_ours,
    ),
    "providers:webhook_act#switch": _acted("switch"),
    "providers:webhook_act#secret": _acted("secret", gives="ok"),
    "providers:webhook_act#rotate": _acted("rotate", overlap=24),
    "providers:webhook_act#rotate wrong": _acted("rotate", gives="422"),
    "providers:webhook_act#test": _acted("test"),
    "providers:webhook_act#replay": _acted(
        "replay", since="2026-03-04T10:00", until="2026-03-05T10:00"
    ),
    "providers:webhook_act#replay wrong": _acted("replay", gives="422"),
    "providers:webhook_act#again": _acted("again", gives="404", event="evt_no"),
    "providers:webhook_act#remove": _acted("remove"),
    "providers:webhook_act#unknown": _acted("dance", gives="404"),
    "providers:webhook_act#of the organisation": Row(
        get=no_such_method(),
        post={**only("administrator", gives="redirect"), "provider_staff": "404"},
        kwargs=lambda world: {**_ours(world), "act": "remove"},
    ),
    "api:changes": BY_TOKEN_ONLY,
    "api:webhooks": BY_TOKEN_ONLY,
    "api:webhook_event_types": BY_TOKEN_ONLY,
    **{
        f"api:webhook{act}": Row(get="401", post="401", kwargs=lambda _world: _WEBHOOK)
        for act in (
            *("", "_change", "_remove", "_secret", "_rotate", "_test", "_replay", "_deliveries"),
        )
    },
}
