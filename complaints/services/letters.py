"""Drafting letters: the template of occasion, channel and language, filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import organisation_name
from complaints.models import Complaint, MessageTemplate
from complaints.rules import letters as rules
from complaints.selectors.policy import policy_in_force
from complaints.services.letter_values import (
    Values,
    contact,
    day_text,
    due_text,
    finding_sentence,
    process_text,
    remedy_sentences,
    routes_text,
)
from complaints.services.messages import language_of
from complaints.services.reckoning import calendars_of, new_clock, wanted_clocks
from complaints.services.templates import Text, default_texts
from complaints.states import Finding, MessageChannel, Occasion, RemedyKind, Stage

# Where a channel has no text of its own, the nearest one serves.
_NEAREST: Mapping[str, tuple[str, ...]] = {
    MessageChannel.IN_PERSON: (MessageChannel.IN_PERSON, MessageChannel.PHONE),
    MessageChannel.OTHER: (MessageChannel.OTHER, MessageChannel.LETTER),
}


@dataclass(frozen=True)
class Outcome:
    """What somebody is about to decide, as far as they have said it."""

    finding: str = ""
    reasons: str = ""
    remedy_kind: str = ""
    remedy_detail: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    remedy_due_at: datetime | None = None


def draft_letter(
    complaint: Complaint,
    occasion: Occasion,
    channel: MessageChannel,
    *,
    actor: User | None,
    extra: Mapping[str, str] | None = None,
    language: str | None = None,
    at: datetime | None = None,
) -> tuple[str, str]:
    """Return subject and text of a letter, in the language the complainant is written to.

    `extra` gives what is not on the complaint yet (finding, reasons, remedy, question, news …); a
    finding may be given by its code. What nobody has given stands as a gap, `[[…]]`, and a letter
    with a gap does not go out. `at` is the moment that a time for a reply is counted from while no
    decision has been sent.
    """
    chosen = letter_language(complaint, language)
    text = template_for(occasion, channel, chosen)
    return fill_in(text, complaint, occasion, chosen, actor=actor, extra=extra, at=at)


def fill_in(
    text: Text,
    complaint: Complaint,
    occasion: str,
    language: str,
    *,
    actor: User | None,
    extra: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> tuple[str, str]:
    """Return a text filled in from a complaint. Raises KeyError on an unknown placeholder."""
    with translation.override(language):
        return _filled(text, Values(complaint, occasion, actor, dict(extra or {}), at))


def _filled(text: Text, values: Mapping[str, str]) -> tuple[str, str]:
    return rules.one_line(rules.fill(text.subject, values)), rules.fill(text.body, values)


def letter_language(complaint: Complaint, wanted: str | None = None) -> str:
    """Return the language, among those of the house, in which to write."""
    if not wanted:
        return language_of(complaint)
    available = tuple(code for code, _name in settings.LANGUAGES)
    return rules.written_language(wanted, available, settings.LANGUAGE_CODE)


def template_for(occasion: str, channel: str, language: str) -> Text:
    """Return the text for an occasion: of the channel, else e-mail; else in another language."""
    wanted = [
        (occasion, near, tongue)
        for tongue in dict.fromkeys((language, settings.LANGUAGE_CODE, "en"))
        for near in (*_NEAREST.get(channel, (channel,)), MessageChannel.EMAIL)
    ]
    rows = {
        (row.occasion, row.channel, row.language): Text(row.subject, row.body)
        for row in MessageTemplate.objects.filter(occasion=occasion)
    }
    known = rows or default_texts()
    return next(known[key] for key in (*wanted, *known) if key in known)


def outcome_values(outcome: Outcome, language: str) -> dict[str, str]:
    """Return the `extra` of a letter about a decision that is not on the complaint yet."""
    with translation.override(language):
        values = {"finding": outcome.finding, "reasons": outcome.reasons}
        if outcome.remedy_kind:
            values["remedy"] = remedy_sentences(
                outcome.remedy_kind,
                detail=outcome.remedy_detail,
                amount=outcome.amount,
                currency=outcome.currency,
                due_at=outcome.remedy_due_at,
            )
        return values


def reopened_values(complaint: Complaint, language: str, *, at: datetime) -> dict[str, str]:
    """Return the `extra` of a letter that promises a new answer before the complaint is reopened.

    The days are those of the clocks that begin with the reopening.
    """
    with translation.override(language):
        respond = _would_end(complaint, Stage.RESPOND, at)
        progress = _would_end(complaint, Stage.PROGRESS, at)
        process = process_text(respond=respond, to_assess=False, progress=progress)
        return {"process": process, "respond_by": respond}


def _would_end(complaint: Complaint, stage: Stage, at: datetime) -> str:
    wanted = wanted_clocks(complaint, [stage], complaint.policy.says)
    calendars = calendars_of(wanted)
    clocks = [new_clock(complaint, item, at, calendars[item.calendar]) for item in wanted]
    return due_text(min(clocks, key=lambda clock: clock.due_at)) if clocks else ""


def fill_sample(text: Text, language: str, *, at: datetime) -> tuple[str, str]:
    """Return a text filled in for a complaint that does not exist, to see what it looks like."""
    with translation.override(language):
        return _filled(text, _sample(at))


def _sample(at: datetime) -> dict[str, str]:
    def day(days: int) -> str:
        return day_text(at + timedelta(days=days))

    return {
        "name": _("Li Ming"),
        "reference": "C00-0000-0000",
        "received_date": day(-1),
        "summary": _("The kettle leaks, and nobody answered my first letter."),
        "process": process_text(respond=day(10), assess=day(1), progress=day(5)),
        "acknowledge_by": day(0),
        "respond_by": day(10),
        "handler": _("Wang Mei"),
        "organisation": organisation_name(),
        "contact": contact(),
        "finding": finding_sentence(Finding.PARTLY),
        "reasons": _("The seal was worn out before its time; the handle was broken by a fall."),
        "remedy": remedy_sentences(
            RemedyKind.REPAIR, detail=_("We replace the seal."), due_at=at + timedelta(days=20)
        ),
        "routes": routes_text(policy_in_force(at).says.routes),
        "status_page": settings.STATUS_PAGE,
        "reply_by": day(30),
        "question": _("When did you buy the kettle? A photo of the receipt is enough."),
        "news": _("We have asked the manufacturer and expect the answer this week."),
    }
