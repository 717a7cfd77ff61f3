"""The pages of message templates: what there is, a text to change, and what it looks like."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.errors import BadInput, Conflict
from complaints.forms.letters import PreviewForm, TemplateForm
from complaints.models import Complaint, MessageTemplate
from complaints.rules.letters import REQUIRED, fitting
from complaints.selectors.access import may_read_now
from complaints.services.letters import fill_in, fill_sample
from complaints.services.templates import (
    Text,
    change_template,
    check_template,
    default_texts,
    fingerprint,
    has_subject,
    occasions,
)
from complaints.states import MessageChannel, Occasion

CHANNELS = (
    MessageChannel.EMAIL,
    MessageChannel.PHONE,
    MessageChannel.LETTER,
    MessageChannel.SMS,
)
PLACEHOLDER_WORDS = {
    "name": gettext_lazy("how the complainant is addressed"),
    "reference": gettext_lazy("the reference of the complaint"),
    "received_date": gettext_lazy("the day on which the complaint was received"),
    "summary": gettext_lazy("the beginning of what the complainant said"),
    "process": gettext_lazy("what happens next, with the expected dates"),
    "acknowledge_by": gettext_lazy("the day by which receipt is to be acknowledged"),
    "respond_by": gettext_lazy("the day by which the decision is expected"),
    "handler": gettext_lazy("who handles the complaint"),
    "organisation": gettext_lazy("the name of the organisation"),
    "contact": gettext_lazy("how the organisation is reached"),
    "routes": gettext_lazy("the other remedies, one per line"),
    "status_page": gettext_lazy("the status page; an e-mail gets the complainant's own link to it"),
    "finding": gettext_lazy("the finding, as a sentence"),
    "reasons": gettext_lazy("the reasons for the decision"),
    "remedy": gettext_lazy("what is done for the complainant"),
    "reply_by": gettext_lazy("the day until which an answer is waited for"),
    "question": gettext_lazy("what the complainant is asked"),
    "news": gettext_lazy("what the writer has to say"),
}


@login_required
@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """List the texts by occasion, channel and language."""
    _editor(request)
    rows = {
        (row.occasion, row.channel, row.language): row
        for row in MessageTemplate.objects.select_related("changed_by")
    }
    groups = [
        (
            occasion,
            [
                (
                    channel,
                    [
                        (code, name, rows.get((str(occasion), str(channel), code)))
                        for code, name in settings.LANGUAGES
                    ],
                )
                for channel in CHANNELS
            ],
        )
        for occasion in occasions()
    ]
    context = {"groups": groups, "languages": settings.LANGUAGES}
    return render(request, "complaints/templates.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def template(request: HttpRequest, occasion: str, channel: str, language: str) -> HttpResponse:
    """Show a text and change it."""
    actor = _editor(request)
    _check_key(occasion, channel, language)
    row = _row(occasion, channel, language)
    if request.method != "POST":
        initial = {"subject": row.subject, "body": row.body, "seen": fingerprint(row)}
        return _page(request, row, TemplateForm(initial=initial, channel=channel))
    if "restore" in request.POST:
        text = default_texts()[occasion, channel, language]
        data = {"subject": text.subject, "body": text.body, "seen": request.POST.get("seen", "")}
        form = TemplateForm(data, channel=channel)
    else:
        form = TemplateForm(request.POST, channel=channel)
    if not form.is_valid():
        return _page(request, row, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        change_template(
            occasion=occasion,
            channel=channel,
            language=language,
            **{"subject": "", **form.cleaned_data},
            actor=actor,
            at=timezone.now(),
        )
    except (BadInput, Conflict) as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return _page(request, row, form, refusal.status)
    messages.success(request, _("The text was saved. New letters are written from it."))
    return redirect("complaints:template", occasion, channel, language)


@login_required
@require_POST
def template_preview(
    request: HttpRequest, occasion: str, channel: str, language: str
) -> HttpResponse:
    """Show what a text looks like while it is being written; nothing is kept."""
    actor = _editor(request)
    _check_key(occasion, channel, language)
    form = PreviewForm(request.POST)
    form.is_valid()
    given = form.cleaned_data
    text = Text(given["subject"] if has_subject(channel) else "", given["body"].strip())
    context: dict[str, Any] = {"language": language, "has_subject": has_subject(channel)}
    try:
        check_template(occasion, channel, text.subject, text.body)
    except BadInput as refusal:
        context["fault"] = refusal
    try:
        complaint = _tried_on(given["reference"].strip(), actor)
        context["subject"], context["body"] = (
            fill_in(text, complaint, occasion, language, actor=actor, at=timezone.now())
            if complaint
            else fill_sample(text, language, at=timezone.now())
        )
    except KeyError:
        pass  # an unknown placeholder: the fault above names it
    except BadInput as refusal:
        context["fault"] = refusal
    return render(request, "complaints/_template_preview.html", context)


def _tried_on(reference: str, actor: User) -> Complaint | None:
    if not reference:
        return None
    found = Complaint.objects.visible_to(actor).filter(reference__iexact=reference).first()
    if found is None or not may_read_now(found, actor, at=timezone.now()):
        raise BadInput(_("There is no such complaint that you may read."), field="reference")
    return found


def _page(
    request: HttpRequest, row: MessageTemplate, form: TemplateForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    key = (row.occasion, row.channel, row.language)
    standard = default_texts().get(key)
    required = REQUIRED.get(row.occasion, ())
    context = {
        "row": row,
        "form": form,
        "is_standard": standard is not None and standard == Text(row.subject, row.body),
        "has_standard": standard is not None,
        "placeholders": [
            (name, PLACEHOLDER_WORDS[name], name in required) for name in fitting(row.occasion)
        ],
        "crumbs": [(_("Message templates"), reverse("complaints:templates"))],
    }
    return render(request, "complaints/template.html", context, status=status)


def _row(occasion: str, channel: str, language: str) -> MessageTemplate:
    found = (
        MessageTemplate.objects.filter(occasion=occasion, channel=channel, language=language)
        .select_related("changed_by")
        .first()
    )
    if found is not None:
        return found
    text = default_texts().get((occasion, channel, language), Text("", ""))
    return MessageTemplate(
        occasion=occasion,
        channel=channel,
        language=language,
        subject=text.subject,
        body=text.body,
    )


def _check_key(occasion: str, channel: str, language: str) -> None:
    known = (
        occasion in Occasion.values
        and Occasion(occasion) in occasions()
        and channel in CHANNELS
        and language in dict(settings.LANGUAGES)
    )
    if not known:
        raise Http404


def _editor(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    if not has(actor, "templates.edit"):
        raise PermissionDenied
    return actor
