"""The handling policy in words: its sections and fields, what is wrong with it, what changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from complaints import events
from complaints.rules.policy import Fault, completed
from complaints.states import Channel, Depth, PauseReason, Priority, Stage, Trigger
from compliance.rules import Roll, Unit

SECTION_WORDS: Mapping[str, Any] = {
    "calendar": _("Working calendar"),
    "default_priority": _("Priority before assessment"),
    "categories": _("Categories"),
    "wanted": _("Wanted information"),
    "priorities": _("Priorities"),
    "clocks": _("Time limits"),
    "escalation": _("Escalation"),
    "redress": _("Redress limits"),
    "silence": _("No reply"),
    "windows": _("Repeats and duplicates"),
    "follow_up": _("Follow-up"),
    "outside": _("Cases outside"),
    "routes": _("Other remedies"),
    "causes": _("Causes"),
    "emergency_words": _("Emergency words"),
    "emergency_triggers": _("Our own emergencies"),
    "fast_channel": _("Emergency channel"),
    "auto_acknowledge": _("Automatic acknowledgement"),
    "incidents": _("Incidents"),
    "statement_steps": _("Approval of statements"),
    "mail": _("Mail that comes in"),
    "emergency_phones": _("Emergency numbers"),
    "ways": _("Ways to complain"),
    "public": _("Complainant pages"),
}
FIELD_WORDS: Mapping[str, Any] = {
    "code": _("Code"),
    "parent": _("Belongs to"),
    "names": pgettext_lazy("of a thing", "Name"),
    "en": _("English"),
    "zh": _("Chinese"),
    "team": _("Team"),
    "meaning": _("Meaning"),
    "depth": _("Depth of investigation"),
    "needs_approval": _("Response needs approval"),
    "stage": _("Stage"),
    "unit": _("Unit"),
    "amount": pgettext_lazy("of time", "Amount"),
    "day0_counts": _("First day counts"),
    "roll": _("Last day on a day off"),
    "calendar": _("Calendar"),
    "hard": _("Legal time limit"),
    "preset": _("Source"),
    "confirmed": _("Compared with the source by"),
    "priorities": _("Priorities"),
    "channels": _("Channels"),
    "categories": _("Categories"),
    "pause_reasons": _("May pause for"),
    "extension_max": _("Longest extension in days"),
    "extension_needs_approval": _("Extension needs approval"),
    "level": _("Level"),
    "permission": _("Who is told"),
    "at_percent": _("At this share of the time, in percent"),
    "on_breach": _("When a time limit is missed"),
    "decide": _("What they decide"),
    "currency": _("Currency"),
    "owner": _("The owner may promise up to"),
    "approver": _("An approver may promise up to"),
    "days": _("Days without a reply"),
    "reminders": _("Reminders"),
    "first_reminder_after_days": _("First reminder after days"),
    "repeat_days": _("Repeat: days since closing"),
    "same_person_days": _("Same complainant: days since closing"),
    "duplicate_days": _("Duplicate: days since receipt"),
    "unmerge_days": _("A merge can be undone for days"),
    "gate": _("Order"),
    "attempts": _("Attempts"),
    "dissatisfied_at_most": _("Dissatisfied: at most so many points of 10"),
    "invite_after_days": _("Invitation by e-mail: days after closing"),
    "remind_after_days": _("One reminder: days after the invitation went out"),
    "answer_days": _("Then time to answer, in days; after that somebody calls"),
    "warn_days": _("Tell of deadlines and hearings: days ahead"),
    "automatic_complaints": _("A mail to a complaints address becomes a complaint by itself"),
    "automatic_letters": _("Automatic letters to one sender within a day, at most"),
    "kind": _("Kind"),
    "how": _("How to go about it"),
    "complaints": _("Complaints with the same problem that suggest an incident"),
    "within_days": _("Within so many days"),
    "persons": _("Persons jointly that suggest an incident"),
    "growth": _("New complaints that bring a dismissed suggestion back"),
    "alike": _("What they must have in common beside the problem"),
    "representatives": _("Representatives of one incident at most"),
    "minutes": _("Minutes"),
    "audiences": _("For statements to"),
    "words": _("Words that suggest it"),
    "call_every_minutes": _("Call the next level after minutes"),
    "decide_reports_hours": _("Decide on reports to authorities within hours"),
    "review_work_days": _("Review within working days"),
    "test_every_months": _("Test the rota every so many months"),
    "drill_every_months": _("Hold a drill every so many months"),
    "reports": _("Duties to report that are decided about"),
    "number": _("Phone number"),
    "channel": _("Channel"),
    "link_days": _("A personal link works for days"),
    "code_link_hours": _("A link opened with reference and code works for hours"),
    "links_a_day": _("Links sent again for one complaint, a day at most"),
    "reopen_days": _("Reopening may be asked for, days since closing"),
    **dict(Trigger.choices),
    **dict(Channel.choices),
}
WANTED_WORDS: Mapping[str, Any] = {
    "complainant_name": _("Name of the complainant"),
    "contact": _("A way to reach the complainant"),
    "customer_number": _("Customer number"),
    "product": _("Product or service"),
    "order_number": _("Order or contract number"),
    "site": _("Site"),
    "category": _("Category"),
    "occurred_at": _("When it happened"),
    "remedy_sought": _("Remedy sought"),
}
UNIT_WORDS: Mapping[str, Any] = {
    Unit.MINUTE: _("minutes"),
    Unit.HOUR: _("hours"),
    Unit.BUSINESS_HOUR: _("working hours"),
    Unit.WORK_DAY: _("working days"),
    Unit.CAL_DAY: _("calendar days"),
    Unit.WEEK: _("weeks"),
    Unit.MONTH: _("months"),
}
ROLL_WORDS: Mapping[str, Any] = {
    Roll.NONE: _("stays"),
    Roll.NEXT_DAY_AFTER_HOLIDAY: _("moves to the day after a holiday by law"),
    Roll.NEXT_WORK_DAY: _("moves to the next working day"),
}
PERMISSION_WORDS: Mapping[str, Any] = {
    "complaints.investigate": _("Those who handle complaints"),
    "complaints.assign": _("Managers of the site or team"),
    "complaints.approve": _("Those who approve responses"),
    "policy.edit": _("Quality management"),
    "policy.approve": _("Top management and quality management"),
    "incidents.manage": _("Those who manage incidents"),
    "incidents.approve_legal": _("Those who approve for legal matters"),
    "incidents.approve_quality": _("Those who approve for quality management"),
    "incidents.approve_top": _("Top management"),
}
ALIKE_WORDS: Mapping[str, Any] = {
    "product": _("The product"),
    "site": _("The site"),
}
AUDIENCE_WORDS: Mapping[str, Any] = {
    "staff": pgettext_lazy("audience", "Staff"),
    "regulator": pgettext_lazy("audience", "Regulator"),
    "customers": pgettext_lazy("audience", "Customers"),
    "media": pgettext_lazy("audience", "Media"),
}
ROUTE_KIND_WORDS: Mapping[str, Any] = {
    "internal": pgettext_lazy("route", "Internal review"),
    "mediation": pgettext_lazy("route", "Mediation"),
    "regulator": pgettext_lazy("route", "Regulator"),
    "arbitration": pgettext_lazy("route", "Arbitration"),
    "court": pgettext_lazy("route", "Court"),
}
GATE_WORDS: Mapping[str, Any] = {
    "after_close": _("Follow up after closing"),
    "before_close": _("Follow up before closing"),
}
_VALUE_WORDS: Mapping[str, Mapping[str, Any]] = {
    "depth": dict(Depth.choices),
    "stage": dict(Stage.choices),
    "unit": UNIT_WORDS,
    "roll": ROLL_WORDS,
    "priorities": dict(Priority.choices),
    "default_priority": dict(Priority.choices),
    "channels": dict(Channel.choices),
    "auto_acknowledge": dict(Channel.choices),
    "pause_reasons": dict(PauseReason.choices),
    "permission": PERMISSION_WORDS,
    "kind": ROUTE_KIND_WORDS,
    "gate": GATE_WORDS,
    "wanted": WANTED_WORDS,
    "alike": ALIKE_WORDS,
    "audiences": AUDIENCE_WORDS,
}
FAULT_WORDS: Mapping[str, Any] = {
    "missing": _("This is missing."),
    "extra_forbidden": _("The policy has no such field."),
    "string_too_short": _("This is empty."),
    "string_too_long": _("This has more than %(max_length)s characters."),
    "string_pattern_mismatch": _(
        "A code begins with a small letter or digit and goes on with small letters, digits, "
        "dots, dashes or underscores, 60 at most; a currency is three capital letters."
    ),
    "literal_error": _("Choose one of: %(expected)s."),
    "enum": _("Choose one of: %(expected)s."),
    "int_parsing": _("Enter a whole number."),
    "int_type": _("Enter a whole number."),
    "int_from_float": _("Enter a whole number."),
    "greater_than_equal": _("At least %(ge)s."),
    "less_than_equal": _("At most %(le)s."),
    "bool_parsing": _("Say true or false."),
    "bool_type": _("Say true or false."),
    "string_type": _("Enter a text."),
    "decimal_parsing": _("Enter an amount, such as 500.00."),
    "decimal_type": _("Enter an amount, such as 500.00."),
    "decimal_max_digits": _("Enter an amount of at most 12 digits."),
    "decimal_max_places": _("Enter an amount with at most two decimal places."),
    "decimal_whole_digits": _("Enter an amount of at most 12 digits."),
    "tuple_type": _("This must be a list."),
    "too_short": _("There must be at least %(min_length)s."),
    "model_type": _("This must be a group of fields."),
    "dict_type": _("This must be a group of fields."),
    # our own rules
    "hard_waits": _("A legal time limit does not wait for the complainant."),
    "hours_never_roll": _("Time limits in hours or minutes do not move at their end."),
    "approver_below_owner": _("An approver may promise at least as much as an owner."),
    "reminder_after_end": _("The first reminder must go out before the silence ends."),
    "twice": _("The code %(value)s appears twice."),
    "priorities_incomplete": _("Exactly P0, P1, P2 and P3 must be described."),
    "top_class_missing": _("The fixed top class “%(value)s” is missing."),
    "unknown_parent": _("There is no category “%(value)s” that it could belong to."),
    "under_itself": _("A category cannot belong to itself."),
    "not_under_top_class": _("Every category belongs to one of the four top classes."),
    "unknown_category": _("There is no category “%(value)s”."),
    "no_acknowledge_clock": _(
        "%(priority)s lacks a time limit for acknowledging that holds for every channel and "
        "category."
    ),
    "no_respond_clock": _(
        "%(priority)s lacks a time limit for responding that holds for every channel and category."
    ),
    "level_gap": _("Levels run 1, 2, 3 … without gaps: this one should be %(expected)s."),
    "unknown_team": _("There is no active team “%(value)s”."),
    "unknown_calendar": _("There is no working calendar “%(value)s”."),
    "unknown_preset": _("There is no preset “%(value)s”."),
    "unconfirmed": _(
        "Nobody has confirmed these figures: say who compared them with the source, and when."
    ),
    "unknown_permission": _("No role carries “%(value)s”: nobody would be told."),
}
EVENT_WORDS: Mapping[str, Any] = {
    events.POLICY_DRAFTED: _("Drafted"),
    events.POLICY_CHANGED: _("Changed"),
    events.POLICY_SUBMITTED: _("Handed in for approval"),
    events.POLICY_APPROVED: _("Approved"),
    events.POLICY_REJECTED: _("Rejected"),
    events.POLICY_DISCARDED: _("Discarded"),
    events.POLICY_IN_FORCE: _("Took effect"),
}
_OTHERWISE = _("This value is not possible here.")
_CODED = (
    *("categories", "priorities", "clocks", "escalation"),
    *("routes", "causes", "statement_steps", "emergency_triggers"),
)
_WITHOUT_CODES = ("emergency_phones", "ways")


def fault_text(fault: Fault) -> Any:
    """Return the sentence for a fault, to be spoken in the reader's language."""
    text = FAULT_WORDS.get(fault.code, _OTHERWISE)
    return text % dict(fault.params) if "%(" in str(text) else text


