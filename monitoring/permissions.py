"""Who sees figures and sets targets; who sees alerts, works on them, sets what is watched."""

from accounts.models import User
from accounts.permissions import has
from complaints.permissions import may_see
from monitoring.models import Alert, Analysis
from monitoring.querysets import WATCH, WORK, places_with

VIEW = "monitoring.view"
SET_TARGETS = "monitoring.set_targets"
TIDY_ANALYSES = "monitoring.tidy_analyses"
# Of the floor below: what a figure counts, its reader may list.
VIEW_COMPLAINTS = "complaints.view"
VIEW_CONFIDENTIAL = "complaints.view_confidential"
SET_WARNINGS, OVERSEE = "warnings.set", "warnings.oversee"


def may_see_alert(actor: User, alert: Alert) -> bool:
    """Return whether an alert exists for the actor; of an emergency: whether its complaint does."""
    return _within(actor, WATCH, alert) and (
        alert.about is None or actor.is_system or may_see(actor, alert.about)
    )


def may_work_on(actor: User, alert: Alert) -> bool:
    """Return whether the actor may work on an alert: where its series belongs."""
    return _within(actor, WORK, alert) and may_see_alert(actor, alert)


def may_open_analysis(actor: User, analysis: Analysis) -> bool:
    """Return whether an analysis exists for the actor: their own, or one that was shared."""
    return has(actor, VIEW) and (analysis.shared or analysis.owner_id == actor.pk)


def may_delete_analysis(actor: User, analysis: Analysis) -> bool:
    """Return whether the actor may take an analysis away: their own; some, any that is shared."""
    mine = analysis.owner_id == actor.pk
    return may_open_analysis(actor, analysis) and (mine or has(actor, TIDY_ANALYSES))


def may_set_warnings(actor: User) -> bool:
    """Return whether the actor sets what is watched: for all places at once."""
    return places_with(actor, SET_WARNINGS)[0]


def may_count_confidential(actor: User, alert: Alert) -> bool:
    """Return whether confidential complaints are in the counts that the actor is shown."""
    return _within(actor, "complaints.view_confidential", alert)


def _within(actor: User, permission: str, alert: Alert) -> bool:
    everywhere, sites = places_with(actor, permission)
    return everywhere or alert.site_id in sites
