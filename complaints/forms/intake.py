"""Taking a complaint down: one form, where next to nothing is demanded."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Site, User
from complaints.forms.fields import MomentField, at_once, category_choices, chosen
from complaints.models import Category, Complainant, Complaint
from complaints.rules.suggestions import written_in
from complaints.selectors.duplicates import Sketch
from complaints.selectors.policy import active_categories, policy_in_force, trigger_words
from complaints.services.drafts import idempotency_key
from complaints.services.intake import Intake, Person
from complaints.services.people import keyed
from complaints.states import Channel

_PERSON = tuple(asdict(Person()))


class IntakeForm(forms.Form):
    """The caller's words first, everything else after; what is missing never blocks."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    complainant = forms.IntegerField(required=False, widget=forms.HiddenInput)

    description = forms.CharField(
        label=_("What happened, in the complainant's own words"),
        widget=forms.Textarea(attrs={"rows": 7, "autofocus": True}),
    )
    channel = forms.ChoiceField(
        label=_("How it came in"),
        choices=Channel,
        initial=Channel.PHONE,
        widget=forms.RadioSelect(attrs={"class": "across"}),
    )

    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false"}),
    )
    customer_number = forms.CharField(label=_("Customer number"), max_length=80, required=False)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    anonymous = forms.BooleanField(
        label=_("Wants to stay anonymous, or leaves no way to be reached"), required=False
    )
    organisation = forms.CharField(label=_("Organisation"), max_length=200, required=False)
    address = forms.CharField(label=_("Postal address"), max_length=400, required=False)
    representative = forms.CharField(
        label=_("Speaks through somebody else"),
        help_text=_("Who speaks for the complainant, and in what capacity."),
        max_length=200,
        required=False,
    )
    needs = forms.CharField(
        label=_("Needs to be considered"),
        help_text=_("For example hard of hearing, cannot read small print, needs an interpreter."),
        max_length=300,
        required=False,
    )
    language = forms.ChoiceField(label=_("Language to write in"), required=False)

    product = forms.CharField(label=_("Product or service"), max_length=200, required=False)
    order_number = forms.CharField(
        label=_("Order or contract number"), max_length=80, required=False
    )
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label="–"
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    remedy_sought = forms.CharField(
        label=_("What the complainant asks for"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    received_at = MomentField(
        label=_("Received"),
        help_text=_("When it reached us; clocks count from here. Earlier is possible."),
        required=False,
    )
    occurred_at = MomentField(label=_("When it happened"), required=False)

    confidential = forms.BooleanField(
        label=_("Confidential: only those who need to know will see it"), required=False
    )
    subject_person = forms.ModelChoiceField(
        label=_("Person complained about"),
        help_text=_("This person will neither see nor handle the complaint."),
        queryset=User.objects.none(),
        required=False,
        empty_label="–",
    )

    emergency = forms.BooleanField(
        label=_("This is an emergency: open the fast channel"),
        help_text=_("Clocks of minutes start, and the people on call are told at once."),
        required=False,
    )
    emergency_trigger = forms.ChoiceField(
        label=_("What makes it one"),
        required=False,
        widget=forms.RadioSelect(attrs={"class": "across"}),
    )
    emergency_facts = forms.CharField(
        label=_("What is dangerous, in a few words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        actor: User,
        now: datetime,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """Offer the choices of this moment; a fresh form gets a key of its own."""
        fresh = {"key": uuid.uuid4(), "received_at": now, "site": _own_site(actor)}
        super().__init__(data, initial={**fresh, **(initial or {})})
        self.actor, self.now = actor, now
        fields: dict[str, Any] = self.fields
        # Read only where they are shown, or where something was chosen: most complaints come plain.
        fields["category"].choices = lambda: category_choices(self.categories)
        fields["emergency_trigger"].choices = lambda: list(self._triggers.items())
        fields["site"].queryset = Site.objects.filter(active=True)
        fields["subject_person"].queryset = User.objects.filter(
            is_active=True, is_system=False, is_client=False
        )
        fields["language"].choices = [("", _("as the complaint is written")), *settings.LANGUAGES]

    @cached_property
    def categories(self) -> list[Category]:
        """Return what may be chosen."""
        return active_categories()

    @cached_property
    def _triggers(self) -> dict[str, str]:
        return trigger_words(policy_in_force(self.now).says)

    def clean_complainant(self) -> Complainant | None:
        """Accept only somebody whom the actor may know of."""
        pk = self.cleaned_data.get("complainant")
        if not pk:
            return None
        seen = Complaint.objects.visible_to(self.actor).filter(complainant=pk)
        return Complainant.objects.filter(Q(pk__in=seen.values("complainant"))).first()

    def clean_category(self) -> Any:
        """Return the category itself."""
        pk = self.cleaned_data.get("category")
        return chosen(pk, self.categories) if pk else None

    def clean_emergency_trigger(self) -> str:
        """Ask what makes it an emergency once it is said to be one."""
        trigger = str(self.cleaned_data.get("emergency_trigger") or "")
        if self.cleaned_data.get("emergency") and not trigger:
            raise forms.ValidationError(_("Choose what makes this an emergency."))
        return trigger if self.cleaned_data.get("emergency") else ""

    @property
    def intake(self) -> Intake:
        """Return what was taken down, as far as it makes sense; also of a form half filled in."""
        given = getattr(self, "cleaned_data", {})
        known: Complainant | None = given.get("complainant")
        person = self._person(known)
        unchanged = known is not None and person == _as_known(known)
        text = given.get("description", "")
        return Intake(
            channel=given.get("channel", ""),
            description=text,
            received_at=at_once(given.get("received_at"), self.now) or self.now,
            occurred_at=at_once(given.get("occurred_at"), self.now),
            person=Person() if unchanged else person,
            complainant=known if unchanged else None,
            anonymous=given.get("anonymous", False),
            language=given.get("language") or person.language or written_in(text),
            site=given.get("site"),
            category=given.get("category"),
            confidential=given.get("confidential", False),
            subject_person=given.get("subject_person"),
            emergency_trigger=given.get("emergency_trigger", ""),
            emergency_facts=given.get("emergency_facts", ""),
            idempotency_key=idempotency_key(given["key"], self.actor) if "key" in given else None,
            **{
                name: given.get(name, "")
                for name in ("remedy_sought", "product", "order_number", "representative")
            },
        )

    def _person(self, known: Complainant | None) -> Person:
        """Return who complains: what was typed, else what is known of the chosen complainant."""
        given = getattr(self, "cleaned_data", {})
        typed = {name: str(given.get(name) or "").strip() for name in _PERSON}
        if known is None:
            return Person(**typed)
        # In which language to write is said of the complaint; it makes nobody another person.
        typed["language"] = known.language
        return Person(**{name: typed[name] or getattr(known, name) for name in _PERSON})

    @property
    def sketch(self) -> Sketch:
        """Return what duplicates and known complainants are looked for by."""
        intake = self.intake
        given = getattr(self, "cleaned_data", {})
        person = intake.person
        return Sketch(
            description=intake.description,
            product=intake.product,
            order_number=intake.order_number,
            site_id=intake.site.pk if intake.site else None,
            name=person.name,
            person=keyed(
                Complainant(
                    phone=person.phone, email=person.email, customer_number=person.customer_number
                )
            ),
            chosen=given.get("complainant"),
        )


def _as_known(complainant: Complainant) -> Person:
    return Person(**{name: getattr(complainant, name) for name in _PERSON})


def _own_site(actor: User) -> int | None:
    """Return the site of somebody who works at one only."""
    sites = {grant.site_id for grant in actor.grants}
    return sites.pop() if len(sites) == 1 else None
