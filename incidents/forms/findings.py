"""What the common finding takes in."""

from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from complaints.selectors.policy import policy_in_force
from complaints.states import Finding, RemedyKind
from incidents.forms.base import ActForm, text
from incidents.services.findings import Position

_NAMES = (
    *("findings", "cause", "cause_code", "evidence", "finding", "reasons"),
    *("remedy_kind", "remedy_detail", "amount", "remedy_days"),
)


class FindingForm(ActForm):
    """Finding, cause and remedy position; begins with the last version."""

    findings = text(_("What was found out"), rows=4)
    cause = text(_("Cause"), rows=3)
    cause_code = forms.ChoiceField(label=_("Class of cause"))
    evidence = text(_("Evidence"), rows=2)
    finding = forms.ChoiceField(label=_("Are the complaints upheld?"), choices=Finding)
    reasons = text(
        _("Reasons, as complainants are told them"),
        rows=4,
        help_text=_("Written to the complainants: plainly, without names."),
    )
    remedy_kind = forms.ChoiceField(label=_("Remedy"), choices=RemedyKind)
    remedy_detail = text(_("Remedy in detail"), rows=2)
    amount = forms.DecimalField(
        label=_("Amount for each"), min_value=0, max_digits=12, decimal_places=2, required=False
    )
    remedy_days = forms.IntegerField(
        label=_("Done within so many days of the decision"),
        min_value=1,
        max_value=365,
        required=False,
    )

    def first(self) -> dict[str, Any]:
        """Begin with the newest version there is."""
        newest = self.incident.findings.first()
        return {name: getattr(newest, name) for name in _NAMES} if newest else {}

    def prepare(self) -> None:
        """Offer the policy's classes of cause."""
        language = translation.get_language() or ""
        causes = policy_in_force(self.now).says.causes
        field = self.fields["cause_code"]
        field.choices = [(item.code, item.names.of(language)) for item in causes]  # type: ignore[attr-defined]

    @property
    def position(self) -> Position:
        """Return what was typed, as the verb takes it."""
        given = {name: self.given[name] for name in _NAMES}
        return Position(**{**given, "amount": given["amount"] or 0})
