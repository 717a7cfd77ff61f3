"""The living style page: every component in every state (docs/design.md)."""

from datetime import timedelta
from types import SimpleNamespace as Thing
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.rules import PERMISSIONS_OF
from complaints.states import MessageState, Priority, Severity, State


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=gettext_lazy("Complainant"), max_length=80)
    received_at = forms.DateTimeField(
        label=gettext_lazy("Received"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=gettext_lazy("When it reached us, not when it was written down."),
    )
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=Severity)
    channel = forms.ChoiceField(
        label=gettext_lazy("Priority"), choices=Priority, widget=forms.RadioSelect
    )
    confidential = forms.BooleanField(
        label=gettext_lazy("Confidential"),
        required=False,
        help_text=gettext_lazy("Only people who need to will see it."),
    )
    description = forms.CharField(label=gettext_lazy("What happened"), widget=forms.Textarea)
    file = forms.FileField(label=gettext_lazy("Document"), required=False)


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show everything once; nothing here is real and nothing is saved."""
    if request.method == "POST":
        return JsonResponse({"saved_at": timezone.now()})  # as a draft's address answers
    wrong = SampleForm({"email": "wang@", "severity": "high"}, auto_id="wrong_%s")
    wrong.is_valid()
    messages.success(request, _("Saved."))
    messages.warning(request, _("The clock runs out today."))
    context: dict[str, Any] = {
        "user": User(username="zhou.min", display_name="周敏"),
        "may": frozenset().union(*PERMISSIONS_OF.values()),
        "unread_notices": 3,
        "unread_alerts": 1,
        "form": SampleForm(),
        "wrong": wrong,
        "states": State,
        "message_states": MessageState,
        "levels": [*Priority, *Severity],
        **_samples(),
    }
    return render(request, "styleguide.html", context)


def _samples() -> dict[str, Any]:
    now = timezone.now()
    day = timedelta(days=1)
    clocks = [
        Thing(status="on_time", text=_("{n} d").format(n=3), due_at=now + 3 * day, live=True),
        Thing(status="warn", text=_("{n} h").format(n=2), due_at=now + day / 12, live=True),
        Thing(status="breached", text=_("{n} h").format(n=5), due_at=now - day / 5, live=True),
        Thing(status="met", text=_("met"), due_at=now, live=False),
        Thing(status="missed", text=_("missed"), due_at=now - day, live=False),
        Thing(status="paused", text=_("paused"), due_at=now + day, live=False),
    ]
    people = ["王芳", "Jean-Baptiste Lefèvre-Dubois", "李建国", "O. Nwosu", "欧阳明日香"]
    words = [
        "电饭煲开机后冒烟，插头发烫，孩子差点被烫伤。",
        "Charged twice for the same order; promised a refund by phone three weeks ago.",
        "宽带连续中断四天，客服每次都说当天恢复。",
        "Delivery left in the rain.",
        "门店员工态度恶劣，拒绝提供发票。",
    ]
    levels = ["P0", "P1", "P2", "P3", "P2"]
    burning = Thing(
        reference="C-2026-001042", title=words[0], url="#", take_url="#", since=now - day / 96
    )
    rows = [
        Thing(
            reference=f"C-2026-{1042 - number:06d}",
            person=person,
            text=text,
            level=level,
            state=state,
            clock=clock,
        )
        for number, (person, text, level, state, clock) in enumerate(
            zip(people, words, levels, State, clocks, strict=False)
        )
    ]
    done = 3
    steps = [
        Thing(
            label=state.label,
            step="done" if number < done else "now" if number == done else "todo",
            at=now - (done - number) * day if number <= done else None,
        )
        for number, state in enumerate(list(State)[:7])
    ]
    return {
        "clocks": clocks,
        "rows": rows,
        "columns": [
            Thing(css="tick"),
            Thing(label=_("Reference"), url="?sort=reference", sorted="descending"),
            Thing(label=_("Time left"), url="?sort=due"),
            Thing(label=_("What happened"), css="wide"),
            Thing(label=_("Priority")),
            Thing(label=_("State")),
        ],
        "steps": steps,
        "emergencies": [burning],
        "crumbs": [(_("All complaints"), "#"), ("C-2026-001042", "#")],
        "facts": [
            (_("Complainant"), people[0]),
            (_("Phone"), "+86 138 0013 8000"),
            (_("Received"), now),
            (_("Product or service"), "电饭煲 RC-300"),
            (_("Order number"), ""),
        ],
        "tabs": [
            Thing(label=_("Mine"), url="#", current=True, count=12),
            Thing(label=_("My team"), url="#", current=False, count=48),
            Thing(label=_("Late"), url="#", current=False, count=0),
        ],
        "moments": [now - day / 24, now - day, now - 3 * day],
        "reasons": [_("The investigation has no findings yet."), _("Nobody owns this complaint.")],
        "words": words,
    }
