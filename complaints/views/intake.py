"""Taking a complaint down: the form, what is known already beside it, and its drafts."""

import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.errors import BadInput
from complaints.forms.intake import IntakeForm
from complaints.models import Category, Complaint, IntakeDraft
from complaints.permissions import may_see, needs_reason, withheld_from
from complaints.rules.intake import emergency_hints
from complaints.rules.policy import PolicyContent
from complaints.rules.suggestions import suggest
from complaints.selectors.duplicates import known_complainants, likely_duplicates
from complaints.selectors.policy import policy_in_force, trigger_words
from complaints.selectors.policy_words import WANTED_WORDS
from complaints.selectors.veil import veiled_person
from complaints.services.drafts import became, discard_draft, save_draft
from complaints.services.intake import missing_in, receive_complaint
from complaints.services.notes import grant_confidential_access
from complaints.states import State
from complaints.views.opening import address_of

# What a verb calls an input, where the form has it elsewhere.
_FIELD_OF = {"contact": "phone"}
_UNSAVED = ("csrfmiddlewaretoken", "look", "use")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: HttpRequest) -> HttpResponse:
    """Show the form, empty or with a draft; or record what was taken down."""
    actor = _receiver(request)
    if request.method != "POST":
        draft = _own_draft(actor, request.GET.get("draft", ""))
        form = IntakeForm(actor=actor, now=timezone.now(), initial=draft.data if draft else None)
        return _page(request, form, draft=draft)
    form = IntakeForm(request.POST, actor=actor, now=timezone.now())
    if "look" in request.POST or "use" in request.POST:
        return _look_again(request, actor, form)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        complaint = receive_complaint(intake=form.intake, actor=actor, at=form.now)
    except BadInput as refusal:
        field = _FIELD_OF.get(refusal.field, refusal.field)
        form.add_error(field if field in form.fields else None, str(refusal))
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    discard_draft(key=form.cleaned_data["key"], actor=actor)
    return _recorded(request, actor, complaint)


def _receiver(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    if not has(actor, "complaints.receive"):
        raise PermissionDenied
    return actor


def _recorded(request: HttpRequest, actor: User, complaint: Complaint) -> HttpResponse:
    """Go on with what comes next: the acknowledgement, open and ready to be read out."""
    if not may_see(actor, complaint):
        messages.warning(
            request,
            _("Recorded as %(reference)s. You cannot open it: it is about yourself.")
            % {"reference": complaint.reference},
        )
        return redirect("complaints:intake")
    if needs_reason(actor, complaint):
        grant_confidential_access(
            complaint_id=complaint.pk, reason=_("Took it down."), actor=actor, at=timezone.now()
        )
    messages.success(request, _("Recorded as %(reference)s.") % {"reference": complaint.reference})
    if complaint.acknowledged_at is None and complaint.state == State.RECEIVED:
        return redirect("complaints:move", complaint.reference, "acknowledge")
    return redirect(address_of(complaint))


def _page(
    request: HttpRequest,
    form: IntakeForm,
    *,
    draft: IntakeDraft | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    key = _key(str(form["key"].value())) or uuid.uuid4()
    others = form.actor.drafts.exclude(key=key)[:10]
    context = {
        "form": form,
        "draft": draft,
        "draft_key": f"intake:{form.actor.pk}" + (f":{key}" if draft else ""),
        "others": [_Unfinished.of(other) for other in others],
        **(_help(form) if form.is_bound else {}),
    }
    return render(request, "complaints/intake.html", context, status=status)


@dataclass(frozen=True)
class _Unfinished:
    """A draft as the list of unfinished ones shows it."""

    draft: IntakeDraft
    title: str

    @classmethod
    def of(cls, draft: IntakeDraft) -> "_Unfinished":
        """Name a draft by who complains, and how the complaint begins."""
        said = [draft.data.get("name", ""), draft.data.get("description", "")]
        return cls(draft, " · ".join(part.strip()[:80] for part in said if part.strip()))


# --- beside the form ------------------------------------------------------------------------------


@login_required
@require_POST
def intake_help(request: HttpRequest) -> HttpResponse:
    """Say what is known already of what is being taken down, as a fragment beside the form."""
    form = IntakeForm(request.POST, actor=_receiver(request), now=timezone.now())
    form.full_clean()
    return render(request, "complaints/intake_help.html", {"form": form, **_help(form)})


def _help(form: IntakeForm) -> dict[str, Any]:
    says = policy_in_force(form.now).says
    intake, sketch = form.intake, form.sketch
    names = trigger_words(says)
    chosen = form.cleaned_data.get("complainant")
    found = emergency_hints(intake.description, says)
    return {
        "helped": True,
        "known": known_complainants(sketch, form.actor, says=says, now=form.now),
        "chosen": chosen and veiled_person(chosen, withheld_from(form.actor)),
        "duplicates": likely_duplicates(sketch, form.actor, says=says, now=form.now),
        "emergency": [(code, names[code], words) for code, words in found.items()],
        "suggestions": _suggestions(form, says) if intake.category is None else [],
        "missing": [WANTED_WORDS[name] for name in missing_in(intake, says)],
        "says": says,
    }


def _suggestions(form: IntakeForm, says: PolicyContent) -> list[tuple[Category, tuple[str, ...]]]:
    names = {item.code: (item.names.en, item.names.zh) for item in says.categories if item.parent}
    by_code = {category.code: category for category in form.categories}
    return [
        (by_code[found.code], found.words)
        for found in suggest(form.intake.description, names)
        if found.code in by_code
    ]


def _look_again(request: HttpRequest, actor: User, form: IntakeForm) -> HttpResponse:
    """Show the form as it is with what is known beside it, for browsers without scripts."""
    typed = {name: value for name, value in request.POST.dict().items() if name not in _UNSAVED}
    if "use" in request.POST:  # somebody known, or with an empty value somebody else
        chosen = request.POST["use"]
        typed["complainant"] = chosen if chosen.isdecimal() else ""
    again = IntakeForm(typed, actor=actor, now=form.now)
    again.full_clean()
    unbound = IntakeForm(actor=actor, now=form.now, initial=typed)
    key = again["key"].value()
    context = {
        "form": unbound,
        "draft": None,
        "draft_key": f"intake:{actor.pk}:{key}",
        "others": [],
        **_help(again),
    }
    return render(request, "complaints/intake.html", context)


# --- drafts ---------------------------------------------------------------------------------------


@login_required
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what was typed so far, or throw it away; pages ask while somebody pauses."""
    actor = _receiver(request)
    key = _key(request.POST.get("key", ""))
    if key is None:
        raise BadInput(_("This draft has no key."), field="key")
    if "discard" in request.POST:
        discard_draft(key=key, actor=actor)
        messages.success(request, _("The draft is thrown away."))
        return redirect("complaints:intake")
    data = {name: value for name, value in request.POST.dict().items() if name not in _UNSAVED}
    now = timezone.now()
    kept = save_draft(key=key, data=data, actor=actor, at=now)
    if kept is None:
        done = became(key=key, actor=actor)
        where = reverse("complaints:complaint", args=[done.reference]) if done else ""
        return JsonResponse({"saved_at": now.isoformat(), "complaint": where})
    return JsonResponse({"saved_at": kept.saved_at.isoformat()})


def _own_draft(actor: User, key: str) -> IntakeDraft | None:
    known = _key(key)
    return actor.drafts.filter(key=known).first() if known else None


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
