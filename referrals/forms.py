"""What the steps of a case outside take in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints.models import Complaint
from complaints.services.outside import Order
from complaints.states import RemedyKind
from referrals.models import OutsideCase
from referrals.selectors.cases import files_of, regimes, reviewers_for
from referrals.services.cases import Opening, Particulars
from referrals.services.dates import NewDate, Reckoned
from referrals.services.questions import Wish
from referrals.states import DateKind, Effect, Expert, Kind, Opener, Result

OTHER = "other"
ACROSS = {"class": "across"}


def _area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _moment(**kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(widget=widget, **kwargs)


class CaseForm(forms.Form):
    """A step of a case: the version its reader saw travels along."""

    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        case: OutsideCase,
        now: datetime,
    ) -> None:
        """Stand on a case."""
        self.case, self.now = case, now
        super().__init__(data, initial={"expected_version": case.version, **self.first()})
        self.prepare()

    def first(self) -> dict[str, Any]:
        """Return what the form holds when it opens."""
        return {}

    def prepare(self) -> None:
        """Offer the choices of this case."""

    @property
    def given(self) -> dict[str, Any]:
        """Return what was typed and makes sense."""
        return getattr(self, "cleaned_data", {})

    @property
    def on(self) -> dict[str, Any]:
        """Return which case a verb is to change, and the version that was seen."""
        return {"case_id": self.case.pk, "expected_version": self.given.get("expected_version")}

    def moment(self, name: str) -> datetime:
        """Return a typed instant; within the present minute, or where none is given, it means now.

        Nobody types seconds.
        """
        given: datetime | None = self.given.get(name)
        same = given is not None and 0 <= (self.now - given).total_seconds() < 60  # noqa: PLR2004
        return self.now if given is None or same else given


class OpenForm(forms.Form):
    """Write down that a complaint is being looked at elsewhere."""

    where = forms.ChoiceField(label=_("Where"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(
        label=_("Kind, where it is another body"),
        choices=[("", "–"), *Kind.choices],
        required=False,
    )
    body = forms.CharField(
        label=_("Who deals with it there"),
        help_text=_("For example the district office, the tribunal or the mediator."),
        max_length=200,
        required=False,
    )
    reference_there = forms.CharField(label=_("Reference there"), max_length=120, required=False)
    opened_by = forms.ChoiceField(
        label=_("Who took the matter there"), choices=Opener, widget=forms.RadioSelect(attrs=ACROSS)
    )
    opened_at = _moment(label=_("Since"))
    reviewer = forms.ChoiceField(
        label=_("Reviewer"),
        help_text=_("For an internal review: somebody who had no part in the decision."),
        required=False,
    )
    contact = forms.CharField(label=_("Contact there"), max_length=200, required=False)
    demand = forms.CharField(label=_("What is demanded"), widget=_area(), required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, complaint: Complaint, now: datetime
    ) -> None:
        """Offer the routes of the complaint's policy, and others."""
        self.complaint, self.now = complaint, now
        self.reviewers = reviewers_for(complaint)
        super().__init__(data, initial={"opened_at": now, "opened_by": Opener.COMPLAINANT})
        language = translation.get_language() or settings.LANGUAGE_CODE
        self.routes = {route.code: route for route in complaint.policy.says.routes}
        self.names = {code: route.names.of(language) for code, route in self.routes.items()}
        fields: dict[str, Any] = self.fields
        fields["where"].choices = [*self.names.items(), (OTHER, _("Another body"))]
        fields["reviewer"].choices = [("", "–"), *((who.pk, who) for who in self.reviewers)]

    @property
    def opening(self) -> Opening:
        """Return what is known of the case."""
        given = self.cleaned_data
        route = self.routes.get(given["where"])
        moment: datetime = given["opened_at"]
        return Opening(
            kind=route.kind if route else given["kind"],
            route=route.code if route else "",
            body=given["body"] or self.names.get(given["where"], ""),
            opened_by=given["opened_by"],
            opened_at=min(moment, self.now) if (moment - self.now).total_seconds() < 60 else moment,  # noqa: PLR2004
            reference_there=given["reference_there"],
            contact=given["contact"],
            demand=given["demand"],
        )

    @property
    def chosen_reviewer(self) -> User | None:
        """Return who is to review."""
        wanted = self.cleaned_data["reviewer"]
        return next((who for who in self.reviewers if str(who.pk) == wanted), None)


class CorrectForm(CaseForm):
    """Complete what is known of a case."""

    body = forms.CharField(label=_("Who deals with it there"), max_length=200, required=False)
    reference_there = forms.CharField(label=_("Reference there"), max_length=120, required=False)
    contact = forms.CharField(label=_("Contact there"), max_length=200, required=False)
    demand = forms.CharField(label=_("What is demanded"), widget=_area(), required=False)

    def first(self) -> dict[str, Any]:
        """Show what is known."""
        return {
            name: getattr(self.case, name)
            for name in ("body", "reference_there", "contact", "demand")
        }

    @property
    def particulars(self) -> Particulars:
        """Return what is known now."""
        given = self.given
        return Particulars(
            given["body"], given["reference_there"], given["contact"], given["demand"]
        )


class AnswerForm(CaseForm):
    """What was answered to the body."""

    text = forms.CharField(label=_("What was answered"), widget=_area(), required=False)
    answered_at = _moment(label=_("Answered at"))

    def first(self) -> dict[str, Any]:
        """Take this moment."""
        return {"answered_at": self.now}


