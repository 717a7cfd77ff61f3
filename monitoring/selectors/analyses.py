"""Which analyses are kept, for whom."""

from collections.abc import Sequence

from django.db.models import Q

from accounts.models import User
from monitoring.models import Analysis


def analyses_for(actor: User) -> Sequence[Analysis]:
    """Return what the actor keeps, then what others have shared."""
    seen = Analysis.objects.filter(Q(owner=actor) | Q(shared=True)).select_related("owner")
    return sorted(seen, key=lambda kept: (kept.owner_id != actor.pk, kept.name.casefold()))
