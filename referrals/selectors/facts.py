"""Raw facts for the figures about outside routes (domain brief, K15 and K16)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from complaints.models import Response
from complaints.states import Channel
from referrals.models import OutsideCase
from referrals.states import Kind, Result

ON_THE_MERITS = (Result.UPHELD, Result.PARTLY, Result.OVERTURNED)


@dataclass(frozen=True)
class Referred:
    """K15: a complaint that was taken outside for the first time, and when it was answered."""

    complaint_id: int
    referred_at: datetime
    answered_at: datetime | None  # its last response before that; None: referred before any


@dataclass(frozen=True)
class Overturned:
    """K16: a decision outside on the merits; `changes` says whether it altered ours."""

    complaint_id: int
    kind: str
    result: str
    decided_at: datetime

    @property
    def changes(self) -> bool:
        """Return whether the complainant was at least partly right in the end."""
        return self.result in {Result.PARTLY, Result.OVERTURNED}


# What a partner tries out counts nowhere.
_REAL = OutsideCase.objects.filter(complaint__is_test=False)


def referral_facts(since: datetime, until: datetime) -> list[Referred]:
    """Return the complaints first referred outside within a span, oldest first; two statements.

    Internal reviews are not outside, and what arrived through a regulator belongs to the channels.
    """
    first = (
        _REAL.exclude(kind=Kind.INTERNAL)
        .exclude(complaint__channel=Channel.REGULATOR)
        .order_by()
        .values("complaint_id")
        .annotate(first=Min("opened_at"))
        .filter(first__gte=since, first__lt=until)
    )
    referred = {row["complaint_id"]: row["first"] for row in first}
    rows = Response.objects.filter(complaint__in=referred, sent=True).order_by("at")
    answers = {pk: at for pk, at in rows.values_list("complaint_id", "at") if at <= referred[pk]}
    return sorted(
        (Referred(pk, at, answers.get(pk)) for pk, at in referred.items()),
        key=lambda item: (item.referred_at, item.complaint_id),
    )


def overturn_facts(since: datetime, until: datetime) -> Iterator[Overturned]:
    """Yield the decisions on the merits from outside within a span; settled and withdrawn ones
    are no decisions.
    """
    decided = _REAL.exclude(kind=Kind.INTERNAL).filter(
        result__in=ON_THE_MERITS, decided_at__gte=since, decided_at__lt=until
    )
    columns = ("complaint_id", "kind", "result", "decided_at")
    for row in decided.order_by("decided_at", "pk").values_list(*columns):
        yield Overturned(*row)
