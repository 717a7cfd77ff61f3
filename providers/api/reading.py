"""What a call brings: JSON to the letter, files in forms, and the digest of all of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType

JSON, FORM = "application/json", "multipart/form-data"


class LengthRequired(APIException):
    """A body whose length is not announced cannot be read here (RFC 9110, 15.5.12)."""

    status_code = 411
    default_detail = _("Send the length of the body (Content-Length).")
    default_code = "length_required"


@dataclass(frozen=True)
class Body:
    """What came: fields, and files if it was a form."""

    fields: Any
    files: "Mapping[str, UploadedFile[Any]]" = field(default_factory=dict)

    @property
    def said(self) -> Any:
        """Return fields and files together, as a shape checks them."""
        return {**self.fields, **self.files} if self.files else self.fields


def body_of(request: HttpRequest, *, takes_files: bool = False) -> Body:
    """Return what a call brings.

    Raises ParseError, UnsupportedMediaType, LengthRequired, and RequestDataTooBig.
    """
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired
    wanted = FORM if takes_files else JSON
    if request.content_type != wanted and (request.content_type or _has_body(request)):
        raise UnsupportedMediaType(request.content_type or "")
    if takes_files:
        return _form(request)
    return Body(_json(request.body) if _has_body(request) else {})


def digest_of_call(request: HttpRequest, body: Body) -> str:
    """Return what tells one request from another under the same Idempotency-Key."""
    told = hashlib.sha256()
    for part in (request.method or "", request.get_full_path()):
        told.update(part.encode("utf-8", "surrogatepass") + b"\0")
    said = json.dumps(body.fields, sort_keys=True, ensure_ascii=True, default=str)
    told.update(said.encode())
    for name, file in sorted(body.files.items()):
        told.update(f"\0{name}\0{file.name}\0".encode("utf-8", "surrogatepass"))
        for chunk in file.chunks():
            told.update(chunk)
        file.seek(0)
    return told.hexdigest()


def _has_body(request: HttpRequest) -> bool:
    return request.META.get("CONTENT_LENGTH", "") not in {"", "0"}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (RecursionError, ValueError):
        raise ParseError from None


def _form(request: HttpRequest) -> Body:
    try:
        files: dict[str, Any] = request.FILES.dict()
        return Body(request.POST.dict(), files)
    except (MultiPartParserError, UnicodeDecodeError):
        raise ParseError from None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN and Infinity are no JSON
