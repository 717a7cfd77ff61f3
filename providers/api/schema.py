"""The description of the API (OpenAPI 3.1), drawn from what each operation says of itself."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from providers.api.fields import Anything, Moment, Money, Strict, Text, Upload
from providers.api.problems import MEDIA_TYPE, TITLES
from providers.states import Scope

JSON = "application/json"
# What any call may be answered beside what its operation says.
ALWAYS = (401, 403, 406, 422, 429)
WITH_BODY = (400, 411, 413, 415)
OF_THE_VERSION = (409, 412)
SCHEME = "oauth2"


class FaultShape(serializers.Serializer[Any]):
    """One input at fault: where it stands (RFC 6901), which rule, and a sentence for people."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    """Why a call was refused (RFC 9457). `detail` speaks the language of Accept-Language."""

    type = serializers.CharField(help_text="urn:redress:problem:<code>, for machines.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FaultShape(many=True, required=False)  # type: ignore[assignment]
    reasons = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Of a move that is not possible now: everything that stands in its way.",
    )
    possible = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Of a move that is not possible now: the moves that are.",
    )


class Token(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a client signs in: OAuth 2.0 client credentials."""

    target_class = "providers.authentication.bearer.BearerAuthentication"
    name = SCHEME

    def get_security_definition(self, auto_schema: Any) -> Any:  # noqa: ARG002 - the library's
        """Return the flow with its scopes."""
        scopes = {scope.value: str(scope.label) for scope in Scope}
        return {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token/", "scopes": scopes}},
        }


class DialectSchema(AutoSchema):
    """Reads the Operation of a method."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation, with what all of them share told once for all."""
        drawn = super().get_operation(*args, **kwargs)
        if drawn is not None:
            drawn["parameters"] = [_shared(one) for one in drawn.get("parameters", ())]
            drawn["x-opens"] = dict(self.said.opens)
        return drawn

    @property
    def said(self) -> Any:
        """Return the Operation of the method that is being described."""
        return getattr(self.view, self.method.lower()).operation

    def is_excluded(self) -> bool:
        """Leave out whatever is no operation."""
        return not hasattr(getattr(self.view, self.method.lower(), None), "operation")

    def get_operation_id(self) -> str:
        """Return its name."""
        return str(self.said.name)

    def get_summary(self) -> str:
        """Return what it does in a few words."""
        return str(self.said.summary)

    def get_tags(self) -> list[str]:
        """Return under which heading it stands."""
        return [self.said.tag or self._tokenize_path()[0]]

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the scope it needs."""
        super().get_auth()  # registers the scheme
        return [{SCHEME: [str(self.said.scope.value)]}]

    def get_request_serializer(self) -> Any:
        """Return the shape of the body."""
        return self.said.takes

    def map_parsers(self) -> list[str]:
        """Return in which format the body comes."""
        return ["multipart/form-data" if self.said.takes_files else JSON]

    def get_override_parameters(self) -> list[Any]:
        """Return the query, and the headers that an operation understands."""
        return [*([self.said.asks] if self.said.asks else []), *self._headers()]

    def _headers(self) -> Iterator[OpenApiParameter]:
        yield OpenApiParameter("Accept-Language", str, OpenApiParameter.HEADER)
        if self.method == "POST":
            yield OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)
            if self.said.versioned:
                yield OpenApiParameter("If-Match", str, OpenApiParameter.HEADER)

    def get_response_serializers(self) -> Any:
        """Return what it answers: its own shapes, and problems."""
        answers: dict[Any, Any] = {}
        for status, shape in self.said.gives.items():
            if self.said.gives_file:
                answers[status, "application/octet-stream"] = bytes
            else:
                answers[status, JSON] = shape
        for status in sorted(self._problems()):
            answers[status, MEDIA_TYPE] = ProblemShape
        return answers

    def _problems(self) -> set[int]:
        found = {*ALWAYS, *self.said.refuses}
        if self.method == "POST":
            found |= set(WITH_BODY)
        if "{" in self.path:
            found.add(HTTPStatus.NOT_FOUND)
        if self.method == "POST" and self.said.versioned:
            found |= set(OF_THE_VERSION)
        return found

    def _get_response_for_code(self, *args: Any, **kwargs: Any) -> Any:
        answer = super()._get_response_for_code(*args, **kwargs)  # type: ignore[no-untyped-call]
        status = str(args[1])
        if int(status) >= HTTPStatus.BAD_REQUEST:
            return {"$ref": f"#/components/responses/Problem{status}"}
        named = [*_ON_EVERY_ANSWER, *(["ETag"] if self.said.versioned else [])]
        answer["headers"] = _named(named)
        return answer

    def _get_serializer_name(self, serializer: Any, direction: Any, *args: Any, **how: Any) -> str:
        name: str = super()._get_serializer_name(serializer, direction, *args, **how)
        return name.removesuffix("Shape")

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        shape = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Strict):
            shape["additionalProperties"] = False
        return shape

    def _map_serializer_field(self, field: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        mapped: Any = super()._map_serializer_field  # type: ignore[no-untyped-call,unused-ignore]
        shape = mapped(field, direction, *args, **kwargs)
        if isinstance(field, Text) and direction == "request":
            blank = r"^[^\u0000]*$" if field.allow_blank else r"^[^\u0000]*\S[^\u0000]*$"
            shape["pattern"] = field.letters or blank
        if isinstance(field, Anything):
            shape = {"anyOf": [self.resolve_serializer(field.like, direction).ref, {}]}
        if isinstance(field, Upload):
            shape = {"type": "string", "format": "binary"}
        if isinstance(field, Money):
            shape = {"type": "string", "pattern": field.pattern, "example": "80.00"}
        if isinstance(field, Moment) and direction == "request":
            shape["description"] = shape.get("description", "RFC 3339, with offset.")
        return shape


_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_ON_EVERY_ANSWER = ("X-Request-Id", *_LIMITS)


def _named(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _shared(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a reference for a header that many operations take; the rest as it is."""
    if parameter["name"] in PARAMETERS:
        return {"$ref": f"#/components/parameters/{parameter['name']}"}
    # Empty values may stand in an address; to say so of each would say nothing.
    first = next(iter(parameter["schema"].get("oneOf", ())), None)
    return parameter if first is None else {**parameter, "schema": first}


