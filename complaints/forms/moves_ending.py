"""From the decision to the end: approval, answer, remedy, closing, follow-up."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.forms.fields import MomentField
from complaints.forms.moves import ACROSS, StepForm, area
from complaints.forms.moves_letters import usual_channel
from complaints.services.follow_ups import IN_VAIN, FollowUp
from complaints.services.letters import draft_letter, letter_language
from complaints.states import (
    Answer,
    FollowUpOutcome,
    MessageChannel,
    Occasion,
)
from complaints.workflow import CAUSE_NAMED


class ApprovalForm(StepForm):
    """Approve a request of a colleague, or send it back."""

    verdict = forms.ChoiceField(
        label=_("Your decision"),
        choices=[("grant", _("Approve")), ("return", _("Return, with a reason"))],
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    note = forms.CharField(label=_("Remark"), widget=area(), required=False)


class AnswerForm(StepForm):
    """What the complainant says to the decision (CM-8.6)."""

    answer = forms.ChoiceField(
        label=_("The complainant"),
        choices=[
            (Answer.ACCEPTED, _("accepts the decision")),
            (Answer.REFUSED, _("does not accept it")),
            (Answer.NO_REPLY, _("has not replied in time")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("In their own words"), widget=area(), required=False)


class RemedyDoneForm(StepForm):
    """A promised remedy was carried out."""

    remedy = forms.ChoiceField(label=_("Remedy"))
    proof = forms.CharField(
        label=_("What shows that it was done"),
        help_text=_("For example the number of the transfer, or who handed the goods over."),
        max_length=300,
        required=False,
    )
    done_at = MomentField(label=_("Done at"))

    def first(self) -> dict[str, Any]:
        """Take the first one that is not done, now."""
        open_ones = self.page.here.remedies
        return {"remedy": open_ones[0].pk if open_ones else None, "done_at": self.now}

    def prepare(self) -> None:
        """Offer the remedies that are not done yet."""
        fields: dict[str, Any] = self.fields
        fields["remedy"].choices = [
            (row.pk, " ".join(part for part in (str(row.get_kind_display()), row.detail) if part))
            for row in self.page.here.remedies
        ]


class CloseForm(StepForm):
    """Close, and say what is learnt from it."""

    cause_code = forms.ChoiceField(label=_("Class of cause"), required=False)
    lessons = forms.CharField(
        label=_("What is learnt from it"),
        help_text=_("What should change so that it does not happen again."),
        widget=area(),
        required=False,
    )

    def first(self) -> dict[str, Any]:
        """Show what is known."""
        return {"cause_code": self.complaint.cause_code, "lessons": self.complaint.lessons}

    def prepare(self) -> None:
        """Offer the policy's causes."""
        fields: dict[str, Any] = self.fields
        fields["cause_code"].choices = [("", "–"), *self.names(self.says.causes)]
        fields["cause_code"].required = not CAUSE_NAMED(self.complaint)


class FollowUpForm(StepForm):
    """Ask how it went: handling and outcome apart (CM-8.6b)."""

    outcome = forms.ChoiceField(
        label=_("The complainant"), choices=FollowUpOutcome, widget=forms.RadioSelect(attrs=ACROSS)
    )
    channel = forms.ChoiceField(label=_("How"), choices=MessageChannel)
    handling_score = forms.TypedChoiceField(
        label=_("How satisfied with the way the complaint was handled?"),
        help_text=_("1 not at all, 10 entirely"),
        choices=[(n, n) for n in range(1, 11)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    outcome_score = forms.TypedChoiceField(
        label=_("How satisfied with the result?"),
        help_text=_("1 not at all, 10 entirely"),
        choices=[(n, n) for n in range(1, 11)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    comment = forms.CharField(label=_("In their own words"), widget=area(), required=False)
    reopen_reason = forms.CharField(
        label=_("Wants it looked at again, because"),
        help_text=_("Only where they ask for it; somebody who did not handle it decides, once."),
        widget=area(2),
        required=False,
    )
    next_at = MomentField(
        label=_("Try again at"),
        help_text=_("For a call that was agreed, or the next try you plan."),
        required=False,
    )
    onward = forms.CharField(required=False, widget=forms.HiddenInput)

    def first(self) -> dict[str, Any]:
        """Take the likeliest channel."""
        return {"channel": usual_channel(self.complaint)}

    @property
    def script(self) -> str:
        """Return what to say on the phone."""
        _subject, text = draft_letter(
            self.complaint, Occasion.FOLLOW_UP, MessageChannel.PHONE, actor=self.actor
        )
        return text

    @property
    def tongue(self) -> str:
        """Return the language of what is said."""
        return letter_language(self.complaint)

    @property
    def left(self) -> int:
        """Return how many more tries in vain the policy asks for."""
        tried = self.page.plan.attempts if self.page.plan else ()
        cycle = self.complaint.cycle
        vain = sum(row.outcome in IN_VAIN and row.cycle == cycle for row in tried)
        return max(0, self.says.follow_up.attempts - vain)

    @property
    def follow_up(self) -> FollowUp:
        """Return the attempt."""
        given = self.given
        return FollowUp(
            channel=given["channel"],
            outcome=FollowUpOutcome(given["outcome"]),
            handling_score=given["handling_score"],
            outcome_score=given["outcome_score"],
            comment=given["comment"],
            next_at=given["next_at"],
            reopen_reason=given["reopen_reason"],
        )
