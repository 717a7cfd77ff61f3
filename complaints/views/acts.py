"""Which form and which verb stand behind each step of a complaint: one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from complaints.errors import MoveRefused
from complaints.forms import moves as short
from complaints.forms.moves_ending import (
    AnswerForm,
    ApprovalForm,
    CloseForm,
    FollowUpForm,
    RemedyDoneForm,
)
from complaints.forms.moves_handling import AssessForm, CorrectForm, FindingsForm
from complaints.forms.moves_letters import (
    AcknowledgeForm,
    DecideReopeningForm,
    MessageForm,
    RemediesForm,
    RespondForm,
)
from complaints.services.clocks import extend_clock, pause_complaint, resume_complaint
from complaints.services.closure import (
    close_complaint,
    merge_complaint,
    unmerge_complaint,
    withdraw_complaint,
)
from complaints.services.contact import resume_contact, stop_contact
from complaints.services.emergencies import declare_emergency, downgrade_emergency
from complaints.services.escalation import escalate_complaint
from complaints.services.follow_ups import record_follow_up
from complaints.services.investigation import investigate_complaint, record_findings
from complaints.services.messages import write_message
from complaints.services.notes import add_note
from complaints.services.reopening import (
    decline_reopening,
    grant_reopening,
    reopen_complaint,
    request_reopening,
)
from complaints.services.response import (
    grant_approval,
    mark_remedy_done,
    propose_dismissal,
    propose_response,
    propose_skipping,
    record_decision,
    return_approval,
    tell_remedies,
)
from complaints.services.triage import (
    acknowledge_complaint,
    acknowledge_impossible,
    assess_complaint,
    assign_complaint,
    correct_complaint,
    reassess_complaint,
)
from complaints.states import Answer, PauseReason, Priority, ReopenSource

Form = Any  # one of the forms of complaints.forms.moves*; each step knows its own
Who = Mapping[str, Any]  # actor and at, as every verb takes them


@dataclass(frozen=True)
class Act:
    """A step behind its button: the form it asks, its verb, the word when it is done."""

    form: type[short.StepForm]
    run: Callable[[Form, Who], Any]
    done: Any
    template: str = "complaints/moves/_plain.html"
    button: Any = ""


def _on(form: Form) -> dict[str, Any]:
    """Return which complaint a verb is to change, and the version that was seen."""
    return {"complaint_id": form.complaint.pk, "expected_version": form.version}


def _acknowledge(form: Form, who: Who) -> Any:
    if form.nobody:
        return acknowledge_impossible(reason=form.given["reason"], **_on(form), **who)
    return acknowledge_complaint(**form.letter, **_on(form), **who)


def _take(form: Form, who: Who) -> Any:
    return assign_complaint(owner=who["actor"], **_on(form), **who)


def _assign(form: Form, who: Who) -> Any:
    given = form.given
    return assign_complaint(
        owner=form.new_owner, team=given["team"], note=given["note"], **_on(form), **who
    )


def _respond(form: Form, who: Who) -> Any:
    response = propose_response(decision=form.decision, **_on(form), **who)
    if not response.sent:
        return gettext(
            "Sent for approval. The answer goes out once a second person has approved it."
        )
    return None


def _approve(form: Form, who: Who) -> Any:
    approval, note = form.page.here.approval, form.given["note"]
    if approval is None:
        raise MoveRefused([_("This request has been answered already.")])
    if form.given["verdict"] == "grant":
        return grant_approval(approval_id=approval.pk, note=note, **who)
    return_approval(approval_id=approval.pk, note=note, **who)
    return gettext("Returned, with your remark.")


def _follow_up(form: Form, who: Who) -> Any:
    attempt = record_follow_up(follow_up=form.follow_up, **_on(form), **who)
    if attempt.reopen_offered:
        return gettext("Recorded. The complainant is not satisfied: offer to reopen the complaint.")
    return None


def _decide_reopening(form: Form, who: Who) -> Any:
    wish = form.page.here.wish
    if wish is None:
        raise MoveRefused([_("This request has been answered already.")])
    verb = grant_reopening if form.granting else decline_reopening
    verb(
        request_id=wish.pk,
        reason=form.given["reason"],
        telling=form.telling,
        expected_version=form.version,
        **who,
    )
    if form.granting:
        return gettext("Reopened: a new cycle begins, with new clocks.")
    return gettext("It stays closed, and the complainant is told why.")


def _message(form: Form, who: Who) -> Any:
    return write_message(occasion=form.occasion_of(), **form.letter, **_on(form), **who)


def _pause(form: Form, who: Who) -> Any:
    return pause_complaint(
        reason=PauseReason(form.given["reason"]),
        evidence=form.given["evidence"],
        told_at=form.moment("told_at"),
        **_on(form),
        **who,
    )


def _extend(form: Form, who: Who) -> Any:
    given = form.given
    return extend_clock(
        complaint_id=form.complaint.pk,
        clock_id=int(given["clock"]),
        new_due_date=given["new_due_date"],
        reason=given["reason"],
        told_at=form.moment("told_at"),
        **who,
    )


def _with_reason(verb: Callable[..., Any]) -> Callable[[Form, Who], Any]:
    return lambda form, who: verb(reason=form.given["reason"], **_on(form), **who)


def _with_click(verb: Callable[..., Any]) -> Callable[[Form, Who], Any]:
    return lambda form, who: verb(**_on(form), **who)


ACTS: Mapping[str, Act] = {
    "acknowledge": Act(
        AcknowledgeForm,
        _acknowledge,
        _("The acknowledgement is recorded."),
        "complaints/moves/_acknowledge.html",
    ),
    "take": Act(short.ConfirmForm, _take, _("It is yours now."), button=_("I take it")),
    "assign": Act(short.AssignForm, _assign, _("Assigned."), button=_("Assign")),
    "assess": Act(
        AssessForm,
        lambda form, who: assess_complaint(criteria=form.criteria, **_on(form), **who),
        _("The assessment is recorded."),
        "complaints/moves/_assess.html",
    ),
    "reassess": Act(
        AssessForm,
        lambda form, who: reassess_complaint(criteria=form.criteria, **_on(form), **who),
        _("The new assessment is recorded."),
        "complaints/moves/_assess.html",
    ),
    "investigate": Act(
        short.ConfirmForm,
        _with_click(investigate_complaint),
        _("The investigation has begun."),
        "complaints/moves/_investigate.html",
    ),
    "findings": Act(
        FindingsForm,
        lambda form, who: record_findings(found=form.found, **_on(form), **who),
        _("The findings are recorded."),
        "complaints/moves/_findings.html",
    ),
    "skip": Act(
        short.ReasonForm,
        _with_reason(propose_skipping),
        _("A second person is asked."),
        "complaints/moves/_skip.html",
    ),
    "respond": Act(
        RespondForm, _respond, _("The answer is on its way."), "complaints/moves/_respond.html"
    ),
    "approve": Act(ApprovalForm, _approve, _("Approved."), "complaints/moves/_approve.html"),
    "record_decision": Act(
        AnswerForm,
        lambda form, who: record_decision(
            answer=Answer(form.given["answer"]), note=form.given["note"], **_on(form), **who
        ),
        _("The answer is recorded."),
        "complaints/moves/_answer.html",
    ),
    "remedies": Act(
        RemediesForm,
        lambda form, who: tell_remedies(**form.letter, **_on(form), **who),
        _("The other remedies are on their way, or noted as told."),
        "complaints/moves/_message.html",
    ),
    "remedy_done": Act(
        RemedyDoneForm,
        lambda form, who: mark_remedy_done(
            remedy_id=int(form.given["remedy"]),
            proof=form.given["proof"],
            done_at=form.moment("done_at"),
            **who,
        ),
        _("The remedy is recorded as carried out."),
        button=_("Record it"),
    ),
    "close": Act(
        CloseForm,
        lambda form, who: close_complaint(
            lessons=form.given["lessons"], cause_code=form.given["cause_code"], **_on(form), **who
        ),
        _("Closed."),
        "complaints/moves/_close.html",
    ),
    "follow_up": Act(FollowUpForm, _follow_up, _("Recorded."), "complaints/moves/_follow_up.html"),
    "decide_reopening": Act(
        DecideReopeningForm,
        _decide_reopening,
        _("Decided."),
        "complaints/moves/_decide_reopening.html",
    ),
    "request_reopening": Act(
        short.ReasonForm,
        lambda form, who: request_reopening(
            reason=form.given["reason"], source=ReopenSource.AGENT, **_on(form), **who
        ),
        _("Passed on: those who decide have been told."),
        "complaints/moves/_request_reopening.html",
    ),
    "stop_contact": Act(
        short.ReasonForm,
        _with_reason(stop_contact),
        _("Noted: nobody invites, reminds or calls any more."),
        "complaints/moves/_stop_contact.html",
    ),
    "resume_contact": Act(
        short.ReasonForm,
        _with_reason(resume_contact),
        _("Noted: they may be contacted again."),
        button=_("May be contacted again"),
    ),
    "reopen": Act(
        short.ReasonForm,
        _with_reason(reopen_complaint),
        _("Reopened: a new cycle begins, with new clocks."),
        "complaints/moves/_reopen.html",
    ),
    "message": Act(
        MessageForm,
        _message,
        _("The message is on its way, or noted as told."),
        "complaints/moves/_message.html",
    ),
    "note": Act(
        short.NoteForm,
        lambda form, who: add_note(complaint_id=form.complaint.pk, text=form.given["text"], **who),
        _("The note is kept."),
        button=_("Keep the note"),
    ),
    "correct": Act(
        CorrectForm,
        lambda form, who: correct_complaint(
            correction=form.correction, reason=form.given["reason"], **_on(form), **who
        ),
        _("The facts are put right."),
        "complaints/moves/_correct.html",
    ),
    "pause": Act(
        short.PauseForm,
        _pause,
        _("The clocks that allow it stand still."),
        "complaints/moves/_pause.html",
    ),
    "resume": Act(
        short.ConfirmForm,
        _with_click(resume_complaint),
        _("The clocks go on."),
        button=_("Let the clocks go on"),
    ),
    "extend": Act(
        short.ExtendForm, _extend, _("The time limit is extended."), button=_("Extend it")
    ),
    "escalate": Act(
        short.EscalateForm,
        lambda form, who: escalate_complaint(
            level=form.given["level"], reason=form.given["reason"], **_on(form), **who
        ),
        _("The next level has been told."),
        button=_("Escalate"),
    ),
    "emergency": Act(
        short.EmergencyForm,
        lambda form, who: declare_emergency(
            trigger=form.given["trigger"], facts=form.given["facts"], **_on(form), **who
        ),
        _("The fast channel is open, and the people on call have been told."),
        "complaints/moves/_emergency.html",
    ),
    "downgrade": Act(
        short.DowngradeForm,
        lambda form, who: downgrade_emergency(
            reason=form.given["reason"],
            priority=Priority(form.given["priority"]),
            **_on(form),
            **who,
        ),
        _("No emergency any more."),
        button=_("It is no emergency"),
    ),
    "merge": Act(
        short.MergeForm,
        lambda form, who: merge_complaint(into_id=form.into_id, **_on(form), **who),
        _("Merged. It can be undone for some days."),
        "complaints/moves/_merge.html",
    ),
    "unmerge": Act(
        short.ConfirmForm,
        _with_click(unmerge_complaint),
        _("The merge is undone."),
        button=_("Undo the merge"),
    ),
    "withdraw": Act(
        short.ReasonForm,
        _with_reason(withdraw_complaint),
        _("The complaint is withdrawn; its record stays."),
        "complaints/moves/_withdraw.html",
    ),
    "dismiss": Act(
        short.ReasonForm,
        _with_reason(propose_dismissal),
        _("A second person is asked."),
        "complaints/moves/_dismiss.html",
    ),
}
