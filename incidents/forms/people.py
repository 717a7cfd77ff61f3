"""What representatives and affected customers take in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.models import Attachment
from complaints.states import MessageChannel
from incidents.forms.base import ActForm, area, moment, text
from incidents.rules.customers import decoded
from incidents.selectors.outcomes import linked_complaints
from incidents.services.customers import NO, YES
from incidents.services.representatives import Mandate
from incidents.states import OutreachResult, RepresentativeAct

MAX_LIST_BYTES = 2 * 1024 * 1024
_MOST = 500


class RepresentativeForm(ActForm):
    """Who speaks for whom, on what strength."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    contact = forms.CharField(label=_("How to reach them"), max_length=300, required=False)
    scope = text(_("What the mandate covers"), rows=2)
    mandate = text(_("Mandate in words"), rows=2, help_text=_("Or choose the document below."))
    attachment = forms.ChoiceField(label=_("Mandate among the attachments"), required=False)
    allowed = forms.MultipleChoiceField(
        label=_("The mandate extends to"),
        choices=RepresentativeAct,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Each of these also needs the consent of everybody represented."),
    )
    complaints = forms.MultipleChoiceField(
        label=_("Speaks for"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def prepare(self) -> None:
        """Offer the linked complaints and their attachments, as far as the actor sees them."""
        seen = linked_complaints(self.incident).visible_to(self.actor).order_by("reference")
        choices = [(str(pk), name) for pk, name in seen.values_list("pk", "reference")[:_MOST]]
        files = (
            Attachment.objects.standing()
            .filter(complaint__in=seen.values("pk"))
            .select_related("complaint")
        )
        shown = [
            (str(file.pk), f"{file.complaint.reference} · {file.name}")
            for file in files.select_related("complaint")
        ]
        self.fields["complaints"].choices = choices  # type: ignore[attr-defined]
        self.fields["attachment"].choices = [("", "–"), *shown[:_MOST]]  # type: ignore[attr-defined]

    @property
    def given_mandate(self) -> Mandate:
        """Return what was typed, as the verb takes it."""
        given = self.given
        return Mandate(
            name=given["name"],
            contact=given["contact"],
            scope=given["scope"],
            text=given["mandate"],
            attachment_id=int(given["attachment"]) if given["attachment"] else None,
            allowed=given["allowed"],
            complaint_ids=[int(pk) for pk in given["complaints"]],
        )


class ConsentForm(ActForm):
    """Who agrees to what, and how they said so."""

    act = forms.ChoiceField(label=_("Agree to"), choices=RepresentativeAct)
    complaints = forms.MultipleChoiceField(
        label=_("Who agrees"), widget=forms.CheckboxSelectMultiple, required=False
    )
    how = forms.CharField(label=_("How they agreed"), max_length=300, required=False)
    given_at = moment(_("When"))

    def first(self) -> dict[str, Any]:
        """Suppose that they agreed just now."""
        return {"given_at": self.this_minute}

    def prepare(self) -> None:
        """Offer those who are represented."""
        rows = self.thing.represented.select_related("complaint")
        choices = [(str(row.complaint_id), row.complaint.reference) for row in rows]
        self.fields["complaints"].choices = choices  # type: ignore[attr-defined]


class DeedForm(ActForm):
    """What the representative agreed."""

    act = forms.ChoiceField(label=_("What was done"), choices=RepresentativeAct)
    text = text(_("What was agreed"))


class CustomersForm(ActForm):
    """A list of customers, pasted or as a file."""

    text = forms.CharField(
        label=_("List"),
        widget=area(8),
        required=False,
        help_text=_(
            "One customer per line: name, phone, e-mail, product, batch or order. With commas, "
            "semicolons or tabs between; a first line with headings may change the order."
        ),
    )
    file = forms.FileField(
        label=_("Or a CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )

    def clean_file(self) -> Any:
        """Refuse what is far too big for such a list."""
        file = self.cleaned_data["file"]
        if file and file.size > MAX_LIST_BYTES:
            raise forms.ValidationError(_("The file is bigger than such a list can be."))
        return file

    @property
    def listed(self) -> str:
        """Return the list, typed or from the file."""
        file = self.given.get("file")
        return decoded(file.read()) if file else str(self.given.get("text", ""))


class OfferForm(ActForm):
    """Whether affected customers are offered a remedy."""

    offer = forms.ChoiceField(
        label=_("Offer those who did not complain a remedy?"),
        choices=[(YES, _("Yes")), (NO, _("No"))],
        widget=forms.RadioSelect,
    )
    detail = text(_("What is offered, or why nothing is"))

    def first(self) -> dict[str, Any]:
        """Show what was decided."""
        return {"offer": self.incident.offer, "detail": self.incident.offer_detail}


class OutreachForm(ActForm):
    """One try to reach a customer."""

    channel = forms.ChoiceField(label=_("How"), choices=MessageChannel)
    result = forms.ChoiceField(label=_("What came of it"), choices=OutreachResult)
    reached_at = moment(_("When"))
    note = forms.CharField(label=_("Remark"), max_length=300, required=False)
    reference = forms.CharField(
        label=_("Reference of the complaint"),
        max_length=20,
        required=False,
        help_text=_("Where the customer wants to complain: take it down first."),
    )

    def first(self) -> dict[str, Any]:
        """Suppose a call just now."""
        return {"channel": MessageChannel.PHONE, "reached_at": self.this_minute}
