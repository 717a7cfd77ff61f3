"""What the pages of the handling policy take in: one form or set of rows per section of a draft.

The forms read and show; whether a content holds is decided by complaints.rules.policy alone, whose
faults come back to the fields they name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from complaints.rules.policy import LONGEST_WORD, ROUND_THE_CLOCK, TOP_CLASSES, completed
from complaints.selectors.policy_words import (
    ALIKE_WORDS,
    AUDIENCE_WORDS,
    FIELD_WORDS,
    GATE_WORDS,
    PERMISSION_WORDS,
    ROLL_WORDS,
    ROUTE_KIND_WORDS,
    SECTION_WORDS,
    UNIT_WORDS,
    WANTED_WORDS,
)
from complaints.states import Channel, Depth, PauseReason, Priority, Stage, Trigger
from compliance.rules import ClockSpec
from compliance.rules.presets import Stage as ReportStage
from compliance.selectors import presets, spec_text, spoken
from compliance.selectors.calendars import calendars

Content = dict[str, Any]
MAX_ROWS = 300
MAX_UPLOAD_BYTES = 512 * 1024
NAME_LENGTH = 300
TEXT_LENGTH = 1000
WORDS_HELP = format_lazy(
    _(
        "One per line or with commas between, {most} characters each at most. "
        "A Latin word is found at the beginning of words, a Chinese one anywhere."
    ),
    most=LONGEST_WORD,
)
_SEPARATORS = "\n,，、;；"


def _calendar_choices(*, with_clock: bool) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [(item.code, str(item)) for item in calendars()]
    return [(ROUND_THE_CLOCK, _("round the clock")), *found] if with_clock else found


def _preset_choices() -> list[tuple[str, Any]]:
    named = [(code, f"{code} · {spoken(preset.names)}") for code, preset in presets().items()]
    return [("", _("our own promise")), *named]


def _report_choices() -> list[tuple[str, Any]]:
    """Return the presets about reports to authorities, whether they are on or not."""
    return [
        (code, f"{spoken(preset.names)} · {code}")
        for code, preset in presets().items()
        if preset.duty or any(clock.stage == ReportStage.REPORT for clock in preset.clocks)
    ]


def _team_choices() -> list[tuple[str, Any]]:
    teams = Team.objects.filter(active=True)
    return [("", "–"), *((team.code, str(team)) for team in teams)]


def _words(codes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(codes.items())


def _several(label: Any, choices: Any, **more: Any) -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple()
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=widget, **more
    )


def _name(language: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=language, max_length=NAME_LENGTH, **more)


def _text(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )


def _code(**more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=FIELD_WORDS["code"], max_length=60, widget=widget, **more)


class Row(forms.Form):
    """A row of a list: reads an item of the content, writes it back."""

    # Fields of the content that stand in a group of their own: field name to (group, key).
    grouped: ClassVar[Mapping[str, tuple[str, str]]] = {
        "names_en": ("names", "en"),
        "names_zh": ("names", "zh"),
    }
    optional: ClassVar[frozenset[str]] = frozenset()  # empty means none

    @classmethod
    def initial_of(cls, item: Mapping[str, Any]) -> Content:
        """Return what the fields show for an item."""
        shown = dict(item)
        for name, (group, key) in cls.grouped.items():
            shown[name] = item.get(group, {}).get(key, "")
        return shown

    def item(self) -> Content:
        """Return the item that the fields say."""
        said: Content = {}
        for name, value in self.cleaned_data.items():
            if name in self.grouped:
                group, key = self.grouped[name]
                said.setdefault(group, {})[key] = value
            else:
                said[name] = None if name in self.optional and value in {"", None} else value
        return said

    @property
    def shown(self) -> Content:
        """Return what stands in the fields now, checked or not."""
        return {name: self[name].value() for name in self.fields}

    @property
    def title(self) -> str:
        """Return how the row is called in its list."""
        return " · ".join(
            str(self[name].value()) for name in ("names_en", "names_zh") if self[name].value()
        )


class CategoryRow(Row):
    """A class of complaint. The code and place of the four top classes are fixed."""

    optional = frozenset({"parent", "team"})

    code = _code()
    parent = forms.CharField(label=FIELD_WORDS["parent"], max_length=60, required=False)
    names_en = _name(_("English"))
    names_zh = _name(_("Chinese"))
    team = forms.ChoiceField(label=FIELD_WORDS["team"], choices=_team_choices, required=False)

    @property
    def is_top(self) -> bool:
        """Return whether this is one of the four fixed classes."""
        return self["code"].value() in TOP_CLASSES and not self["parent"].value()


class PriorityRow(Row):
    """What a priority means."""

    grouped = {
        **Row.grouped,
        "meaning_en": ("meaning", "en"),
        "meaning_zh": ("meaning", "zh"),
    }

    code = forms.CharField(widget=forms.HiddenInput)
    names_en = _name(_("Name in English"))
    names_zh = _name(_("Name in Chinese"))
    meaning_en = _text(_("Meaning in English"))
    meaning_zh = _text(_("Meaning in Chinese"))
    depth = forms.ChoiceField(label=FIELD_WORDS["depth"], choices=Depth.choices[1:])
    needs_approval = forms.BooleanField(label=FIELD_WORDS["needs_approval"], required=False)


class ClockRow(Row):
    """A time limit."""

    optional = frozenset({"preset", "confirmed", "extension_max"})

    code = _code()
    names_en = _name(_("Name in English"))
    names_zh = _name(_("Name in Chinese"))
    stage = forms.ChoiceField(label=FIELD_WORDS["stage"], choices=Stage)
    amount = forms.IntegerField(label=FIELD_WORDS["amount"], min_value=1, max_value=3650)
    unit = forms.ChoiceField(label=FIELD_WORDS["unit"], choices=partial(_words, UNIT_WORDS))
    calendar = forms.ChoiceField(
        label=FIELD_WORDS["calendar"], choices=partial(_calendar_choices, with_clock=True)
    )
    day0_counts = forms.BooleanField(label=FIELD_WORDS["day0_counts"], required=False)
    roll = forms.ChoiceField(label=FIELD_WORDS["roll"], choices=partial(_words, ROLL_WORDS))
    hard = forms.BooleanField(
        label=FIELD_WORDS["hard"],
        required=False,
        help_text=_("Demanded by law or contract; otherwise it is our own promise."),
    )
    preset = forms.ChoiceField(label=FIELD_WORDS["preset"], choices=_preset_choices, required=False)
    confirmed = forms.CharField(
        label=FIELD_WORDS["confirmed"],
        max_length=200,
        required=False,
        help_text=_("Name and day; needed where the source's figures are not confirmed."),
    )
    priorities = _several(FIELD_WORDS["priorities"], Priority, help_text=_("None chosen: all."))
    channels = _several(FIELD_WORDS["channels"], Channel, help_text=_("None chosen: all."))
    categories = forms.CharField(
        label=FIELD_WORDS["categories"],
        required=False,
        help_text=_("Codes, with commas between; with a class go those below it. Empty: all."),
    )
    pause_reasons = _several(FIELD_WORDS["pause_reasons"], PauseReason)
    extension_max = forms.IntegerField(
        label=FIELD_WORDS["extension_max"],
        min_value=1,
        required=False,
        help_text=_("Empty: cannot be extended."),
    )
    extension_needs_approval = forms.BooleanField(
        label=FIELD_WORDS["extension_needs_approval"], required=False
    )

    @property
    def limit(self) -> str:
        """Return the time limit in words, as far as it can be read."""
        try:
            return spec_text(ClockSpec(self["unit"].value(), int(self["amount"].value())))
        except (TypeError, ValueError):
            return ""

    @classmethod
    def initial_of(cls, item: Mapping[str, Any]) -> Content:
        """Show the categories as one line."""
        return {**super().initial_of(item), "categories": ", ".join(item["categories"])}

    def item(self) -> Content:
        """Read the line of categories as a list."""
        return {**super().item(), "categories": split(self.cleaned_data["categories"])}


class EscalationRow(Row):
    """A rung of the ladder; its level is its place."""

    grouped = {**Row.grouped, "decide_en": ("decide", "en"), "decide_zh": ("decide", "zh")}
    optional = frozenset({"at_percent"})

    names_en = _name(_("Name in English"))
    names_zh = _name(_("Name in Chinese"))
    permission = forms.ChoiceField(
        label=FIELD_WORDS["permission"], choices=partial(_words, PERMISSION_WORDS)
    )
    at_percent = forms.IntegerField(
        label=FIELD_WORDS["at_percent"], min_value=1, max_value=100, required=False
    )
    on_breach = forms.BooleanField(label=FIELD_WORDS["on_breach"], required=False)
    decide_en = _text(_("What they decide, in English"))
    decide_zh = _text(_("What they decide, in Chinese"))


class RouteRow(Row):
    """Another way to seek redress."""

    grouped = {**Row.grouped, "how_en": ("how", "en"), "how_zh": ("how", "zh")}

    code = _code()
    kind = forms.ChoiceField(label=FIELD_WORDS["kind"], choices=partial(_words, ROUTE_KIND_WORDS))
    names_en = _name(_("Name in English"))
    names_zh = _name(_("Name in Chinese"))
    how_en = _text(_("How to go about it, in English"))
    how_zh = _text(_("How to go about it, in Chinese"))


class CauseRow(Row):
    """A class of root cause."""

    code = _code()
    names_en = _name(_("English"))
    names_zh = _name(_("Chinese"))


class StatementStepRow(Row):
    """A link of the chain that approves statements; its place is its turn."""

    code = _code()
    names_en = _name(_("Name in English"))
    names_zh = _name(_("Name in Chinese"))
    permission = forms.ChoiceField(
        label=_("Who approves"), choices=partial(_words, PERMISSION_WORDS)
    )
    minutes = forms.IntegerField(label=FIELD_WORDS["minutes"], min_value=1, max_value=1440)
    audiences = _several(
        FIELD_WORDS["audiences"],
        partial(_words, AUDIENCE_WORDS),
        help_text=_("None chosen: all."),
    )


class EmergencyPhoneRow(Row):
    """A number to call in danger."""

    names_en = _name(_("Name in English"))
    names_zh = _name(_("Name in Chinese"))
    number = forms.CharField(label=FIELD_WORDS["number"], max_length=40)


class WayRow(Row):
    """How one complains through a channel."""

    grouped = {"how_en": ("how", "en"), "how_zh": ("how", "zh")}

    channel = forms.ChoiceField(label=FIELD_WORDS["channel"], choices=Channel)

    @property
    def title(self) -> str:
        """Return the channel."""
        return str(dict(Channel.choices).get(self["channel"].value(), ""))

    how_en = _text(_("How to go about it, in English"))
    how_zh = _text(_("How to go about it, in Chinese"))


# --- sections that are one form ----------------------------------------------------------------


class Single(forms.Form):
    """A form over parts of the content; a field is called like its path, joined by underscores."""

    sections: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def initial_of(cls, content: Content) -> Content:
        """Return what the fields show."""
        shown: Content = {}
        for section in cls.sections:
            value = content.get(section)
            if isinstance(value, dict):
                shown |= {f"{section}_{key}": item for key, item in value.items()}
            else:
                shown[section] = value
        return shown

    def parts(self) -> Content:
        """Return the sections of the content that the fields say."""
        said: Content = {}
        for name, value in self.cleaned_data.items():
            section = next(s for s in self.sections if name == s or name.startswith(f"{s}_"))
            if name == section:
                said[section] = value
            else:
                said.setdefault(section, {})[name.removeprefix(f"{section}_")] = value
        return said

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Return the fields by section, for the page."""
        return [
            (
                SECTION_WORDS[section],
                [self[n] for n in self.fields if n == section or n.startswith(f"{section}_")],
            )
            for section in self.sections
        ]


