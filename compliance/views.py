"""The pages of working calendars and presets."""

from datetime import date
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.permissions import actor_of
from compliance import services
from compliance.forms import BRIDGE, HOLIDAY, MAKEUP, DayForm, HoursForm, RemoveDayForm
from compliance.models import Calendar, CalendarDay
from compliance.permissions import may_edit_calendars, may_view_calendars
from compliance.selectors import calendars as questions
from compliance.selectors.presets import preset_pages

YEARS = range(2000, 2101)
REMOVE_IDS = "remove_%s"  # two forms of the page ask for a day


@login_required
@require_safe
def calendars(request: HttpRequest) -> HttpResponse:
    """List the calendars and what they lack."""
    _viewer(request)
    today = timezone.localdate()
    context = {
        "calendars": [(item, questions.week_of(item)) for item in questions.calendars()],
        "warnings": questions.calendar_warnings(today),
        "this_year": today.year,
    }
    return render(request, "compliance/calendars.html", context)


@login_required
@require_safe
def year(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Show a year of a calendar, with the form to change it for those who may."""
    _viewer(request)
    calendar = _calendar(code, year)
    return _year_page(request, calendar, year)


@login_required
@require_POST
def set_day(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Say of days what they are."""
    actor, calendar = _viewer(request), _calendar(code, year)
    form = DayForm(request.POST)
    if not form.is_valid():
        return _wrong(request, calendar, year, form=form)
    services.set_calendar_day(
        code=code,
        first=form.cleaned_data["first"],
        last=form.cleaned_data["last"],
        facts=form.facts(),
        reason=form.cleaned_data["reason"],
        actor=actor,
        at=timezone.now(),
    )
    messages.success(request, _("The calendar was changed."))
    return _back(request, code, form.cleaned_data["first"].year)


@login_required
@require_POST
def remove_day(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Let a day be what its weekday says."""
    actor, calendar = _viewer(request), _calendar(code, year)
    form = RemoveDayForm(request.POST, auto_id=REMOVE_IDS)
    if not form.is_valid():
        return _wrong(request, calendar, year, remove_form=form)
    services.remove_calendar_day(code=code, **form.cleaned_data, actor=actor, at=timezone.now())
    messages.success(request, _("The calendar was changed."))
    return _back(request, code, year)


@login_required
@require_POST
def confirm_year(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Confirm that a year agrees with the published list."""
    actor = _viewer(request)
    _calendar(code, year)
    services.confirm_calendar_year(code=code, year=year, actor=actor, at=timezone.now())
    messages.success(request, _("The year is confirmed as complete."))
    return _back(request, code, year)


@login_required
@require_POST
def adopt_year(request: HttpRequest, code: str, year: int) -> HttpResponse:
    """Take over a year of the built-in list."""
    actor = _viewer(request)
    _calendar(code, year)
    services.adopt_published_year(code=code, year=year, actor=actor, at=timezone.now())
    messages.success(request, _("The calendar was changed."))
    return _back(request, code, year)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest, code: str) -> HttpResponse:
    """Show and change the working hours of a calendar."""
    actor = _viewer(request)
    calendar = get_object_or_404(Calendar, code=code)
    if not may_edit_calendars(actor):
        raise PermissionDenied
    form = HoursForm(request.POST or None, windows=calendar.windows)
    if request.method == "POST" and form.is_valid():
        services.set_calendar_hours(
            code=code,
            windows=form.windows(),
            reason=form.cleaned_data["reason"],
            actor=actor,
            at=timezone.now(),
        )
        messages.success(request, _("The calendar was changed."))
        return _go(request, reverse("compliance:calendars"))
    context = {"calendar": calendar, "form": form, "action": request.path, "crumbs": _crumbs()}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    template = "_form.html" if request.headers.get("HX-Request") else "hours.html"
    return render(request, f"compliance/{template}", context, status=status)


@login_required
@require_safe
def presets(request: HttpRequest) -> HttpResponse:
    """List the presets of time limits with source, confidence and status."""
    _viewer(request)
    context = {"groups": preset_pages(timezone.localdate()), "crumbs": _crumbs()}
    return render(request, "compliance/presets.html", context)


# --- what the pages share --------------------------------------------------------------------


def _viewer(request: HttpRequest) -> User:
    actor = actor_of(request.user)
    if not may_view_calendars(actor):
        raise PermissionDenied
    return actor


def _calendar(code: str, year: int) -> Calendar:
    if year not in YEARS:
        raise Http404
    return get_object_or_404(Calendar, code=code)


def _initial(request: HttpRequest, calendar: Calendar) -> dict[str, Any]:
    """Return what the table says of the day that the address names."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return {}
    row = questions.days_of(calendar, day.year).filter(date=day).first()
    if row is None:
        return {"first": day, "day": day}
    return {
        "first": day,
        "day": day,
        "kind": _kind(row),
        "note_en": row.note_en,
        "note_zh": row.note_zh,
    }


def _kind(row: CalendarDay) -> str:
    if row.is_workday:
        return MAKEUP
    return HOLIDAY if row.statutory else BRIDGE


def _year_page(
    request: HttpRequest,
    calendar: Calendar,
    year: int,
    *,
    form: DayForm | None = None,
    remove_form: RemoveDayForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    today = timezone.localdate()
    initial = _initial(request, calendar)
    may_edit = may_edit_calendars(actor_of(request.user))
    context = {
        "calendar": calendar,
        "year": year,
        "previous_year": year - 1 if year - 1 in YEARS else None,
        "next_year": year + 1 if year + 1 in YEARS else None,
        "months": questions.year_grid(calendar, year, today),
        "week": questions.week_of(calendar),
        "days": questions.days_of(calendar, year),
        "editions": questions.editions_of(calendar)[:20],
        "list_state": questions.list_state(calendar, year, today),
        "unadopted": questions.unadopted_days(calendar, year) if may_edit else [],
        "may_edit": may_edit,
        "form": form or DayForm(initial=initial),
        "remove_form": remove_form or RemoveDayForm(initial=initial, auto_id=REMOVE_IDS),
        "today": today,
        "crumbs": _crumbs(),
    }
    return render(request, "compliance/year.html", context, status=status)


def _wrong(
    request: HttpRequest,
    calendar: Calendar,
    year: int,
    *,
    form: DayForm | None = None,
    remove_form: RemoveDayForm | None = None,
) -> HttpResponse:
    """Show a form again: alone to a script, within its page to a browser without one."""
    if not may_edit_calendars(actor_of(request.user)):
        raise PermissionDenied
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.headers.get("HX-Request"):
        context = {"form": form or remove_form, "action": request.path, "danger": remove_form}
        return render(request, "compliance/_form.html", context, status=status)
    return _year_page(request, calendar, year, form=form, remove_form=remove_form, status=status)


def _back(request: HttpRequest, code: str, year: int) -> HttpResponse:
    return _go(request, reverse("compliance:year", args=[code, year]))


def _go(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.headers.get("HX-Request") else redirect(url)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Working calendars"), reverse("compliance:calendars"))]
