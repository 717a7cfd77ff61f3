"""What facts and statements take in."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from incidents.forms.base import ActForm, moment, text
from incidents.states import Audience, FactState, StatementChannel

_CITE = _("Cite facts as [F1]: their words are filled in; what is not confirmed says so.")


class FactForm(ActForm):
    """A fact with its source."""

    text = text(_("What is known, or said"), rows=2)
    source = forms.CharField(label=_("Source"), max_length=300, required=False)
    confirmed = forms.BooleanField(label=_("Confirmed: the source itself shows it"), required=False)


class SettleForm(ActForm):
    """Whether a fact is confirmed or refuted, and what shows it."""

    state = forms.ChoiceField(
        label=_("The fact is"),
        choices=[choice for choice in FactState.choices if choice[0] != FactState.UNCONFIRMED],
        widget=forms.RadioSelect,
    )
    source = forms.CharField(label=_("What shows it"), max_length=300, required=False)


class StatementForm(ActForm):
    """A statement to an audience."""

    audience = forms.ChoiceField(label=_("To whom"), choices=Audience)
    channel = forms.ChoiceField(label=_("How"), choices=StatementChannel)
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    text = text(_("Text"), rows=8, help_text=_CITE)

    def first(self) -> dict[str, Any]:
        """Begin in the reader's language."""
        return {"language": translation.get_language()}


class VersionForm(ActForm):
    """A further version of a statement."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    text = text(_("Text"), rows=8, help_text=_CITE)

    def first(self) -> dict[str, Any]:
        """Begin with the newest version."""
        newest = self.thing.versions.first()
        return {"language": newest.language, "text": newest.text}


class ReleaseForm(ActForm):
    """When it went out."""

    released_at = moment(_("Released"))

    def first(self) -> dict[str, Any]:
        """Suppose that it goes out now."""
        return {"released_at": self.this_minute}
