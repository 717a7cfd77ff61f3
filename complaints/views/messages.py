"""Messages: printed as letters, and those that hang, with what to do about them."""

from django.contrib import messages as told
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import actor_of, has
from complaints.errors import BadInput
from complaints.forms.fields import at_once
from complaints.forms.letters import BounceForm, ResolveForm, ToldForm
from complaints.models import Complaint, Message
from complaints.selectors.messages import SHOWN, unsettled_messages
from complaints.selectors.veil import veil_letter
from complaints.services.sending import confirm_told, note_bounce, resolve_message
from complaints.views.opening import with_complaint


@login_required
@require_safe
@with_complaint
def message_print(
    request: HttpRequest, _actor: User, complaint: Complaint, pk: int
) -> HttpResponse:
    """Show a message as a letter to print."""
    message = get_object_or_404(complaint.messages, pk=pk)
    veil_letter(message, complaint)
    with translation.override(message.language):
        day = date_format(timezone.localtime(message.queued_at), "DATE_FORMAT")
    context = {"message": message, "complaint": complaint, "day": day}
    return render(request, "complaints/messages/print.html", context)


@login_required
@require_safe
def messages_unsettled(request: HttpRequest) -> HttpResponse:
    """List the letters that have not arrived."""
    actor = actor_of(request.user)
    if not has(actor, "complaints.view"):
        raise PermissionDenied
    now = timezone.now()
    context = {
        "unsettled": unsettled_messages(actor, now=now),
        "shown": SHOWN,
        "now": timezone.localtime(now).strftime("%Y-%m-%dT%H:%M"),
    }
    return render(request, "complaints/messages/unsettled.html", context)


@login_required
@require_POST
def message_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide about a letter that was interrupted, failed or came back."""
    actor = actor_of(request.user)
    message = _existing(actor, pk)
    form = ResolveForm(request.POST)
    if not form.is_valid():
        raise BadInput(_("Say whether the letter went out."), field="was_sent")
    was_sent = form.cleaned_data["was_sent"] == "yes"
    resolve_message(message_id=message.pk, was_sent=was_sent, actor=actor, at=timezone.now())
    told.success(
        request, _("Noted: the letter went out.") if was_sent else _("The letter goes out again.")
    )
    return _back(request)


@login_required
@require_POST
def message_bounce(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a letter came back."""
    actor = actor_of(request.user)
    message = _existing(actor, pk)
    form = BounceForm(request.POST)
    if not form.is_valid():
        raise BadInput(_("Say what came back, and why."), field="reason")
    note_bounce(
        message_id=message.pk, reason=form.cleaned_data["reason"], actor=actor, at=timezone.now()
    )
    told.warning(request, _("Noted: the letter came back. It no longer counts as told."))
    return _back(request)


@login_required
@require_POST
def message_told(request: HttpRequest, pk: int) -> HttpResponse:
    """Note when a waiting message was read out or posted."""
    actor = actor_of(request.user)
    message = _existing(actor, pk)
    form = ToldForm(request.POST)
    if not form.is_valid():
        raise BadInput(_("Say when it was told or posted."), field="told_at")
    now = timezone.now()
    told_at = at_once(form.cleaned_data["told_at"], now) or now
    confirm_told(message_id=message.pk, told_at=told_at, actor=actor, at=now)
    told.success(request, _("Noted as told."))
    return _back(request)


def _existing(actor: User, pk: int) -> Message:
    """Return a message whose complaint exists for the actor. Raises Http404 otherwise."""
    return get_object_or_404(
        Message, pk=pk, complaint__in=Complaint.objects.visible_to(actor).values("pk")
    )


def _back(request: HttpRequest) -> HttpResponse:
    """Send on to the page of ours that the form came from, else to the list."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(wanted if ours else "complaints:messages_unsettled")
