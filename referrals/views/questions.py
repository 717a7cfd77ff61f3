"""Pages of questions to outsiders, for the desk: ask, read the answer, take back."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint
from complaints.selectors.access import may_read_now
from referrals.forms import AskForm
from referrals.models import OutsideQuestion
from referrals.permissions import may_record
from referrals.selectors.questions import questions_visible_to
from referrals.services.questions import ask_outsider, revoke_question


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask somebody outside one question; the address to hand on is shown once."""
    actor = actor_of(request.user)
    complaint = get_object_or_404(
        Complaint.objects.visible_to(actor).select_related("policy"), reference=reference.upper()
    )
    now = timezone.now()
    if not may_read_now(complaint, actor, at=now):
        raise Http404
    if not may_record(actor, complaint):
        raise NotAllowed(_("Your role does not allow this for this complaint."))
    form = AskForm(request.POST or None, complaint=complaint, now=now)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                asked = ask_outsider(complaint_id=complaint.pk, wish=form.wish, actor=actor, at=now)
            except BadInput as refusal:
                form.add_error(
                    refusal.field if refusal.field in form.fields else None, str(refusal)
                )
            else:
                context = {"complaint": complaint, "asked": asked}
                response = render(request, "referrals/asked.html", context)
                response["Cache-Control"] = "no-store"
                return response
    context = {"complaint": complaint, "form": form}
    return render(request, "referrals/ask.html", context, status=status)


def _known(actor: User, pk: int) -> OutsideQuestion:
    found = get_object_or_404(questions_visible_to(actor), pk=pk)
    if not may_read_now(found.complaint, actor, at=timezone.now()):
        raise Http404
    return found


@login_required
@require_safe
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a question with its answer, if one came."""
    actor = actor_of(request.user)
    found = _known(actor, pk)
    context = {
        "question": found,
        "complaint": found.complaint,
        "files": found.files.all(),
        "answer_files": found.answer_files.all(),
        "may_take_back": found.waits and may_record(actor, found.complaint),
    }
    return render(request, "referrals/question.html", context)


@login_required
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a question back: its link works no more."""
    actor = actor_of(request.user)
    found = _known(actor, pk)
    revoke_question(question_id=found.pk, actor=actor, at=timezone.now())
    messages.success(request, _("The question is taken back; its link works no more."))
    return redirect("referrals:question", found.pk)
