"""The pages on which a draft of the handling policy is written."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.errors import BadPolicy
from complaints.forms.policy import SECTIONS, AdoptForm, Section, SectionEditor, UploadForm
from complaints.models import HandlingPolicy
from complaints.rules.policy import completed
from complaints.selectors.policy import content_digest
from complaints.selectors.policy_document import adoptable, adoptable_presets
from complaints.selectors.policy_words import path_text
from complaints.services import policy as verbs
from complaints.services.policy_sources import adopt_preset, upload_policy
from complaints.states import PolicyState
from complaints.views.policy import crumbs, go, is_htmx, read, version_or_404

FORM_METHODS = ["GET", "HEAD", "POST"]
FIRST = "basics"


@login_required
@require_http_methods(FORM_METHODS)
def policy_edit(request: HttpRequest, version: int, section: str = FIRST) -> HttpResponse:
    """Show and change a section of a draft."""
    actor, draft = _writer(request), version_or_404(version)
    chosen = SECTIONS.get(section)
    if chosen is None:
        raise Http404
    if draft.state != PolicyState.DRAFT:
        messages.info(request, _("Only a draft can be changed: begin a new version."))
        return redirect("complaints:policy", draft.version)
    if request.method != "POST":
        return _page(request, draft, SectionEditor(chosen, draft.content))
    editor = SectionEditor(chosen, draft.content, request.POST)
    do = request.POST.get("do", "save")
    if do != "save":
        return _page(request, draft, editor.rearranged(do))
    if not editor.is_valid() or not _saved(request, actor, draft, editor):
        return _page(request, draft, editor, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("Saved in the draft."))
    return go(request, request.path)


def _saved(request: HttpRequest, actor: User, draft: HandlingPolicy, editor: SectionEditor) -> bool:
    """Change the draft; where the policy's rules refuse, put each fault beside its field."""
    try:
        verbs.change_policy(
            policy_id=draft.pk,
            content={**draft.content, **editor.parts()},
            actor=actor,
            at=timezone.now(),
            expected=request.POST.get("seen") or None,
        )
    except BadPolicy as error:
        editor.tell(error.faults)
        return False
    return True


def _page(
    request: HttpRequest,
    draft: HandlingPolicy,
    editor: SectionEditor,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    section = editor.section
    context = {
        "policy": draft,
        "section": section,
        "editor": editor,
        "elsewhere": placed(editor.elsewhere),
        "seen": request.POST.get("seen") or content_digest(draft.content),
        "category_codes": [item["code"] for item in draft.content["categories"]],
        "added": request.POST.get("do") == "add",
        "tabs": _tabs(draft, section),
        "crumbs": crumbs(draft),
    }
    template = "_policy_section.html" if is_htmx(request) else "policy_edit.html"
    return render(request, f"complaints/{template}", context, status=status)


def _tabs(draft: HandlingPolicy, current: Section) -> list[dict[str, Any]]:
    return [
        {
            "label": section.title,
            "url": reverse("complaints:policy_edit", args=[draft.version, section.code]),
            "current": section == current,
            "count": len(completed(draft.content)[section.code]) if section.row else None,
        }
        for section in SECTIONS.values()
    ]


def placed(faults: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return faults with their places in words."""
    return [(path_text(path), sentence) for path, sentence in faults]


@login_required
@require_http_methods(FORM_METHODS)
def policy_presets(request: HttpRequest, version: int) -> HttpResponse:
    """Offer the time limits of known regimes, and take one over into the draft."""
    actor, draft = _writer(request), version_or_404(version)
    if request.method == "POST":
        data = read(AdoptForm(request.POST))
        adopt_preset(policy_id=draft.pk, actor=actor, at=timezone.now(), **data)
        messages.success(request, _("The time limit was taken over into the draft."))
        return go(request, request.path)
    context = {
        "policy": draft,
        "lines": _lines(draft),
        "may_edit": draft.state == PolicyState.DRAFT,
        "crumbs": crumbs(draft),
    }
    return render(request, "complaints/policy_presets.html", context)


def _lines(draft: HandlingPolicy) -> list[dict[str, Any]]:
    """Return every time limit on offer, with its form and whether the draft has it already."""
    taken = {item["code"] for item in draft.content["clocks"]}
    return [
        {
            "group": group,
            "page": page,
            "clock": line,
            "taken": f"{page.preset.code.lower()}.{line.code}" in taken,
            "id": f"{page.preset.code}-{line.code}",
        }
        for group in adoptable_presets(timezone.localdate())
        for page in group.presets
        for line, limit in zip(page.clocks, page.preset.clocks, strict=True)
        if adoptable(limit.stage)
    ]


@login_required
@require_http_methods(FORM_METHODS)
def policy_upload(request: HttpRequest, version: int) -> HttpResponse:
    """Replace what a draft says by a file, or say line by line what is wrong with it."""
    actor, draft = _writer(request), version_or_404(version)
    sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    faults: list[tuple[str, Any]] = []
    if form.is_valid():
        try:
            text = form.cleaned_data["file"].read().decode("utf-8-sig")
            upload_policy(policy_id=draft.pk, text=text, actor=actor, at=timezone.now())
        except UnicodeDecodeError:
            form.add_error("file", _("The file is not UTF-8 text."))
        except BadPolicy as error:
            faults = placed(error.faults)
        else:
            messages.success(request, _("The draft says now what the file says."))
            return redirect("complaints:policy", draft.version)
    wrong = bool(faults) or (form.is_bound and bool(form.errors))
    context = {"policy": draft, "form": form, "faults": faults, "crumbs": crumbs(draft)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "complaints/policy_upload.html", context, status=status)


def _writer(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    if not has(actor, "policy.edit"):
        raise PermissionDenied
    return actor
