"""What the public pages take in. What is missing never keeps a complaint from being received."""

import uuid
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Site
from complaints.rules.suggestions import written_in
from complaints.services.intake import Intake, Person
from complaints.states import Channel
from portal.services.intake import Sent
from portal.services.shop import Words

LONGEST = 20_000
YES, NO = "yes", "no"
SCORES = [(score, str(score)) for score in range(1, 11)]


class ManyFiles(forms.ClearableFileInput):
    """A control for several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; each is checked by the verb that keeps it."""

    def __init__(self, **more: Any) -> None:
        """Let several be chosen."""
        super().__init__(widget=ManyFiles(), required=False, **more)

    def clean(self, data: Any, initial: Any = None) -> Any:  # noqa: ARG002 - Django's shape
        """Return the files as they came."""
        return data or []


def _lines(rows: int, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class ComplaintForm(forms.Form):
    """The public form: their own words first, everything else may stay empty."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    danger = forms.ChoiceField(
        label=_("Is anybody in danger right now?"),
        choices=[(NO, _("No")), (YES, _("Yes, somebody is in danger"))],
        widget=forms.RadioSelect,
        required=False,
    )
    description = forms.CharField(
        label=_("What happened?"),
        help_text=_("In your own words. It need not be long, and it need not be perfect."),
        max_length=LONGEST,
        widget=_lines(7),
        error_messages={"required": _("Tell us what happened.")},
    )
    remedy_sought = forms.CharField(
        label=_("What would you like us to do?"),
        max_length=LONGEST,
        required=False,
        widget=_lines(3),
    )
    product = forms.CharField(label=_("Product or service"), max_length=200, required=False)
    order_number = forms.CharField(
        label=_("Order or contract number"), max_length=80, required=False
    )
    site = forms.ModelChoiceField(
        label=_("Shop or branch"), queryset=Site.objects.none(), required=False, empty_label="–"
    )
    occurred_on = forms.DateField(
        label=_("Day on which it happened"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        widget=forms.TextInput(
            attrs={"inputmode": "email", "autocomplete": "email", "spellcheck": "false"}
        ),
        error_messages={"invalid": _("This is not an e-mail address.")},
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    unreachable = forms.BooleanField(
        label=_("I give neither: I want to stay anonymous, or I have no phone and no e-mail"),
        help_text=_("You get a number and a code, and read our answer on a page with them."),
        required=False,
    )
    representative = forms.CharField(
        label=_("If you complain for somebody else: your own name, and how you are connected"),
        help_text=_("Above, give the name of the person you complain for."),
        max_length=200,
        required=False,
    )
    needs = forms.CharField(
        label=_("Is there anything we should consider when we contact you?"),
        help_text=_("For example large print, an interpreter, phone calls only in the evening."),
        max_length=300,
        required=False,
    )
    language = forms.ChoiceField(
        label=_("In which language shall we write to you?"), choices=settings.LANGUAGES
    )
    uploads = FilesField(
        label=_("Files"), help_text=_("Photos, receipts, letters; ten files at most.")
    )
    # People do not see this field. Programs that fill in everything do.
    website = forms.CharField(required=False, max_length=LONGEST)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        now: datetime,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """Offer the shops of this moment; a fresh form gets a key of its own."""
        fresh = {"key": uuid.uuid4(), "language": translation.get_language()}
        super().__init__(data, initial={**fresh, **(initial or {})})
        self.now = now
        sites: Any = self.fields["site"]
        sites.queryset = Site.objects.filter(active=True)

    def clean_occurred_on(self) -> Any:
        """Refuse a day that has not come."""
        day = self.cleaned_data.get("occurred_on")
        if day and day > timezone.localdate(self.now):
            raise forms.ValidationError(_("This day lies in the future."))
        return day

    def clean(self) -> dict[str, Any]:
        """Ask for a way to answer, or for the word that there is none."""
        given = super().clean() or {}
        tried = {"email", "phone"} & set(self.errors)
        if not (given.get("email") or given.get("phone") or given.get("unreachable") or tried):
            self.add_error(
                "email",
                _("Give an e-mail address or a phone number, or tick that you give neither."),
            )
        return given

    @property
    def sent(self) -> Sent:
        """Return what was said, of a form that is in order."""
        given = self.cleaned_data
        text = given["description"]
        day = given["occurred_on"]
        person = Person(
            **{name: given[name].strip() for name in ("name", "email", "phone", "needs")},
            language=given["language"],
        )
        return Sent(
            key=given["key"],
            danger=given["danger"] == YES,
            suspected=bool(given["website"].strip()),
            intake=Intake(
                channel=Channel.WEB,
                description=text,
                received_at=self.now,
                person=person,
                anonymous=not person.reachable,
                occurred_at=self._began(day) if day else None,
                remedy_sought=given["remedy_sought"].strip(),
                product=given["product"],
                order_number=given["order_number"],
                representative=given["representative"].strip(),
                language=given["language"] or written_in(text),
                site=given["site"],
            ),
        )

    def _began(self, day: Any) -> datetime:
        """Return noon of a day, or now if that is still to come."""
        noon = timezone.make_aware(datetime.combine(day, time(12)))
        return min(noon, self.now - timedelta(minutes=1))


class LookupForm(forms.Form):
    """Number and code, as they stood on the page of the receipt."""

    reference = forms.CharField(
        label=_("Number of your complaint"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    code = forms.CharField(
        label=pgettext_lazy("to a complaint", "Code"),
        help_text=_("Twelve letters and digits. Small letters and missing dashes do not matter."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class SendAgainForm(forms.Form):
    """Which complaint a fresh link is asked for."""

    reference = forms.CharField(
        label=_("Number of your complaint"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "id": "id_again"}
        ),
    )


# --- on the page of a complaint -----------------------------------------------------------------


class AddForm(forms.Form):
    """More words, more files."""

    text = forms.CharField(
        label=_("What would you like to add?"), max_length=LONGEST, required=False, widget=_lines(4)
    )
    uploads = FilesField(
        label=_("Files"), help_text=_("Photos, receipts, letters; ten files at most.")
    )


class AnswerForm(forms.Form):
    """Yes or no to the decision."""

    answer = forms.ChoiceField(
        label=_("Do you accept our decision?"),
        choices=[
            ("accept", _("Yes, I accept it")),
            ("refuse", _("No, I do not accept it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes or no.")},
    )
    reason = forms.CharField(
        label=_("If not: what is not right about it?"),
        max_length=LONGEST,
        required=False,
        widget=_lines(3),
    )

    def clean(self) -> dict[str, Any]:
        """Ask why, where the answer is no."""
        given = super().clean() or {}
        if given.get("answer") == "refuse" and not given.get("reason", "").strip():
            self.add_error("reason", _("Tell us what is not right about our decision."))
        return given


class FollowUpForm(forms.Form):
    """How satisfied, with the handling and with the outcome, apart."""

    handling_score = forms.TypedChoiceField(
        label=_("How satisfied are you with the way we handled your complaint?"),
        help_text=_("1: not at all, 10: very much"),
        choices=SCORES,
        coerce=int,
        widget=forms.RadioSelect,
    )
    outcome_score = forms.TypedChoiceField(
        label=_("How satisfied are you with the outcome?"),
        help_text=_("1: not at all, 10: very much"),
        choices=SCORES,
        coerce=int,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=_("Would you like to tell us why?"),
        max_length=LONGEST,
        required=False,
        widget=_lines(3),
    )


class ReopenForm(forms.Form):
    """Why it should be taken up again."""

    reason = forms.CharField(
        label=_("Why should we look at it again?"),
        max_length=LONGEST,
        widget=_lines(3),
        error_messages={"required": _("Say why the complaint should be taken up again.")},
    )


class WithdrawForm(forms.Form):
    """Why it is taken back."""

    reason = forms.CharField(
        label=_("Why do you take it back?"),
        max_length=LONGEST,
        widget=_lines(2),
        error_messages={"required": _("A few words are enough.")},
    )


class ShopForm(forms.Form):
    """What a shop's device keeps and sends."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    description = forms.CharField(
        label=_("What happened, in the complainant's own words"),
        max_length=LONGEST,
        widget=_lines(6),
        error_messages={"required": _("Say what happened, in the complainant's own words.")},
    )
    danger = forms.BooleanField(label=_("Somebody is in danger"), required=False)
    remedy_sought = forms.CharField(
        label=_("What the complainant asks for"),
        max_length=LONGEST,
        required=False,
        widget=_lines(2),
    )
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false"}),
    )
    product = forms.CharField(label=_("Product or service"), max_length=200, required=False)
    order_number = forms.CharField(
        label=_("Order or contract number"), max_length=80, required=False
    )
    uploads = FilesField(label=_("Photos"))
    # What the device adds.
    captured_at = forms.CharField(required=False, widget=forms.HiddenInput)
    sent_at = forms.CharField(required=False, widget=forms.HiddenInput)
    captured_by = forms.IntegerField(required=False, widget=forms.HiddenInput)
    take_over = forms.BooleanField(required=False, widget=forms.HiddenInput)

    SHOWN = (
        "description",
        "danger",
        "remedy_sought",
        "name",
        "phone",
        "email",
        "product",
        "order_number",
        "uploads",
    )

    @property
    def shown(self) -> list[forms.BoundField]:
        """Return the fields that people fill in."""
        return [self[name] for name in self.SHOWN]

    @property
    def words(self) -> Words:
        """Return what was written down, of a form that is in order."""
        given = self.cleaned_data
        person = Person(**{name: given[name].strip() for name in ("name", "phone", "email")})
        return Words(
            key=given["key"],
            channel=Channel.IN_PERSON,
            description=given["description"],
            danger=given["danger"],
            person=person,
            **{name: given[name].strip() for name in ("remedy_sought", "product", "order_number")},
        )


class AnswerQuestionForm(forms.Form):
    """The answer of somebody outside."""

    answer = forms.CharField(
        label=_("Your answer"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 12})
    )
    uploads = FilesField(
        label=_("Files"), help_text=_("Photos, receipts, letters; ten files at most.")
    )
