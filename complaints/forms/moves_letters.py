"""Steps with words to the complainant: drafted for the channel, edited, then sent or told."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.forms.fields import DayField, MomentField, end_of
from complaints.forms.moves import ACROSS, StepForm, area
from complaints.models import Complaint
from complaints.selectors.timeline import told_in_vain
from complaints.services.letters import (
    Outcome,
    draft_letter,
    letter_language,
    outcome_values,
    reopened_values,
)
from complaints.services.messages import fitting_occasions
from complaints.services.moves import digest
from complaints.services.reopening import Telling
from complaints.services.response import Decision
from complaints.services.templates import has_subject
from complaints.states import (
    Channel,
    Finding,
    MessageChannel,
    Occasion,
    RemedyKind,
)

NOBODY = "none"
GRANT, DECLINE = "grant", "decline"
_SPOKEN = {MessageChannel.PHONE, MessageChannel.IN_PERSON}


class LetterForm(StepForm):
    """A step with words to the complainant: drafted for the channel, editable, spoken or sent."""

    occasion: ClassVar[Occasion] = Occasion.OTHER

    channel = forms.ChoiceField(
        label=_("How it is told"), widget=forms.RadioSelect(attrs=ACROSS), choices=MessageChannel
    )
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    text = forms.CharField(label=_("Text"), widget=area(14), required=False)
    told_at = MomentField(
        label=_("Told at"),
        required=False,
        help_text=_("Leave it empty if it has not been told yet: it then waits to be told."),
    )
    drafted = forms.CharField(required=False, widget=forms.HiddenInput)

    def first(self) -> dict[str, Any]:
        """Draft the letter for the likeliest channel."""
        return self.written(usual_channel(self.complaint), self.extra())

    def written(self, channel: str, extra: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the drafted letter as values of the form."""
        if channel not in MessageChannel.values:
            return {"channel": channel, "subject": "", "text": "", "drafted": ""}
        subject, text = draft_letter(
            self.complaint,
            self.occasion_of(),
            MessageChannel(channel),
            actor=self.actor,
            extra=extra or {},
            at=self.now,
        )
        return {
            "channel": channel,
            "subject": subject,
            "text": text,
            "drafted": fingerprint(subject, text),
        }

    def redrafted(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the typed values with the letter drafted anew, unless somebody edited it."""
        values = dict(raw.items())
        if not _untouched(raw) and raw.get("text", "").strip() and "afresh" not in raw:
            return values
        return {**values, **self.written(raw.get("channel", ""), self.extra())}

    def outdated(self, raw: Mapping[str, Any]) -> bool:
        """Return whether the letter is a draft that says less than, or other than, the form now.

        Somebody was quicker than the new draft, or has no JavaScript: such words nobody has read.
        """
        if not raw.get("drafted") or not _untouched(raw):
            return False
        fresh: str = self.redrafted(raw).get("drafted", "")
        return fresh not in {raw["drafted"], ""}

    def occasion_of(self) -> Occasion:
        """Return what the letter is for."""
        return self.occasion

    def extra(self) -> dict[str, str]:
        """Return what placeholders may say beside what the complaint says."""
        return {}

    @property
    def now_channel(self) -> str:
        """Return the channel chosen now."""
        return str(self["channel"].value() or "")

    @property
    def by_mail(self) -> bool:
        """Return whether the system sends it."""
        return self.now_channel == MessageChannel.EMAIL

    @property
    def spoken(self) -> bool:
        """Return whether it is read out."""
        return self.now_channel in _SPOKEN

    @property
    def titled(self) -> bool:
        """Return whether such a message has a subject line."""
        return has_subject(self.now_channel)

    @property
    def tongue(self) -> str:
        """Return the language of the words."""
        return letter_language(self.complaint)

    @property
    def told(self) -> datetime | None:
        """Return when it was told: at this moment when the button says so."""
        return self.now if "told_now" in self.data else self.moment("told_at")

    @property
    def letter(self) -> dict[str, Any]:
        """Return what the verbs call a letter."""
        return {
            "channel": MessageChannel(self.given["channel"]),
            "subject": self.given["subject"],
            "text": self.given["text"],
            "told_at": self.told,
        }


def fingerprint(subject: str, text: str) -> str:
    """Return what tells an untouched draft from an edited one, however lines are ended."""
    return digest(subject.strip(), "\n".join(text.strip().splitlines()))


def _untouched(raw: Mapping[str, Any]) -> bool:
    """Return whether a posted letter is still the draft it was."""
    drafted: str = raw.get("drafted", "")
    return fingerprint(raw.get("subject", ""), raw.get("text", "")) == drafted


def usual_channel(complaint: Complaint) -> str:
    """Return how this complainant is most likely told: as they came, where that is possible."""
    person = complaint.complainant
    if complaint.channel in {Channel.PHONE, Channel.IN_PERSON}:
        return complaint.channel
    if person is not None and "@" in person.email:
        return MessageChannel.EMAIL
    if person is not None and person.phone:
        return MessageChannel.PHONE
    return MessageChannel.LETTER


class AcknowledgeForm(LetterForm):
    """Tell receipt, process and expected dates, or say why nobody can be told (CM-8.2c)."""

    occasion = Occasion.ACKNOWLEDGEMENT

    channel = forms.ChoiceField(
        label=_("How it is told"),
        widget=forms.RadioSelect(attrs=ACROSS),
        choices=[
            *MessageChannel.choices,
            (NOBODY, pgettext_lazy("channel", "Nobody can be reached")),
        ],
    )
    reason = forms.CharField(
        label=_("Why the complainant cannot be reached"), widget=area(2), required=False
    )

    def first(self) -> dict[str, Any]:
        """Offer the spoken text to those on the phone; nothing to write to nobody."""
        return self.written(NOBODY if self.complaint.unreachable else usual_channel(self.complaint))

    @property
    def nobody(self) -> bool:
        """Return whether the form says that nobody can be reached."""
        return self.now_channel == NOBODY


class RemediesForm(LetterForm):
    """Tell which other remedies there are (CM-8.6d)."""

    occasion = Occasion.REMEDIES


class DecideReopeningForm(LetterForm):
    """Reopen as the complainant asks, or say why not; and tell them."""

    verdict = forms.ChoiceField(
        label=_("Your decision"),
        choices=[(GRANT, _("Reopen it")), (DECLINE, _("Leave it closed"))],
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    reason = forms.CharField(
        label=_("Reasons"),
        help_text=_("They are kept on the record; where it stays closed, the letter gives them."),
        widget=area(4),
        required=False,
    )
    field_order = ("verdict", "reason")

    @property
    def granting(self) -> bool:
        """Return whether it is to be reopened."""
        return (self.data.get("verdict") or self.asked.get("verdict") or GRANT) == GRANT

    def first(self) -> dict[str, Any]:
        """Begin with what the complainant asks for."""
        return {"verdict": GRANT if self.granting else DECLINE, **super().first()}

    def occasion_of(self) -> Occasion:
        """Return the letter of the verdict."""
        return Occasion.REOPENING_GRANTED if self.granting else Occasion.REOPENING_DECLINED

    def extra(self) -> dict[str, str]:
        """Tell the letter what is promised, or why nothing is."""
        if self.granting:
            return reopened_values(self.complaint, letter_language(self.complaint), at=self.now)
        return {"reasons": self.given.get("reason", "")}

    @property
    def telling(self) -> Telling | None:
        """Return how the complainant is told; None where nobody can be."""
        return None if self.complaint.unreachable else Telling(**self.letter)


class MessageForm(LetterForm):
    """Write to the complainant outside a step."""

    occasion_code = forms.ChoiceField(label=_("What it is for"))

    @cached_property
    def offered(self) -> list[Occasion]:
        """Return for what one may write: first what came back, then the likeliest."""
        return [*told_in_vain(self.page.material), *fitting_occasions(self.complaint)]

    def prepare(self) -> None:
        """Offer the occasions that fit and have no step of their own."""
        fields: dict[str, Any] = self.fields
        fields["occasion_code"].choices = [(item.value, item.label) for item in self.offered]

    def first(self) -> dict[str, Any]:
        """Begin with the likeliest."""
        return {"occasion_code": self.occasion_of(), **super().first()}

    def occasion_of(self) -> Occasion:
        """Return the chosen occasion."""
        code = self.data.get("occasion_code") or self.asked.get("occasion_code")
        return Occasion(code) if code in self.offered else self.offered[0]


class RespondForm(LetterForm):
    """Decide, give the reasons, promise a remedy, and write it (CM-8.5)."""

    occasion = Occasion.DECISION

    finding = forms.ChoiceField(
        label=_("Decision"), choices=Finding, widget=forms.RadioSelect(attrs=ACROSS)
    )
    reasons = forms.CharField(label=_("Reasons"), widget=area(4), required=False)
    remedy_kind = forms.ChoiceField(label=_("Remedy"), choices=RemedyKind)
    remedy_detail = forms.CharField(label=_("Remedy in detail"), widget=area(2), required=False)
    amount = forms.DecimalField(
        label=_("Amount"),
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01", "min": "0"}),
    )
    remedy_due = DayField(label=_("Done by"), required=False)
    field_order = ("finding", "reasons", "remedy_kind", "remedy_detail", "amount", "remedy_due")

    def first(self) -> dict[str, Any]:
        """Begin with the last proposal of this cycle: one that was returned is not typed twice."""
        rows = [
            row
            for row in self.page.material.of("approval").values()
            if row.response is not None and row.cycle == self.complaint.cycle
        ]
        if not rows or rows[-1].response.sent:
            return super().first()
        last = rows[-1].response
        return {
            "finding": last.finding,
            "reasons": last.reasons,
            "remedy_kind": last.remedy_kind,
            "remedy_detail": last.remedy_detail,
            "amount": last.amount or None,
            "remedy_due": timezone.localdate(last.remedy_due_at) if last.remedy_due_at else None,
            "channel": last.channel,
            "subject": last.subject_line,
            "text": last.text,
        }

    def extra(self) -> dict[str, str]:
        """Tell the letter what is decided."""
        return outcome_values(self.outcome, letter_language(self.complaint))

    @property
    def outcome(self) -> Outcome:
        """Return what is decided, as far as it has been said."""
        given = self.given
        day = given.get("remedy_due")
        return Outcome(
            finding=given.get("finding", ""),
            reasons=given.get("reasons", ""),
            remedy_kind=given.get("remedy_kind", ""),
            remedy_detail=given.get("remedy_detail", ""),
            amount=given.get("amount") or Decimal(0),
            currency=self.says.redress.currency,
            remedy_due_at=end_of(day) if day else None,
        )

    @property
    def decision(self) -> Decision:
        """Return the decision with its letter."""
        outcome = self.outcome
        return Decision(
            finding=outcome.finding,
            reasons=outcome.reasons,
            remedy_kind=outcome.remedy_kind,
            remedy_detail=outcome.remedy_detail,
            amount=outcome.amount,
            remedy_due_at=outcome.remedy_due_at,
            **self.letter,
        )
