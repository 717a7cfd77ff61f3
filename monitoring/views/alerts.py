"""Pages of alerts: the list, one alert with its chart and its steps, the complaints behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Site, User
from accounts.permissions import actor_of, demand
from complaints.errors import BadInput, Conflict, MoveRefused
from incidents.services.lifecycle import Scope
from monitoring.forms import alerts as forms
from monitoring.models import Alert
from monitoring.permissions import may_set_warnings, may_work_on
from monitoring.querysets import WATCH
from monitoring.selectors.alerts import (
    TABS,
    AlertFilters,
    ChartRow,
    alert_counts,
    alert_view,
    alerts_for,
    behind,
    digest_choice_of,
)
from monitoring.selectors.figure_words import running_words
from monitoring.selectors.running import running_of
from monitoring.selectors.unread import forget_unread
from monitoring.selectors.wording import asks_for_words
from monitoring.services import alerts as verbs
from monitoring.services.digest import choose_digest
from monitoring.states import COUNTED_KINDS, AlertKind, AlertLevel
from monitoring.views.drawn import Column, Line, Shown, Table, missing, number

CAP = 99
BEHIND = 50
Form = Any  # one of monitoring.forms.alerts; each step knows its own
Who = Mapping[str, Any]


@login_required
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """List the alerts of the actor's places, newest first."""
    actor, now = actor_of(request.user), timezone.now()
    demand(actor, WATCH)
    asked = AlertFilters.parse(request.GET.dict())
    page = alerts_for(asked, actor, now=now, before=request.GET.get("before"))
    counts = alert_counts(asked, actor, cap=CAP)
    kept = {"kind": asked.kind, "level": asked.level, "site": asked.site}
    context = {
        "asked": asked,
        "tabs": [
            {
                "label": words,
                "url": _address(tab=name, **kept),
                "current": name == asked.tab,
                "count": f"{number_format(CAP)}+" if counts[name] > CAP else counts[name],
            }
            for name, words in TABS.items()
        ],
        "kinds": AlertKind.choices,
        "levels": AlertLevel.choices,
        "sites": Site.objects.filter(active=True),
        "lines": page.lines,
        "next_url": _address(tab=asked.tab, before=str(page.before), **kept) if page.before else "",
        "may_set": may_set_warnings(actor),
    }
    return render(request, "monitoring/alerts.html", context)


def _address(**asked: str) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('warnings:alerts')}?{query}"


@dataclass(frozen=True)
class Act:
    """A step: its words, its form, its verb, when it is offered, and when it is the next one."""

    label: Any
    form: type[forms.AlertForm]
    run: Callable[[Form, Who], Any]
    done: Any
    offered: Callable[[Alert], bool]
    main_in: str = ""
    why: Any = ""  # what the step means, above its form


def _open_incident(form: Form, who: Who) -> None:
    given, alert = form.given, form.alert
    scope = Scope(
        title=given["title"],
        severity=given["severity"],
        hypothesis=given["hypothesis"],
        product=alert.product,
        category=alert.category,
        site=alert.site,
        period_from=alert.since,
    )
    verbs.open_incident_for_alert(scope=scope, **form.on, **who)


ACTS: Mapping[str, Act] = {
    "acknowledge": Act(
        _("Take it"),
        forms.PlainForm,
        lambda form, who: verbs.acknowledge_alert(**form.on, **who),
        _("The alert is yours."),
        lambda alert: alert.state == "open",
        main_in="open",
        why=_("From now on it is yours, and nobody else is told."),
    ),
    "investigate": Act(
        _("Begin to investigate"),
        forms.PlainForm,
        lambda form, who: verbs.investigate_alert(**form.on, **who),
        _("The investigation has begun."),
        lambda alert: alert.state in {"open", "acknowledged"},
        main_in="acknowledged",
        why=_("Look at the complaints behind it, and for what they have in common."),
    ),
    "act": Act(
        _("Note cause and action"),
        forms.ActForm,
        lambda form, who: verbs.act_on_alert(**form.given, **form.on, **who),
        _("Cause and action are noted."),
        lambda alert: alert.state == "investigating",
        main_in="investigating",
    ),
    "close": Act(
        _("Close"),
        forms.CloseForm,
        lambda form, who: verbs.close_alert(**form.given, **form.on, **who),
        _("The alert is closed. Some weeks from now somebody looks whether it worked."),
        lambda alert: alert.state == "action",
        main_in="action",
    ),
    "effect": Act(
        _("Note the effect"),
        forms.EffectForm,
        lambda form, who: verbs.record_effect(**form.given, **form.on, **who),
        _("The effect is noted."),
        lambda alert: alert.state == "closed" and not alert.effect,
        main_in="closed",
        why=_("Where it did not work, the cause is looked for again."),
    ),
    "incident": Act(
        _("Suspect an incident"),
        forms.IncidentForm,
        _open_incident,
        _("The incident is noted, with the complaints linked."),
        lambda alert: alert.is_open and alert.incident_id is None,
        why=_("Many complaints with one cause are handled as one event; each stays its own."),
    ),
    "link": Act(
        _("Link to an incident"),
        forms.LinkForm,
        lambda form, who: verbs.link_alert(incident_id=form.given["incident"].pk, **form.on, **who),
        _("The alert belongs to the incident."),
        lambda alert: alert.incident_id is None,
    ),
    "give": Act(
        _("Give to somebody else"),
        forms.GiveForm,
        lambda form, who: verbs.give_alert(**form.given, **form.on, **who),
        _("The alert has a new owner."),
        lambda alert: alert.is_open,
    ),
    "dismiss": Act(
        _("Dismiss"),
        forms.DismissForm,
        lambda form, who: verbs.dismiss_alert(**form.given, **form.on, **who),
        _("The alert is dismissed."),
        lambda alert: alert.state in {"open", "acknowledged", "investigating"},
    ),
    "rebase": Act(
        _("This is the new level"),
        forms.RebaseForm,
        lambda form, who: verbs.rebase_alert(**form.given, **form.on, **who),
        _("From now on this level is the usual one."),
        lambda alert: (
            alert.state in {"open", "acknowledged", "investigating"} and alert.kind in COUNTED_KINDS
        ),
        why=_("What came before is measured by the new level; the alert needs no action any more."),
    ),
}


