"""Keeping what was asked of the figures: for oneself, or for everyone who may see figures."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import demand
from complaints.errors import BadInput, NotAllowed
from complaints.services.moves import digest
from journal.services import record
from monitoring import events
from monitoring.models import Analysis
from monitoring.permissions import VIEW, may_delete_analysis, may_open_analysis
from monitoring.states import AnalysisKind

LONGEST_NAME, LONGEST = 80, 1000
MOST = 200


@transaction.atomic
def save_analysis(
    *, name: str, kind: str, query: str, shared: bool, actor: User, at: datetime
) -> Analysis:
    """Keep a question under a name. The form has read the question.

    Raises PermissionDenied, and BadInput naming `name`, `kind` or `query`.
    """
    demand(actor, VIEW)
    User.objects.select_for_update().get(pk=actor.pk)  # two of one name at once take turns
    if kind not in AnalysisKind.values:
        raise BadInput(_("There is no such kind of analysis."), field="kind")
    if Analysis.objects.filter(owner=actor).count() >= MOST:
        raise BadInput(_("These are enough analyses: delete one first."), field="name")
    kept = Analysis.objects.create(
        owner=actor,
        name=_free_name(name, actor),
        kind=kind,
        query=_fitting(query),
        shared=shared,
        changed_at=at,
    )
    record(
        kind=events.ANALYSIS_SAVED,
        subject=kept,
        actor=actor,
        occurred_at=at,
        payload={"kind": kind, "shared": shared, "sha256": _digest(kept)},
    )
    return kept


@transaction.atomic
def change_analysis(
    *, analysis_id: int, name: str, shared: bool, query: str = "", actor: User, at: datetime
) -> Analysis:
    """Give an analysis another name, audience or, with `query`, question: its owner only.

    Raises Analysis.DoesNotExist, NotAllowed, and BadInput naming `name` or `query`.
    """
    kept = _taken(analysis_id, actor)
    if kept.owner_id != actor.pk:
        raise NotAllowed(_("Only who keeps an analysis changes it. Keep one of your own."))
    kept.name = _free_name(name, actor, apart_from=kept)
    kept.shared, kept.changed_at = shared, at
    if query:
        kept.query = _fitting(query)
    kept.save(update_fields=["name", "shared", "query", "changed_at"])
    record(
        kind=events.ANALYSIS_CHANGED,
        subject=kept,
        actor=actor,
        occurred_at=at,
        payload={"shared": shared, "sha256": _digest(kept)},
    )
    return kept


@transaction.atomic
def delete_analysis(*, analysis_id: int, actor: User, at: datetime) -> None:
    """Delete an analysis. Raises Analysis.DoesNotExist, NotAllowed."""
    kept = _taken(analysis_id, actor)
    if not may_delete_analysis(actor, kept):
        raise NotAllowed(_("Only who keeps an analysis deletes it."))
    record(
        kind=events.ANALYSIS_DELETED,
        subject=kept,
        actor=actor,
        occurred_at=at,
        payload={"owner": kept.owner_id, "sha256": _digest(kept)},
    )
    kept.delete()


def _taken(analysis_id: int, actor: User) -> Analysis:
    kept = Analysis.objects.select_for_update(of=("self",)).get(pk=analysis_id)
    if not may_open_analysis(actor, kept):
        raise Analysis.DoesNotExist
    return kept


def _fitting(query: str) -> str:
    if not query or len(query) > LONGEST:
        raise BadInput(_("This cannot be kept: its address is too long, or empty."), field="query")
    return query


def _free_name(name: str, actor: User, *, apart_from: Analysis | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(_("Give the analysis a short name."), field="name")
    others = Analysis.objects.filter(owner=actor, name__iexact=name)
    if apart_from is not None:
        others = others.exclude(pk=apart_from.pk)
    if others.exists():
        raise BadInput(_("You keep an analysis of this name already."), field="name")
    return name


def _digest(kept: Analysis) -> str:
    return digest(f"{kept.name}\n{kept.query}")
