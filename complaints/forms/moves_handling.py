"""Judging and finding out: assessment, findings, facts put right."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Site, User
from complaints.forms.fields import MomentField, category_choices, chosen
from complaints.forms.moves import ACROSS, StepForm, area
from complaints.rules.priority import priority_for
from complaints.selectors.policy import active_categories
from complaints.services.investigation import FoundOut
from complaints.services.reckoning import category_path
from complaints.services.triage import Correction, Criteria
from complaints.states import (
    Complexity,
    Impact,
    Priority,
    SafetyHazard,
    Severity,
)


class AssessForm(StepForm):
    """Judge all five criteria (CM-8.3)."""

    severity = forms.ChoiceField(
        label=_("Severity"),
        help_text=_("How bad it is for those affected, or could have been."),
        choices=Severity,
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    safety_hazard = forms.ChoiceField(
        label=_("Safety hazard"),
        help_text=_("Whether anybody is or may be in danger."),
        choices=SafetyHazard,
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    complexity = forms.ChoiceField(
        label=_("Complexity"),
        help_text=_("How much it takes to find out."),
        choices=Complexity,
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    impact = forms.ChoiceField(
        label=_("Impact"),
        help_text=_("How many are, or may be, affected."),
        choices=Impact,
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    immediate_action_needed = forms.ChoiceField(
        label=_("Immediate action needed"),
        choices=[("no", _("No")), ("yes", _("Yes"))],
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    immediate_action_possible = forms.ChoiceField(
        label=_("Immediate action possible"),
        choices=[("no", _("No")), ("yes", _("Yes"))],
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    immediate_action = forms.CharField(
        label=_("What was done at once"), widget=area(2), required=False
    )
    category = forms.ChoiceField(label=_("Category"))
    priority = forms.ChoiceField(
        label=_("Priority"),
        required=False,
        choices=[("", _("as the criteria say")), *Priority.choices],
    )
    priority_reason = forms.CharField(
        label=_("Why another priority"), widget=area(2), required=False
    )

    def first(self) -> dict[str, Any]:
        """Show the last assessment, or what is known of the category."""
        last = self.page.assessment
        if last is None:
            return {"category": self.complaint.category_id}
        yes = {True: "yes", False: "no"}
        return {
            "severity": last.severity,
            "safety_hazard": last.safety_hazard,
            "complexity": last.complexity,
            "impact": last.impact,
            "immediate_action_needed": yes[last.immediate_action_needed],
            "immediate_action_possible": yes[last.immediate_action_possible],
            "category": self.complaint.category_id,
        }

    def prepare(self) -> None:
        """Offer the categories in use, and the complaint's own."""
        self.categories = active_categories()
        present = self.complaint.category
        if present is not None and present not in self.categories:
            self.categories.append(present)
        fields: dict[str, Any] = self.fields
        fields["category"].choices = category_choices(self.categories)

    @property
    def criteria(self) -> Criteria:
        """Return the judgement."""
        given = self.given
        return Criteria(
            severity=given["severity"],
            safety_hazard=given["safety_hazard"],
            complexity=given["complexity"],
            impact=given["impact"],
            immediate_action_needed=given["immediate_action_needed"] == "yes",
            immediate_action_possible=given["immediate_action_possible"] == "yes",
            immediate_action=given["immediate_action"],
            category=chosen(given["category"], self.categories),
            priority=given["priority"],
            priority_reason=given["priority_reason"],
        )

    @property
    def path(self) -> frozenset[str]:
        """Return the codes of the chosen category and all above it."""
        return category_path(chosen(self.given.get("category"), self.categories))

    @property
    def derived(self) -> str:
        """Return the priority that the criteria make, as far as they have been judged."""
        given = self.given
        if not {"severity", "safety_hazard", "impact", "immediate_action_needed"} <= given.keys():
            return ""
        return priority_for(
            severity=given["severity"],
            safety_hazard=given["safety_hazard"],
            impact=given["impact"],
            immediate_action=given["immediate_action_needed"] == "yes",
            emergency=self.complaint.emergency,
        )


