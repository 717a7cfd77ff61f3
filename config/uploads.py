"""How much one request may send: refused by its announced length, before anything is written."""

from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class LengthLimit(FileUploadHandler):
    """Stands before the handlers that keep files; lets through what is not too long."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],  # noqa: ARG002 - not read here
        META: dict[str, str],  # noqa: ARG002, N803 - Django's name
        content_length: int,
        boundary: str,  # noqa: ARG002
        encoding: str | None = None,  # noqa: ARG002
    ) -> None:
        """Raise RequestDataTooBig when the body is longer than UPLOAD_MAX_BYTES."""
        if content_length > settings.UPLOAD_MAX_BYTES:
            raise RequestDataTooBig

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Pass on."""
        return raw_data

    def file_complete(self, file_size: int) -> Any:  # noqa: ARG002
        """Leave the file to the next handler."""
        return None
