"""Which analyses are kept, for whom."""

from collections.abc import Sequence

from django.db.models import Q

from accounts.models import User
from monitoring.models import Analysis


def analyses_for(actor: User) -> Sequence[Analysis]:
    """Return what the actor keeps, then what others have shared."""
    seen = Analysis.objects.filter(Q(owner=actor) | Q(shared=True)).select_related("owner")
    return sorted(seen, key=lambda kept: (kept.owner_id != actor.pk, kept.name.casefold()))


def own_analysis(actor: User, pk: str) -> Analysis | None:
    """Return an analysis of the actor's own by what an address says; None for anything else."""
    if not pk.isascii() or not pk.isdecimal() or len(pk) > _LARGEST:
        return None
    return Analysis.objects.filter(owner=actor, pk=int(pk)).first()


_LARGEST = 18  # digits of an id