def path_text(path: str) -> str:
    """Return where a path like `clocks.3.amount` leads, in words."""
    if not path:
        return str(_("The whole policy"))
    parts = path.split(".")
    words = [str(SECTION_WORDS.get(parts[0], parts[0]))]
    for part in parts[1:]:
        if part.isdigit():
            words.append(str(_("row %(number)s") % {"number": int(part) + 1}))
        else:
            words.append(str(FIELD_WORDS.get(part) or WANTED_WORDS.get(part, part)))
    return " › ".join(words)


# --- what changed ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One thing that two versions say differently, with words for where it stands."""

    path: str
    old: str
    new: str
    words: str

    @property
    def kind(self) -> str:
        """Return whether it is new, gone or changed."""
        if not self.old:
            return "added"
        return "changed" if self.new else "removed"


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Return what two contents say differently, in the order of the policy's sections."""
    old, new = completed(old), completed(new)
    found: list[Difference] = []
    old, new = completed(old), completed(new)
    for section in SECTION_WORDS:
        if old.get(section) == new.get(section):
            continue
        if section in _CODED:
            found += _among(section, old.get(section, []), new.get(section, []))
        else:
            where = (section, [str(SECTION_WORDS[section])])
            # A version older than the section itself says nothing there.
            found += _between(*where, *(_plain(section, said.get(section)) for said in (old, new)))
    return found