class FindingsForm(StepForm):
    """Write down what was found out (CM-8.3+); the more is answered, the deeper it goes."""

    findings = forms.CharField(
        label=_("Findings"),
        help_text=_("What happened, by all that could be found out."),
        widget=area(5),
        required=False,
    )
    cause = forms.CharField(
        label=_("Cause"),
        help_text=_("Why it happened; not only who did it."),
        widget=area(3),
        required=False,
    )
    cause_code = forms.ChoiceField(label=_("Class of cause"), required=False)
    evidence = forms.CharField(
        label=_("Evidence"),
        help_text=_("What shows it: documents, logs, photos, statements, tests."),
        widget=area(3),
        required=False,
    )
    similar_cases = forms.CharField(
        label=_("Similar cases looked for"),
        help_text=_("Where you looked, and what you found."),
        widget=area(3),
        required=False,
    )
    subject_statement = forms.CharField(
        label=_("Statement of the person concerned"), widget=area(3), required=False
    )

    def first(self) -> dict[str, Any]:
        """Go on from what was found out so far."""
        last = self.page.investigation
        names = (
            "findings",
            "cause",
            "cause_code",
            "evidence",
            "similar_cases",
            "subject_statement",
        )
        return {name: getattr(last, name) for name in names} if last else {}

    def prepare(self) -> None:
        """Offer the policy's causes; a statement only where somebody is complained about."""
        fields: dict[str, Any] = self.fields
        fields["cause_code"].choices = [("", "–"), *self.names(self.says.causes)]
        if self.complaint.subject_person_id is None:
            del fields["subject_statement"]

    @property
    def found(self) -> FoundOut:
        """Return what was found out."""
        names = FoundOut.__dataclass_fields__
        return FoundOut(**{name: self.given.get(name, "") for name in names})


class CorrectForm(StepForm):
    """Complete or correct facts; the complainant's words themselves stay."""

    name = forms.CharField(label=_("Name of the complainant"), max_length=200, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    customer_number = forms.CharField(label=_("Customer number"), max_length=80, required=False)
    product = forms.CharField(label=_("Product or service"), max_length=200, required=False)
    order_number = forms.CharField(
        label=_("Order or contract number"), max_length=80, required=False
    )
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label="–"
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    occurred_at = MomentField(label=_("When it happened"), required=False)
    remedy_sought = forms.CharField(
        label=_("What the complainant asks for"), widget=area(2), required=False
    )
    subject_person = forms.ModelChoiceField(
        label=_("Person complained about"),
        queryset=User.objects.none(),
        required=False,
        empty_label="–",
    )
    confidential = forms.BooleanField(label=_("Confidential"), required=False)
    reason = forms.CharField(
        label=_("Why something already recorded is changed"), widget=area(2), required=False
    )

    PERSON: ClassVar = ("name", "phone", "email", "customer_number")
    PLAIN: ClassVar = ("product", "order_number", "remedy_sought")

    def first(self) -> dict[str, Any]:
        """Show what is recorded."""
        person, complaint = self.complaint.complainant, self.complaint
        return {
            **{name: getattr(person, name) if person else "" for name in self.PERSON},
            **{name: getattr(complaint, name) for name in self.PLAIN},
            "site": complaint.site_id,
            "category": complaint.category_id,
            "occurred_at": complaint.occurred_at,
            "subject_person": complaint.subject_person_id,
            "confidential": complaint.confidential,
        }

    def prepare(self) -> None:
        """Offer sites, categories and colleagues; no contact data to those who are not shown it."""
        fields: dict[str, Any] = self.fields
        self.categories = active_categories()
        present = self.complaint.category
        if present is not None and present not in self.categories:
            self.categories.append(present)
        fields["category"].choices = category_choices(self.categories)
        fields["site"].queryset = Site.objects.filter(Q(active=True) | Q(pk=self.complaint.site_id))
        fields["subject_person"].queryset = User.objects.filter(
            is_active=True, is_system=False, is_client=False
        )
        if not self.page.knows:
            for name in self.PERSON:
                del fields[name]

    @property
    def correction(self) -> Correction:
        """Return what differs from what is recorded."""
        given, before = self.given, self.first()
        changed: dict[str, Any] = {
            name: given[name]
            for name in (*self.PERSON, *self.PLAIN, "confidential")
            if name in given and given[name] != before[name]
        }
        if given.get("site") and given["site"].pk != before["site"]:
            changed["site"] = given["site"]
        if given.get("subject_person") and given["subject_person"].pk != before["subject_person"]:
            changed["subject_person"] = given["subject_person"]
        category = chosen(given.get("category"), self.categories)
        if category is not None and category.pk != before["category"]:
            changed["category"] = category
        if self._moved("occurred_at", before["occurred_at"]):
            changed["occurred_at"] = self.moment("occurred_at")
        return Correction(**changed)

    def _moved(self, name: str, before: datetime | None) -> bool:
        """Return whether an instant was changed; the page shows it to the minute only."""
        typed: datetime | None = self.given.get(name)
        if typed is None:
            return False
        return before is None or typed != before.replace(second=0, microsecond=0)