def _days(
    name: str, most: int = 3650, least: int = 1, *, first: int | None = None
) -> forms.IntegerField:
    """Return a field of days; `first` is what a policy from before the field existed shows."""
    return forms.IntegerField(
        label=FIELD_WORDS[name], min_value=least, max_value=most, initial=first
    )


def _money(name: str) -> forms.DecimalField:
    return forms.DecimalField(label=FIELD_WORDS[name], min_value=0, max_digits=12, decimal_places=2)


class BasicsForm(Single):
    """Calendar, first priority, limits of redress, silence, windows, follow-up."""

    sections = (
        "calendar",
        "default_priority",
        "redress",
        "silence",
        "windows",
        "follow_up",
        "outside",
        "auto_acknowledge",
        "mail",
    )

    calendar = forms.ChoiceField(
        label=SECTION_WORDS["calendar"], choices=partial(_calendar_choices, with_clock=False)
    )
    default_priority = forms.ChoiceField(label=SECTION_WORDS["default_priority"], choices=Priority)
    redress_currency = forms.CharField(label=FIELD_WORDS["currency"], min_length=3, max_length=3)
    redress_owner = _money("owner")
    redress_approver = _money("approver")
    silence_days = _days("days", 365)
    silence_reminders = _days("reminders", 9)
    silence_first_reminder_after_days = _days("first_reminder_after_days", 365)
    windows_repeat_days = _days("repeat_days")
    windows_same_person_days = _days("same_person_days")
    windows_duplicate_days = _days("duplicate_days", 365)
    windows_unmerge_days = _days("unmerge_days", 365)
    follow_up_gate = forms.ChoiceField(
        label=FIELD_WORDS["gate"], choices=partial(_words, GATE_WORDS)
    )
    follow_up_attempts = _days("attempts", 9)
    follow_up_dissatisfied_at_most = _days("dissatisfied_at_most", 10)
    follow_up_invite_after_days = forms.IntegerField(
        label=FIELD_WORDS["invite_after_days"],
        min_value=0,
        max_value=90,
        required=False,
        help_text=_("Empty: nobody is invited by e-mail, people call."),
    )
    follow_up_remind_after_days = _days("remind_after_days", 60, first=5)
    follow_up_answer_days = _days("answer_days", 60, first=5)
    outside_warn_days = _days("warn_days", 60, first=3)
    auto_acknowledge = _several(
        FIELD_WORDS["channels"],
        Channel,
        help_text=_("Acknowledged by e-mail at once where an address is known."),
    )
    mail_automatic_complaints = forms.BooleanField(
        label=FIELD_WORDS["automatic_complaints"],
        required=False,
        help_text=_("Otherwise every mail that fits no complaint waits for a person."),
    )
    mail_automatic_letters = _days("automatic_letters", 50, least=0)


