"""The presets that come with the product, read from their files once per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from compliance.rules.clocks import ClockSpec, Roll
from compliance.rules.presets import (
    Bilingual,
    Clock,
    Confidence,
    Jurisdiction,
    MetBy,
    PauseReason,
    Preset,
    Stage,
    StartEvent,
    read_presets,
)
from compliance.selectors.explanations import spec_text

FOLDER = Path(__file__).parent.parent / "presets"


@cache
def presets() -> Mapping[str, Preset]:
    """Return all presets by code, in the order of their files. Raises PresetError."""
    return MappingProxyType(dict(read_presets(_files(FOLDER))))


def _files(folder: Path) -> list[tuple[str, object]]:
    return [
        (path.name, yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.yaml"))
    ]


def preset_spec(code: str, clock: str | None = None) -> ClockSpec:
    """Return the time limit of a preset's clock, or of its principal one. Raises LookupError."""
    return presets()[code].clock(clock).spec


def spoken(text: Bilingual) -> str:
    """Return a bilingual text in the present language."""
    return text.zh if (translation.get_language() or "").startswith("zh") else text.en


# --- the presets on a page -------------------------------------------------------------------

JURISDICTIONS: Mapping[Jurisdiction, Any] = {
    Jurisdiction.CHINA: gettext_lazy("Mainland China"),
    Jurisdiction.KINGDOM: gettext_lazy("United Kingdom"),
    Jurisdiction.AUSTRALIA: gettext_lazy("Australia"),
    Jurisdiction.STATES: gettext_lazy("United States"),
    Jurisdiction.UNION: gettext_lazy("European Union"),
    Jurisdiction.HONG_KONG: gettext_lazy("Hong Kong, China"),
    Jurisdiction.OWN: gettext_lazy("The organisation's own promise"),
}
CONFIDENCES: Mapping[Confidence, Any] = {
    Confidence.PRIMARY: gettext_lazy("the text itself was read"),
    Confidence.SECONDARY: gettext_lazy("reported by others: check the source"),
    Confidence.MEMORY: gettext_lazy("not confirmed: a person must confirm it first"),
    Confidence.RECOMMENDED: gettext_lazy("our proposal: no source demands it"),
}
STAGES: Mapping[Stage, Any] = {
    Stage.ACKNOWLEDGE: gettext_lazy("Acknowledgement"),
    Stage.FIRST_ACTION: gettext_lazy("First action"),
    Stage.ASSESS: gettext_lazy("Assessment"),
    Stage.RESPOND: gettext_lazy("Response"),
    Stage.PROGRESS: gettext_lazy("Progress"),
    Stage.REMEDY: gettext_lazy("Remedy"),
    Stage.EXTERNAL: gettext_lazy("Outside body"),
    Stage.REPORT: gettext_lazy("Report to an authority"),
    Stage.APPEAL: gettext_lazy("Appeal"),
}
START_EVENTS: Mapping[StartEvent, Any] = {
    StartEvent.RECEIVED: gettext_lazy("from receipt"),
    StartEvent.ACCEPTED: gettext_lazy("from acceptance"),
    StartEvent.FORWARDED: gettext_lazy("from being passed on by an outside body"),
    StartEvent.RESPONDED: gettext_lazy("from the response"),
    StartEvent.TRIGGER: gettext_lazy("from the demand or its trigger"),
    StartEvent.DISCOVERED: gettext_lazy("from discovery"),
    StartEvent.SUSPECTED: gettext_lazy("from the suspicion"),
    StartEvent.OCCURRED: gettext_lazy("from the occurrence"),
    StartEvent.DECIDED: gettext_lazy("from the decision"),
    StartEvent.PLANNED: gettext_lazy("from the plan"),
    StartEvent.COMPLETED: gettext_lazy("from completion"),
    StartEvent.NOTIFIED: gettext_lazy("from the notice"),
}
PAUSE_REASONS: Mapping[PauseReason, Any] = {
    PauseReason.APPRAISAL: gettext_lazy("outside appraisal or testing"),
    PauseReason.MEDIATION: gettext_lazy("mediation"),
    PauseReason.WAITING_FOR_COMPLAINANT: gettext_lazy("waiting for the complainant"),
}
MET_BY: Mapping[MetBy, Any] = {
    MetBy.SENT: gettext_lazy("met when sent"),
    MetBy.DELIVERED: gettext_lazy("met when delivered"),
    MetBy.ACCEPTED: gettext_lazy("met when accepted or carried out"),
}


