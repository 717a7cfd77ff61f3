"""What a joint message says to one complainant: the text for all, filled in, or their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from complaints.models import Complaint
from complaints.services.letters import Outcome, fill_in, outcome_values, template_for
from complaints.services.messages import language_of
from complaints.services.templates import Text
from complaints.states import MessageChannel
from incidents.models import JointItem, JointRun
from incidents.selectors.joint import OCCASION_OF, remedy_due
from incidents.states import JointKind


@dataclass(frozen=True)
class Letter:
    """What is told, and how."""

    channel: MessageChannel
    subject: str
    text: str
    told_at: datetime | None = None


def plain_letter(channel: MessageChannel) -> Letter:
    """Return a letter that says nothing, for steps that tell nobody anything."""
    return Letter(channel, "", "")


def letter_of(
    run: JointRun,
    item: JointItem,
    complaint: Complaint,
    *,
    at: datetime,
    channel: MessageChannel | None = None,
) -> Letter:
    """Return what one complainant is told: in their language where there is a text in it."""
    channel = channel or (MessageChannel.OTHER if complaint.unreachable else MessageChannel.EMAIL)
    language = language_of(complaint)
    text = _text_for(run, item, language)
    subject, body = fill_in(
        text,
        complaint,
        OCCASION_OF[JointKind(run.kind)],
        language,
        actor=run.by,
        extra=_decided(run, complaint, language, at),
        at=at,
    )
    return Letter(channel, subject, body)


def _text_for(run: JointRun, item: JointItem, language: str) -> Text:
    said = run.texts.get(language) or next(iter(run.texts.values()), {"subject": "", "body": ""})
    if item.own_text:
        return Text(item.own_subject or said["subject"], item.own_text)
    return Text(said["subject"], said["body"])


def _decided(
    run: JointRun, complaint: Complaint, language: str, at: datetime
) -> Mapping[str, str] | None:
    finding = run.finding
    if finding is None:
        return None
    outcome = Outcome(
        finding=finding.finding,
        reasons=finding.reasons,
        remedy_kind=finding.remedy_kind,
        remedy_detail=finding.remedy_detail,
        amount=finding.amount,
        currency=complaint.policy.says.redress.currency,
        remedy_due_at=remedy_due(run, at),
    )
    return outcome_values(outcome, language)


def first_texts(kind: str) -> dict[str, dict[str, str]]:
    """Return the house's own letters of an occasion to begin with, by language."""
    if kind == JointKind.CLOSE:
        return {}
    texts = {}
    for language, _name in settings.LANGUAGES:
        text = template_for(OCCASION_OF[JointKind(kind)], MessageChannel.EMAIL, language)
        texts[language] = {"subject": text.subject, "body": text.body}
    return texts
