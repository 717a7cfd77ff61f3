"""What one call of the API is, said once: who may, what it takes, what it answers.

The door checks by it, and the description of the API is drawn from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from rest_framework.serializers import BaseSerializer

from accounts.models import User
from providers.api.fields import Strict
from providers.models import ApiClient
from providers.states import Scope

Shape = type[BaseSerializer[Any]]


@dataclass(frozen=True)
class Call:
    """A call that was let in: who calls, and what was said, checked."""

    client: ApiClient
    scopes: frozenset[str]
    at: datetime
    given: Mapping[str, Any] = field(default_factory=dict)  # the body
    asked: Mapping[str, Any] = field(default_factory=dict)  # the query of the address
    versions: frozenset[int] | None = None  # of If-Match; None: whichever it is
    address: str = ""  # the absolute address that was called, for links to other pages
    said: Mapping[str, str] = field(default_factory=dict)  # its query as it stood there

    @property
    def actor(self) -> User:
        """Return the account that acts."""
        return self.client.user


@dataclass(frozen=True)
class Answer:
    """What a call is answered."""

    data: Any = None
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """A call as the description of the API shows it, and as the door checks it."""

    name: str  # its operationId
    summary: str
    scope: Scope
    takes: type[Strict] | None = None  # shape of the body
    asks: type[Strict] | None = None  # shape of the query
    gives: Mapping[int, Shape | None] = field(default_factory=dict)
    # Problems beside those that every call may be answered (see schema.py).
    refuses: frozenset[int] = frozenset()
    takes_files: bool = False
    versioned: bool = False  # takes If-Match, answers ETag
    gives_file: bool = False  # answers bytes, not JSON
    tag: str = ""
    # What a verb calls an input, where the body calls it otherwise ("message.text").
    names: Mapping[str, str] = field(default_factory=dict)
    # What its answer opens: names of path parameters, and where the answer tells their values.
    opens: Mapping[str, str] = field(default_factory=dict)


Method = Callable[..., Any]


def operation(
    name: str,
    summary: str,
    *,
    scope: Scope,
    gives: Mapping[int, Shape | None],
    refuses: tuple[int, ...] = (),
    **more: Any,
) -> Callable[[Method], Method]:
    """Make a method of a view an operation: it gets a checked Call and returns an Answer."""
    said = Operation(name, summary, scope, gives=gives, refuses=frozenset(refuses), **more)

    def wrap(method: Method) -> Method:
        @wraps(method)
        def run(view: Any, request: Any, **where: Any) -> Any:
            return view.operate(said, method, request, where)

        run.operation = said  # type: ignore[attr-defined]
        return run

    return wrap