@dataclass(frozen=True)
class ClockLine:
    """A clock of a preset in words."""

    code: str
    name: str
    stage: str
    limit: str
    facts: list[str]
    note: str
    hard: bool
    enabled: bool
    principal: bool
    confidence: Confidence
    confidence_text: str


@dataclass(frozen=True)
class PresetPage:
    """A preset in words; `limit` is that of its principal clock, `status` says whether it holds.

    The status is enabled, off (nobody confirmed it), ended or coming.
    """

    preset: Preset
    name: str
    source: str
    limit: str
    status: str
    confidence_text: str
    duty: str
    notes: str
    clocks: list[ClockLine]


@dataclass(frozen=True)
class PresetGroup:
    """The presets of one jurisdiction."""

    code: str
    name: str
    presets: list[PresetPage]


def preset_pages(today: date) -> list[PresetGroup]:
    """Return all presets in words, by jurisdiction."""
    order = list(JURISDICTIONS)
    ordered = sorted(presets().values(), key=lambda preset: order.index(preset.jurisdiction))
    return [
        PresetGroup(code, str(JURISDICTIONS[code]), [_page(preset, today) for preset in group])
        for code, group in groupby(ordered, key=lambda preset: preset.jurisdiction)
    ]


def _page(preset: Preset, today: date) -> PresetPage:
    return PresetPage(
        preset=preset,
        name=spoken(preset.names),
        source=spoken(preset.legal_source),
        limit=spec_text(preset.clock().spec) if preset.clocks else "",
        status=_status(preset, today),
        confidence_text=str(CONFIDENCES[preset.confidence]),
        duty=spoken(preset.duty) if preset.duty else "",
        notes=spoken(preset.notes) if preset.notes else "",
        clocks=[_line(preset, clock) for clock in preset.clocks],
    )


def _status(preset: Preset, today: date) -> str:
    if not preset.enabled:
        return "off"
    if preset.effective_to and preset.effective_to < today:
        return "ended"
    return "enabled" if preset.in_force(today) else "coming"


def _line(preset: Preset, clock: Clock) -> ClockLine:
    confidence = preset.confidence_in(clock)
    return ClockLine(
        code=clock.code,
        name=spoken(clock.name),
        stage=str(STAGES[clock.stage]),
        limit=spec_text(clock.spec),
        facts=_facts(clock),
        note=spoken(clock.note) if clock.note else "",
        hard=clock.hard,
        enabled=preset.is_enabled(clock),
        principal=clock.code == preset.principal,
        confidence=confidence,
        confidence_text=str(CONFIDENCES[confidence]),
    )


def _facts(clock: Clock) -> list[str]:
    """Return what else is to be known of a clock, each in a few words."""
    facts = [str(START_EVENTS[clock.start_event]), str(MET_BY[clock.met_by])]
    if clock.unit.runs_by_the_day:
        facts.append(_("first day counted") if clock.day0_counts else _("first day not counted"))
    if clock.repeats:
        facts.append(_("again and again"))
    if clock.roll is Roll.NEXT_DAY_AFTER_HOLIDAY:
        facts.append(_("a last day on a holiday moves to the day after it"))
    if clock.roll is Roll.NEXT_WORK_DAY:
        facts.append(_("a last day off moves to the next working day"))
    if clock.extension:
        facts.append(_extension(clock))
    if clock.pause_reasons:
        comma = pgettext("between two items of a list", ", ")
        reasons = comma.join(str(PAUSE_REASONS[reason]) for reason in clock.pause_reasons)
        facts.append(_("stands still during: %(reasons)s") % {"reasons": reasons})
    return facts


def _extension(clock: Clock) -> str:
    extension = clock.extension
    if extension is None:
        return ""
    length = spec_text(ClockSpec(extension.unit, extension.max_amount))
    text = _("may be extended to %(length)s in all") % {"length": length}
    if extension.needs_approval:
        text += _(", with approval")
    if extension.needs_notice:
        text += _(", telling the complainant")
    return text
