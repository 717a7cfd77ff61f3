"""The form of a schedule: per class a period and why; which classes there are is not edited."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.errors import BadInput
from retention.rules.schedule import CONFIDENCES, MOST, Rule, ScheduleContent
from retention.selectors.schedule import CONFIDENCE_WORDS

UNITS = [("days", _("days")), ("months", _("months")), ("years", _("years"))]
_FIELDS = ("count", "unit", "basis_en", "basis_zh", "source", "confidence")


class ScheduleForm(forms.Form):
    """One draft. Fields are named `<class>-<field>`."""

    rights_work_days = forms.IntegerField(
        label=_("Requests about personal data are answered within so many working days"),
        min_value=1,
        max_value=250,
    )
    note = forms.CharField(
        label=_("What changes, and why"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )

    def __init__(self, *args: Any, content: ScheduleContent, **kwargs: Any) -> None:
        """Add the fields of each class that has a period."""
        super().__init__(*args, **kwargs)
        self.content = content
        self.fields["rights_work_days"].initial = content.rights_work_days
        for rule in self.edited():
            self._add(rule)

    def edited(self) -> list[Rule]:
        """Return the classes whose period may be changed."""
        return self.content.of_kind("complaint", "part", "loose")

    def _add(self, rule: Rule) -> None:
        area = {"rows": 2}
        self.fields |= {
            f"{rule.code}-count": forms.IntegerField(
                label=_("Period"), min_value=1, max_value=MOST["days"], initial=rule.count
            ),
            f"{rule.code}-unit": forms.ChoiceField(
                label=_("Unit"), choices=UNITS, initial=rule.unit
            ),
            f"{rule.code}-basis_en": forms.CharField(
                label=_("Why so long, in English"),
                max_length=600,
                widget=forms.Textarea(attrs=area),
                initial=rule.basis.en,
            ),
            f"{rule.code}-basis_zh": forms.CharField(
                label=_("Why so long, in Chinese"),
                max_length=600,
                widget=forms.Textarea(attrs=area),
                initial=rule.basis.zh,
            ),
            f"{rule.code}-source": forms.CharField(
                label=_("Source"), max_length=120, required=False, initial=rule.source
            ),
            f"{rule.code}-confidence": forms.ChoiceField(
                label=_("How sure is it"),
                choices=[(code, CONFIDENCE_WORDS[code]) for code in CONFIDENCES],
                initial=rule.confidence,
            ),
        }

    def groups(self) -> Iterator[tuple[Rule, list[forms.BoundField]]]:
        """Yield each class with its fields, for the page."""
        for rule in self.edited():
            yield rule, [self[f"{rule.code}-{name}"] for name in _FIELDS]

    def said(self) -> dict[str, Any]:
        """Return the content that the valid form says."""
        data = self.cleaned_data
        content: dict[str, Any] = deepcopy(self.content.model_dump(mode="json"))
        content["rights_work_days"] = data["rights_work_days"]
        for rule in content["rules"]:
            code = rule["code"]
            if f"{code}-count" not in data:
                continue
            rule.update(
                count=data[f"{code}-count"],
                unit=data[f"{code}-unit"],
                basis={"en": data[f"{code}-basis_en"], "zh": data[f"{code}-basis_zh"]},
                source=data[f"{code}-source"],
                confidence=data[f"{code}-confidence"],
            )
        return content

    def tell(self, refusal: BadInput) -> None:
        """Put a refusal beside the period it is about."""
        parts = (refusal.field or "").split(".")
        field = None
        if parts[0] == "rules" and len(parts) > 1:
            field = f"{self.content.rules[int(parts[1])].code}-count"
        self.add_error(field if field in self.fields else None, str(refusal))


class ReturnForm(forms.Form):
    """Why a version is given back."""

    note = forms.CharField(label=_("What should be changed?"), widget=forms.Textarea)


class ApproveForm(forms.Form):
    """A remark with the approval."""

    note = forms.CharField(label=_("Remark"), required=False)
