"""The texts that letters are written from: those of the house, and the organisation's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import has
from complaints import events
from complaints.errors import BadInput, Conflict, NotAllowed
from complaints.models import MessageTemplate
from complaints.rules.letters import one_line, problems
from complaints.services.moves import digest
from complaints.states import MessageChannel, Occasion
from journal.services import Fact, record, record_many

DEFAULTS = Path(__file__).resolve().parent.parent / "defaults" / "templates.yaml"
LANGUAGE_OF = {"en": "en", "zh": "zh-hans"}  # the data file's short names
MAX_SUBJECT = 200
# Why a template is refused, by the code of complaints.rules.letters.problems.
PROBLEM_WORDS = {
    "unknown": _("There is no placeholder %(name)s."),
    "unfit": _("The placeholder %(name)s has nothing to say at this occasion."),
    "unbalanced": _("A brace lacks its partner: placeholders look like %(name)s."),
    "missing": _("This message must contain the placeholder %(name)s."),
}


@dataclass(frozen=True)
class Text:
    """Subject and body of a template."""

    subject: str
    body: str


Key = tuple[str, str, str]  # occasion, channel, language


@lru_cache(maxsize=1)
def default_texts() -> Mapping[Key, Text]:
    """Return the texts that come with the house."""
    data: dict[str, dict[str, Any]] = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    return {
        (occasion, channel, LANGUAGE_OF[short]): Text(
            text.get("subject", {}).get(short, ""), text["body"][short].strip()
        )
        for occasion, channels in data.items()
        for channel, text in channels.items()
        for short in text["body"]
    }


@transaction.atomic
def install_default_templates(*, at: datetime) -> int:
    """Install the house's texts, and renew those nobody has changed; return how many were written.

    May run at every start: what an organisation changed stays as it is.
    """
    there = {
        (row.occasion, row.channel, row.language): row for row in MessageTemplate.objects.all()
    }
    written = []
    for (occasion, channel, language), text in default_texts().items():
        row = there.get((occasion, channel, language)) or MessageTemplate(
            occasion=occasion, channel=channel, language=language
        )
        if row.changed_by_id is None and (row.subject, row.body) != (text.subject, text.body):
            row.subject, row.body, row.changed_at = text.subject, text.body, at
            row.save()
            written.append(row)
    record_many([Fact(events.TEMPLATE_CHANGED, row, None, at, _payload(row)) for row in written])
    return len(written)


@transaction.atomic
def change_template(
    *,
    occasion: str,
    channel: str,
    language: str,
    subject: str,
    body: str,
    seen: str = "",
    actor: User,
    at: datetime,
) -> MessageTemplate:
    """Write the text of an occasion, a channel and a language.

    Raises NotAllowed; Conflict when the text is no longer the one seen (its `fingerprint`);
    BadInput naming `body` or `subject`, and the placeholder that is unknown, missing or unfit.
    """
    if not has(actor, "templates.edit"):
        raise NotAllowed(_("Your role does not change message templates."))
    check_template(occasion, channel, subject, body)
    row = MessageTemplate.objects.select_for_update(of=("self",)).filter(
        occasion=occasion, channel=channel, language=language
    ).first() or MessageTemplate(occasion=occasion, channel=channel, language=language)
    if seen and seen != fingerprint(row):
        raise Conflict(_("Somebody else changed this text in the meantime. Yours is still here."))
    row.subject = one_line(subject) if has_subject(channel) else ""
    row.body = "\n".join(line.rstrip() for line in body.strip().splitlines())
    row.changed_by, row.changed_at = actor, at
    row.save()
    record(
        kind=events.TEMPLATE_CHANGED,
        subject=row,
        actor=actor,
        occurred_at=at,
        payload=_payload(row),
    )
    return row


def check_template(occasion: str, channel: str, subject: str, body: str) -> None:
    """Refuse a text that would make a bad letter. Raises BadInput naming the field."""
    if not body.strip():
        raise BadInput(_("Write the text of the message."), field="body")
    if not has_subject(channel):
        subject = ""
    elif not subject.strip():
        raise BadInput(_("Write a subject line."), field="subject")
    elif len(subject) > MAX_SUBJECT:
        raise BadInput(_("The subject line is too long."), field="subject")
    wrong = problems(occasion, subject, body)
    if wrong:
        in_subject = {problem for problem in problems("", subject, "") if problem in wrong}
        code, name = wrong[0]
        raise BadInput(
            PROBLEM_WORDS[code] % {"name": name if code == "unbalanced" else f"{{{name}}}"},
            code=f"placeholder_{code}",
            field="subject" if wrong[0] in in_subject else "body",
        )


def has_subject(channel: str) -> bool:
    """Return whether a message of this channel has a subject line."""
    return channel in {MessageChannel.EMAIL, MessageChannel.LETTER}


def fingerprint(row: MessageTemplate) -> str:
    """Return what tells one state of a text from another."""
    return digest(row.subject, row.body)


def occasions() -> list[Occasion]:
    """Return the occasions on which the complainant is written to."""
    return [item for item in Occasion if item != Occasion.STAFF_NOTICE]


def _payload(row: MessageTemplate) -> dict[str, str]:
    return {
        "occasion": row.occasion,
        "channel": row.channel,
        "language": row.language,
        "sha256": fingerprint(row),
    }
