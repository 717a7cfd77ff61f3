"""Public forms that a program may have filled in, and the complainant's side of a complaint."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from complaints.models import Complaint
from complaints.permissions import may
from portal.models import Submission

PAGE = 50


@dataclass(frozen=True)
class Doubtful:
    """Doubtful forms, oldest first, and behind which the next page begins."""

    forms: Sequence[Submission]
    next_after: int | None


def doubtful_for(actor: User, *, after: int = 0) -> Doubtful:
    """Return the doubtful forms nobody has looked at, of complaints that exist for the actor."""
    waiting = (
        Submission.objects.filter(suspected=True, checked_at__isnull=True, pk__gt=after)
        .filter(complaint__in=Complaint.objects.visible_to(actor).values("pk"))
        .select_related("complaint")
        .order_by("pk")
    )
    rows = list(waiting[: PAGE + 1])
    shown = rows[:PAGE]
    return Doubtful(shown, shown[-1].pk if len(rows) > PAGE else None)


@dataclass(frozen=True)
class DeskView:
    """What the page of a complaint says of its complainant's side."""

    doubtful: Submission | None
    may_check: bool
    may_link: bool


def desk_view(complaint: Complaint, actor: User) -> DeskView:
    """Return what the desk sees and may do about what the complainant did."""
    doubtful = Submission.objects.filter(
        complaint=complaint, suspected=True, checked_at__isnull=True
    ).first()
    return DeskView(
        doubtful=doubtful,
        may_check=may(actor, "complaints.acknowledge", complaint),
        may_link=may(actor, "complaints.message", complaint),
    )
