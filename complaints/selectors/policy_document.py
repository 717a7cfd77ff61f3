"""A version of the handling policy as a document: everything it says, in words and tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Team
from complaints.models import HandlingPolicy
from complaints.rules.policy import PRIORITIES, ROUND_THE_CLOCK, ClockDef, Names, PolicyContent
from complaints.rules.policy_file import write_policy_file
from complaints.selectors.policy import content_digest, trigger_words
from complaints.selectors.policy_words import (
    ALIKE_WORDS,
    AUDIENCE_WORDS,
    GATE_WORDS,
    PERMISSION_WORDS,
    ROLL_WORDS,
    ROUTE_KIND_WORDS,
    WANTED_WORDS,
)
from complaints.states import Channel, Depth, PauseReason, Priority, Stage
from compliance.models import Calendar
from compliance.rules import ClockSpec, Roll
from compliance.rules.presets import Clock as PresetClock
from compliance.rules.presets import Preset
from compliance.selectors import presets, spec_text, spoken
from compliance.selectors.presets import CONFIDENCES, PresetGroup, preset_pages


def say(names: Names) -> str:
    """Return a text of the policy in the present language."""
    return names.of(translation.get_language() or "")


def spec_of(clock: ClockDef) -> ClockSpec:
    """Return a time limit for the arithmetic."""
    return ClockSpec(clock.unit, clock.amount, clock.day0_counts, clock.roll)


def adoptable(stage: str) -> bool:
    """Return whether a preset's clock measures something that happens at the desk."""
    return stage in Stage.values


@dataclass(frozen=True)
class SourceView:
    """The known regime a time limit was taken from."""

    code: str
    name: str
    text: str
    article: str
    confidence: str
    confidence_text: str
    confirmed: str


@dataclass(frozen=True)
class ClockView:
    """A time limit in words."""

    definition: ClockDef
    name: str
    stage: str
    limit: str
    calendar: str
    scope: str
    facts: list[str]
    source: SourceView | None


@dataclass(frozen=True)
class CategoryView:
    """A class of complaint with those below it."""

    code: str
    name: str
    team: str
    children: list["CategoryView"]


@dataclass(frozen=True)
class Document:
    """A version, ready to be read or printed."""

    policy: HandlingPolicy
    says: PolicyContent
    digest: str
    priorities: list[dict[str, Any]]
    stages: list[tuple[str, list[list[ClockView]]]]
    clocks: list[ClockView]
    categories: list[CategoryView]
    category_count: int
    channels: list[Any]
    wanted: list[tuple[str, list[bool]]]
    escalation: list[dict[str, Any]]
    routes: list[dict[str, Any]]
    causes: list[tuple[str, str]]
    emergency_words: list[tuple[str, list[str]]]
    calendar: str
    default_priority: str
    follow_up_gate: str
    auto_acknowledge: list[str]
    alike: list[str]
    statement_steps: list[dict[str, Any]]
    emergency_phones: list[tuple[str, str]]
    ways: list[tuple[str, str]]


def document_of(policy: HandlingPolicy) -> Document:
    """Return everything a version says, in the present language."""
    says = policy.says
    calendars = _calendar_names()
    clocks = [_clock_view(clock, calendars) for clock in says.clocks]
    return Document(
        policy=policy,
        says=says,
        digest=content_digest(policy.content),
        priorities=_priorities(says),
        stages=_stages(clocks),
        clocks=clocks,
        categories=list(_branches(says, None)),
        category_count=len(says.categories),
        channels=[channel.label for channel in Channel],
        wanted=_wanted(says),
        escalation=_ladder(says),
        routes=[
            {"name": say(r.names), "kind": ROUTE_KIND_WORDS[r.kind], "how": say(r.how)}
            for r in says.routes
        ],
        causes=[(cause.code, say(cause.names)) for cause in says.causes],
        emergency_words=[
            (name, list(says.words_of(code))) for code, name in trigger_words(says).items()
        ],
        calendar=calendars.get(says.calendar, says.calendar),
        default_priority=str(Priority(says.default_priority).label),
        follow_up_gate=str(GATE_WORDS[says.follow_up.gate]),
        auto_acknowledge=[str(Channel(code).label) for code in says.auto_acknowledge],
        alike=[str(ALIKE_WORDS[code]) for code in says.incidents.alike],
        statement_steps=_statement_steps(says),
        emergency_phones=[(say(phone.names), phone.number) for phone in says.emergency_phones],
        ways=[(str(Channel(way.channel).label), say(way.how)) for way in says.ways],
    )


def _calendar_names() -> dict[str, str]:
    names = {item.code: str(item) for item in Calendar.objects.all()}
    return {**names, ROUND_THE_CLOCK: _("round the clock")}


def _priorities(says: PolicyContent) -> list[dict[str, Any]]:
    return [
        {
            "code": item.code,
            "name": say(item.names),
            "meaning": say(item.meaning),
            "depth": Depth(item.depth).label,
            "needs_approval": item.needs_approval,
        }
        for item in sorted(says.priorities, key=lambda item: item.code)
    ]


def _stages(clocks: list[ClockView]) -> list[tuple[str, list[list[ClockView]]]]:
    """Return the table of time limits: per stage, what holds for each priority."""
    rows = []
    for stage in Stage:
        of_stage = [view for view in clocks if view.definition.stage == stage]
        if of_stage:
            cells = [[v for v in of_stage if _covers(v.definition, p)] for p in PRIORITIES]
            rows.append((str(stage.label), cells))
    return rows


def _covers(clock: ClockDef, priority: str) -> bool:
    return not clock.priorities or priority in clock.priorities