def link_together(drawn: dict[str, Any]) -> None:
    """Say in each answer that names something which operations it can be read or worked on by."""
    operations = [one for path in drawn["paths"].values() for one in path.values()]
    for operation in operations:
        opens: Mapping[str, str] = operation.pop("x-opens")
        links = {
            other["operationId"]: {"operationId": other["operationId"], "parameters": dict(opens)}
            for other in operations
            if opens and _path_of(other) == set(opens)
        }
        for status, answer in operation["responses"].items():
            if links and status.startswith("2"):
                answer["links"] = links


def _path_of(operation: Mapping[str, Any]) -> set[str]:
    return {one["name"] for one in operation["parameters"] if one.get("in") == "path"}


def components() -> dict[str, Any]:
    """Return what the description shares beside its shapes."""
    return {"headers": HEADERS, "parameters": PARAMETERS, "responses": _responses()}


def _responses() -> dict[str, Any]:
    shape = {"schema": {"$ref": "#/components/schemas/Problem"}}
    found: dict[str, Any] = {}
    for status, title in TITLES.items():
        headers = list(_ON_EVERY_ANSWER)
        if status == HTTPStatus.UNAUTHORIZED:  # nobody is known yet whose calls could be counted
            headers = ["X-Request-Id"]
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            headers.append("Retry-After")
        found[f"Problem{status}"] = {
            "description": str(title),
            "headers": _named(headers),
            "content": {MEDIA_TYPE: shape},
        }
    return found


PARAMETERS: Mapping[str, Any] = {
    "Accept-Language": {
        "in": "header",
        "name": "Accept-Language",
        "schema": {"type": "string"},
        "description": "Language of sentences for people, as `zh-Hans` or `en`.",
    },
    "Idempotency-Key": {
        "in": "header",
        "name": "Idempotency-Key",
        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,120}$"},
        "description": "Any text of your own. The same request under the same key is done once, "
        "and answered again as the first time, for at least 24 hours; another request under the "
        "same key is answered 422. A refusal wrote nothing and is not kept.",
    },
    "If-Match": {
        "in": "header",
        "name": "If-Match",
        "schema": {"type": "string"},
        "description": "The ETag that was read; of two who change the same, the second gets 412.",
    },
}
HEADERS: Mapping[str, Any] = {
    "X-Request-Id": {
        "description": "Names this call in our logs: the one you sent, or a new one.",
        "schema": {"type": "string"},
    },
    "RateLimit-Limit": {
        "description": "Calls a minute that are agreed.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Remaining": {
        "description": "Calls left in this minute.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Reset": {
        "description": "Seconds until the next minute begins.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "ETag": {"description": "Names the version, for If-Match.", "schema": {"type": "string"}},
}
