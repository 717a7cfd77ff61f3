"""The verbs on the handling policy: draft, change, submit, approve, reject, discard, put in force.

Only a draft changes; nobody approves what they wrote; a complaint keeps the version it met.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.permissions import has
from accounts.rules import roles_with
from accounts.services import system_user
from complaints import events
from complaints.errors import BadInput, BadPolicy, Conflict, MoveRefused, NotAllowed
from complaints.models import Category, HandlingPolicy
from complaints.rules.policy import ROUND_THE_CLOCK, Fault, PolicyContent, faults_in
from complaints.selectors.policy import content_digest, policy_in_force, writers_of
from complaints.selectors.policy_document import needs_confirmation
from complaints.selectors.policy_words import differences, fault_text
from complaints.states import PolicyState
from compliance.models import Calendar
from compliance.selectors import presets
from journal.services import record

DEFAULTS = Path(__file__).resolve().parent.parent / "defaults" / "policy.yaml"


@cache
def default_content() -> PolicyContent:
    """Return what the policy of a new installation says."""
    return PolicyContent.model_validate(yaml.safe_load(DEFAULTS.read_text(encoding="utf-8")))


@transaction.atomic
def install_default_policy(*, actor: User | None = None, at: datetime) -> HandlingPolicy:
    """Give a new installation its first version; where there is one already, return the oldest.

    It is written by the system and waits for approval, so that a person of the organisation takes
    it over as it is or changes it first. Until then the desk works by it.
    """
    known = HandlingPolicy.objects.order_by("version").first()
    if known is not None:
        return known
    author = system_user()
    policy = HandlingPolicy.objects.create(
        version=1,
        state=PolicyState.SUBMITTED,
        content=default_content().model_dump(mode="json"),
        author=author,
        created_at=at,
    )
    for kind in (events.POLICY_DRAFTED, events.POLICY_SUBMITTED):
        _record(kind, policy, actor or author, at)
    _put_in_force(policy, at)
    return policy


@transaction.atomic
def draft_policy(*, from_version: int | None = None, actor: User, at: datetime) -> HandlingPolicy:
    """Begin a new version from an earlier one, or from the one in force.

    Raises NotAllowed, MoveRefused while another draft is open, HandlingPolicy.DoesNotExist.
    """
    _demand(actor, "policy.edit")
    versions = list(HandlingPolicy.objects.select_for_update().order_by("version"))
    if from_version is None:
        base = policy_in_force(at)
    else:
        base = HandlingPolicy.objects.get(version=from_version)
    if HandlingPolicy.objects.filter(state=PolicyState.DRAFT).exists():
        raise MoveRefused([_("Another draft is open: finish or discard it first.")])
    newest = HandlingPolicy.objects.aggregate(newest=Max("version"))["newest"] or len(versions)
    policy = HandlingPolicy.objects.create(
        version=newest + 1, content=base.content, author=actor, created_at=at
    )
    _record(events.POLICY_DRAFTED, policy, actor, at, {"from": base.version})
    return policy


@transaction.atomic
def change_policy(
    *,
    policy_id: int,
    content: Mapping[str, Any],
    note: str | None = None,
    actor: User,
    at: datetime,
    expected: str | None = None,
) -> HandlingPolicy:
    """Replace what a draft says, and its note where one is given.

    `expected` is the digest of the content that the actor was looking at. Raises NotAllowed,
    MoveRefused (no draft), Conflict (changed meanwhile), BadPolicy with every fault and its path.
    """
    policy = _locked_draft(policy_id, actor)
    if expected is not None and expected != content_digest(policy.content):
        raise Conflict(
            _("Somebody else changed this draft in the meantime. Your input is still here.")
        )
    says = check_content(content).model_dump(mode="json")
    changed = [change.path for change in differences(policy.content, says)]
    if note is not None:
        policy.change_note = note.strip()
    policy.content = says
    policy.save(update_fields=["content", "change_note"])
    _record(events.POLICY_CHANGED, policy, actor, at, {"paths": changed})
    return policy


@transaction.atomic
def submit_policy(*, policy_id: int, note: str, actor: User, at: datetime) -> HandlingPolicy:
    """Ask for approval. From now on the content stands.

    Raises NotAllowed, MoveRefused (no draft, nothing changed), BadInput (`note`), BadPolicy.
    """
    policy = _locked_draft(policy_id, actor)
    if not note.strip():
        raise BadInput(_("Say what changes, and why."), field="note")
    check_content(policy.content)
    in_force = policy_in_force(at)
    if in_force.state == PolicyState.APPROVED and in_force.content == policy.content:
        raise MoveRefused([_("This draft says the same as the version in force.")])
    policy.state, policy.change_note = PolicyState.SUBMITTED, note.strip()
    policy.save(update_fields=["state", "change_note"])
    _record(events.POLICY_SUBMITTED, policy, actor, at)
    return policy


@transaction.atomic
def approve_policy(
    *,
    policy_id: int,
    effective_from: datetime | None = None,
    note: str = "",
    actor: User,
    at: datetime,
) -> HandlingPolicy:
    """Approve a version, by somebody who wrote none of it; it takes effect now or later.

    Older versions that still waited are superseded. Raises NotAllowed, MoveRefused (not
    waiting), BadInput (`effective_from`), BadPolicy.
    """
    _demand(actor, "policy.approve")
    policy = _locked(policy_id)
    if policy.state != PolicyState.SUBMITTED:
        raise MoveRefused([_("This version does not wait for approval.")])
    if actor.pk == policy.author_id or actor.pk in writers_of(policy):
        raise NotAllowed(_("You wrote this version: somebody else must approve it."))
    check_content(policy.content)
    policy.effective_from = _effect(effective_from, at)
    policy.state, policy.approved_by, policy.approved_at = PolicyState.APPROVED, actor, at
    policy.decision_note = note.strip()
    policy.save(
        update_fields=["state", "approved_by", "approved_at", "effective_from", "decision_note"]
    )
    _record(
        events.POLICY_APPROVED,
        policy,
        actor,
        at,
        {"effective_from": policy.effective_from.isoformat()},
    )
    _supersede(policy, actor, at)
    put_policy_in_force(now=at)
    return policy


def _effect(wanted: datetime | None, at: datetime) -> datetime:
    """Return when a version takes effect; never in the past, never before an older one does."""
    if wanted is not None and wanted < at:
        raise BadInput(
            _("A policy cannot take effect in the past: complaints keep the version they met."),
            field="effective_from",
        )
    others = HandlingPolicy.objects.filter(state=PolicyState.APPROVED)
    latest = others.aggregate(at=Max("effective_from"))["at"]
    effect = wanted or at
    if latest is not None and effect < latest:
        raise BadInput(
            _("An approved version takes effect later than this: choose that moment or after it."),
            field="effective_from",
        )
    return effect


def _supersede(approved: HandlingPolicy, actor: User, at: datetime) -> None:
    older = HandlingPolicy.objects.filter(state=PolicyState.SUBMITTED, version__lt=approved.version)
    for policy in older:
        policy.state = PolicyState.REJECTED
        policy.decision_note = str(
            _("Superseded by version %(version)s.") % {"version": approved.version}
        )
        policy.save(update_fields=["state", "decision_note"])
        payload = {"superseded_by": approved.version}
        _record(events.POLICY_REJECTED, policy, actor, at, payload)


@transaction.atomic
def reject_policy(*, policy_id: int, reason: str, actor: User, at: datetime) -> HandlingPolicy:
    """Turn a version down that waits for approval; a writer may take their own back this way.

    Raises NotAllowed, MoveRefused, BadInput (`reason`).
    """
    policy = _locked(policy_id)
    own = actor.pk == policy.author_id and has(actor, "policy.edit")
    if not own:
        _demand(actor, "policy.approve")
    if policy.state != PolicyState.SUBMITTED:
        raise MoveRefused([_("This version does not wait for approval.")])
    if not reason.strip():
        raise BadInput(_("Say why the version is rejected."), field="reason")
    policy.state, policy.decision_note = PolicyState.REJECTED, reason.strip()
    policy.save(update_fields=["state", "decision_note"])
    _record(events.POLICY_REJECTED, policy, actor, at)
    return policy


@transaction.atomic
def discard_policy(*, policy_id: int, actor: User, at: datetime) -> HandlingPolicy:
    """Give a draft up. It stays readable. Raises NotAllowed, MoveRefused."""
    policy = _locked_draft(policy_id, actor)
    policy.state = PolicyState.DISCARDED
    policy.save(update_fields=["state"])
    _record(events.POLICY_DISCARDED, policy, actor, at)
    return policy


@transaction.atomic
def put_policy_in_force(*, now: datetime) -> HandlingPolicy | None:
    """Let the version whose time has come set the categories; return it if it is new."""
    policy = policy_in_force(now)
    if policy.applied_at is not None:
        return None
    policy = _locked(policy.pk)
    if policy.applied_at is None:
        _put_in_force(policy, now)
    return policy


def _put_in_force(policy: HandlingPolicy, at: datetime) -> None:
    sync_categories(policy.says)
    policy.applied_at = at
    policy.save(update_fields=["applied_at"])
    _record(events.POLICY_IN_FORCE, policy, system_user(), at)


# --- what a content must meet here -----------------------------------------------------------


def check_content(content: Mapping[str, Any]) -> PolicyContent:
    """Return the validated content. Raises BadPolicy with every fault: path and sentence."""
    faults = faults_in(content)
    if not faults:
        says = PolicyContent.model_validate(content)
        faults = list(_faults_here(says))
        if not faults:
            return says
    raise BadPolicy([(fault.path, fault_text(fault)) for fault in faults])


def _faults_here(says: PolicyContent) -> Iterator[Fault]:
    """Find names that lead nowhere in this installation: teams, calendars, people, sources."""
    teams = set(Team.objects.filter(active=True).values_list("code", flat=True))
    calendars = set(Calendar.objects.values_list("code", flat=True))
    named: list[tuple[str, str, str | None, bool]] = [
        ("calendar", "unknown_calendar", says.calendar, says.calendar in calendars)
    ]
    for index, category in enumerate(says.categories):
        team = category.team
        named.append((f"categories.{index}.team", "unknown_team", team, team in teams))
    for index, clock in enumerate(says.clocks):
        known = clock.calendar in calendars | {ROUND_THE_CLOCK}
        named.append((f"clocks.{index}.calendar", "unknown_calendar", clock.calendar, known))
        known = clock.preset in presets()
        named.append((f"clocks.{index}.preset", "unknown_preset", clock.preset, known))
        sure = clock.confirmed is not None or not needs_confirmation(clock)
        named.append((f"clocks.{index}.confirmed", "unconfirmed", clock.code, sure))
    for index, code in enumerate(says.fast_channel.reports):
        path = f"fast_channel.reports.{index}"
        named.append((path, "unknown_preset", code, code in presets()))
    for index, step in enumerate(says.escalation):
        known = bool(roles_with(step.permission))
        path = f"escalation.{index}.permission"
        named.append((path, "unknown_permission", step.permission, known))
    for index, approval in enumerate(says.statement_steps):
        known = bool(roles_with(approval.permission))
        path = f"statement_steps.{index}.permission"
        named.append((path, "unknown_permission", approval.permission, known))
    for path, code, value, known in named:
        if value is not None and not known:
            yield Fault(path, code, {"value": value})


def sync_categories(says: PolicyContent) -> None:
    """Make the table of categories say what the policy says. Nothing is deleted, only put aside."""
    known = {category.code: category for category in Category.objects.all()}
    older = list(known.values())
    teams = dict(Team.objects.values_list("code", "pk"))
    wanted = {item.code: item for item in says.categories}
    for level in _levels(says):
        fresh = []
        for code in level:
            item = wanted[code]
            if code not in known:
                known[code] = Category(code=code)
                fresh.append(known[code])
            category = known[code]
            category.top_class = level[code]
            category.parent = known[item.parent] if item.parent else None
            category.name_en, category.name_zh = item.names.en, item.names.zh
            category.team_id = teams[item.team] if item.team else None
            category.active = True
        Category.objects.bulk_create(fresh)
    for category in older:
        category.active = category.code in wanted
    Category.objects.bulk_update(
        older,
        ["top_class", "parent", "name_en", "name_zh", "team", "active"],
        batch_size=100,
    )


def _levels(says: PolicyContent) -> Iterator[dict[str, str]]:
    """Yield the tree level by level, parents first: code and top class."""
    level = {item.code: item.code for item in says.categories if item.parent is None}
    while level:
        yield level
        level = {
            item.code: level[item.parent]
            for item in says.categories
            if item.parent is not None and item.parent in level
        }


# --- what the verbs share --------------------------------------------------------------------


def _demand(actor: User, permission: str) -> None:
    if not has(actor, permission):
        raise NotAllowed(_("Your role does not allow this with the handling policy."))


def _locked(policy_id: int) -> HandlingPolicy:
    return HandlingPolicy.objects.select_for_update(of=("self",)).get(pk=policy_id)


def _locked_draft(policy_id: int, actor: User) -> HandlingPolicy:
    _demand(actor, "policy.edit")
    policy = _locked(policy_id)
    if policy.state != PolicyState.DRAFT:
        raise MoveRefused([_("Only a draft can be changed: begin a new version.")])
    return policy


def _record(
    kind: str,
    policy: HandlingPolicy,
    actor: User,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    facts = {"version": policy.version, "sha256": content_digest(policy.content)}
    record(
        kind=kind,
        subject=policy,
        actor=actor,
        occurred_at=at,
        payload={**facts, **(payload or {})},
    )
