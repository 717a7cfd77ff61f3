"""The administrator's pages about people. Every change goes through one verb."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors, services
from accounts.forms import (
    LeavingForm,
    MoveForm,
    NewPersonForm,
    PersonForm,
    RoleForm,
    SearchForm,
)
from accounts.models import Membership, User
from accounts.permissions import actor_of, demand, needs_second_factor
from accounts.rules import one_time_password


@login_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """List people, searched and filtered by the address."""
    manager(request)
    form = SearchForm(request.GET)
    form.is_valid()  # what cannot be understood does not filter
    wanted = form.cleaned_data
    page = selectors.people(
        at=timezone.now(),
        words=wanted.get("q", ""),
        role=wanted.get("role", ""),
        state=wanted.get("state", ""),
        after=wanted.get("after", ""),
    )
    template = "_people_rows.html" if request.headers.get("HX-Request") else "people.html"
    return render(request, f"accounts/{template}", {"form": form, "page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_person(request: HttpRequest) -> HttpResponse:
    """Add a person; the one-time password is shown once."""
    actor = manager(request)
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = one_time_password()
        user = services.create_user(
            **form.cleaned_data, password=password, one_time=True, actor=actor, at=timezone.now()
        )
        return _show_password(request, user, password, new=True)
    return render(request, "accounts/add_person.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a person and their roles; change what is known of them."""
    actor = manager(request)
    user = person_of(pk)
    form = PersonForm(
        request.POST or None,
        initial={
            "display_name": user.display_name,
            "email": user.email,
            "language": user.language,
        },
    )
    if request.method == "POST" and form.is_valid():
        services.change_user(user=user, **form.cleaned_data, actor=actor, at=timezone.now())
        messages.success(request, _("The changes were saved."))
        return redirect("accounts:person", pk=pk)
    return person_page(request, user, form=form)


@login_required
@require_POST
def grant_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person a role."""
    actor = manager(request)
    user = person_of(pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return person_page(request, user, role_form=form)
    services.grant_role(user=user, **form.cleaned_data, actor=actor, at=timezone.now())
    messages.success(request, _("The role was given."))
    return redirect("accounts:person", pk=pk)


@login_required
@require_POST
def revoke_role(request: HttpRequest, pk: int, membership: int) -> HttpResponse:
    """Take a role from a person."""
    actor = manager(request)
    row = get_object_or_404(Membership.objects.select_related("user"), pk=membership, user_id=pk)
    services.revoke_role(membership=row, actor=actor, at=timezone.now())
    messages.success(request, _("The role was taken away."))
    return redirect("accounts:person", pk=pk)


@login_required
@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a person's account."""
    actor = manager(request)
    services.deactivate_user(user=person_of(pk), actor=actor, at=timezone.now())
    messages.success(request, _("The account is deactivated; all its sessions have ended."))
    return redirect("accounts:person", pk=pk)


@login_required
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a person's account again."""
    actor = manager(request)
    services.reactivate_user(user=person_of(pk), actor=actor, at=timezone.now())
    messages.success(request, _("The account is active again, with the roles it had."))
    return redirect("accounts:person", pk=pk)


@login_required
@require_POST
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person a one-time password, shown once."""
    actor = manager(request)
    user = person_of(pk)
    password = one_time_password()
    services.set_password(
        user=user, password=password, one_time=True, actor=actor, at=timezone.now()
    )
    return _show_password(request, user, password, new=False)


@login_required
@require_POST
def remove_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Take off the second factor of a person who lost the device."""
    actor = manager(request)
    services.remove_second_factor(user=person_of(pk), actor=actor, at=timezone.now())
    messages.success(request, _("The second factor was removed."))
    return redirect("accounts:person", pk=pk)


@login_required
@require_POST
def end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign a person out everywhere."""
    actor = manager(request)
    services.end_sessions(user=person_of(pk), actor=actor, at=timezone.now())
    messages.success(request, _("All sessions of this person have ended."))
    return redirect("accounts:person", pk=pk)


def manager(request: HttpRequest) -> User:
    """Return who asks. Raises PermissionDenied unless they manage accounts."""
    actor = actor_of(request.user)
    demand(actor, "accounts.manage")
    return actor


def person_of(pk: int) -> User:
    """Return a person. Raises Http404 for the system and for nobody."""
    return get_object_or_404(selectors.everybody(), pk=pk)


def person_page(
    request: HttpRequest,
    user: User,
    *,
    form: PersonForm | None = None,
    role_form: RoleForm | None = None,
    move_form: MoveForm | None = None,
    leaving_form: LeavingForm | None = None,
) -> HttpResponse:
    """Show a person's page, with the form that was refused, if any."""
    context = {
        "person": user,
        "form": form
        or PersonForm(
            initial={
                "display_name": user.display_name,
                "email": user.email,
                "language": user.language,
            }
        ),
        "role_form": role_form or RoleForm(),
        "move_form": move_form or MoveForm(user=user),
        "leaving_form": leaving_form or LeavingForm(initial={"leaves_on": user.leaves_on}),
        "moves": selectors.planned_moves(user),
        "absence": selectors.absence_of(user, timezone.now()),
        "second_factor": selectors.has_second_factor(user),
        "second_factor_due": needs_second_factor(user),
        "single_sign_on": selectors.is_linked(user),
        "sign_ins": selectors.recent_sign_ins(user),
    }
    refused = any(form is not None and form.errors for form in (move_form, leaving_form))
    return render(request, "accounts/person.html", context, status=422 if refused else 200)


def _show_password(request: HttpRequest, user: User, password: str, *, new: bool) -> HttpResponse:
    context = {"person": user, "password": password, "new": new}
    response = render(request, "accounts/one_time_password.html", context)
    response["Cache-Control"] = "no-store"
    return response
