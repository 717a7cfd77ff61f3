"""What is new in the words of complaints: the page, the part on an alert, the complaints behind."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.permissions import actor_of
from monitoring.forms.analyses import SaveForm
from monitoring.forms.wording import WIDE, WordsQuestion, words_faults, words_question
from monitoring.models import Alert
from monitoring.rules.kpi import DAY
from monitoring.rules.periods import OWN
from monitoring.rules.wording import FALSE_SHARE, LEAST, RISEN, Change
from monitoring.selectors.figure_words import figure
from monitoring.selectors.results import listed
from monitoring.selectors.wording import (
    BEFORE,
    MOST_READ,
    NOW,
    SIDES,
    Sides,
    Wording,
    facts_holding,
    wording,
    words_of_alert,
)
from monitoring.states import AnalysisKind
from monitoring.views.common import Desk, days_words, desk, frame, joined
from monitoring.views.listing import listing
from monitoring.views.pivot import analysis_frame

_LONGEST = 100  # characters of a term in an address
_Url = Callable[[str, str], str]  # of a term and a side


@login_required
@require_safe
def words(request: HttpRequest) -> HttpResponse:
    """Show which words and phrases are new, or much more frequent, against another period."""
    here, asked = desk(request), words_question(request.GET)
    sides = _sides(here, asked)
    base, found = sides.base, wording(sides, here.actor)
    context = {
        **analysis_frame(request, here, asked.query, AnalysisKind.WORDS),
        "kept": {"kept": request.GET.get("kept", "")},
        "meaningless": asked.ignored,
        "before_words": days_words(base),
        "base_first": asked.first and asked.first.isoformat(),
        "base_last": asked.last and asked.last.isoformat(),
        "wide": asked.wide,
        **_told(found, sides, lambda term, side: _url(here, asked, term, side)),
        "form": SaveForm(faults=words_faults, initial={"query": asked.query(here.query)}),
    }
    return render(request, "monitoring/words.html", context)


def _sides(here: Desk, asked: WordsQuestion) -> Sides:
    base_scope = here.scope.of_place() if asked.wide else here.scope
    return Sides(here.scope, here.span, base_scope, asked.base(here.span))


def _url(here: Desk, asked: WordsQuestion, term: str, side: str) -> str:
    address = reverse("monitoring:words_complaints")
    return f"{address}?{asked.query(here.query, term=term, side=side)}"


def _told(found: Wording, sides: Sides, url: _Url) -> dict[str, Any]:
    """Return the terms in words, and what was read."""
    return {
        "lines": [_line(change, found, url) for change in found.changes],
        "read_now": found.now,
        "read_before": found.before,
        "now_words": days_words(sides.span),
        "base_words": days_words(sides.base),
        "most_read": MOST_READ,
        "least": LEAST,
        "risen": number_format(RISEN, 1),
        "false_share": figure(Fraction(round(100 * FALSE_SHARE)), "percent"),
    }


def _line(change: Change, found: Wording, url: _Url) -> dict[str, Any]:
    return {
        "term": change.term,
        "also": change.also,
        "now": change.now,
        "now_url": url(change.term, NOW),
        "now_share": _share(change.now, len(found.now.texts)),
        "before": change.before,
        "before_url": url(change.term, BEFORE) if change.before else "",
        "before_share": _share(change.before, len(found.before.texts)),
        "ratio": "" if change.ratio is None else number_format(change.ratio, 1),
        "chance": _chance(change.p),
    }


def _share(part: int, whole: int) -> str:
    return figure(Fraction(100 * part, whole) if whole else None, "percent")


def _chance(p: float) -> str:
    return _("below 0.0001") if p < 0.0001 else number_format(p, 4)  # noqa: PLR2004 - shown


@login_required
@require_safe
def words_complaints(request: HttpRequest) -> HttpResponse:
    """Show the complaints whose texts hold a term, of those that were read."""
    here, asked = desk(request), words_question(request.GET)
    term, side = request.GET.get("term", "")[:_LONGEST], request.GET.get("side", NOW)
    if side not in SIDES or not term.strip():
        raise Http404
    scope, span = _sides(here, asked).of(side)
    found = listed(
        facts_holding(scope, span, here.actor, term),
        actor=here.actor,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    again = asked.query(here.query, term=term, side=side)
    context = {
        **frame(here),
        "back_url": f"{reverse('monitoring:words')}?{asked.query(here.query)}",
        "what": _("Complaints whose text holds it"),
        "parts": [(_("Word or phrase"), term), (_("Period"), days_words(span))],
        **listing(found, f"?{again}"),
    }
    return render(request, "monitoring/analysis_complaints.html", context)


@login_required
@require_safe
def alert_words(request: HttpRequest, reference: str) -> HttpResponse:
    """Show on an alert what is new in the complaints of its series, through the reader's eyes."""
    actor, now = actor_of(request.user), timezone.now()
    alert = get_object_or_404(
        Alert.objects.visible_to(actor).select_related("category", "site", "provider"),
        reference=reference.upper(),
    )
    asked = words_of_alert(alert, actor, today=timezone.localdate(now))
    if asked is None:
        raise Http404
    span, base = asked.sides.span, asked.sides.base
    own = {
        "period": OWN,
        "first": span.first.isoformat(),
        "last": (span.after - DAY).isoformat(),
        "base_first": base.first.isoformat(),
        "base_last": (base.after - DAY).isoformat(),
        WIDE: "1" if asked.wide else "",
        **asked.codes,
    }

    def url(term: str, side: str) -> str:
        return joined(reverse("monitoring:words_complaints"), "", **own, term=term, side=side)

    context = {
        **_told(wording(asked.sides, actor), asked.sides, url),
        "wide": asked.wide,
        "whole_url": joined(reverse("monitoring:words"), "", **own),
    }
    return render(request, "monitoring/_alert_words.html", context)