def _plain(section: str, value: Any) -> Any:
    """Return a list of things without codes as a list of lines; everything else as it is."""
    if section not in _WITHOUT_CODES:
        return value if value is not None else {}
    return [item_text(section, item) for item in value or []]


def _among(section: str, old: list[Any], new: list[Any]) -> Iterator[Difference]:
    """Compare two lists of things with codes: what came, what went, what changed within."""
    before, after = _by_code(old), _by_code(new)
    title = str(SECTION_WORDS[section])
    for code in dict.fromkeys((*before, *after)):
        path = f"{section}.{code}"
        named = after.get(code) or before[code]
        words = [title, _spoken(named["names"])]
        if code in before and code in after:
            yield from _between(path, words, before[code], after[code])
        else:
            gone, come = before.get(code), after.get(code)
            yield Difference(
                path,
                item_text(section, gone) if gone else "",
                item_text(section, come) if come else "",
                " › ".join(words),
            )
    kept_before, kept_after = (
        [c for c in a if c in b] for a, b in ((before, after), (after, before))
    )
    if kept_before != kept_after:
        yield Difference(section, ", ".join(kept_before), ", ".join(kept_after), title)


def _by_code(items: list[Any]) -> dict[str, Any]:
    return {str(item.get("code", item.get("level"))): item for item in items}


