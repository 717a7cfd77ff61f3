"""The administrator's pages about sites and teams."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import selectors, services
from accounts.forms import NewPlaceForm, PlaceForm
from accounts.models import Site, Team, User
from accounts.permissions import actor_of, demand


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sites(request: HttpRequest) -> HttpResponse:
    """List the sites and add one."""
    return _places(request, "sites", Site, services.create_site)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """List the teams and add one."""
    return _places(request, "teams", Team, services.create_team)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def site(request: HttpRequest, code: str) -> HttpResponse:
    """Rename a site or take it out of use."""
    actor = _manager(request)
    place = get_object_or_404(selectors.sites(), code=code)
    form = _place_form(request, place)
    if request.method == "POST" and form.is_valid():
        services.change_site(site=place, **form.cleaned_data, actor=actor, at=timezone.now())
        return _saved(request, "accounts:sites")
    return render(request, "accounts/place.html", {"place": place, "form": form, "kind": "sites"})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, code: str) -> HttpResponse:
    """Rename a team or take it out of use."""
    actor = _manager(request)
    place = get_object_or_404(selectors.teams(), code=code)
    form = _place_form(request, place)
    if request.method == "POST" and form.is_valid():
        services.change_team(team=place, **form.cleaned_data, actor=actor, at=timezone.now())
        return _saved(request, "accounts:teams")
    return render(request, "accounts/place.html", {"place": place, "form": form, "kind": "teams"})


def _places(
    request: HttpRequest,
    kind: str,
    model: type[Site | Team],
    create: Callable[..., Site | Team],
) -> HttpResponse:
    actor = _manager(request)
    form = NewPlaceForm(request.POST or None, kind=model)
    if request.method == "POST" and form.is_valid():
        create(**form.cleaned_data, actor=actor, at=timezone.now())
        return _saved(request, f"accounts:{kind}")
    rows = selectors.sites() if kind == "sites" else selectors.teams()
    return render(request, "accounts/places.html", {"places": rows, "form": form, "kind": kind})


def _manager(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    demand(actor, "accounts.manage")
    return actor


def _place_form(request: HttpRequest, place: Site | Team) -> PlaceForm:
    return PlaceForm(
        request.POST or None,
        initial={"name_en": place.name_en, "name_zh": place.name_zh, "active": place.active},
    )


def _saved(request: HttpRequest, page: str) -> HttpResponse:
    messages.success(request, _("The changes were saved."))
    return redirect(page)
