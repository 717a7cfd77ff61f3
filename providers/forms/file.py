"""The forms of the file, its people, what it is told, how it is judged, what went wrong."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_slug
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from accounts.services import Outsider
from providers.forms import DayField, MomentField, WordsField
from providers.models.file import TOPICS
from providers.rules.evaluating import CRITERIA, HIGHEST, LOWEST
from providers.selectors.words import CRITERION_WORDS, TOPIC_WORDS
from providers.services.evaluating import Judgement
from providers.services.file import Happened
from providers.states import DECISIONS_OF, Breach, Decision, EvaluationKind

RESERVED = {"new", "own", "plans", "webhooks"}  # words that stand in the same place of an address
EVALUATE_EVERY = timedelta(days=182)
_LANGUAGE_WORDS = {"en": _("in English"), "zh": _("in Chinese")}


class NamesForm(forms.Form):
    """The names of a provider."""

    name_en = forms.CharField(label=_("Name in English"), max_length=120)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=120)


class NewProviderForm(NamesForm):
    """A provider to be."""

    code = forms.CharField(
        label=_("Code"),
        max_length=50,
        validators=[validate_slug],
        help_text=_("Short, for addresses and exports: letters, digits, - and _. It stays."),
    )
    field_order = ("code", "name_en", "name_zh")

    def clean_code(self) -> str:
        """Refuse a code that is taken."""
        code: str = self.cleaned_data["code"]
        if Provider.objects.filter(code=code).exists() or code in RESERVED:
            raise forms.ValidationError(_("This code is taken."))
        return code


class RequirementsForm(forms.Form):
    """What a provider is told, by topic, in both languages."""

    def __init__(self, *args: Any, texts: Mapping[str, Mapping[str, str]], **kwargs: Any) -> None:
        """Begin with what was told before."""
        super().__init__(*args, **kwargs)
        for topic in TOPICS:
            for language, words in _LANGUAGE_WORDS.items():
                self.fields[f"{topic}_{language}"] = WordsField(
                    label=_("%(topic)s, %(language)s")
                    % {"topic": TOPIC_WORDS[topic], "language": words},
                    initial=texts.get(topic, {}).get(language, ""),
                    rows=5,
                )

    @property
    def said(self) -> dict[str, dict[str, str]]:
        """Return what the valid form says."""
        return {
            topic: {lang: self.cleaned_data[f"{topic}_{lang}"] for lang in _LANGUAGE_WORDS}
            for topic in TOPICS
        }


class EvaluationForm(forms.Form):
    """Marks by criterion, what follows, why, and when again."""

    def __init__(self, *args: Any, kind: EvaluationKind, **kwargs: Any) -> None:
        """Offer the decisions that belong to the kind."""
        super().__init__(*args, **kwargs)
        self.kind = kind
        marks = [("", _("not judged")), *((str(n), str(n)) for n in range(LOWEST, HIGHEST + 1))]
        for criterion in CRITERIA:
            self.fields[criterion] = forms.ChoiceField(
                label=CRITERION_WORDS[criterion], choices=marks, required=False
            )
        self.fields["decision"] = forms.ChoiceField(
            label=_("Decision"),
            choices=[(item.value, item.label) for item in DECISIONS_OF[kind]],
            widget=forms.RadioSelect,
        )
        self.fields["reason"] = WordsField(label=_("Why"))
        self.fields["next_due_on"] = DayField(
            label=_("Next evaluation"),
            required=False,
            initial=timezone.localdate() + EVALUATE_EVERY,
        )

    def marks(self) -> list[forms.BoundField]:
        """Return the fields of the criteria."""
        return [self[name] for name in CRITERIA]

    @property
    def judgement(self) -> Judgement:
        """Return what the valid form says."""
        given = self.cleaned_data
        ends = given["decision"] in {Decision.NOT_SELECTED, Decision.END}
        return Judgement(
            kind=self.kind,
            marks={name: int(given[name]) for name in CRITERIA if given[name]},
            decision=given["decision"],
            reason=given["reason"],
            next_due_on=None if ends else given["next_due_on"],
        )


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = WordsField(label=_("Why"))


class OutsiderForm(forms.Form):
    """Somebody of the provider who is to sign in."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[User.username_validator],
        help_text=_("For signing in. Letters, digits and @ . + - _; it cannot be changed later."),
    )
    display_name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As in the browser")), *settings.LANGUAGES],
    )

    @property
    def outsider(self) -> Outsider:
        """Return what the valid form says."""
        return Outsider(**self.cleaned_data)


class BreachForm(forms.Form):
    """What went wrong at the provider."""

    kind = forms.ChoiceField(label=_("What kind"), choices=Breach.choices, widget=forms.RadioSelect)
    what = WordsField(label=_("What happened"))
    happened_at = MomentField(label=_("When it happened"))
    reported_at = MomentField(
        label=_("When the provider told us"),
        required=False,
        help_text=_("Leave it empty if we found it ourselves."),
    )

    @property
    def happened(self) -> Happened:
        """Return what the valid form says."""
        return Happened(**self.cleaned_data)


class MeasuresForm(forms.Form):
    """What was done about a breach."""

    measures = WordsField(label=_("What was done about it"))


class PlanForm(forms.Form):
    """The cause, the measures, and by when."""

    cause = WordsField(label=_("What it came from"))
    measures = WordsField(label=_("What is done about it"), rows=5)
    due_on = DayField(label=_("By when"))


class CheckForm(forms.Form):
    """Whether an improvement plan helped."""

    effective = forms.TypedChoiceField(
        label=_("Did it help?"),
        choices=[("yes", _("Yes, it is effective")), ("no", _("No"))],
        coerce=lambda given: given == "yes",
        widget=forms.RadioSelect,
    )
    finding = WordsField(label=_("What the check showed"))