class IncidentsForm(Single):
    """When many complaints suggest one cause, and how many may speak for all."""

    sections = ("incidents",)

    incidents_complaints = _days("complaints", 1000, 2)
    incidents_within_days = _days("within_days", 90)
    incidents_alike = _several(FIELD_WORDS["alike"], partial(_words, ALIKE_WORDS))
    incidents_persons = _days("persons", 1000, 2)
    incidents_growth = _days("growth", 1000)
    incidents_representatives = _days("representatives", 20)


class PublicForm(Single):
    """What complainants are offered without an account."""

    sections = ("public",)

    public_link_days = _days("link_days")
    public_code_link_hours = _days("code_link_hours", 720)
    public_links_a_day = _days("links_a_day", 50)
    public_reopen_days = _days("reopen_days")


class WantedForm(Single):
    """Which information is wanted in which channel: a grid of ticks."""

    sections = ("wanted",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make a row of ticks per channel."""
        super().__init__(*args, **kwargs)
        for channel in Channel:
            self.fields[f"wanted_{channel.value}"] = _several(
                channel.label, partial(_words, WANTED_WORDS)
            )

    @property
    def columns(self) -> list[Any]:
        """Return the heads of the grid."""
        return list(WANTED_WORDS.values())


class WordsForm(Single):
    """The words that suggest an emergency, one per line."""

    sections = ("emergency_words",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make a field per trigger."""
        super().__init__(*args, **kwargs)
        for trigger in Trigger:
            self.fields[f"emergency_words_{trigger.value}"] = forms.CharField(
                label=trigger.label,
                required=False,
                widget=forms.Textarea(attrs={"rows": 8}),
                help_text=WORDS_HELP,
            )

    @classmethod
    def initial_of(cls, content: Content) -> Content:
        """Show a word per line."""
        words = super().initial_of(content)
        return {name: "\n".join(value) for name, value in words.items()}

    def parts(self) -> Content:
        """Read the lines as lists."""
        said = super().parts()["emergency_words"]
        return {"emergency_words": {key: split(text) for key, text in said.items()}}


class TriggerRow(Row):
    """What else makes an emergency here, with the words that suggest it."""

    code = _code()
    names_en = _name(_("Name in English"))
    names_zh = _name(_("Name in Chinese"))
    words = forms.CharField(
        label=FIELD_WORDS["words"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=WORDS_HELP,
    )

    @classmethod
    def initial_of(cls, item: Mapping[str, Any]) -> Content:
        """Show a word per line."""
        words = item.get("words") or ()
        shown = words if isinstance(words, str) else "\n".join(words)
        return {**super().initial_of(item), "words": shown}

    def item(self) -> Content:
        """Read the lines as a list."""
        return {**super().item(), "words": split(self.cleaned_data["words"])}


class FastChannelForm(Single):
    """How emergencies are called, reported and learnt from."""

    sections = ("fast_channel",)

    fast_channel_call_every_minutes = _days("call_every_minutes", 240)
    fast_channel_decide_reports_hours = _days("decide_reports_hours", 240)
    fast_channel_review_work_days = _days("review_work_days", 90)
    fast_channel_test_every_months = _days("test_every_months", 24)
    fast_channel_drill_every_months = _days("drill_every_months", 36)
    fast_channel_reports = forms.MultipleChoiceField(
        label=FIELD_WORDS["reports"],
        choices=_report_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("In every emergency somebody decides whether each of these applies."),
    )


def split(text: str) -> list[str]:
    """Return what stands between commas or line ends, once each, in order."""
    for mark in _SEPARATORS[1:]:
        text = text.replace(mark, _SEPARATORS[0])
    parts = (part.strip() for part in text.split(_SEPARATORS[0]))
    return list(dict.fromkeys(part for part in parts if part))


# --- the sections of the edit page ---------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """A page of the draft: one form, or rows of one form; `fixed` rows neither come nor go."""

    code: str
    title: Any
    form: type[Single] | None = None
    row: type[Row] | None = None
    fixed: bool = False
    blank: Callable[[], Content] = dict

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of the content that this section edits."""
        return self.form.sections if self.form else (self.code,)


SECTIONS: Mapping[str, Section] = {
    section.code: section
    for section in (
        Section("basics", _("Basics"), form=BasicsForm),
        Section("categories", SECTION_WORDS["categories"], row=CategoryRow),
        Section("wanted", SECTION_WORDS["wanted"], form=WantedForm),
        Section("priorities", SECTION_WORDS["priorities"], row=PriorityRow, fixed=True),
        Section(
            "clocks",
            SECTION_WORDS["clocks"],
            row=ClockRow,
            blank=lambda: {"calendar": ROUND_THE_CLOCK, "extension_needs_approval": True},
        ),
        Section("escalation", SECTION_WORDS["escalation"], row=EscalationRow),
        Section("routes", SECTION_WORDS["routes"], row=RouteRow),
        Section("causes", SECTION_WORDS["causes"], row=CauseRow),
        Section("words", SECTION_WORDS["emergency_words"], form=WordsForm),
        Section("incidents", SECTION_WORDS["incidents"], form=IncidentsForm),
        Section(
            "statement_steps",
            SECTION_WORDS["statement_steps"],
            row=StatementStepRow,
            blank=lambda: {"minutes": 30},
        ),
        Section("emergency_triggers", SECTION_WORDS["emergency_triggers"], row=TriggerRow),
        Section("fast_channel", SECTION_WORDS["fast_channel"], form=FastChannelForm),
        Section("emergency_phones", SECTION_WORDS["emergency_phones"], row=EmergencyPhoneRow),
        Section("ways", SECTION_WORDS["ways"], row=WayRow),
        Section("public", SECTION_WORDS["public"], form=PublicForm),
    )
}


class SectionEditor:
    """The form or rows of a section: filled from a content or from what was sent."""

    def __init__(
        self, section: Section, content: Content, data: Mapping[str, Any] | None = None
    ) -> None:
        """Show the content, or what was typed."""
        self.section = section
        content = completed(content)
        self.single: Single | None = None
        self.rows: forms.BaseFormSet[Row] | None = None
        self.elsewhere: list[tuple[str, Any]] = []
        if section.form is not None:
            self.single = section.form(data, initial=section.form.initial_of(content))
        if section.row is not None:
            shown = [section.row.initial_of(item) for item in content.get(section.code, [])]
            self.rows = _rows(section.row, data=data, shown=shown)

    def is_valid(self) -> bool:
        """Return whether the fields can be read."""
        if self.single is not None:
            return self.single.is_valid()
        return self.rows is not None and self.rows.is_valid()

    def parts(self) -> Content:
        """Return the parts of the content that the fields say."""
        if self.single is not None:
            return self.single.parts()
        if self.rows is None:
            return {}
        items = [form.item() for form in self.rows.forms]
        if self.section.code == "escalation":
            items = [{**item, "level": place} for place, item in enumerate(items, start=1)]
        return {self.section.code: items}

    def rearranged(self, do: str) -> "SectionEditor":
        """Return the rows as typed, with one added, taken away or moved. Nothing is checked yet."""
        if self.section.row is None or self.rows is None:
            return self
        shown = [form.shown for form in self.rows.forms]
        verb, _dash, place = do.partition("-")
        at = int(place) if place.isdigit() else len(shown)
        if verb == "add" and len(shown) < MAX_ROWS:
            shown.append(self.section.blank())
        elif verb == "remove" and at < len(shown):
            del shown[at]
        elif verb == "up" and 0 < at < len(shown):
            shown[at - 1], shown[at] = shown[at], shown[at - 1]
        fresh = SectionEditor(self.section, {self.section.code: []})
        fresh.rows = _rows(self.section.row, shown=shown)
        return fresh

    def tell(self, faults: Iterable[tuple[str, Any]]) -> None:
        """Put each fault beside the field it names; what belongs elsewhere is kept apart."""
        for path, sentence in faults:
            parts = path.split(".")
            if parts[0] not in self.section.keys:
                self.elsewhere.append((path, sentence))
                continue
            form, name = self._place(parts)
            if form is None:
                self.elsewhere.append((path, sentence))
            else:
                form.add_error(name, sentence)

    def _place(self, parts: list[str]) -> tuple[forms.Form | None, str | None]:
        form: forms.Form | None = self.single
        names = parts
        if self.rows is not None:
            if len(parts) == 1 or not parts[1].isdigit() or int(parts[1]) >= len(self.rows.forms):
                return None, None
            form, names = self.rows.forms[int(parts[1])], parts[2:]
        if form is None:
            return None, None
        for length in range(len(names), 0, -1):
            name = "_".join(names[:length])
            if name in form.fields:
                return form, name
        return form, None


def _rows(
    row: type[Row], *, data: Mapping[str, Any] | None = None, shown: list[Content]
) -> "forms.BaseFormSet[Row]":
    """Return rows that show something, or that read what was sent: then every row must be whole."""
    made = forms.formset_factory(
        row, extra=0, max_num=MAX_ROWS, absolute_max=MAX_ROWS, validate_max=True
    )
    whole = {"empty_permitted": False}
    if data is not None:
        return made(data, prefix="row", form_kwargs=whole)
    return made(initial=shown, prefix="row", form_kwargs=whole)


# --- small forms -----------------------------------------------------------------------------


class SubmitForm(forms.Form):
    """What changes, and why."""

    note = forms.CharField(
        label=_("What changes, and why"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000
    )


class ApproveForm(forms.Form):
    """When the version takes effect."""

    effective_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: at once."),
    )
    note = forms.CharField(
        label=_("Remark"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=4000
    )


class RejectForm(forms.Form):
    """Why not."""

    reason = forms.CharField(
        label=_("Why is it rejected?"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=4000,
    )


class TakeBackForm(RejectForm):
    """Why one's own version is taken back."""

    reason = forms.CharField(
        label=_("Why is it taken back?"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=4000,
    )


class UploadForm(forms.Form):
    """A policy as a YAML file."""

    file = forms.FileField(
        label=_("YAML file"), widget=forms.FileInput(attrs={"accept": ".yaml,.yml"})
    )

    def clean_file(self) -> Any:
        """Refuse what is far too big for a policy."""
        file = self.cleaned_data["file"]
        if file.size > MAX_UPLOAD_BYTES:
            raise forms.ValidationError(_("The file is bigger than a policy can be."))
        return file


class AdoptForm(forms.Form):
    """Which time limit of which preset, and that its figures were checked."""

    preset = forms.CharField(widget=forms.HiddenInput, max_length=60)
    clock = forms.CharField(widget=forms.HiddenInput, max_length=60)
    confirmed = forms.BooleanField(
        label=_("I compared these figures with the source itself and answer for them."),
        required=False,
    )


class DueForm(forms.Form):
    """Which time limit, from when on."""

    start = forms.DateTimeField(
        label=_("Start"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority)
    clock = forms.ChoiceField(label=_("Time limit"), required=False)

    def __init__(self, *args: Any, clocks: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the time limits of a version."""
        super().__init__(*args, **kwargs)
        field = self.fields["clock"]
        field.choices = [("", _("All of this priority")), *clocks]  # type: ignore[attr-defined]
