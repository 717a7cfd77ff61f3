"""Which handling policy is in force, what it says, and who wrote it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import has
from complaints import events
from complaints.errors import BadInput
from complaints.models import Category, HandlingPolicy
from complaints.rules.policy import PolicyContent
from complaints.states import PolicyState, Trigger
from journal.selectors import history_of

_WRITING = (events.POLICY_DRAFTED, events.POLICY_CHANGED, events.POLICY_SUBMITTED)


def policy_in_force(at: datetime) -> HandlingPolicy:
    """Return the version in force at an instant.

    Before the first approved version took effect, the earliest approved one stands for it; before
    anybody has approved anything, the version that came with the installation does.
    """
    # Versions are few: to choose among them here is one short question, and their texts are long.
    versions = HandlingPolicy.objects.exclude(state=PolicyState.DRAFT).order_by("version")
    kept = list(versions.values_list("effective_from", "version", "pk", "state"))
    approved = [
        (since, version, pk)
        for since, version, pk, state in kept
        if state == PolicyState.APPROVED and since is not None
    ]
    begun = [one for one in approved if one[0] <= at]
    if begun:
        pk = max(begun)[-1]
    elif approved:
        pk = min(approved)[-1]
    elif kept:
        pk = kept[0][2]
    else:
        raise BadInput(_("No handling policy is installed: run the set-up first."), field="policy")
    return HandlingPolicy.objects.get(pk=pk)


def trigger_words(says: PolicyContent) -> dict[str, str]:
    """Return what makes an emergency, code to name: the standard's three, then our own."""
    language = translation.get_language() or ""
    own = {item.code: item.names.of(language) for item in says.emergency_triggers}
    return {**{code: str(label) for code, label in Trigger.choices}, **own}


def needs_first_approval() -> bool:
    """Return whether the organisation has not yet approved a policy of its own."""
    return not HandlingPolicy.objects.filter(state=PolicyState.APPROVED).exists()


def active_categories() -> list[Category]:
    """Return the categories that may be chosen now, in tree order (parents before children)."""
    by_parent: dict[int | None, list[Category]] = {}
    for category in Category.objects.filter(active=True).select_related("team"):
        by_parent.setdefault(category.parent_id, []).append(category)
    ordered: list[Category] = []

    def walk(parent_id: int | None) -> None:
        for category in by_parent.get(parent_id, []):
            ordered.append(category)
            walk(category.pk)

    walk(None)
    return ordered


def versions_for(_actor: User) -> list[HandlingPolicy]:
    """Return all versions, newest first, with their people."""
    return list(HandlingPolicy.objects.select_related("author", "approved_by"))


def open_draft() -> HandlingPolicy | None:
    """Return the draft somebody is at work on, if there is one."""
    return HandlingPolicy.objects.filter(state=PolicyState.DRAFT).select_related("author").first()


def writers_of(policy: HandlingPolicy) -> frozenset[int]:
    """Return the ids of everybody who wrote a part of a version, by the record."""
    entries = history_of(policy).filter(kind__in=_WRITING, actor__isnull=False)
    return frozenset({policy.author_id, *entries.values_list("actor_id", flat=True)})


def content_digest(content: Any) -> str:
    """Return the SHA-256 of a content, however its keys are ordered."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class PolicyChoices:
    """What somebody may do with a version now; a reason stands where a step is not possible."""

    edit: bool
    draft: bool
    why_no_draft: Any
    decide: bool
    why_no_approval: Any
    take_back: bool


def choices_for(actor: User, policy: HandlingPolicy) -> PolicyChoices:
    """Return what the page offers, so that it never offers what a verb refuses."""
    edits = has(actor, "policy.edit")
    waits = policy.state == PolicyState.SUBMITTED
    drafting = edits and open_draft() is not None
    wrote = actor.pk in writers_of(policy)
    return PolicyChoices(
        edit=edits and policy.state == PolicyState.DRAFT,
        draft=edits and policy.state != PolicyState.DRAFT,
        why_no_draft=_("Another draft is open: finish or discard it first.") if drafting else "",
        decide=waits and has(actor, "policy.approve"),
        why_no_approval=_("You wrote this version: somebody else must approve it.")
        if wrote
        else "",
        take_back=waits and edits and actor.pk == policy.author_id,
    )


def version_before(policy: HandlingPolicy) -> HandlingPolicy | None:
    """Return the version a reader compares with: the newest older one that was approved, or any."""
    older = HandlingPolicy.objects.filter(version__lt=policy.version).order_by("-version")
    return older.filter(state=PolicyState.APPROVED).first() or older.first()
