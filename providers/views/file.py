"""The list of providers, the file of one, and the steps that change it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Provider, User
from accounts.permissions import has
from accounts.rules import one_time_password
from journal.selectors import history_of
from journal.services import verify_subject
from providers.forms import file as forms
from providers.models import BreachNote
from providers.permissions import APPROVE, MANAGE
from providers.selectors.file import (
    File,
    file_of,
    is_selected,
    newest_requirements,
    open_suspension,
    providers_visible_to,
    standing_of,
)
from providers.selectors.words import (
    entry_words,
    extras_in,
    fields_in,
    marks_in,
    matrix_words,
    topics_in,
)
from providers.services.evaluating import evaluate_provider
from providers.services.file import (
    change_provider,
    close_breach,
    create_provider,
    create_test_provider,
    engage_person,
    note_breach,
    release_person,
)
from providers.services.requirements import tell_requirements
from providers.services.standing import resume_provider, suspend_provider
from providers.states import EvaluationKind
from providers.views.common import Sheet, because_words, provider_for, reader, run

HISTORY = 60


@login_required
@require_safe
def providers(request: HttpRequest) -> HttpResponse:
    """List the providers, with how each stands today."""
    actor = reader(request)
    today = timezone.localdate()
    rows = [standing_of(provider, today) for provider in providers_visible_to(actor)]
    context = {
        "rows": [{"standing": row, "because": because_words(row.because)} for row in rows],
        "may_manage": has(actor, MANAGE),
    }
    return render(request, "providers/providers.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin the file of a provider."""
    actor = reader(request, MANAGE)

    def work(form: forms.NewProviderForm) -> HttpResponse:
        provider = create_provider(**form.cleaned_data, actor=actor, at=timezone.now())
        messages.success(request, _("The file is begun. Nothing is granted by it yet."))
        return redirect("providers:file", provider.code)

    sheet = Sheet(
        title=_("Begin the file of a provider"),
        label=_("Begin the file"),
        back=reverse("providers:list"),
        intro=_("It is granted nothing until it was selected, told, and has a contract in force."),
    )
    return run(request, forms.NewProviderForm(request.POST or None), sheet, work)


@login_required
@require_safe
def file(request: HttpRequest, code: str) -> HttpResponse:
    """Show the file of a provider."""
    actor = reader(request)
    provider = provider_for(actor, code)
    found = file_of(provider, timezone.localdate())
    contract = found.standing.contract
    entries = list(history_of(provider).order_by("-occurred_at", "-seq")[:HISTORY])
    context = {
        "provider": provider,
        "file": found,
        "standing": found.standing,
        "because": because_words(found.standing.because),
        "checklist": _checklist(found),
        "suspension": open_suspension(provider),
        "requirements": [(told, topics_in(told)) for told in found.requirements],
        "evaluations": [(one, marks_in(one)) for one in found.evaluations],
        "matrix": matrix_words(contract.duties) if contract else [],
        "extras": extras_in(contract.granted) if contract else [],
        "fields": fields_in(contract.shown_fields) if contract else [],
        "may_manage": has(actor, MANAGE),
        "may_approve": has(actor, APPROVE),
        "history": [(entry_words(entry), entry) for entry in entries],
        "proof": verify_subject(provider),
    }
    return render(request, "providers/file.html", context)


def _checklist(found: File) -> list[tuple[Any, bool]]:
    """Return what must be there before a provider may work, and whether it is."""
    provider = found.standing.provider
    told = bool(found.requirements)
    confirmed = any(one.confirmed_at for one in found.requirements)
    return [
        (_("Evaluated and selected"), is_selected(provider)),
        (_("Told what is required"), told),
        (_("Requirements confirmed by one of its people"), confirmed),
        (_("Contract approved and in force"), found.standing.contract is not None),
    ]


def _back(provider: Provider, place: str = "") -> str:
    address = reverse("providers:file", args=[provider.code])
    return f"{address}#{place}" if place else address


