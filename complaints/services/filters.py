"""Filters that people keep under names of their own: nobody else's business, and no record."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import BadInput
from complaints.models import SavedFilter

MOST = 30
LONGEST_NAME, LONGEST = 60, 1000


@transaction.atomic
def save_filter(*, name: str, query: str, actor: User, at: datetime) -> SavedFilter:
    """Keep the filters of a list, as they stand in its address; the same name again replaces them.

    Raises BadInput naming `name`.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(_("Give the filter a short name."), field="name")
    if not query or len(query) > LONGEST:
        raise BadInput(_("There is nothing to keep: filter the list first."), field="name")
    mine = SavedFilter.objects.filter(user=actor)
    if mine.exclude(name=name).count() >= MOST:
        raise BadInput(_("These are enough filters: remove one first."), field="name")
    kept, _new = mine.update_or_create(
        user=actor, name=name, defaults={"query": query, "saved_at": at}
    )
    return kept


def drop_filter(*, filter_id: int, actor: User) -> None:
    """Forget a filter. Raises SavedFilter.DoesNotExist for anybody else's."""
    SavedFilter.objects.get(pk=filter_id, user=actor).delete()
