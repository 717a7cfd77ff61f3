"""The scorecard of a provider, the complaints behind each figure, and quality checks."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Provider, User
from accounts.permissions import actor_of, demand, has
from complaints.errors import BadInput, Conflict
from complaints.forms.quality import CheckForm
from complaints.models import Complaint, QualityCheck
from complaints.querysets import VIEW
from complaints.rules.causes import PARTIES
from complaints.selectors.access import may_read_now
from complaints.selectors.causes import PARTY_WORDS, STEP_OF, Miss, evidence_lines
from complaints.selectors.paging import capped_counts, page_of
from complaints.selectors.register import NEWEST
from complaints.selectors.scorecard import (
    ALL,
    MEASURES,
    WRONG,
    live_scorecard,
    measured,
    misses_of,
    quarters_of,
    unchecked,
)
from complaints.services.quality import CHECK, check_quality
from complaints.states import Stage
from complaints.views.listing import listed, page_or_rows, pager, told
from providers.models import QuarterResult
from providers.rules.scorecard import Measure, Scored, days_of, is_quarter, quarter_of, rounded
from providers.selectors.file import providers_visible_to
from providers.selectors.words import GATE_WORDS, scheme_in_force

SAMPLE = 10


def _asked(request: HttpRequest, code: str) -> tuple[User, Provider, str]:
    """Return who asks, whose scorecard, and for which quarter. Raises PermissionDenied, Http404."""
    actor = actor_of(request.user)
    demand(actor, VIEW)
    provider = get_object_or_404(providers_visible_to(actor), code=code)
    today = timezone.localdate()
    quarter = request.GET.get("quarter", "")
    if not is_quarter(quarter) or days_of(quarter)[0] > today:
        quarter = quarter_of(today)
    return actor, provider, quarter


@login_required
@require_safe
def scorecard(request: HttpRequest, code: str) -> HttpResponse:
    """Show how well a provider does in a quarter, from live data."""
    actor, provider, quarter = _asked(request, code)
    now = timezone.now()
    scheme = scheme_in_force()
    card = live_scorecard(provider, quarter, actor=actor, now=now, scheme=scheme)
    frozen = QuarterResult.objects.filter(provider=provider, quarter=quarter).first()
    first, after = days_of(quarter)
    context = {
        "provider": provider,
        "own": actor.provider == provider,
        "quarter": quarter,
        "first": first,
        "last": after - timedelta(days=1),
        "quarters": quarters_of(provider, timezone.localdate(now)),
        "card": card,
        "score": card.shown_score,
        "lines": [_line(one, provider, quarter) for one in card.measures],
        "gates": [GATE_WORDS[gate] for gate in card.gates],
        "frozen": frozen,
        "missed": _missed(misses_of(provider, quarter, actor=actor, now=now), provider, quarter),
        "parties": [PARTY_WORDS[party] for party in PARTIES],
        "scheme": scheme,
        "few": card.complaints < scheme.fewest,
        "may_check": has(actor, CHECK) and has(actor, "complaints.note"),
        "now": now,
    }
    return render(request, "complaints/scorecard.html", context)


def _line(one: Scored, provider: Provider, quarter: str) -> dict[str, Any]:
    language = get_language() or "en"
    actual = one.count.actual
    opens = one.measure.code in MEASURES and one.count.whole
    address = reverse("complaints:scorecard_measure", args=[provider.code, one.measure.code])
    return {
        "name": one.measure.names.of(language),
        "how": one.measure.how.of(language),
        "weight": one.measure.weight,
        "floor": one.measure.floor,
        "target": one.measure.target,
        "actual": None if actual is None else round(float(actual), 1),
        "part": one.count.part,
        "whole": one.count.whole,
        "points": None if one.points is None else rounded(one.points),
        "met": actual is not None and actual >= one.measure.target,
        "url": f"{address}?quarter={quarter}" if opens else "",
        "wrong_url": f"{address}?quarter={quarter}&which={WRONG}" if opens else "",
    }


def _missed(misses: Sequence[Miss], provider: Provider, quarter: str) -> list[dict[str, Any]]:
    """Return per stage how many time limits each party caused to be missed, with their lists."""
    counts = Counter((miss.clock.stage, miss.caused_by) for miss in misses)
    address = reverse("complaints:scorecard_missed", args=[provider.code])
    rows = []
    for stage in STEP_OF:
        cells = [
            {
                "label": PARTY_WORDS[party],
                "count": counts[stage, party],
                "url": f"{address}?quarter={quarter}&stage={stage}&by={party}",
            }
            for party in PARTIES
        ]
        rows.append({"stage": stage.label, "cells": cells})
    return rows if misses else []


@login_required
@require_safe
def missed_list(request: HttpRequest, code: str) -> HttpResponse:
    """List complaints of which a party caused a time limit to be missed, with the evidence."""
    actor, provider, quarter = _asked(request, code)
    stage, party = request.GET.get("stage", Stage.RESPOND), request.GET.get("by", PARTIES[0])
    if stage not in STEP_OF or party not in PARTIES:
        raise Http404
    misses = [
        miss
        for miss in misses_of(provider, quarter, actor=actor, now=timezone.now())
        if (miss.clock.stage, miss.caused_by) == (stage, party)
    ]
    evidence = {miss.clock.complaint_id: evidence_lines(miss.evidence) for miss in misses}
    ids = list(evidence) or [0]  # no statement can ask for none of nothing
    parts = [part.filter(pk__in=ids) for part in Complaint.objects.parts_visible_to(actor)]
    page = page_of(parts, NEWEST, after=request.GET.get("after"), before=request.GET.get("before"))
    names = {"stage": Stage(stage).label, "party": PARTY_WORDS[party]}
    context = {
        "provider": provider,
        "own": actor.provider == provider,
        "quarter": quarter,
        "name": _("%(stage)s missed: %(party)s") % names,
        "how": _("With whom the complaint lay longest before the time limit was over."),
        "rows": listed(page.lines, actor, ticks=False),
        "pager": pager(request, page),
        "told": told(capped_counts({"list": parts})["list"]),
        "evidence": [(line.reference, evidence[line.pk]) for line in page.lines],
        "caption": _("Complaints"),
    }
    return page_or_rows(request, "scorecard_measure", context)


@login_required
@require_safe
def measured_list(request: HttpRequest, code: str, measure: str) -> HttpResponse:
    """List the complaints behind a figure: all it counted, or those that were not right."""
    actor, provider, quarter = _asked(request, code)
    known = scheme_in_force().measure(measure)
    if known is None or measure not in MEASURES:
        raise Http404
    which = WRONG if request.GET.get("which") == WRONG else ALL
    now = timezone.now()
    parts = measured(provider, quarter, known, which, actor=actor, now=now)
    page = page_of(parts, NEWEST, after=request.GET.get("after"), before=request.GET.get("before"))
    count = capped_counts({"list": parts})["list"]
    language = get_language() or "en"
    context = {
        "provider": provider,
        "own": actor.provider == provider,
        "quarter": quarter,
        "name": known.names.of(language),
        "how": known.how.of(language),
        "tabs": _tabs(provider, known, quarter, which),
        "rows": listed(page.lines, actor, ticks=False),
        "pager": pager(request, page),
        "told": told(count),
        "checks": _remarks([line.pk for line in page.lines]) if known.code in _CHECKED else [],
        "caption": _("Complaints"),
    }
    return page_or_rows(request, "scorecard_measure", context)


_CHECKED = {"customer_critical", "compliance_critical"}


def _tabs(provider: Provider, measure: Measure, quarter: str, which: str) -> list[dict[str, Any]]:
    address = reverse("complaints:scorecard_measure", args=[provider.code, measure.code])
    below = measure.code == "satisfaction"
    wrong = _("Below the target") if below else _("Not in order")
    pages = [(ALL, _("All that were counted")), (WRONG, wrong)]
    return [
        {
            "label": label,
            "url": f"{address}?quarter={quarter}&which={name}",
            "current": name == which,
        }
        for name, label in pages
    ]


def _remarks(ids: Sequence[int]) -> list[QualityCheck]:
    checks = QualityCheck.objects.filter(complaint__in=ids).exclude(remark="")
    return list(checks.select_related("complaint", "by"))


@login_required
@require_safe
def quality_sample(request: HttpRequest, code: str) -> HttpResponse:
    """List some complaints of a quarter that are to be checked."""
    actor, provider, quarter = _asked(request, code)
    demand(actor, CHECK)
    context = {
        "provider": provider,
        "quarter": quarter,
        "sample": unchecked(provider, quarter, actor=actor, size=SAMPLE),
        "checked": QualityCheck.objects.filter(
            complaint__in=Complaint.objects.visible_to(actor).filter(provider=provider)
        ).count(),
    }
    return render(request, "complaints/quality_sample.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quality_check(request: HttpRequest, reference: str) -> HttpResponse:
    """Check what a provider did on one complaint."""
    actor = actor_of(request.user)
    demand(actor, CHECK)
    complaint = get_object_or_404(
        Complaint.objects.visible_to(actor).select_related("provider", "policy"),
        reference=reference.upper(),
        provider__isnull=False,
    )
    now = timezone.now()
    if not may_read_now(complaint, actor, at=now):
        raise Http404
    provider = complaint.provider
    if provider is None:
        raise Http404
    form, status = CheckForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                check_quality(complaint_id=complaint.pk, verdict=form.verdict, actor=actor, at=now)
            except BadInput as refusal:
                form.add_error("remark", str(refusal))
            except Conflict as refusal:
                form.add_error(None, str(refusal))
                status = 409
            else:
                messages.success(request, _("The check is kept."))
                return redirect("complaints:quality_sample", provider.code)
    context = {"complaint": complaint, "provider": provider, "form": form}
    return render(request, "complaints/quality_check.html", context, status=status)