def _clock_view(clock: ClockDef, calendars: Mapping[str, str]) -> ClockView:
    return ClockView(
        definition=clock,
        name=say(clock.names),
        stage=str(Stage(clock.stage).label),
        limit=spec_text(spec_of(clock)),
        calendar=calendars.get(clock.calendar, clock.calendar),
        scope=_scope(clock),
        facts=list(_facts(clock)),
        source=_source(clock),
    )


def _scope(clock: ClockDef) -> str:
    """Return for which complaints a time limit is meant; empty for all."""
    parts: list[list[str]] = [
        list(clock.priorities),
        [str(Channel(code).label) for code in clock.channels],
        list(clock.categories),
    ]
    return " · ".join(_listed(part) for part in parts if part)


def _facts(clock: ClockDef) -> Iterator[str]:
    if clock.unit.runs_by_the_day:
        yield _("first day counted") if clock.day0_counts else _("first day not counted")
    if clock.roll is not Roll.NONE:
        yield _("a last day off %(rolls)s") % {"rolls": ROLL_WORDS[clock.roll]}
    if clock.pause_reasons:
        reasons = _listed([str(PauseReason(reason).label) for reason in clock.pause_reasons])
        yield _("may pause for: %(reasons)s") % {"reasons": reasons}
    else:
        yield _("never pauses")
    if clock.extension_max is None:
        yield _("cannot be extended")
    else:
        days = {"days": clock.extension_max}
        yield _("may be extended once, by %(days)s days at most") % days


def _source(clock: ClockDef) -> SourceView | None:
    preset = presets().get(clock.preset or "")
    if preset is None:
        return None
    limit = _limit_of(preset, clock)
    confidence = preset.confidence_in(limit) if limit else preset.confidence
    return SourceView(
        code=preset.code,
        name=spoken(preset.names),
        text=spoken(preset.legal_source),
        article=preset.article,
        confidence=str(confidence),
        confidence_text=str(CONFIDENCES[confidence]),
        confirmed=clock.confirmed or "",
    )


def needs_confirmation(clock: ClockDef) -> bool:
    """Return whether a time limit claims a source whose figures nobody has confirmed."""
    preset = presets().get(clock.preset or "")
    if preset is None:
        return False
    limit = _limit_of(preset, clock)
    return not (preset.is_enabled(limit) if limit else preset.enabled)


def _limit_of(preset: Preset, clock: ClockDef) -> PresetClock | None:
    """Return the preset's own time limit of this length, if it has one."""
    length = (clock.unit, clock.amount)
    return next((item for item in preset.clocks if (item.unit, item.amount) == length), None)


def _branches(says: PolicyContent, parent: str | None) -> Iterator[CategoryView]:
    teams = {team.code: str(team) for team in Team.objects.all()} if parent is None else {}
    yield from _below(says, parent, teams)


def _below(
    says: PolicyContent, parent: str | None, teams: Mapping[str, str]
) -> Iterator[CategoryView]:
    for item in says.categories:
        if item.parent == parent:
            yield CategoryView(
                code=item.code,
                name=say(item.names),
                team=teams.get(item.team or "", item.team or ""),
                children=list(_below(says, item.code, teams)),
            )


def _wanted(says: PolicyContent) -> list[tuple[str, list[bool]]]:
    return [
        (str(label), [code in says.wanted.get(str(channel), ()) for channel in Channel])  # type: ignore[call-overload]
        for code, label in WANTED_WORDS.items()
    ]


def _ladder(says: PolicyContent) -> list[dict[str, Any]]:
    return [
        {
            "level": step.level,
            "name": say(step.names),
            "people": PERMISSION_WORDS.get(step.permission, step.permission),
            "when": _when(step.at_percent, on_breach=step.on_breach),
            "decide": say(step.decide),
        }
        for step in says.escalation
    ]


def _statement_steps(says: PolicyContent) -> list[dict[str, Any]]:
    return [
        {
            "name": say(step.names),
            "people": PERMISSION_WORDS.get(step.permission, step.permission),
            "minutes": step.minutes,
            "audiences": [str(AUDIENCE_WORDS[code]) for code in step.audiences],
        }
        for step in says.statement_steps
    ]


def _when(percent: int | None, *, on_breach: bool) -> str:
    parts = []
    if percent is not None:
        parts.append(_("at %(percent)s%% of a time limit") % {"percent": percent})
    if on_breach:
        parts.append(_("when a time limit is missed"))
    parts.append(_("when somebody escalates"))
    return pgettext("between two parts of a sentence", "; ").join(parts)


def _listed(items: list[str]) -> str:
    return pgettext("between two items of a list", ", ").join(items)


# --- what else the pages show ----------------------------------------------------------------


def policy_file(policy: HandlingPolicy) -> str:
    """Return a version as a file that may be uploaded into a draft."""
    heading = _("Handling policy, version %(version)s (%(state)s)") % {
        "version": policy.version,
        "state": policy.get_state_display(),
    }
    return write_policy_file(policy.content, heading=heading)


def adoptable_presets(today: date) -> list[PresetGroup]:
    """Return the presets in words that have a time limit for the desk and still hold."""
    groups = []
    for group in preset_pages(today):
        pages = [
            page
            for page in group.presets
            if page.status != "ended" and any(adoptable(c.stage) for c in page.preset.clocks)
        ]
        if pages:
            groups.append(PresetGroup(group.code, group.name, pages))
    return groups


def clocks_to_explain(
    says: PolicyContent, *, priority: str, code: str = ""
) -> list[tuple[ClockDef, str]]:
    """Return the time limits of a priority, or the one of this code, with their names."""
    return [
        (clock, say(clock.names))
        for clock in says.clocks
        if (clock.code == code if code else _covers(clock, priority))
    ]
