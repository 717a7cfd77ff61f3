"""How to complain, as the policy in force says it: ways, steps, time limits, other remedies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from complaints.rules.policy import PRIORITIES, ClockDef, PolicyContent
from complaints.selectors.policy import policy_in_force
from complaints.selectors.policy_document import spec_of
from complaints.services.letter_values import contact
from complaints.states import Channel, Stage
from compliance.selectors import spec_text


@dataclass(frozen=True)
class RouteView:
    """Another way to seek redress."""

    name: str
    how: str
    inside: bool  # within the organisation


@dataclass(frozen=True)
class WayView:
    """A channel, and how one complains through it."""

    channel: str
    label: Any
    how: str


@dataclass(frozen=True)
class Limit:
    """What happens, and within which time: the usual one, and that of urgent cases."""

    what: str
    usual: str
    urgent: str


@dataclass(frozen=True)
class Publication:
    """The public page, with the version it was made from."""

    version: int
    in_force_from: datetime
    ways: Sequence[WayView]
    limits: Sequence[Limit]
    routes: Sequence[RouteView]
    emergency_phones: Sequence[tuple[str, str]]
    reply_days: int
    reopen_days: int
    link_days: int
    contact: str


def publication(*, language: str, at: datetime) -> Publication:
    """Return what the policy in force says to somebody who wants to complain."""
    policy = policy_in_force(at)
    says = policy.says
    return Publication(
        version=policy.version,
        in_force_from=policy.effective_from or policy.created_at,
        ways=[
            WayView(way.channel, Channel(way.channel).label, way.how.of(language))
            for way in says.ways
        ],
        limits=_limits(says),
        routes=routes_of(says, language),
        emergency_phones=emergency_phones(says, language),
        reply_days=says.silence.days,
        reopen_days=says.public.reopen_days,
        link_days=says.public.link_days,
        contact=contact(),
    )


def emergency_phones(says: PolicyContent, language: str) -> list[tuple[str, str]]:
    """Return whom to call in danger: name and number."""
    return [(phone.names.of(language), phone.number) for phone in says.emergency_phones]


def routes_of(says: PolicyContent, language: str) -> list[RouteView]:
    """Return the other remedies in the order of the policy."""
    return [
        RouteView(route.names.of(language), route.how.of(language), route.kind == "internal")
        for route in says.routes
    ]


def _limits(says: PolicyContent) -> list[Limit]:
    promised = (
        (Stage.ACKNOWLEDGE, _("We tell you that we have your complaint")),
        (Stage.ASSESS, _("We judge how serious it is and who deals with it")),
        (Stage.PROGRESS, _("We tell you how things stand, and again at these intervals")),
        (Stage.RESPOND, _("You have our decision with the reasons")),
        (Stage.REMEDY, _("We do what we promised, counted from the decision")),
        (Stage.FOLLOW_UP, _("We ask how you found it, counted from the end")),
    )
    usual, urgent = says.default_priority, PRIORITIES[0]
    found = []
    for stage, what in promised:
        normal, fast = _length(says, stage, usual), _length(says, stage, urgent)
        if normal or fast:
            found.append(Limit(what, normal or fast, fast if fast != normal else ""))
    return found


def _length(says: PolicyContent, stage: str, priority: str) -> str:
    """Return the limit that holds whatever the complaint is about."""
    clocks = says.clocks_for(stage=stage, priority=priority, channel=Channel.WEB)
    everywhere: list[ClockDef] = [clock for clock in clocks if not clock.categories]
    return spec_text(spec_of(everywhere[0])) if everywhere else ""
