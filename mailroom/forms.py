"""What people say about a mail."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Site
from complaints.selectors.policy import active_categories, policy_in_force, trigger_words
from complaints.services.intake import Intake, Person
from complaints.states import TopClass
from mailroom.models import Mail
from mailroom.services.filing import intake_of
from mailroom.states import Aside


class AddForm(forms.Form):
    """Onto which complaint."""

    reference = forms.CharField(
        label=_("Reference of the complaint"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    from_complainant = forms.BooleanField(
        label=_("The complainant wrote this, though the address is another"),
        help_text=_("Only if you are sure, by a call for example. Letters go to the old address."),
        required=False,
    )


class AsideForm(forms.Form):
    """Why it is no complaint."""

    why = forms.ChoiceField(
        label=_("Why this is not a complaint"),
        choices=[("", "–"), *((one.value, one.label) for one in Aside if one)],
    )
    remark = forms.CharField(label=_("Remark"), max_length=300, required=False)


class MakeForm(forms.Form):
    """A complaint from a mail: what the mail says stands there already."""

    description = forms.CharField(
        label=_("What happened, in the complainant's own words"),
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false"}),
    )
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    product = forms.CharField(label=_("Product or service"), max_length=200, required=False)
    order_number = forms.CharField(
        label=_("Order or contract number"), max_length=80, required=False
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label="–"
    )
    remedy_sought = forms.CharField(
        label=_("What the complainant asks for"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    confidential = forms.BooleanField(
        label=_("Confidential: only those who need to know will see it"), required=False
    )
    emergency_trigger = forms.ChoiceField(
        label=_("Emergency"),
        help_text=_("Clocks of minutes start, and the people on call are told at once."),
        required=False,
    )
    emergency_facts = forms.CharField(
        label=_("What is dangerous, in a few words"), max_length=300, required=False
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, mail: Mail) -> None:
        """Fill in what the mail says."""
        self.mail = mail
        says = intake_of(mail)
        super().__init__(
            data,
            initial={
                "description": says.description,
                "name": says.person.name,
                "email": says.person.email,
            },
        )
        self.categories = active_categories()
        fields: dict[str, Any] = self.fields
        fields["site"].queryset = Site.objects.filter(active=True)
        fields["category"].choices = [("", "–"), *self._grouped()]
        triggers = trigger_words(policy_in_force(mail.arrived_at).says)
        fields["emergency_trigger"].choices = [("", _("no emergency")), *triggers.items()]

    def _grouped(self) -> list[tuple[Any, list[tuple[int, str]]]]:
        groups = [
            (top.label, [(item.pk, str(item)) for item in self.categories if item.top_class == top])
            for top in TopClass
        ]
        return [group for group in groups if group[1]]

    @property
    def intake(self) -> Intake:
        """Return the complaint as the person says it; nobody to reach makes it anonymous."""
        given = self.cleaned_data
        person = Person(
            **{name: given[name].strip() for name in ("name", "email", "phone")},
        )
        key = str(given["category"])
        return intake_of(
            self.mail,
            description=given["description"],
            person=person,
            anonymous=not person.reachable,
            category=next((item for item in self.categories if str(item.pk) == key), None),
            **{
                name: given[name]
                for name in (
                    "product",
                    "order_number",
                    "site",
                    "remedy_sought",
                    "confidential",
                    "emergency_trigger",
                    "emergency_facts",
                )
            },
        )


class ThirdPartyForm(forms.Form):
    """Who else takes part in the correspondence, and with whose leave."""

    address = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false"}),
    )
    name = forms.CharField(label=_("Name"), max_length=200)
    reason = forms.CharField(label=_("Why this person takes part"), max_length=300)
    copied = forms.BooleanField(label=_("Gets copies of our letters"), required=False)
    agreed = forms.BooleanField(
        label=_("The complainant has agreed that this person learns of the matter"),
        required=False,
    )
