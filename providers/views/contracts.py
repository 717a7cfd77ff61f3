"""The pages of a contract: written, read, approved, ended."""

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
from providers.errors import BadInput
from providers.forms import tell
from providers.forms.contracts import ContractForm, RemarkForm, ReturnForm
from providers.forms.file import ReasonForm
from providers.models import Contract
from providers.permissions import APPROVE, MANAGE
from providers.selectors.file import contract_on, is_confirmed, is_selected
from providers.selectors.words import extras_in, fields_in, matrix_words
from providers.services import contracts as verbs
from providers.states import ContractState
from providers.views.common import Sheet, provider_for, reader, run


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contract_new(request: HttpRequest, code: str) -> HttpResponse:
    """Write a contract; it begins with what the last one said."""
    actor = reader(request, MANAGE)
    provider = provider_for(actor, code)

    def work(form: ContractForm) -> HttpResponse:
        contract = verbs.draft_contract(
            provider_id=provider.pk, terms=form.terms, actor=actor, at=timezone.now()
        )
        return redirect("providers:contract", provider.code, contract.pk)

    last = provider.contracts.exclude(state=ContractState.DISCARDED).first()
    form = ContractForm(request.POST or None, contract=last, renewed=True)
    return run(request, form, _sheet(provider, _("Write a contract")), work)


def _sheet(provider: Provider, title: Any) -> Sheet:
    return Sheet(
        title,
        _("Save the draft"),
        reverse("providers:file", args=[provider.code]) + "#contracts",
        provider,
        intro=_("What the provider is granted follows from who does which step."),
        template="providers/contract_edit.html",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contract_edit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Write a draft anew."""
    actor = reader(request, MANAGE)
    contract = _known(actor, code, pk)

    def work(form: ContractForm) -> HttpResponse:
        verbs.change_contract(
            contract_id=contract.pk, terms=form.terms, actor=actor, at=timezone.now()
        )
        return redirect("providers:contract", code, contract.pk)

    form = ContractForm(request.POST or None, contract=contract)
    return run(request, form, _sheet(contract.provider, _("Change the draft")), work)


def _known(actor: User, code: str, pk: int) -> Contract:
    provider = provider_for(actor, code)
    return get_object_or_404(
        Contract.objects.exclude(state=ContractState.DISCARDED).select_related(
            "provider", "author", "approved_by", "ended_by"
        ),
        pk=pk,
        provider=provider,
    )


@login_required
@require_safe
def contract(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show a contract, and what can be done with it."""
    actor = reader(request)
    return _page(request, actor, _known(actor, code, pk))


def _page(
    request: HttpRequest, actor: User, found: Contract, status: int = 200, **forms: Any
) -> HttpResponse:
    manage, approve = has(actor, MANAGE), has(actor, APPROVE)
    holding = contract_on(found.provider, timezone.localdate())
    context = {
        "provider": found.provider,
        "contract": found,
        "in_force": holding is not None and holding.pk == found.pk,
        "matrix": matrix_words(found.duties),
        "extras": extras_in(found.granted),
        "fields": fields_in(found.shown_fields),
        "selected": is_selected(found.provider),
        "confirmed": is_confirmed(found.provider),
        "may_edit": manage and found.state == ContractState.DRAFT,
        "may_end": manage and found.state == ContractState.APPROVED,
        "may_decide": approve
        and found.state == ContractState.SUBMITTED
        and found.author_id != actor.pk,
        "own": approve and found.state == ContractState.SUBMITTED and found.author_id == actor.pk,
        "remark_form": RemarkForm(),
        "return_form": ReturnForm(),
        "end_form": ReasonForm(),
        **forms,
    }
    return render(request, "providers/contract.html", context, status=status)


@login_required
@require_POST
def contract_submit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Hand a draft in."""
    actor = reader(request, MANAGE)
    found = _known(actor, code, pk)
    verbs.submit_contract(contract_id=found.pk, actor=actor, at=timezone.now())
    messages.success(request, _("Handed in. Somebody else approves it."))
    return redirect("providers:contract", code, pk)


@login_required
@require_POST
def contract_discard(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Throw a draft away."""
    actor = reader(request, MANAGE)
    found = _known(actor, code, pk)
    verbs.discard_contract(contract_id=found.pk, actor=actor, at=timezone.now())
    return redirect("providers:file", code)


@login_required
@require_POST
def contract_approve(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Approve a contract."""
    actor = reader(request, APPROVE)
    found = _known(actor, code, pk)
    form = RemarkForm(request.POST)
    remark = form.cleaned_data["note"] if form.is_valid() else ""
    verbs.approve_contract(contract_id=found.pk, remark=remark, actor=actor, at=timezone.now())
    messages.success(request, _("The contract is approved."))
    return redirect("providers:contract", code, pk)


@login_required
@require_POST
def contract_return(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Give a contract back."""
    actor = reader(request, APPROVE)
    found = _known(actor, code, pk)
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            verbs.return_contract(
                contract_id=found.pk,
                remark=form.cleaned_data["note"],
                actor=actor,
                at=timezone.now(),
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("The contract is given back."))
            return redirect("providers:contract", code, pk)
    return _page(request, actor, found, 422, return_form=form)


@login_required
@require_POST
def contract_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """End the work with a provider."""
    actor = reader(request, MANAGE)
    found = _known(actor, code, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            verbs.end_contract(
                contract_id=found.pk,
                reason=form.cleaned_data["reason"],
                actor=actor,
                at=timezone.now(),
            )
        except BadInput as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("The contract is ended."))
            return redirect("providers:contract", code, pk)
    return _page(request, actor, found, 422, end_form=form)