def _keeper(request: HttpRequest, code: str) -> tuple[User, Provider]:
    actor = reader(request, MANAGE)
    return actor, provider_for(actor, code)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Change the names of a provider."""
    actor, provider = _keeper(request, code)

    def work(form: forms.NamesForm) -> HttpResponse:
        change_provider(
            provider_id=provider.pk, **form.cleaned_data, actor=actor, at=timezone.now()
        )
        return redirect(_back(provider))

    initial = {"name_en": provider.name_en, "name_zh": provider.name_zh}
    sheet = Sheet(_("Change the name"), _("Save"), _back(provider), provider)
    return run(request, forms.NamesForm(request.POST or None, initial=initial), sheet, work)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def requirements(request: HttpRequest, code: str) -> HttpResponse:
    """Tell a provider what is required of it, as a new version."""
    actor, provider = _keeper(request, code)
    before = newest_requirements(provider)

    def work(form: forms.RequirementsForm) -> HttpResponse:
        tell_requirements(provider_id=provider.pk, texts=form.said, actor=actor, at=timezone.now())
        messages.success(request, _("Told. One of its people confirms it on their own page."))
        return redirect(_back(provider, "requirements"))

    form = forms.RequirementsForm(request.POST or None, texts=before.texts if before else {})
    sheet = Sheet(
        _("What is required of the provider"),
        _("Tell the provider"),
        _back(provider, "requirements"),
        provider,
        intro=_("Each version stays in the file, with who confirmed it and when."),
    )
    return run(request, form, sheet, work)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def evaluate(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Judge a provider."""
    actor, provider = _keeper(request, code)
    chosen = EvaluationKind(kind)

    def work(form: forms.EvaluationForm) -> HttpResponse:
        evaluate_provider(
            provider_id=provider.pk, judgement=form.judgement, actor=actor, at=timezone.now()
        )
        messages.success(request, _("The evaluation is in the file."))
        return redirect(_back(provider, "evaluations"))

    form = forms.EvaluationForm(request.POST or None, kind=chosen)
    sheet = Sheet(
        _("Evaluate for selection")
        if chosen == EvaluationKind.SELECTION
        else _("Periodic evaluation"),
        _("Record the evaluation"),
        _back(provider, "evaluations"),
        provider,
        intro=_("Marks from 1 (poor) to 5 (excellent); what was not judged is left out."),
        template="providers/evaluate.html",
    )
    return run(request, form, sheet, work)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def suspend(request: HttpRequest, code: str) -> HttpResponse:
    """Stop a provider at once."""
    actor, provider = _keeper(request, code)

    def work(form: forms.ReasonForm) -> HttpResponse:
        suspend_provider(
            provider_id=provider.pk, **form.cleaned_data, actor=actor, at=timezone.now()
        )
        messages.success(request, _("The provider is suspended; its tokens have ended."))
        return redirect(_back(provider))

    sheet = Sheet(
        _("Suspend the provider"),
        _("Suspend now"),
        _back(provider),
        provider,
        intro=_("Its people and its software can do nothing from that moment. Records stay."),
        danger=True,
    )
    return run(request, forms.ReasonForm(request.POST or None), sheet, work)


@login_required
@require_POST
def test_twin(request: HttpRequest, code: str) -> HttpResponse:
    """Give a provider a twin to try things out with."""
    actor, provider = _keeper(request, code)
    twin = create_test_provider(provider_id=provider.pk, actor=actor, at=timezone.now())
    messages.success(request, _("It can try things out: give it software of its own here."))
    return redirect(_back(twin))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, code: str) -> HttpResponse:
    """Let a suspended provider go on."""
    actor, provider = _keeper(request, code)

    def work(form: forms.ReasonForm) -> HttpResponse:
        resume_provider(
            provider_id=provider.pk, **form.cleaned_data, actor=actor, at=timezone.now()
        )
        messages.success(request, _("The provider goes on, as far as its contract holds."))
        return redirect(_back(provider))

    sheet = Sheet(_("Let the provider go on"), _("Resume"), _back(provider), provider)
    return run(request, forms.ReasonForm(request.POST or None), sheet, work)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: HttpRequest, code: str) -> HttpResponse:
    """Let somebody of the provider in; the one-time password is shown once."""
    actor, provider = _keeper(request, code)

    def work(form: forms.OutsiderForm) -> HttpResponse:
        password = one_time_password()
        person = engage_person(
            provider_id=provider.pk,
            outsider=form.outsider,
            password=password,
            actor=actor,
            at=timezone.now(),
        )
        context = {"provider": provider, "person": person, "password": password}
        response = render(request, "providers/person_password.html", context)
        response["Cache-Control"] = "no-store"
        return response

    sheet = Sheet(
        _("Let somebody of the provider in"),
        _("Create the account"),
        _back(provider, "people"),
        provider,
        intro=_("They see the complaints of their provider, and may do what the contract grants."),
    )
    return run(request, forms.OutsiderForm(request.POST or None), sheet, work)


@login_required
@require_POST
def person_release(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Close the account of somebody of the provider."""
    actor, provider = _keeper(request, code)
    release_person(provider_id=provider.pk, user_id=pk, actor=actor, at=timezone.now())
    messages.success(request, _("The account is deactivated; all its sessions have ended."))
    return redirect(_back(provider, "people"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def breach_new(request: HttpRequest, code: str) -> HttpResponse:
    """Write down what went wrong at a provider."""
    actor, provider = _keeper(request, code)

    def work(form: forms.BreachForm) -> HttpResponse:
        note_breach(provider_id=provider.pk, happened=form.happened, actor=actor, at=timezone.now())
        messages.success(request, _("It is in the file, and weighs in the scorecard."))
        return redirect(_back(provider, "breaches"))

    sheet = Sheet(
        _("Write down a breach"), _("Write it down"), _back(provider, "breaches"), provider
    )
    return run(request, forms.BreachForm(request.POST or None), sheet, work)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def breach_close(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say what was done about a breach."""
    actor, provider = _keeper(request, code)
    breach = get_object_or_404(BreachNote, pk=pk, provider=provider)

    def work(form: forms.MeasuresForm) -> HttpResponse:
        close_breach(breach_id=breach.pk, **form.cleaned_data, actor=actor, at=timezone.now())
        return redirect(_back(provider, "breaches"))

    sheet = Sheet(
        _("Close a breach"), _("Close it"), _back(provider, "breaches"), provider, breach.what
    )
    return run(request, forms.MeasuresForm(request.POST or None), sheet, work)