def _between(path: str, words: list[str], old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            label = str(FIELD_WORDS.get(key, key))
            yield from _between(f"{path}.{key}", [*words, label], old.get(key), new.get(key))
        return
    yield Difference(
        path, value_text(path, old) or "–", value_text(path, new) or "–", " › ".join(words)
    )


def value_text(path: str, value: Any) -> str:
    """Return a value of the policy in words of the present language."""
    parts = path.split(".")
    table = _VALUE_WORDS.get("wanted" if parts[0] == "wanted" else parts[-1], {})
    if isinstance(value, list | tuple):
        comma = pgettext("between two items of a list", ", ")
        return comma.join(str(table.get(item, item)) for item in value)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return "" if value is None else str(table.get(value, value))


def item_text(section: str, item: Mapping[str, Any]) -> str:
    """Return an item of a list in one line, for what was added or taken away."""
    if section == "ways":
        way = {"name": dict(Channel.choices).get(item["channel"], ""), "how": _spoken(item["how"])}
        return str(_("%(name)s: %(how)s") % way)
    name = _spoken(item["names"])
    if section == "emergency_phones":
        return str(_("%(name)s: %(number)s") % {"name": name, "number": item["number"]})
    if section == "clocks":
        unit = UNIT_WORDS.get(item["unit"], item["unit"])
        limit = {"name": name, "amount": item["amount"], "unit": unit}
        return str(_("%(name)s: %(amount)s %(unit)s") % limit)
    coded = _("%(name)s (%(code)s)") % {"name": name, "code": item.get("code", "")}
    return str(coded) if "code" in item else name


def _spoken(names: Mapping[str, str]) -> str:
    return names["zh"] if (translation.get_language() or "").startswith("zh") else names["en"]
