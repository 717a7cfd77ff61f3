"""What is new in the words of complaints, and the complaints that hold a term.

Read are descriptions that the reader may read without giving a reason: nothing confidential,
nothing about the reader, nothing that was disposed of. Nothing that was read is kept.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Left

from accounts.models import User
from accounts.permissions import has
from complaints.models import Complaint
from complaints.selectors.register import Known
from monitoring.models import Alert, Fact
from monitoring.permissions import VIEW
from monitoring.rules import wording_apart
from monitoring.rules.folding import product_key
from monitoring.rules.kpi import DAY, Span
from monitoring.rules.measures import BY_CODE
from monitoring.rules.reading import LONGEST_TEXT, reading
from monitoring.rules.wording import Change, Text, holding
from monitoring.selectors.counting import condition_of
from monitoring.selectors.scope import Asked, Scope, scope_of
from monitoring.states import AlertKind

_PATIENCE = 60  # seconds
MOST_READ = 1_500  # texts of a period, the newest
NOW, BEFORE = SIDES = "now", "before"
FEWEST = 30  # texts of a series before its alert: with fewer there is nothing to compare with
BASE = timedelta(days=182)  # before an alert: so far back its words are compared
_NOT_OF_WORDS = frozenset({AlertKind.SILENCE, AlertKind.EMERGENCY})


@dataclass(frozen=True)
class Read:
    """The texts of a period that were read, and of how many complaints."""

    texts: Sequence[Text]
    complaints: int
    confidential: int

    @property
    def capped(self) -> bool:
        """Return whether only the newest were read."""
        return len(self.texts) >= MOST_READ


@dataclass(frozen=True)
class Wording:
    """What is new in the words of a period, against another."""

    changes: Sequence[Change]
    now: Read
    before: Read


@dataclass(frozen=True)
class Sides:
    """Whose words of which days are compared with whose of which."""

    scope: Scope
    span: Span
    base_scope: Scope
    base: Span

    def of(self, side: str) -> tuple[Scope, Span]:
        """Return one of the sides."""
        return (self.base_scope, self.base) if side == BEFORE else (self.scope, self.span)


def wording(sides: Sides, actor: User) -> Wording:
    """Compare the words of two sides."""
    now, before = (read(*sides.of(side), actor) for side in SIDES)
    return Wording(_reckoned(now, before), now, before)


def _reckoned(now: Read, before: Read) -> list[Change]:
    """Have the words reckoned in a process of their own; it is given nothing but the texts."""
    if not now.texts or not before.texts:
        return []
    done = subprocess.run(  # noqa: S603 - our own module; what people wrote goes in as text
        [sys.executable, "-m", wording_apart.__name__],
        input=wording_apart.packed(now.texts, before.texts, _names(now)),
        stdout=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env={"PYTHONUTF8": "1"},
        timeout=_PATIENCE,
        check=True,
    )
    return wording_apart.unpacked(done.stdout)


def read(scope: Scope, span: Span, actor: User) -> Read:
    """Read the texts of a period, the newest first."""
    facts = _facts(scope, span)
    openly = facts.filter(confidential=False)
    newest = openly.order_by("-received_day", "-complaint_id").values_list(
        "complaint_id", flat=True
    )
    rows = (
        Complaint.objects.visible_to(actor)
        .filter(pk__in=list(newest[:MOST_READ]), confidential=False, anonymised_at__isnull=True)
        .order_by("-pk")
        .values_list("pk", "complainant", Left("description", LONGEST_TEXT))
    )
    texts = [
        Text(pk, f"nobody {pk}" if who is None else who, reading(said)) for pk, who, said in rows
    ]
    whole, plain = facts.count(), openly.count()
    return Read(texts, whole, whole - plain)


def facts_holding(scope: Scope, span: Span, actor: User, term: str) -> "QuerySet[Fact]":
    """Return the facts of the texts that were read and hold a term."""
    held = holding(read(scope, span, actor).texts, term)
    return Fact.objects.filter(complaint__in=[text.complaint for text in held])


def _facts(scope: Scope, span: Span) -> "QuerySet[Fact]":
    received = condition_of(BY_CODE["received"], span.first, span.after)
    return Fact.objects.filter(scope.facts(), received).order_by()


def _names(read: Read) -> list[str]:
    """Return the names of those who complain here, and of those who work here."""
    ids = [text.complaint for text in read.texts]
    people = Complaint.objects.filter(pk__in=ids).order_by()
    told = people.values_list("complainant__name", "representative").distinct()
    colleagues = User.objects.order_by().values_list("display_name", flat=True)
    return [name for row in told for name in row if name] + [name for name in colleagues if name]


@dataclass(frozen=True)
class AlertWords:
    """What an alert asks of words: the sides, and the address by which its series is a filter."""

    sides: Sides
    codes: dict[str, str]
    wide: bool  # compared with all complaints of the place: of the series there were too few


def asks_for_words(alert: Alert, actor: User) -> bool:
    """Return whether an alert is about many texts, and the actor sees figures at all."""
    return alert.kind not in _NOT_OF_WORDS and has(actor, VIEW)


def words_of_alert(alert: Alert, actor: User, *, today: date) -> AlertWords | None:
    """Return what an alert asks in the reader's place; None where it asks nothing of words."""
    if not asks_for_words(alert, actor):
        return None
    asked = Asked(
        site_id=alert.site_id,
        provider_id=alert.provider_id,
        category_ids=Known(actor).below(alert.category.code) if alert.category else (),
        product=product_key(alert.product),
        channel=alert.channel,
    )
    scope = scope_of(actor, asked)
    if scope is None:
        return None
    since = min(alert.since, alert.period_from)
    span = Span(since, alert.period_to + DAY, today)
    base = Span(max(since - BASE, _begins(alert, since)), since, today)
    wide = _facts(scope, base).count() < FEWEST
    named = {
        "site": alert.site and alert.site.code,
        "provider": alert.provider and alert.provider.code,
        "category": alert.category and alert.category.code,
        "product": asked.product,
        "channel": alert.channel,
    }
    return AlertWords(
        Sides(scope, span, scope.of_place() if wide else scope, base),
        {name: code for name, code in named.items() if code},
        wide,
    )


def _begins(alert: Alert, since: date) -> date:
    """Return where the counts begin by which an alert was judged."""
    dates = alert.series.get("dates") or []
    return min(date.fromisoformat(dates[0]), since - DAY) if dates else since - BASE
