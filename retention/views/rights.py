"""The pages of people's requests about their data."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from complaints.models import Complaint
from retention.errors import BadInput
from retention.forms import tell
from retention.forms.rights import (
    AnswerForm,
    PackageForm,
    RectifyForm,
    RequestForm,
    VerifyForm,
)
from retention.models import SubjectExport, SubjectRequest
from retention.permissions import everywhere
from retention.selectors import rights as questions
from retention.services import packages as package_verbs
from retention.services import rights as verbs
from retention.states import RequestKind, RequestState
from retention.views.common import before_of, frame, reader_of_all

READ, WORK = "retention.read_subjects", "retention.subjects"


@login_required
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """Show the register: what waits, by its due date, or everything."""
    actor = reader_of_all(request, READ)
    everything = request.GET.get("all") == "1"
    now = timezone.now()
    rows = questions.requests(waiting=not everything, before=before_of(request))
    found = list(rows[: questions.PAGE + 1])
    shown = found[: questions.PAGE]
    more = everything and len(found) > questions.PAGE
    answered, in_time = questions.answered_in_time()
    context = frame(
        actor,
        "requests",
        requests=shown,
        everything=everything,
        now=now,
        late=questions.late(SubjectRequest.objects.all(), now),
        answered=answered,
        in_time=in_time,
        may_work=everywhere(actor, WORK),
        next_url=f"{request.path}?all=1&before={shown[-1].pk}" if more else "",
    )
    return render(request, "retention/requests.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def request_new(request: HttpRequest) -> HttpResponse:
    """Write a request down."""
    actor = reader_of_all(request, WORK)
    form = RequestForm(
        request.POST if request.method == "POST" else None,
        initial={"received_at": timezone.localtime()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.take_request(
                asked=verbs.Asked(**form.cleaned_data), actor=actor, at=timezone.now()
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("The request is in the register."))
            return redirect("retention:request", made.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(
        request, "retention/request_new.html", frame(actor, "requests", form=form), status=status
    )


@login_required
@require_safe
def request_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a request, and the next step."""
    return _page(request, reader_of_all(request, READ), _known(pk))


def _page(
    request: HttpRequest, actor: User, chosen: SubjectRequest, status: int = 200, **forms_: Any
) -> HttpResponse:
    complaints = list(questions.complaints_of(chosen, actor))
    people = list(chosen.people.all())
    words = request.GET.get("q") or chosen.contact or chosen.name
    works = everywhere(actor, WORK) and chosen.answered_at is None
    found = questions.people_found(actor, words) if works else []
    offered = _offered(complaints)
    forms_given = {
        "verify_form": VerifyForm(people=_choices(found)),
        "package_form": PackageForm(initial={"language": get_language()}),
        "rectify_form": RectifyForm(complaints=offered, auto_id="rectify_%s"),
        "answer_form": AnswerForm(complaints=_erasable(chosen, complaints), auto_id="answer_%s"),
    }
    context = frame(
        actor,
        "requests",
        asked=chosen,
        now=timezone.now(),
        works=works,
        verified=chosen.state != RequestState.RECEIVED,
        people=people,
        unfindable=questions.cannot_be_found(people) if works else [],
        complaints=complaints,
        words=words,
        found=found,
        exports=list(chosen.exports.select_related("asked_by")),
        runs=list(chosen.runs.all()),
        **{**forms_given, **forms_},
    )
    return render(request, "retention/request.html", context, status=status)


def _choices(found: list[questions.Found]) -> list[tuple[int, str]]:
    return [
        (
            item.person.pk,
            " · ".join(
                part
                for part in (
                    str(item.person),
                    item.person.phone,
                    item.person.email,
                    _("%(n)s complaints, the last of %(day)s")
                    % {"n": item.complaints, "day": _day(item.last_at)},
                )
                if part
            ),
        )
        for item in found
    ]


def _day(moment: Any) -> str:
    local = timezone.localtime(moment)
    return date_format(local, "SHORT_DATE_FORMAT") if moment else "–"


