"""What the steps of a complaint take in: what all forms share, and the short ones.

Every form carries the version of the complaint that its reader saw, and how long the record was, so
that a conflict can say what has changed meanwhile.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Count
from django.utils import formats, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from complaints.forms.fields import DayField, MomentField, at_once, chosen
from complaints.models import Complaint
from complaints.selectors.duplicates import merge_targets
from complaints.selectors.page import Page, extendable
from complaints.selectors.people import possible_owners
from complaints.selectors.policy import trigger_words
from complaints.states import (
    PauseReason,
    Priority,
)

ACROSS = {"class": "across"}


def area(rows: int = 3, **attrs: Any) -> forms.Textarea:
    """Return a text area of so many rows."""
    return forms.Textarea(attrs={"rows": rows, **attrs})


def _day(day: date) -> str:
    return formats.date_format(day, "DATE_FORMAT")


class StepForm(forms.Form):
    """A step of a complaint: the version its reader saw travels along."""

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        page: Page,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """Stand on a page."""
        self.page, self.complaint = page, page.complaint
        self.actor, self.now = page.here.actor, page.here.now
        self.says = page.complaint.policy.says
        self.data = {} if data is None else data
        self.asked = initial or {}
        entries = page.material.entries
        stamp = {
            "expected_version": self.complaint.version,
            "seen": entries[-1].seq if entries else 0,
        }
        super().__init__(data, initial={**stamp, **self.first(), **(initial or {}), **stamp})
        self.prepare()

    def first(self) -> dict[str, Any]:
        """Return what the form holds when it opens."""
        return {}

    def prepare(self) -> None:
        """Offer the choices of this complaint."""

    @property
    def given(self) -> dict[str, Any]:
        """Return what was typed and makes sense, also while the form is half filled in."""
        return getattr(self, "cleaned_data", {})

    @property
    def version(self) -> int | None:
        """Return the version of the complaint that the reader saw."""
        version: int | None = self.given.get("expected_version")
        return version

    def moment(self, name: str) -> datetime | None:
        """Return a typed instant."""
        return at_once(self.given.get(name), self.now)

    def names(self, defined: Any) -> list[tuple[str, str]]:
        """Return things that the handling policy defines as choices, in the present language."""
        language = translation.get_language() or settings.LANGUAGE_CODE
        return [(item.code, item.names.of(language)) for item in defined]


class ConfirmForm(StepForm):
    """A step that takes nothing but the click."""


class ReasonForm(StepForm):
    """A step that asks why."""

    reason = forms.CharField(label=_("Why"), widget=area(), required=False)


class NoteForm(StepForm):
    """A remark for colleagues."""

    text = forms.CharField(label=_("Note for colleagues"), widget=area(3), required=False)


class AssignForm(StepForm):
    """Make somebody accountable."""

    owner = forms.ChoiceField(label=_("Owner"), required=False)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label="–"
    )
    note = forms.CharField(label=_("A word to the new owner"), widget=area(2), required=False)

    def first(self) -> dict[str, Any]:
        """Show how things are."""
        return {"owner": self.complaint.owner_id, "team": self.complaint.team_id}

    def prepare(self) -> None:
        """Offer those who handle complaints here, with how much each has on the desk."""
        able = {person.pk: person for person in possible_owners(self.complaint)}
        if self.complaint.owner is not None:
            able.setdefault(self.complaint.owner.pk, self.complaint.owner)
        self.able = able
        counts = dict(
            Complaint.objects.filter(owner__in=able, is_open=True)
            .values_list("owner")
            .annotate(Count("pk"))
            .order_by()
        )
        fields: dict[str, Any] = self.fields
        fields["team"].queryset = Team.objects.filter(active=True)
        fields["owner"].choices = [
            ("", _("nobody yet")),
            *(
                (
                    pk,
                    gettext("%(name)s (%(count)s open)")
                    % {"name": who, "count": counts.get(pk, 0)},
                )
                for pk, who in able.items()
            ),
        ]

    @property
    def new_owner(self) -> User | None:
        """Return the chosen owner."""
        found: User | None = chosen(self.given.get("owner"), self.able.values())
        return found


class EscalateForm(StepForm):
    """Climb the ladder."""

    level = forms.TypedChoiceField(label=_("Who is to decide"), coerce=int)
    reason = forms.CharField(
        label=_("What is to be decided, and why"), widget=area(), required=False
    )

    def prepare(self) -> None:
        """Offer the rungs that have not been told yet."""
        language = translation.get_language() or settings.LANGUAGE_CODE
        fields: dict[str, Any] = self.fields
        self.rungs = [
            step for step in self.says.escalation if step.level > self.complaint.escalation_level
        ]
        fields["level"].choices = [
            (step.level, f"{step.level} · {step.names.of(language)} · {step.decide.of(language)}")
            for step in self.rungs
        ]


class EmergencyForm(StepForm):
    """Open the fast channel (CM-8.2b)."""

    trigger = forms.ChoiceField(
        label=_("What makes it an emergency"),
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    facts = forms.CharField(
        label=_("What is dangerous, in a few words"), widget=area(3), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer what the complaint's policy calls an emergency."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["trigger"].choices = list(trigger_words(self.says).items())


class DowngradeForm(ReasonForm):
    """Say that it is no emergency after all."""

    priority = forms.ChoiceField(
        label=_("Priority it has instead"),
        choices=[choice for choice in Priority.choices if choice[0] != Priority.P0],
        initial=Priority.P2,
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    field_order = ("reason", "priority")


class PauseForm(StepForm):
    """Let the clocks stand still that allow it."""

    reason = forms.ChoiceField(
        label=_("Why"), choices=PauseReason, widget=forms.RadioSelect, initial="complainant"
    )
    evidence = forms.CharField(
        label=_("What shows it"),
        help_text=_("For example what was asked for and when, or the order for the test."),
        max_length=300,
        required=False,
    )
    told_at = MomentField(label=_("The complainant was told"), required=False)


class ExtendForm(StepForm):
    """Move a due date, with notice."""

    clock = forms.ChoiceField(label=_("Time limit"))
    new_due_date = DayField(label=_("New last day"))
    reason = forms.CharField(label=_("Why"), widget=area(), required=False)
    told_at = MomentField(label=_("The complainant was told"), required=False)

    def prepare(self) -> None:
        """Offer the clocks that the policy lets be extended, with how far."""
        limits = {item.code: item.extension_max for item in self.says.clocks}
        self.clocks = [
            item for item in self.page.clocks if extendable(item.clock, self.complaint, self.now)
        ]
        fields: dict[str, Any] = self.fields
        fields["clock"].choices = [
            (
                item.clock.pk,
                gettext("%(name)s: last day %(day)s, at the latest %(latest)s")
                % {
                    "name": item.name,
                    "day": _day(item.clock.due_date),
                    "latest": _day(
                        item.clock.due_date + timedelta(days=limits.get(item.clock.code) or 0)
                    ),
                },
            )
            for item in self.clocks
        ]


class MergeForm(StepForm):
    """Merge into another open complaint of the same complainant about the same matter."""

    into = forms.ChoiceField(label=_("Merge into"), widget=forms.RadioSelect, required=False)

    def prepare(self) -> None:
        """Offer only what can be merged with."""
        self.targets = merge_targets(self.complaint, self.actor)
        fields: dict[str, Any] = self.fields
        fields["into"].choices = [
            (row.pk, f"{row.reference} · {row.product or row.description[:60]}")
            for row in self.targets
        ]

    @property
    def into_id(self) -> int:
        """Return the chosen complaint, or this one itself, which the verb refuses."""
        return int(self.given.get("into") or self.complaint.pk)