class DateForm(CaseForm):
    """A deadline or hearing: worked out from a known regime, or as it was told."""

    regime = forms.ChoiceField(
        label=_("Known time limit"),
        help_text=_("It is worked out with the working calendar; the steps can be looked at."),
        required=False,
    )
    started_on = forms.DateField(
        label=_("Counted from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        required=False,
    )
    kind = forms.ChoiceField(
        label=_("Or a date you were told"),
        choices=DateKind,
        widget=forms.RadioSelect(attrs=ACROSS),
        required=False,
    )
    name = forms.CharField(label=_("What for"), max_length=200, required=False)
    due_at = _moment(label=_("When"), required=False)
    place = forms.CharField(label=_("Where"), max_length=200, required=False)
    ours = forms.BooleanField(label=_("It binds us, not only the body"), required=False)

    def first(self) -> dict[str, Any]:
        """Count from the opening, unless somebody says otherwise."""
        return {
            "started_on": timezone.localdate(self.case.opened_at),
            "kind": DateKind.DEADLINE,
            "ours": True,
        }

    def prepare(self) -> None:
        """Offer the known time limits."""
        fields: dict[str, Any] = self.fields
        fields["regime"].choices = [("", "–"), *regimes()]

    @property
    def date(self) -> NewDate | Reckoned | None:
        """Return the date, or None where a typed one lacks its moment."""
        given = self.given
        if given["regime"]:
            preset, _colon, clock = given["regime"].partition(":")
            day = given["started_on"] or timezone.localdate(self.case.opened_at)
            started = datetime(day.year, day.month, day.day, 12, tzinfo=_zone())
            return Reckoned(preset, clock, started, ours=given["ours"])
        if given["due_at"] is None:
            return None
        return NewDate(given["kind"], given["name"], given["due_at"], given["place"], given["ours"])


def _zone() -> Any:
    return timezone.get_default_timezone()


class DoneForm(forms.Form):
    """A deadline was kept, a hearing held."""

    note = forms.CharField(max_length=300, required=False)


class HandInForm(CaseForm):
    """A file of the complaint was given to the body, or came from it."""

    attachment = forms.TypedChoiceField(label=_("File of the complaint"), coerce=int)
    received = forms.BooleanField(label=_("It came from the body"), required=False)
    handed_at = _moment(label=_("When"))

    def first(self) -> dict[str, Any]:
        """Take this moment."""
        return {"handed_at": self.now}

    def prepare(self) -> None:
        """Offer the complaint's files."""
        fields: dict[str, Any] = self.fields
        fields["attachment"].choices = [(file.pk, file.name) for file in files_of(self.case)]


class DecideForm(CaseForm):
    """What came of it."""

    result = forms.ChoiceField(label=_("Result"), choices=Result, widget=forms.RadioSelect)
    decision = forms.CharField(label=_("What was decided, and why"), widget=_area(), required=False)
    decided_at = _moment(label=_("Decided at"))

    def first(self) -> dict[str, Any]:
        """Take this moment."""
        return {"decided_at": self.now}


class EffectForm(CaseForm):
    """What the result means for the complaint."""

    effect = forms.ChoiceField(
        label=_("What follows"),
        choices=[choice for choice in Effect.choices if choice[0]],
        widget=forms.RadioSelect(attrs=ACROSS),
    )
    reason = forms.CharField(label=_("Reasons"), widget=_area(), required=False)
    remedy_kind = forms.ChoiceField(
        label=_("What is owed"),
        choices=[("", "–"), *(item for item in RemedyKind.choices if item[0] != RemedyKind.NONE)],
        required=False,
    )
    remedy_detail = forms.CharField(label=_("In detail"), widget=_area(2), required=False)
    amount = forms.DecimalField(
        label=_("Amount"), min_value=0, max_digits=14, decimal_places=2, required=False
    )
    due_on = forms.DateField(
        label=_("Owed by"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        required=False,
    )

    @property
    def order(self) -> Order | None:
        """Return what is owed, where something is."""
        given = self.given
        if not given["remedy_kind"]:
            return None
        day = given["due_on"]
        due_at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=_zone()) if day else self.now
        return Order(
            kind=given["remedy_kind"],
            detail=given["remedy_detail"],
            amount=given["amount"] or Decimal(0),
            due_at=due_at,
        )


class CloseForm(CaseForm):
    """Put the case away; takes nothing but the click."""


ANSWER_DAYS = 7


class AskForm(forms.Form):
    """One question to somebody outside: whom, what, what they are shown, by when."""

    to_kind = forms.ChoiceField(label=_("Whom do you ask?"), choices=Expert.choices)
    to_name = forms.CharField(label=_("Name"), max_length=200)
    language = forms.ChoiceField(label=_("Language of the page"), choices=settings.LANGUAGES)
    question = forms.CharField(label=_("Your question"), max_length=10_000, widget=_area(4))
    quoted = forms.CharField(
        label=_("What you quote from the complaint"),
        help_text=_("Only what they need for the answer; leave out who complains."),
        required=False,
        max_length=20_000,
        widget=_area(6),
    )
    attachments = forms.TypedMultipleChoiceField(
        label=_("Files they may open"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    ends_at = _moment(label=_("Answer by"))

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, complaint: Complaint, now: datetime
    ) -> None:
        """Offer the files of the complaint, and a week."""
        until = timezone.localtime(now) + timedelta(days=ANSWER_DAYS)
        language = translation.get_language() or settings.LANGUAGE_CODE
        super().__init__(data, initial={"ends_at": until, "language": language})
        files = complaint.attachments.exclude(path="")
        choices: Any = [(file.pk, file.name) for file in files]
        self.fields["attachments"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            del self.fields["attachments"]

    @property
    def wish(self) -> Wish:
        """Return what the valid form says."""
        return Wish(**self.cleaned_data)
