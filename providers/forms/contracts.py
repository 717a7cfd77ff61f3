"""The form of a contract: its time, the matrix row by row, what is granted and shown beside."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from providers.forms import DayField, WordsField
from providers.models import Contract
from providers.rules.matrix import EXTRAS, MOST_WITHIN, PERSONAL_FIELDS, STEPS, Duty
from providers.selectors.words import (
    EXTRA_WORDS,
    FIELD_WORDS,
    PARTY_WORDS,
    STEP_WORDS,
    UNIT_WORDS,
)
from providers.services.contracts import Terms

# A call centre's usual part, to begin with: it takes down, acknowledges, passes on.
_USUAL = {"receive": 15, "acknowledge": 15, "escalate": None, "declare_emergency": 15}


class ContractForm(forms.Form):
    """One draft. Rows of the matrix are named `<step>-by`, `<step>-within`, `<step>-unit`."""

    number = forms.CharField(label=_("Contract number"), max_length=60)
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"))
    extras = forms.MultipleChoiceField(
        label=_("Beside the steps"),
        required=False,
        choices=[(code, EXTRA_WORDS[code]) for code in EXTRAS],
        widget=forms.CheckboxSelectMultiple,
    )
    shown_fields = forms.MultipleChoiceField(
        label=_("What is shown of complainants"),
        required=False,
        choices=[(name, FIELD_WORDS[name]) for name in PERSONAL_FIELDS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everything else is masked on pages, in exports and in the API."),
    )
    webhooks_personal = forms.BooleanField(
        label=_("Webhooks may carry the fields that are shown"), required=False
    )
    note = WordsField(label=_("Remarks"), required=False)

    def __init__(
        self, *args: Any, contract: Contract | None = None, renewed: bool = False, **kwargs: Any
    ) -> None:
        """Begin with a contract that is there, or with a call centre's usual part.

        A contract that is `renewed` gives its words to the next one, which follows it.
        """
        super().__init__(*args, **kwargs)
        if contract is not None:
            for name in ("number", "starts_on", "ends_on", "webhooks_personal", "note"):
                self.fields[name].initial = getattr(contract, name)
            if renewed:
                self._follow(contract)
            self.fields["extras"].initial = contract.granted
            self.fields["shown_fields"].initial = contract.shown_fields
        else:
            self.fields["extras"].initial = ["complaints.note", "complaints.attach"]
            self.fields["shown_fields"].initial = ["name", "phone", "email"]
        duties = {duty.step: duty for duty in contract.duties} if contract else {}
        for step in STEPS:
            self._add(step, duties.get(step) or _usual(step))

    def _follow(self, last: Contract) -> None:
        """Begin on the day after the last one, for as long again, with a number of its own."""
        begins = last.ends_on + timedelta(days=1)
        self.fields["number"].initial = ""
        self.fields["starts_on"].initial = begins
        self.fields["ends_on"].initial = begins + (last.ends_on - last.starts_on)

    def _add(self, step: str, duty: Duty) -> None:
        named = {"step": STEP_WORDS[step]}
        self.fields |= {
            f"{step}-by": forms.ChoiceField(
                label=pgettext_lazy("matrix", "%(step)s: who") % named,
                choices=list(PARTY_WORDS.items()),
                initial=duty.by,
            ),
            f"{step}-within": forms.IntegerField(
                label=pgettext_lazy("matrix", "%(step)s: within") % named,
                min_value=1,
                max_value=MOST_WITHIN,
                required=False,
                initial=duty.within,
            ),
            f"{step}-unit": forms.ChoiceField(
                label=pgettext_lazy("matrix", "%(step)s: unit") % named,
                choices=list(UNIT_WORDS.items()),
                initial=duty.unit,
            ),
        }

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield each step with its three fields, for the page."""
        for step, words in STEP_WORDS.items():
            yield words, *(self[f"{step}-{part}"] for part in ("by", "within", "unit"))

    def head(self) -> list[forms.BoundField]:
        """Return the fields that stand first."""
        return [self[name] for name in ("number", "starts_on", "ends_on")]

    def granted(self) -> list[forms.BoundField]:
        """Return the fields on what is granted and shown."""
        return [self[name] for name in ("extras", "shown_fields", "webhooks_personal")]

    @property
    def terms(self) -> Terms:
        """Return what the valid form says."""
        given = self.cleaned_data
        return Terms(
            number=given["number"],
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            matrix=[
                Duty(
                    step=step,
                    by=given[f"{step}-by"],
                    within=given[f"{step}-within"],
                    unit=given[f"{step}-unit"],
                )
                for step in STEPS
            ],
            extras=given["extras"],
            shown_fields=given["shown_fields"],
            webhooks_personal=given["webhooks_personal"],
            note=given["note"],
        )

    def tell(self, field: str, words: str) -> None:
        """Put a refusal beside the field it is about; a step of the matrix by its name."""
        name = f"{field}-by" if field in STEPS else field
        self.add_error(name if name in self.fields else None, words)


def _usual(step: str) -> Duty:
    if step in _USUAL:
        return Duty(step=step, by="both", within=_USUAL[step])
    return Duty(step=step, by="organisation")


class RemarkForm(forms.Form):
    """A remark with the approval."""

    note = forms.CharField(label=_("Remark"), required=False, max_length=2000)


class ReturnForm(forms.Form):
    """Why a contract is given back."""

    note = WordsField(label=_("What should be changed?"))
