"""The addresses of the API for people: a session opens none of them, only a token does."""

from tests.architecture.access_row import Row, no_such_method, signed_in

TOKEN_ONLY = Row(get=signed_in("401", anonymous="401"), post=signed_in("401", anonymous="401"))
ONE = {"reference": "C26-7QK2-9XWD"}
_PLAIN = ("complaints", "bulk", "reconcile", "categories", "handling_policy", "kpis", "alerts")
_OF_ONE = (
    "complaint",
    "timeline",
    "notes",
    "messages",
    "attachments",
    "read_confidential",
    "acknowledge",
    "assess",
    "investigate",
    "respond",
    "record-decision",
    "close",
    "follow-up",
    "reopen",
    "withdraw",
    "escalate",
    "declare-emergency",
)
_ABOUT = Row(get=signed_in(anonymous="ok"), post=no_such_method(anonymous="405"))
_EVERYBODY_405 = signed_in("405", anonymous="405")

ROWS: dict[str, Row] = {
    "oauth_token": Row(get=_EVERYBODY_405, post=signed_in("400", anonymous="400")),
    "api_nothing": Row(
        get=signed_in("404", anonymous="404"),
        post=signed_in("404", anonymous="404"),
    ),
    "api:openapi": _ABOUT,
    "api:docs": _ABOUT,
    **{f"api:{name}": TOKEN_ONLY for name in _PLAIN},
    **{
        f"api:{name}": Row(TOKEN_ONLY.get, TOKEN_ONLY.post, kwargs=lambda _world: ONE)
        for name in _OF_ONE
    },
    "api:provider_scorecard": Row(
        TOKEN_ONLY.get, TOKEN_ONLY.post, kwargs=lambda _world: {"provider": "callco"}
    ),
    "api:attachment": Row(
        TOKEN_ONLY.get, TOKEN_ONLY.post, kwargs=lambda _world: {**ONE, "attachment": 1}
    ),
}
