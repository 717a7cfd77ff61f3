"""What joint messages take in."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from complaints.states import MessageChannel
from incidents.forms.base import ActForm, area, moment, text
from incidents.selectors.joint import candidates
from incidents.services.joint_letters import first_texts, letter_of
from incidents.states import JointKind

_BY_HAND = [choice for choice in MessageChannel.choices if choice[0] != MessageChannel.EMAIL]


class JointForm(ActForm):
    """What is done for all, and the text for all in each language of the house."""

    kind = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Know the kind before the fields are made."""
        data, initial = kwargs.get("data") or (args[0] if args else None), kwargs.get("initial")
        asked = (data or initial or {}).get("kind", JointKind.PROGRESS)
        thing = kwargs.get("thing")
        self.step: str = thing.kind if thing else asked if asked in JointKind.values else "progress"
        super().__init__(*args, **kwargs)

    def first(self) -> dict[str, Any]:
        """Begin with the house's own letters, or with what a draft says."""
        texts = self.thing.texts if self.thing else first_texts(self.step)
        shown: dict[str, Any] = {"kind": self.step}
        for language, said in texts.items():
            shown[f"subject_{language}"] = said["subject"]
            shown[f"text_{language}"] = said["body"]
        if self.thing:
            shown["lessons"] = self.thing.lessons
        return shown

    def prepare(self) -> None:
        """Make a subject and a text for each language; closing asks for lessons instead."""
        if self.step == JointKind.CLOSE:
            self.fields["lessons"] = text(_("Lessons"))
            return
        for language, name in settings.LANGUAGES:
            self.fields[f"subject_{language}"] = forms.CharField(
                label=_("Subject (%(language)s)") % {"language": name},
                max_length=200,
                required=False,
            )
            self.fields[f"text_{language}"] = forms.CharField(
                label=_("Text (%(language)s)") % {"language": name},
                widget=area(10),
                required=False,
            )

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """Return the texts by language."""
        if self.step == JointKind.CLOSE:
            return {}
        return {
            language: {
                "subject": self.given.get(f"subject_{language}", ""),
                "body": self.given.get(f"text_{language}", "").replace("\r\n", "\n"),
            }
            for language, _name in settings.LANGUAGES
        }

    @property
    def how_many(self) -> int:
        """Return how many complaints the step can fit as they stand."""
        return candidates(self.incident, self.step, self.actor).count()

    @property
    def kind_label(self) -> Any:
        """Return what is done, in words."""
        return JointKind(self.step).label


class ExceptionForm(ActForm):
    """One complaint of a draft: left out, or with a text of its own."""

    leave_out = forms.BooleanField(label=_("Leave this complaint out"), required=False)
    reason = forms.CharField(label=_("Why"), required=False, max_length=300)
    subject = forms.CharField(label=_("Subject of its own"), required=False, max_length=200)
    text = text(
        _("Text of its own"),
        rows=10,
        help_text=_("Empty: the text for all. The same placeholders are filled in."),
    )

    def first(self) -> dict[str, Any]:
        """Show the exception made so far."""
        item = self.thing
        return {
            "leave_out": item.outcome == "left_out",
            "reason": item.reason,
            "subject": item.own_subject,
            "text": item.own_text,
        }


class ByHandForm(ActForm):
    """How a complainant without e-mail was told."""

    channel = forms.ChoiceField(label=_("How"), choices=_BY_HAND)
    told_at = moment(
        _("Told"),
        required=False,
        help_text=_("A letter may wait for its day: print it, and say then when it was posted."),
    )
    text = text(_("What is told"), rows=10)

    def first(self) -> dict[str, Any]:
        """Begin with what the others are told, filled in for this complaint."""
        item = self.thing
        letter = letter_of(
            item.run, item, item.complaint, at=self.now, channel=MessageChannel.PHONE
        )
        return {"text": letter.text, "told_at": self.this_minute}
