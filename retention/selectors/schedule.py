"""The schedule: which version is in force, what it says, who may do what with which."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from accounts.models import User
from retention.models import Schedule
from retention.permissions import everywhere
from retention.rules.schedule import Rule, ScheduleContent
from retention.states import VersionState

DEFAULTS = Path(__file__).resolve().parent.parent / "defaults" / "schedule.yaml"
CONFIDENCE_WORDS: Mapping[str, Any] = {
    "P": gettext_lazy("read in the source"),
    "S": gettext_lazy("from a secondary source"),
    "M": gettext_lazy("from memory: to be confirmed"),
    "R": gettext_lazy("our proposal"),
}
ACTION_WORDS: Mapping[str, Any] = {
    "anonymise": pgettext_lazy("retention", "anonymise, delete files"),
    "delete": pgettext_lazy("retention", "delete"),
    "keep": pgettext_lazy("retention", "keep"),
}


@cache
def default_content() -> ScheduleContent:
    """Return the schedule that comes with the product."""
    return ScheduleContent.model_validate(yaml.safe_load(DEFAULTS.read_text(encoding="utf-8")))


def schedule_in_force() -> Schedule | None:
    """Return the newest approved version; None before the first approval."""
    return Schedule.objects.filter(state=VersionState.APPROVED).order_by("-version").first()


def content_in_force() -> ScheduleContent:
    """Return what holds now: the approved version, or the proposal until there is one.

    Nothing of a complaint is disposed of by a proposal; only what belongs to none is cleaned.
    """
    schedule = schedule_in_force()
    return schedule.says if schedule else default_content()


def open_version() -> Schedule | None:
    """Return the version somebody writes or waits with; there is one at most."""
    return Schedule.objects.filter(state__in=[VersionState.DRAFT, VersionState.SUBMITTED]).first()


def versions() -> QuerySet[Schedule]:
    """Return all versions but those thrown away, newest first."""
    return Schedule.objects.exclude(state=VersionState.DISCARDED).select_related(
        "author", "approved_by"
    )


def content_digest(content: Any) -> str:
    """Return the SHA-256 of what a version says."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def period_words(rule: Rule) -> str:
    """Return a period in words."""
    if rule.kind == "kept":
        return pgettext("retention", "always")
    if rule.unit == "years":
        return ngettext("%(n)s year", "%(n)s years", rule.count) % {"n": rule.count}
    if rule.unit == "months":
        return ngettext("%(n)s month", "%(n)s months", rule.count) % {"n": rule.count}
    return ngettext("%(n)s day", "%(n)s days", rule.count) % {"n": rule.count}


@dataclass(frozen=True)
class Choices:
    """What a reader may do with a version, and why not where that is not obvious."""

    edit: bool
    submit: bool
    decide: bool
    own: bool  # waits for somebody else, because the reader wrote it


def choices_for(actor: User, schedule: Schedule) -> Choices:
    """Return what the reader may do with a version."""
    draft = schedule.state == VersionState.DRAFT
    waits = schedule.state == VersionState.SUBMITTED
    own = schedule.author_id == actor.pk
    may_edit = everywhere(actor, "retention.edit")
    return Choices(
        edit=draft and may_edit,
        submit=draft and may_edit,
        decide=waits and not own and everywhere(actor, "retention.approve"),
        own=waits and own,
    )
