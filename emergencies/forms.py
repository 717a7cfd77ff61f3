"""What the pages of the fast channel take in; whether it holds is decided by the verbs."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.rules.policy import PolicyContent
from complaints.selectors.policy import trigger_words
from complaints.states import Channel
from emergencies.models import Duty
from emergencies.selectors.reports import Duty as ReportDuty
from emergencies.selectors.rota import people_who_can_be_called
from emergencies.states import Measure, Reportable

ACROSS = {"class": "across"}


def _area(rows: int = 2, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class MomentField(forms.DateTimeField):
    """An instant as browsers take it: day and time to the minute, in the organisation's zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def moment(given: datetime | None, now: datetime) -> datetime | None:
    """Return a typed instant; the present minute means now, for nobody types seconds."""
    if given is not None and given <= now and (now - given).total_seconds() < 60:  # noqa: PLR2004
        return now
    return given


class DeclareForm(forms.Form):
    """Open the fast channel: for a complaint that is there, or for a new one."""

    facts = forms.CharField(
        label=_("What is dangerous, in a few words"),
        widget=_area(3, autofocus=True),
        max_length=2000,
        required=False,
    )
    trigger = forms.ChoiceField(
        label=_("What makes it an emergency"), widget=forms.RadioSelect(attrs=ACROSS)
    )
    complaint = forms.CharField(
        label=_("Reference of the complaint"),
        help_text=_("Empty: a new complaint is made of what is dangerous."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    channel = forms.ChoiceField(label=_("How it came in"), choices=Channel, required=False)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, says: PolicyContent, may_receive: bool, **kwargs: Any) -> None:
        """Offer what the policy calls an emergency; a new complaint only to who receives them."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["trigger"].choices = list(trigger_words(says).items())
        fields["channel"].initial = Channel.PHONE
        if not may_receive:
            for name in ("channel", "name", "phone"):
                del fields[name]
            fields["complaint"].help_text = ""


class ContainForm(forms.Form):
    """Decide what contains the danger."""

    measure = forms.ChoiceField(
        label=_("What is decided"), choices=Measure, widget=forms.RadioSelect(attrs=ACROSS)
    )
    details = forms.CharField(
        label=_("What exactly, where, and who carries it out"), widget=_area(2), required=False
    )


class FactsForm(forms.Form):
    """The next version of the facts."""

    expected_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    confirmed = forms.CharField(
        label=_("Confirmed"),
        help_text=_("Seen, measured or shown by a document; with its source."),
        widget=_area(4),
        required=False,
    )
    unconfirmed = forms.CharField(
        label=_("Not confirmed"),
        help_text=_("Said or supposed. Nothing of this is told outside as a fact."),
        widget=_area(4),
        required=False,
    )


class FirstCallForm(forms.Form):
    """A call to the complainant."""

    called_at = MomentField(label=_("When"))
    reached = forms.TypedChoiceField(
        label=_("Reached"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    note = forms.CharField(label=_("What was said"), widget=_area(2), required=False)


class ReportForm(forms.Form):
    """Decide about one duty to report."""

    preset = forms.CharField(widget=forms.HiddenInput)
    reportable = forms.ChoiceField(
        label=_("To be reported"), choices=Reportable, widget=forms.RadioSelect(attrs=ACROSS)
    )
    clock = forms.ChoiceField(label=_("Which time limit applies"), required=False)
    counts_from = MomentField(
        label=_("Known since"), help_text=_("The time limit counts from here."), required=False
    )
    reason = forms.CharField(label=_("Reason"), widget=_area(2), required=False)

    def __init__(self, *args: Any, duty: ReportDuty, chinese: bool, **kwargs: Any) -> None:
        """Offer the clocks of the duty."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["clock"].choices = [
            (clock.code, clock.name.zh if chinese else clock.name.en) for clock in duty.clocks
        ]
        if not duty.clocks:
            del fields["clock"], fields["counts_from"]


class ReturnForm(forms.Form):
    """Send a decision back."""

    why = forms.CharField(label=_("What is missing or wrong"), widget=_area(2), required=False)


class ReportedForm(forms.Form):
    """Say that the authority was told."""

    reported_at = MomentField(label=_("Reported at"))
    reference = forms.CharField(
        label=_("Reference of the authority, or whom you spoke to"), max_length=120, required=False
    )


class ReviewForm(forms.Form):
    """What is learnt afterwards."""

    reached = forms.CharField(
        label=_("Who was reached when: what the record does not show"),
        widget=_area(2),
        required=False,
    )
    went_well = forms.CharField(label=_("What went well"), widget=_area(3), required=False)
    went_badly = forms.CharField(label=_("What went badly"), widget=_area(3), required=False)
    actions = forms.CharField(
        label=_("What is done about it, by whom, until when"), widget=_area(3), required=False
    )
    false_alarm = forms.BooleanField(label=_("It was a false alarm"), required=False)


# --- the rota --------------------------------------------------------------------------------


def _person(label: Any, **more: Any) -> "forms.ModelChoiceField[User]":
    return forms.ModelChoiceField(
        label=label, queryset=User.objects.none(), empty_label="–", **more
    )


class _WithPeople(forms.Form):
    people: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer whoever can be called."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        for name in self.people:
            fields[name].queryset = people_who_can_be_called()


class DutyForm(forms.Form):
    """A level of the call ladder."""

    level = forms.IntegerField(
        label=_("Level"), min_value=1, max_value=9, help_text=_("1 is called first.")
    )
    name_en = forms.CharField(label=_("Name in English"), max_length=120, required=False)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=120, required=False)


class ShiftForm(_WithPeople):
    """A shift to be planned."""

    people = ("person", "deputy")
    duty = forms.ModelChoiceField(label=_("Duty"), queryset=Duty.objects.all(), empty_label=None)
    person = _person(_("On call"))
    deputy = _person(_("Deputy"), required=False)
    starts_at = MomentField(label=_("From"))
    ends_at = MomentField(label=_("Until"))


class HandoverForm(_WithPeople):
    """An offer to take over the rest of a shift."""

    people = ("to_person",)
    to_person = _person(_("Hand over to"))
    note = forms.CharField(
        label=_("What they must know"),
        help_text=_("Open emergencies and promises, by reference. No personal data."),
        widget=_area(3),
        required=False,
    )


class AddressForm(forms.Form):
    """A way to be called."""

    text = forms.CharField(
        label=_("E-mail address, or address of a messaging service"),
        help_text=_(
            "For example dingtalk://…, wecombot://…, feishu://… It is kept encrypted and not "
            "shown again."
        ),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


# --- practice --------------------------------------------------------------------------------


class TestForm(forms.Form):
    """What a test of the rota showed."""

    findings = forms.CharField(label=_("What it showed"), widget=_area(3), required=False)


class DrillForm(_WithPeople):
    """A drill that was held."""

    scenario = forms.CharField(label=_("Scenario"), widget=_area(3), required=False)
    held_on = forms.DateField(
        label=_("Held on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    participants = forms.ModelMultipleChoiceField(
        label=_("Participants"),
        queryset=User.objects.filter(is_active=True, is_system=False),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    findings = forms.CharField(label=_("What it showed"), widget=_area(3), required=False)
