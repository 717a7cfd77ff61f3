"""What is asked to keep an analysis."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from monitoring.services.analyses import LONGEST, LONGEST_NAME


class SaveForm(forms.Form):
    """A name, who is shown it, and the question, which must mean something in all its parts."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        error_messages={"required": _("Give the analysis a short name.")},
    )
    shared = forms.TypedChoiceField(
        label=_("Shown to"),
        choices=[
            ("", _("only me")),
            ("1", _("everyone who may see figures; each counts what they may see")),
        ],
        coerce=bool,
        empty_value=False,  # type: ignore[arg-type]
        required=False,
    )
    query = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        faults: Any,
        anew: bool = True,
        **rest: Any,
    ) -> None:
        """Take what tells which parts of an address mean nothing.

        What is kept already may keep its question.
        """
        super().__init__(data, **rest)
        self.faults = faults
        self.fields["query"].required = anew

    def clean_query(self) -> str:
        """Refuse a question of which a part means nothing."""
        query: str = self.cleaned_data["query"]
        if self.faults(QueryDict(query)):
            raise forms.ValidationError(
                _("A part of this question means nothing; it cannot be kept.")
            )
        return query
