"""The work on an alert: taken, looked into, acted on, closed, and whether it worked (CM-8.4)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.errors import BadInput, Conflict, MoveRefused, NotAllowed
from complaints.models import Complaint
from complaints.services.moves import digest
from incidents.models import Incident
from incidents.services.lifecycle import Scope, open_incident
from incidents.services.linking import MOST_LINKED, link_complaints
from journal.services import record
from monitoring import events
from monitoring.models import Alert, AlertNotice, NewLevel
from monitoring.permissions import may_see_alert, may_work_on
from monitoring.rules.rebasing import factor_of
from monitoring.services.raising import tell_of
from monitoring.states import COUNTED_KINDS, Dismissal, Effect, Telling
from monitoring.workflow import reasons_against

_ALWAYS = ("state", "is_open", "version")


def take_alert(alert_id: int, *, actor: User, expected_version: int | None = None) -> Alert:
    """Lock an alert for a change.

    Raises Alert.DoesNotExist when it does not exist for the actor, NotAllowed, Conflict.
    """
    alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert_id)
    if not may_see_alert(actor, alert):
        raise Alert.DoesNotExist
    if not may_work_on(actor, alert):
        raise NotAllowed(_("Your role does not allow this for this alert."))
    if expected_version is not None and alert.version != expected_version:
        raise Conflict(
            _("Somebody else changed this alert in the meantime. Look at it again first.")
        )
    return alert


def _make(move: str, alert: Alert, **given: Any) -> None:
    if reasons := reasons_against(alert, move):
        raise MoveRefused(reasons)
    getattr(alert, move)(**given)


def _keep(alert: Alert, *fields: str) -> None:
    alert.version += 1
    alert.save(update_fields=list(dict.fromkeys((*_ALWAYS, *fields))))


def _note(kind: str, alert: Alert, *, actor: User, at: datetime, **payload: Any) -> None:
    told: Mapping[str, Any] = {"state": str(alert.state), **payload}
    record(kind=kind, subject=alert, actor=actor, occurred_at=at, payload=told)


def _demand_text(text: str, sentence: Any, *, field: str) -> str:
    if not text.strip():
        raise BadInput(sentence, field=field)
    return text.strip()


@transaction.atomic
def acknowledge_alert(
    *, alert_id: int, actor: User, at: datetime, expected_version: int | None = None
) -> Alert:
    """Take an alert: from now on it is the actor's. Raises MoveRefused, NotAllowed, Conflict."""
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    _make("acknowledge", alert, at=at)
    alert.owner = actor
    _keep(alert, "acknowledged_at", "owner")
    _note(events.ALERT_ACKNOWLEDGED, alert, actor=actor, at=at, owner=actor.pk)
    return alert


