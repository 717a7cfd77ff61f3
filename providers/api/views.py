"""The door that every call of the API comes through: one class, from the token to the answer."""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import NotAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from journal.errors import Refusal
from journal.origin import current_origin, origin
from journal.services import utc_now
from providers.api import problems
from providers.api.fields import parsed, parsed_address
from providers.api.limits import calls_a_minute, count_call
from providers.api.operations import Answer, Call, Operation
from providers.api.reading import Body, body_of, digest_of_call
from providers.api.schema import DialectSchema
from providers.authentication.bearer import BearerAuthentication
from providers.errors import Invalid, KeyReused, OutOfDate, ScopeMissing
from providers.models import IdempotentAnswer
from providers.selectors.answers import answer_given
from providers.selectors.clients import Bearer
from providers.services.answers import keep_answer

_ETAG = re.compile(r'^(?:W/)?"(\d{1,10})"$')
_KEY = re.compile(r"^[\x21-\x7e]{1,120}$")
_REQUEST_ID = re.compile(r"^[\w.:-]{1,100}$", re.ASCII)
REPLAYED = "Idempotent-Replayed"
_WHAT_KEYS_ARE = _("A key has 1 to 120 visible ASCII characters.")
_NO_SUCH_NAME = _("There is no field of this name.")


class ApiView(APIView):
    """A call: token, limit, scope, shape, then one method; refusals become problems."""

    authentication_classes = [BearerAuthentication]
    permission_classes = []
    throttle_classes = []
    parser_classes = []
    renderer_classes = [JSONRenderer]
    metadata_class = None
    versioning_class = None
    schema = DialectSchema()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer as work that came through the API, under an id by which logs find it."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.match(given) else str(uuid.uuid4())
        with (
            origin("api", current_origin().address),
            structlog.contextvars.bound_contextvars(request_id=request_id),
        ):
            response = super().dispatch(request, *args, **kwargs)
        response["X-Request-Id"] = request_id
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return the one that speaks our dialect."""
        return problems.answer

    def get_exception_handler_context(self) -> Any:
        """Return what it needs to know."""
        return {"view": self}

    def check_throttles(self, request: Request) -> None:
        """Demand a token, then count the call against its client's limit."""
        bearer = request.auth
        if not isinstance(bearer, Bearer):
            raise NotAuthenticated
        client = bearer.client
        most = calls_a_minute(client)
        self.headers |= count_call(f"client:{client.pk}", most)

    def operate(
        self, said: Operation, method: Callable[..., Answer], request: Request, where: Any
    ) -> HttpResponse:
        """Check a call by what its operation says, and do it once."""
        bearer = cast("Bearer", request.auth)
        if said.scope not in bearer.scopes:
            raise ScopeMissing(said.scope)
        inner: HttpRequest = request._request  # noqa: SLF001 - the library's own is not needed
        asked = parsed_address(said.asks, inner.GET.dict()) if said.asks else _nothing(inner)
        body = body_of(inner, takes_files=said.takes_files) if request.method == "POST" else None
        given = parsed(said.takes, body.said) if body and said.takes else {}
        call = Call(
            client=bearer.client,
            scopes=bearer.scopes,
            at=utc_now(),
            given=given,
            asked=asked,
            versions=_versions(request.headers.get("If-Match")) if said.versioned else None,
            address=inner.build_absolute_uri(inner.path),
            said=inner.GET.dict(),
        )
        key = request.headers.get("Idempotency-Key")
        here, provider = current_origin(), bearer.client.provider
        tries_out = provider is not None and provider.is_test
        try:
            with origin(here.door, here.address, sandbox=tries_out):
                return _answered(lambda: method(self, call, **where), call, key, inner, body)
        except Refusal as refusal:
            raise renamed(refusal, said.names) from None


def _answered(
    do: Callable[[], Answer], call: Call, key: str | None, request: HttpRequest, body: Body | None
) -> HttpResponse:
    if body is None or key is None:
        return _told(do())
    if not _KEY.match(key):
        raise Invalid([("Idempotency-Key", "invalid", _WHAT_KEYS_ARE)])
    return _once(do, call, key, digest_of_call(request, body))


def renamed(refusal: Refusal, names: Mapping[str, str], *, below: str = "") -> Refusal:
    """Return a refusal that names its input as the body does; `below` is where that stands."""
    if refusal.field:
        refusal.field = below + names.get(refusal.field, refusal.field)
    return refusal


def expected_version(call: Call, version: int) -> int | None:
    """Return the version that a verb must still find. Raises OutOfDate when it is another one."""
    if call.versions is None:
        return None
    if version not in call.versions:
        raise OutOfDate
    return version


def etag(version: int) -> dict[str, str]:
    """Return the header that names a version."""
    return {"ETag": f'"{version}"'}


def _once(do: Callable[[], Answer], call: Call, key: str, digest: str) -> HttpResponse:
    """Do the work of a key once; whoever comes again, even at the same time, hears the same.

    The answer is kept in the transaction of the work. A second call at the same moment waits at the
    first constraint that both touch, is undone, and then finds the answer of the first. A refusal
    wrote nothing and is not kept: once its reason is gone, the key may be used again.
    """
    known = answer_given(call.client, key)
    if known is not None:
        return _again(known, digest)
    try:
        with transaction.atomic():
            response = _told(do())
            keep_answer(
                client=call.client,
                key=key,
                request_digest=digest,
                status=response.status_code,
                headers={name: response[name] for name in ("ETag", "Location") if name in response},
                body=response.content.decode(),
                at=call.at,
            )
    except (IntegrityError, Refusal):
        known = answer_given(call.client, key)
        if known is None:
            raise
        return _again(known, digest)
    return response


def _again(known: IdempotentAnswer, digest: str) -> HttpResponse:
    if known.request_digest != digest:
        raise KeyReused
    return HttpResponse(
        known.body,
        status=known.status,
        content_type="application/json",
        headers={**known.headers, REPLAYED: "true"},
    )


def _told(answer: Answer | HttpResponseBase) -> HttpResponse:
    if isinstance(answer, HttpResponseBase):
        return cast("HttpResponse", answer)
    text = "" if answer.data is None else as_json(answer.data)
    return HttpResponse(
        text,
        status=answer.status,
        content_type="application/json",
        headers=dict(answer.headers),
    )


def as_json(data: Any) -> str:
    """Return data as JSON: instants with their offset, translatable texts in today's language."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Promise):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def _versions(header: str | None) -> frozenset[int] | None:
    """Return the versions that If-Match names; None when any will do."""
    if header is None or header.strip() == "*":
        return None
    found = (_ETAG.match(part.strip()) for part in header.split(","))
    return frozenset(int(match[1]) for match in found if match)


def _nothing(request: HttpRequest) -> Mapping[str, Any]:
    """Refuse a query where none is asked for, by its names."""
    if request.GET:
        raise Invalid([(f"?{name}", "unknown", _NO_SUCH_NAME) for name in request.GET])
    return {}


@csrf_exempt
def nothing_here(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:  # noqa: ARG001
    """Answer for every address under /api/ that does not exist."""
    return problems.problem(404)
