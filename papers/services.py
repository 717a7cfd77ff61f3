"""The one verb: make a paper. Whoever needs one says what stands in it, in rules.blocks."""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import override

from papers.errors import PaperError

Form = Literal["pdf", "png"]
KINDS: Mapping[Form, str] = {"pdf": "application/pdf", "png": "image/png"}
_ROOT = Path(__file__).resolve().parent.parent
_LONGEST = 120  # seconds: some thousand pages
_REGIONS = {"zh-hans": ("zh", "cn"), "en": ("en", "gb")}


@dataclass(frozen=True)
class Attachment:
    """A file inside a PDF: the data a paper was made of."""

    name: str
    kind: str  # as in a Content-Type
    about: str
    content: bytes


def render_paper(
    *,
    sheet: str,
    data: Mapping[str, Any],
    language: str,
    at: datetime,
    form: Form = "pdf",
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """Return a PDF/A-3a that is PDF/UA-1 too, or the first page as PNG; same job, same bytes.

    Takes some tenths of a second in a program of its own. Raises PaperError.
    """
    spoken, region = _REGIONS[language]
    with override(language):
        words = {
            "language": spoken,
            "region": region,
            "page": _("Page {page} of {pages}"),
            "contents": _("Contents"),
        }
    job = {
        "sheet": sheet,
        "data": data,
        "words": words,
        "attachments": [_packed(attachment) for attachment in attachments],
        "at": int(at.timestamp()),
        "form": form,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "papers.rules.press"],
            input=json.dumps(job, ensure_ascii=False).encode(),
            capture_output=True,
            cwd=_ROOT,
            env={"PYTHONDONTWRITEBYTECODE": "1"},  # nothing of ours: it needs no secret
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise PaperError(f"not done in {_LONGEST} seconds") from slow
    if done.returncode:
        raise PaperError(done.stderr.decode(errors="replace")[-2000:])
    return done.stdout


def _packed(attachment: Attachment) -> dict[str, str]:
    return {
        "name": attachment.name,
        "kind": attachment.kind,
        "about": attachment.about,
        "content": base64.b64encode(attachment.content).decode(),
    }
