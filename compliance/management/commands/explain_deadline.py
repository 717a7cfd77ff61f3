"""`manage.py explain_deadline`: say when a clock ends and why, as JSON."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils import timezone

from compliance.models import Calendar
from compliance.rules.clocks import ClockSpec, Pause, Roll, Unit
from compliance.rules.presets import Clock, Preset
from compliance.selectors import as_dict, explain, load_calendar, presets, spoken

Options = Mapping[str, Any]


class Command(BaseCommand):
    """Reckon a deadline from a preset or from a unit and an amount."""

    help = "Print as JSON when a clock ends (due_at, due_date) and why (steps)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--preset", metavar="CODE", help="a regime, like CN-BANK-INS")
        what.add_argument("--unit", choices=[unit.value for unit in Unit])
        parser.add_argument("--clock", metavar="CODE", help="one clock of the preset")
        parser.add_argument("--amount", type=int, metavar="N")
        parser.add_argument("--calendar", metavar="CODE", help="CN or weekdays")
        parser.add_argument("--tz", metavar="ZONE", help="time zone of the calendar weekdays")
        parser.add_argument("--start", required=True, metavar="RFC3339")
        parser.add_argument("--day0", choices=["counted", "excluded"])
        parser.add_argument("--roll", choices=[roll.value for roll in Roll])
        parser.add_argument(
            "--pause",
            nargs="+",
            action="extend",
            default=[],
            metavar="START/END",
            help="a lawful pause; without END it still runs; may be repeated",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the answer."""
        _demand_fitting(options)
        start = _instant("--start", options["start"])
        pauses = [_pause(text) for text in options["pause"]]
        if options["preset"]:
            answer = _by_preset(options, start, pauses)
        else:
            spec = _spec("--amount", options, options["unit"], options["amount"])
            answer = _reckon(spec, options["calendar"], options, start, pauses)
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))


def _demand_fitting(options: Options) -> None:
    """Refuse options that do not go together."""
    if options["preset"]:
        if options["amount"] is not None:
            raise CommandError("--amount: goes with --unit, not with --preset")
        return
    for name in ("amount", "calendar"):
        if options[name] is None:
            raise CommandError(f"--{name}: is needed with --unit")
    if options["clock"]:
        raise CommandError("--clock: goes with --preset, not with --unit")


def _by_preset(options: Options, start: datetime, pauses: list[Pause]) -> dict[str, Any]:
    preset = presets().get(options["preset"])
    if preset is None:
        raise CommandError(f"--preset: {options['preset']} is not one of {', '.join(presets())}")
    if not preset.clocks:
        raise CommandError(f"--preset: {preset.code} is a duty without a time limit in figures")
    try:
        chosen = preset.clock(options["clock"])
    except LookupError:
        codes = ", ".join(clock.code for clock in preset.clocks)
        raise CommandError(f"--clock: {options['clock']} is not one of {codes}") from None
    answer = _by_clock(preset, chosen, options, start, pauses)
    if not options["clock"]:
        answer["clocks"] = [
            _by_clock(preset, clock, options, start, pauses) for clock in preset.clocks
        ]
    return answer


def _by_clock(
    preset: Preset, clock: Clock, options: Options, start: datetime, pauses: list[Pause]
) -> dict[str, Any]:
    spec = _spec("--preset", options, clock.unit, clock.amount, clock.spec)
    calendar = options["calendar"] or clock.calendar
    return {
        "preset": preset.code,
        "clock": clock.code,
        "name": spoken(clock.name),
        "stage": clock.stage.value,
        "start_event": clock.start_event.value,
        "confidence": preset.confidence_in(clock).value,
        "enabled": preset.is_enabled(clock),
        "in_force": preset.in_force(start.date()),
        **_reckon(spec, calendar, options, start, pauses),
    }


def _spec(
    option: str, options: Options, unit: str, amount: int, preset: ClockSpec | None = None
) -> ClockSpec:
    day0 = preset is not None and preset.day0_counts
    if options["day0"]:
        day0 = options["day0"] == "counted"
    roll = options["roll"] or (preset.roll if preset else Roll.NONE)
    try:
        return ClockSpec(Unit(unit), amount, day0_counts=day0, roll=Roll(roll))
    except ValueError as fault:
        raise CommandError(f"{option}: {fault}") from fault


def _reckon(
    spec: ClockSpec, code: str, options: Options, start: datetime, pauses: list[Pause]
) -> dict[str, Any]:
    try:
        calendar = load_calendar(code)
    except Calendar.DoesNotExist:
        codes = ", ".join(Calendar.objects.values_list("code", flat=True))
        raise CommandError(f"--calendar: {code} is not one of {codes}") from None
    except (OperationalError, ProgrammingError) as fault:
        raise CommandError(f"the database is not migrated yet: {fault}") from fault
    if options["tz"]:
        calendar = calendar.in_zone(_zone(code, options))
    try:
        return as_dict(explain(spec, start, calendar, pauses, timezone.now()))
    except (ValueError, OverflowError) as fault:
        raise CommandError(f"--amount: the clock ends beyond the calendar ({fault})") from fault


def _zone(code: str, options: Options) -> str:
    zone = str(options["tz"])
    if Calendar.objects.get(code=code).tz:
        raise CommandError(f"--tz: the calendar {code} has a time zone of its own")
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError):
        raise CommandError(f"--tz: there is no time zone {zone}") from None


def _instant(option: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        example = "2026-03-02T09:00:00+08:00"
        raise CommandError(f"{option}: {text} is not an instant like {example}") from None
    if at.tzinfo is None:
        raise CommandError(f"{option}: {text} needs its offset, like +08:00 or Z")
    return at


def _pause(text: str) -> Pause:
    begin, slash, end = text.partition("/")
    if not slash:
        raise CommandError(f"--pause: {text} is not START/END")
    first = _instant("--pause", begin)
    last = _instant("--pause", end) if end else None
    try:
        return Pause(first, last)
    except ValueError as fault:
        raise CommandError(f"--pause: {text}: {fault}") from fault