@transaction.atomic
def give_alert(
    *,
    alert_id: int,
    owner: User,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Alert:
    """Give an alert to somebody who may work on it. Raises BadInput naming `owner`, MoveRefused."""
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    if not alert.is_open:
        raise MoveRefused([_("The alert is at its end.")])
    if not (owner.is_active and may_work_on(owner, alert)):
        raise BadInput(_("This person may not work on this alert."), field="owner")
    before = alert.owner_id
    alert.owner = owner
    _keep(alert, "owner")
    _note(events.ALERT_GIVEN, alert, actor=actor, at=at, owner=owner.pk, before=before)
    if owner.pk != actor.pk:
        tell_of(alert, [owner], Telling.GIVEN, at=at)
    return alert


@transaction.atomic
def investigate_alert(
    *, alert_id: int, actor: User, at: datetime, expected_version: int | None = None
) -> Alert:
    """Begin to look for the cause; who does so has the alert if nobody had. Raises MoveRefused."""
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    _make("investigate", alert, at=at)
    alert.owner = alert.owner or actor
    _keep(alert, "acknowledged_at", "investigated_at", "owner")
    _note(events.ALERT_INVESTIGATED, alert, actor=actor, at=at)
    return alert


@transaction.atomic
def act_on_alert(
    *,
    alert_id: int,
    cause: str,
    action: str,
    by: User,
    due: date,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Alert:
    """Note the cause, and what somebody does about it by when.

    Raises MoveRefused, BadInput naming `cause`, `action`, `by` or `due`.
    """
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    cause = _demand_text(cause, _("Say what the cause is."), field="cause")
    action = _demand_text(action, _("Say what is done about it."), field="action")
    if not by.is_active or by.is_client or by.provider is not None:
        raise BadInput(_("Choose a colleague."), field="by")
    if due < timezone.localdate(at):
        raise BadInput(_("This lies in the past."), field="due")
    _make("act", alert, at=at, cause=cause, action=action)
    alert.action_by, alert.action_due = by, due
    _keep(alert, "acted_at", "cause", "action", "action_by", "action_due")
    payload = {"by": by.pk, "due": due.isoformat(), "sha256": digest(cause, action)}
    _note(events.ALERT_ACTED, alert, actor=actor, at=at, **payload)
    if by.pk != actor.pk:
        tell_of(alert, [by], Telling.GIVEN, at=at)
    return alert


@transaction.atomic
def close_alert(
    *,
    alert_id: int,
    result: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Alert:
    """Note that the action is done; some weeks later somebody looks whether it worked.

    Raises MoveRefused, BadInput naming `result`.
    """
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    result = _demand_text(result, _("Say what was done."), field="result")
    _make("close", alert, at=at, result=result)
    weeks = alert.settings.says.effect_weeks if alert.settings else 6
    alert.effect_due = timezone.localdate(at) + timedelta(weeks=weeks)
    alert.effect_told_at = None
    _keep(alert, "closed_at", "result", "effect", "effect_due", "effect_told_at")
    payload = {"effect_due": alert.effect_due.isoformat(), "sha256": digest(result)}
    _note(events.ALERT_CLOSED, alert, actor=actor, at=at, **payload)
    return alert


@transaction.atomic
def dismiss_alert(
    *,
    alert_id: int,
    why: str,
    note: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Alert:
    """Say that an alert needs no action, and why. Raises MoveRefused, BadInput (`why`, `note`)."""
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    if why not in Dismissal.values or why in {Dismissal.HISTORY, Dismissal.NEW_LEVEL}:
        raise BadInput(_("Choose why it needs no action."), field="why")
    _dismiss(alert, Dismissal(why), note, actor=actor, at=at)
    return alert


def _dismiss(alert: Alert, why: Dismissal, note: str, *, actor: User, at: datetime) -> None:
    note = _demand_text(note, _("Say it in a few words."), field="note")
    _make("dismiss", alert, at=at, why=why, note=note)
    alert.owner = alert.owner or actor
    _keep(alert, "closed_at", "acknowledged_at", "dismissal", "dismissal_note", "owner")
    _note(events.ALERT_DISMISSED, alert, actor=actor, at=at, why=str(why), sha256=digest(note))


@transaction.atomic
def rebase_alert(
    *,
    alert_id: int,
    note: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> NewLevel:
    """Say that the series has come to a new usual level; the alert needs no action any more.

    From then on the past is told in the measure of the new level. Raises MoveRefused for an alert
    that is at its end or not of a counted series, BadInput naming `note`.
    """
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    factor = _factor(alert)
    if factor is None:
        raise MoveRefused([_("Only the level of counted complaints can be taken as new.")])
    _dismiss(alert, Dismissal.NEW_LEVEL, note, actor=actor, at=at)
    level = NewLevel.objects.create(
        key=alert.key,
        since=alert.since,
        factor=factor,
        alert=alert,
        reason=note.strip(),
        by=actor,
        at=at,
    )
    alert.going_on = False
    alert.save(update_fields=["going_on"])
    payload = {"since": alert.since.isoformat(), "factor": factor, "sha256": digest(note)}
    _note(events.ALERT_REBASED, alert, actor=actor, at=at, **payload)
    return level


def _factor(alert: Alert) -> float | None:
    """Return how many times as much comes since the change as was expected."""
    if alert.kind not in COUNTED_KINDS or not alert.series:
        return None
    import numpy as np  # noqa: PLC0415 - as little as possible where pages start

    expected = alert.series["expected"]
    dates = alert.series["dates"][-len(expected) :]
    counts = alert.series["counts"][-len(expected) :]
    since = [at for at, day in enumerate(dates) if day >= alert.since.isoformat()]
    return factor_of(np.array(counts)[since], np.array(expected)[since])


@transaction.atomic
def record_effect(
    *,
    alert_id: int,
    effect: str,
    note: str,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Alert:
    """Note whether the action worked; where it did not, the cause is looked for again.

    Raises MoveRefused, BadInput naming `effect` or `note`.
    """
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    if effect not in Effect.values or effect == Effect.NOT_LOOKED_AT:
        raise BadInput(_("Say whether it worked."), field="effect")
    note = _demand_text(note, _("Say what shows it."), field="note")
    if effect == Effect.NOT_EFFECTIVE:
        _make("resume", alert, at=at, note=note)
    else:
        _make("confirm", alert, at=at, effect=Effect(effect), note=note)
    _keep(alert, "effect", "effect_note", "effect_at", "closed_at")
    _note(events.ALERT_EFFECT, alert, actor=actor, at=at, effect=effect, sha256=digest(note))
    return alert


@transaction.atomic
def link_alert(
    *,
    alert_id: int,
    incident_id: int,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Alert:
    """Say that an alert and an incident are the same event; its complaints are linked to it.

    Raises BadInput naming `incident` when it does not exist for the actor, and what linking
    complaints raises.
    """
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    incident = Incident.objects.visible_to(actor).filter(pk=incident_id).first()
    if incident is None:
        raise BadInput(_("There is no such incident."), field="incident")
    _link(alert, incident, actor=actor, at=at)
    return alert


@transaction.atomic
def open_incident_for_alert(
    *,
    alert_id: int,
    scope: Scope,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> Incident:
    """Suspect an incident behind an alert, with its complaints. Raises as `open_incident` does."""
    alert = take_alert(alert_id, actor=actor, expected_version=expected_version)
    if alert.incident_id is not None:
        raise MoveRefused([_("It belongs to an incident already.")])
    incident = open_incident(scope=scope, actor=actor, at=at)
    _link(alert, incident, actor=actor, at=at)
    return incident


def _link(alert: Alert, incident: Incident, *, actor: User, at: datetime) -> None:
    ids = list(
        Complaint.objects.visible_to(actor)
        .filter(alert_members__alert=alert)
        .exclude(incident_links__binds=True)
        .order_by("-received_at")
        .values_list("pk", flat=True)[:MOST_LINKED]
    )
    linked = 0
    if ids and incident.is_open:
        found = link_complaints(incident_id=incident.pk, complaint_ids=ids, actor=actor, at=at)
        linked = len(found.linked)
    alert.incident = incident
    _keep(alert, "incident")
    _note(events.ALERT_LINKED, alert, actor=actor, at=at, incident=incident.pk, complaints=linked)


def read_alert_notices(*, alert: Alert, actor: User, at: datetime) -> int:
    """Note that somebody has read what they were told of an alert; return how much that was."""
    unread = AlertNotice.objects.filter(alert=alert, user=actor, read_at__isnull=True)
    return unread.update(read_at=at)
