"""Drafts of intake: what somebody has typed so far, kept until it is a complaint or thrown away.

A draft is not a fact of the organisation yet, so nothing of it stands in the record. Its key is
the idempotency key of the complaint it becomes: sent twice, or saved again late, it stays one.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import has
from complaints.errors import BadInput, NotAllowed
from complaints.models import Complaint, IntakeDraft

LONGEST = 200_000  # characters of everything typed together


def idempotency_key(key: uuid.UUID, actor: User) -> str:
    """Return the idempotency key of the complaint that a draft becomes."""
    return f"intake:{actor.pk}:{key}"


@transaction.atomic
def save_draft(
    *, key: uuid.UUID, data: Mapping[str, str], actor: User, at: datetime
) -> IntakeDraft | None:
    """Keep what was typed. Returns None when the draft has become a complaint meanwhile.

    Raises NotAllowed, and BadInput when it is too long or the key is somebody else's.
    """
    if not has(actor, "complaints.receive"):
        raise NotAllowed(_("Your role does not receive complaints."))
    if sum(len(value) for value in data.values()) > LONGEST:
        raise BadInput(_("This is too long to be kept as a draft."), field="description")
    if became(key=key, actor=actor) is not None:
        return None
    if IntakeDraft.objects.filter(key=key).exclude(user=actor).exists():
        raise BadInput(_("This draft is somebody else's."), field="key")
    draft, _new = IntakeDraft.objects.update_or_create(
        key=key, user=actor, defaults={"data": dict(data), "saved_at": at}
    )
    return draft


def became(*, key: uuid.UUID, actor: User) -> Complaint | None:
    """Return the complaint that a draft has become, or None."""
    return Complaint.objects.filter(
        idempotency_key=idempotency_key(key, actor), recorded_by=actor
    ).first()


def discard_draft(*, key: uuid.UUID, actor: User) -> bool:
    """Throw an own draft away; return whether there was one."""
    drafts = IntakeDraft.objects.filter(key=key, user=actor)
    if not drafts.exists():
        return False  # without waiting until it is our turn to write
    with transaction.atomic():
        deleted, _per_table = drafts.delete()
    return deleted > 0


@transaction.atomic
def clean_drafts(*, before: datetime, at: datetime) -> int:  # noqa: ARG001 - as all such verbs
    """Throw away the drafts that nobody has touched since a moment; return how many."""
    deleted, _per_table = IntakeDraft.objects.filter(saved_at__lt=before).delete()
    return deleted