def _alert(request: HttpRequest, reference: str) -> tuple[User, Alert]:
    actor = actor_of(request.user)
    found = Alert.objects.visible_to(actor).select_related(
        "category", "site", "provider", "owner", "action_by", "incident", "settings", "follows"
    )
    return actor, get_object_or_404(found, reference=reference.upper())


@login_required
@require_safe
def alert(request: HttpRequest, reference: str) -> HttpResponse:
    """Show an alert; who was told of it has read so now."""
    actor, found = _alert(request, reference)
    if request.method == "GET":
        verbs.read_alert_notices(alert=found, actor=actor, at=timezone.now())
        forget_unread(actor)
    return _page(request, actor, found)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, reference: str, act: str) -> HttpResponse:
    """Show the form of a step, or take the step."""
    actor, found = _alert(request, reference)
    step = ACTS.get(act)
    if step is None:
        raise Http404
    who: Who = {"actor": actor, "at": timezone.now()}
    if request.method != "POST":
        if not (may_work_on(actor, found) and step.offered(found)):
            return redirect("warnings:alert", found.reference)
        return _page(request, actor, found, act, step.form(alert=found, actor=actor, now=who["at"]))
    form = step.form(request.POST, alert=found, actor=actor, now=who["at"])
    if not form.is_valid():
        return _page(request, actor, found, act, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        step.run(form, who)
    except BadInput as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    except (Conflict, MoveRefused) as refusal:
        form.add_error(None, str(refusal))
        status = HTTPStatus.CONFLICT
    else:
        messages.success(request, str(step.done))
        return redirect("warnings:alert", found.reference)
    return _page(request, actor, found, act, form, status)


def _page(
    request: HttpRequest,
    actor: User,
    found: Alert,
    opened: str = "",
    form: forms.AlertForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    works = may_work_on(actor, found)
    steps = [
        {
            "name": name,
            "label": step.label,
            "url": reverse("warnings:act", args=[found.reference, name]),
            "main": step.main_in == found.state,
        }
        for name, step in ACTS.items()
        if works and step.offered(found)
    ]
    shown = {"name": opened, "label": ACTS[opened].label, "why": ACTS[opened].why} if opened else {}
    view = alert_view(found, actor)
    context = {
        "view": view,
        "table": _series(found, view.chart) if view.chart else None,
        "alert": found,
        "acts": steps,
        "opened": {**shown, "form": form} if opened else None,
        "works": works,
        "complaints": behind(found, actor).select_related("category", "site")[:BEHIND],
        "now": timezone.now(),
        "running": running_words(running_of(found, actor, timezone.localdate())),
        "has_words": asks_for_words(found, actor),
    }
    return render(request, "monitoring/alert.html", context, status=status)


def _series(alert: Alert, periods: Sequence[ChartRow]) -> Table:
    """Return the series of an alert, seen over expected; the period that was judged stands out."""
    shares = periods[0].total is not None
    columns = [
        Column(pgettext("chart", "seen"), "line"),
        *([Column(pgettext("chart", "of"))] if shares else []),
        Column(pgettext("chart", "expected"), "dash", "muted"),
        Column(pgettext("chart", "bound"), "band"),
    ]
    return Table(
        "time",
        gettext("Week from") if alert.step == timedelta(weeks=1).days else gettext("Day"),
        columns,
        [
            Line(
                date_format(one.day, "SHORT_DATE_FORMAT"),
                [
                    number(one.count),
                    *([number(one.total or 0)] if shares else []),
                    _reckoned(one.expected, 1),
                    _reckoned(one.upper, 0),
                ],
                marked=one is periods[-1],
            )
            for one in reversed(periods)
        ],
    )


def _reckoned(value: float | None, places: int) -> Shown:
    if value is None:
        return missing()
    return Shown(number_format(value, places, force_grouping=True), value)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def digest(request: HttpRequest) -> HttpResponse:
    """Choose how often one wants a summary."""
    actor = actor_of(request.user)
    demand(actor, WATCH)
    if request.method != "POST":
        choice = digest_choice_of(actor)
        first = {"rhythm": choice.rhythm, "by_service": choice.by_service}
        return render(
            request, "monitoring/alert_digest.html", {"form": forms.DigestForm(initial=first)}
        )
    form = forms.DigestForm(request.POST)
    if form.is_valid():
        choose_digest(**form.cleaned_data, actor=actor, at=timezone.now())
        messages.success(request, _("Your choice is kept."))
        return redirect("warnings:alerts")
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "monitoring/alert_digest.html", {"form": form}, status=status)
