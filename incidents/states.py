"""The words of incidents: states, audiences, outcomes."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class IncidentState(TextChoices):
    """Where an incident stands."""

    SUSPECTED = "suspected", pgettext_lazy("incident", "Suspected")
    DECLARED = "declared", pgettext_lazy("incident", "Declared")
    CONTAINED = "contained", pgettext_lazy("incident", "Contained")
    RESOLVED = "resolved", pgettext_lazy("incident", "Resolved")
    CLOSED = "closed", pgettext_lazy("incident", "Closed")
    STOOD_DOWN = "stood_down", pgettext_lazy("incident", "Stood down")


OPEN_STATES = (
    IncidentState.SUSPECTED,
    IncidentState.DECLARED,
    IncidentState.CONTAINED,
    IncidentState.RESOLVED,
)
STEPS = (*OPEN_STATES, IncidentState.CLOSED)


class Basis(TextChoices):
    """What complaints have in common that makes an incident likely."""

    PRODUCT = "product", pgettext_lazy("incident", "Same problem with the same product")
    SITE = "site", pgettext_lazy("incident", "Same problem at the same site")
    JOINTLY = "jointly", pgettext_lazy("incident", "Brought by many persons jointly")


class SuggestionState(TextChoices):
    """What became of a suggestion."""

    OPEN = "open", pgettext_lazy("suggestion", "Waiting for a decision")
    TAKEN = "taken", pgettext_lazy("suggestion", "Made an incident")
    DISMISSED = "dismissed", pgettext_lazy("suggestion", "Dismissed")


class FindingState(TextChoices):
    """Where a version of the common finding stands."""

    PROPOSED = "proposed", pgettext_lazy("common finding", "Waiting for approval")
    APPROVED = "approved", pgettext_lazy("common finding", "Approved")
    RETURNED = "returned", pgettext_lazy("common finding", "Returned")
    SUPERSEDED = "superseded", pgettext_lazy("common finding", "Replaced by a later version")


class Verdict(TextChoices):
    """What the handler of one complaint says of the common finding."""

    CONFIRMED = "confirmed", pgettext_lazy("common finding", "Confirmed for this complaint")
    REJECTED = "rejected", pgettext_lazy("common finding", "Does not fit this complaint")


class JointKind(TextChoices):
    """What is done for each linked complaint."""

    ACKNOWLEDGE = "acknowledge", pgettext_lazy("joint message", "Acknowledge receipt")
    PROGRESS = "progress", pgettext_lazy("joint message", "Report progress")
    DECISION = "decision", pgettext_lazy("joint message", "Tell the decision")
    REMEDIES = "remedies", pgettext_lazy("joint message", "Tell the other remedies")
    CLOSE = "close", pgettext_lazy("joint message", "Close")


class ItemOutcome(TextChoices):
    """What became of one complaint in a joint message."""

    WAITING = "waiting", pgettext_lazy("joint message", "Waiting")
    SENT = "sent", pgettext_lazy("joint message", "Done")
    ASKED = "asked", pgettext_lazy("joint message", "Waits for approval")
    BY_HAND = "by_hand", pgettext_lazy("joint message", "By phone or letter")
    LEFT_OUT = "left_out", pgettext_lazy("joint message", "Left out")
    REFUSED = "refused", pgettext_lazy("joint message", "Refused")


class Audience(TextChoices):
    """To whom a statement speaks (CM-7.4)."""

    STAFF = "staff", pgettext_lazy("audience", "Staff")
    REGULATOR = "regulator", pgettext_lazy("audience", "Regulator")
    CUSTOMERS = "customers", pgettext_lazy("audience", "Customers")
    MEDIA = "media", pgettext_lazy("audience", "Media")


class StatementChannel(TextChoices):
    """How a statement is made."""

    BRIEFING = "briefing", pgettext_lazy("statement", "Briefing")
    EMAIL = "email", pgettext_lazy("statement", "E-mail")
    LETTER = "letter", pgettext_lazy("statement", "Letter or form")
    WEBSITE = "website", pgettext_lazy("statement", "Website")
    SOCIAL = "social", pgettext_lazy("statement", "Social media")
    PRESS = "press", pgettext_lazy("statement", "Press release")
    PHONE = "phone", pgettext_lazy("statement", "Telephone")


class StatementState(TextChoices):
    """Where a version of a statement stands."""

    DRAFT = "draft", pgettext_lazy("statement", "Draft")
    WAITING = "waiting", pgettext_lazy("statement", "Waiting for approval")
    RETURNED = "returned", pgettext_lazy("statement", "Returned")
    APPROVED = "approved", pgettext_lazy("statement", "Approved")
    RELEASED = "released", pgettext_lazy("statement", "Released")
    REPLACED = "replaced", pgettext_lazy("statement", "Replaced")


class FactState(TextChoices):
    """How sure a fact is."""

    UNCONFIRMED = "unconfirmed", pgettext_lazy("fact", "Not confirmed")
    CONFIRMED = "confirmed", pgettext_lazy("fact", "Confirmed")
    REFUTED = "refuted", pgettext_lazy("fact", "Refuted")


class RepresentativeAct(TextChoices):
    """What needs the consent of those represented."""

    CHANGE = "change", pgettext_lazy("representative", "Change what is asked for")
    WAIVE = "waive", pgettext_lazy("representative", "Waive a claim")
    SETTLE = "settle", pgettext_lazy("representative", "Agree to a settlement")


class OutreachResult(TextChoices):
    """What came of trying to reach an affected customer."""

    REACHED = "reached", pgettext_lazy("outreach", "Reached")
    NOT_REACHED = "not_reached", pgettext_lazy("outreach", "Not reached")
    DECLINED = "declined", pgettext_lazy("outreach", "Wants nothing")
    ACCEPTED = "accepted", pgettext_lazy("outreach", "Takes the remedy")
    COMPLAINED = "complained", pgettext_lazy("outreach", "Became a complaint")