def _offered(complaints: list[Complaint]) -> list[tuple[int, str]]:
    return [
        (c.pk, f"{c.reference} · {c.get_state_display()} · {_day(c.received_at)}")
        for c in complaints
        if c.anonymised_at is None
    ]


def _erasable(chosen: SubjectRequest, complaints: list[Complaint]) -> list[tuple[int, str]]:
    if chosen.kind not in {RequestKind.ERASURE, RequestKind.OBJECTION}:
        return []
    return _offered([c for c in complaints if not c.is_open and not c.holds])


@login_required
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who the person is and how that is known."""
    actor, chosen = reader_of_all(request, WORK), _known(pk)
    words = request.POST.get("q") or chosen.contact or chosen.name
    form = VerifyForm(request.POST, people=_choices(questions.people_found(actor, words)))

    def act(data: dict[str, Any]) -> None:
        verbs.verify_identity(
            request_id=pk,
            people=data["people"],
            proof=data["proof"],
            proof_note=data["proof_note"],
            actor=actor,
            at=timezone.now(),
        )

    done = _("It is recorded who asks.")
    return _acted(request, actor, chosen, ("verify_form", form), act, done)


@login_required
@require_POST
def rectify(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what is recorded."""
    actor, chosen = reader_of_all(request, WORK), _known(pk)
    offered = _offered(list(questions.complaints_of(chosen, actor)))
    form = RectifyForm(request.POST, complaints=offered, auto_id="rectify_%s")

    def act(data: dict[str, Any]) -> None:
        verbs.rectify(
            request_id=pk,
            complaint_id=data["complaint"],
            changes=form.changes(),
            reason=data["reason"],
            actor=actor,
            at=timezone.now(),
        )

    return _acted(request, actor, chosen, ("rectify_form", form), act, _("It is corrected."))


@login_required
@require_POST
def package(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a package prepared."""
    actor, chosen = reader_of_all(request, WORK), _known(pk)
    form = PackageForm(request.POST)

    def act(data: dict[str, Any]) -> None:
        package_verbs.ask_for_package(request_id=pk, actor=actor, at=timezone.now(), **data)

    done = _("The package is being prepared; it appears here in a moment.")
    return _acted(request, actor, chosen, ("package_form", form), act, done)


@login_required
@require_POST
def package_open(request: HttpRequest, pk: int, export: int) -> HttpResponseBase:
    """Hand a package out, and record who took it."""
    actor = reader_of_all(request, WORK)
    row = get_object_or_404(SubjectExport, pk=export, request=_known(pk))
    opened = package_verbs.open_package(export_id=row.pk, actor=actor, at=timezone.now())
    response = FileResponse(
        package_verbs.path_of(opened).open("rb"),
        as_attachment=True,
        filename=f"{opened.request}-{opened.pk}.zip",
        content_type="application/zip",
    )
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a request."""
    actor, chosen = reader_of_all(request, WORK), _known(pk)
    complaints = _erasable(chosen, list(questions.complaints_of(chosen, actor)))
    form = AnswerForm(request.POST, complaints=complaints, auto_id="answer_%s")

    def act(data: dict[str, Any]) -> None:
        verbs.answer_request(
            request_id=pk,
            reply=verbs.Reply(
                answer=data["answer"],
                ground=data["ground"],
                reasons=data["reasons"],
                complaints=tuple(data.get("complaints", ())),
            ),
            actor=actor,
            at=timezone.now(),
        )

    return _acted(request, actor, chosen, ("answer_form", form), act, _("The request is answered."))


def _acted(
    request: HttpRequest,
    actor: User,
    chosen: SubjectRequest,
    named: tuple[str, forms.Form],
    act: Callable[[dict[str, Any]], None],
    done: str,
) -> HttpResponse:
    name, form = named
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, done)
            return redirect("retention:request", chosen.pk)
    return _page(request, actor, chosen, HTTPStatus.UNPROCESSABLE_ENTITY, **{name: form})


def _known(pk: int) -> SubjectRequest:
    rows = SubjectRequest.objects.select_related("taken_by", "verified_by", "answered_by")
    return get_object_or_404(rows, pk=pk)
