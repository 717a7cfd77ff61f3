"""The page on which somebody outside answers one question, by a link that works once."""

from http import HTTPStatus

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_safe

from complaints.models import Attachment
from complaints.services.attachments import file_of
from journal.errors import Refusal
from portal.forms import AnswerQuestionForm
from portal.views.limits import too_often
from portal.views.public import phones, public
from referrals.models import OutsideQuestion
from referrals.selectors.questions import open_question
from referrals.services.questions import Enclosed, answer_question, open_question_file


@public("outsider")
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question; a button sends the answer. Whoever only opens the address does nothing."""
    if too_often("answer", settings.PUBLIC_TRIES_AN_HOUR):
        return _over(request, HTTPStatus.TOO_MANY_REQUESTS)
    now = timezone.now()
    question = open_question(token, at=now)
    if question is None:
        return _over(request, HTTPStatus.NOT_FOUND)
    if "language" not in request.GET:
        translation.activate(question.language)
    if request.method != "POST":
        return _page(request, token, question, AnswerQuestionForm())
    form = AnswerQuestionForm(request.POST, request.FILES)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            answer_question(
                secret=token,
                answer=form.cleaned_data["answer"],
                files=[
                    Enclosed(file.name or "", file.chunks())
                    for file in request.FILES.getlist("uploads")
                ],
                at=now,
            )
        except Refusal as refusal:
            form.add_error(refusal.field or None, str(refusal))
            status = HTTPStatus(refusal.status)
        else:
            return render(request, "portal/answered.html", {"phones": phones()})
    return _page(request, token, question, form, status)


def _page(
    request: HttpRequest,
    token: str,
    question: OutsideQuestion,
    form: AnswerQuestionForm,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "question": question,
        "files": question.files.exclude(path=""),
        "form": form,
        "token": token,
        "phones": phones(),
    }
    return render(request, "portal/answer.html", context, status=status)


def _over(request: HttpRequest, status: int) -> HttpResponse:
    limited = status == HTTPStatus.TOO_MANY_REQUESTS
    context = {"limited": limited, "phones": phones()}
    return render(request, "portal/answer_over.html", context, status=status)


@public("outsider")
@require_safe
def answer_file(request: HttpRequest, token: str, pk: int) -> HttpResponseBase:
    """Hand out a file that was chosen for whoever is asked, always to be saved."""
    if too_often("answer", settings.PUBLIC_TRIES_AN_HOUR):
        return _over(request, HTTPStatus.TOO_MANY_REQUESTS)
    try:
        file = open_question_file(secret=token, attachment_id=pk, at=timezone.now())
        content = file_of(file).open("rb")
    except (Refusal, Attachment.DoesNotExist, FileNotFoundError):
        raise Http404 from None
    return FileResponse(
        content, as_attachment=True, filename=file.name, content_type="application/octet-stream"
    )
