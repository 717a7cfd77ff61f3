"""The words of cases outside."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(TextChoices):
    """Where a complainant may turn (the policy's routes have the same kinds)."""

    INTERNAL = "internal", pgettext_lazy("route", "Internal review")
    MEDIATION = "mediation", pgettext_lazy("route", "Mediation")
    REGULATOR = "regulator", pgettext_lazy("route", "Regulator")
    ARBITRATION = "arbitration", pgettext_lazy("route", "Arbitration")
    COURT = "court", pgettext_lazy("route", "Court")


class Opener(TextChoices):
    """Who took the matter there."""

    COMPLAINANT = "complainant", pgettext_lazy("opened by", "The complainant")
    ORGANISATION = "organisation", pgettext_lazy("opened by", "We ourselves")
    AUTHORITY = "authority", pgettext_lazy("opened by", "An authority")


class CaseState(TextChoices):
    """Where a case outside stands."""

    OPENED = "opened", pgettext_lazy("outside case", "Opened")
    ANSWERED = "answered", pgettext_lazy("outside case", "Answered, decision pending")
    DECIDED = "decided", pgettext_lazy("outside case", "Decided")
    SETTLED = "settled", pgettext_lazy("outside case", "Settled")
    ENDED = "ended", pgettext_lazy("outside case", "Ended without a decision")
    CLOSED = "closed", pgettext_lazy("outside case", "Closed")


PENDING = (CaseState.OPENED, CaseState.ANSWERED)


class Result(TextChoices):
    """What came of it, seen from our decision."""

    UPHELD = "upheld", pgettext_lazy("outside result", "Our decision upheld")
    PARTLY = "partly", pgettext_lazy("outside result", "Partly overturned")
    OVERTURNED = "overturned", pgettext_lazy("outside result", "Overturned")
    SETTLED = "settled", pgettext_lazy("outside result", "Settled")
    WITHDRAWN = "withdrawn", pgettext_lazy("outside result", "Withdrawn")
    NOT_ACCEPTED = "not_accepted", pgettext_lazy("outside result", "Not accepted by the body")


STATE_OF = {
    Result.UPHELD: CaseState.DECIDED,
    Result.PARTLY: CaseState.DECIDED,
    Result.OVERTURNED: CaseState.DECIDED,
    Result.SETTLED: CaseState.SETTLED,
    Result.WITHDRAWN: CaseState.ENDED,
    Result.NOT_ACCEPTED: CaseState.ENDED,
}
# What changes our decision, so that a person must say what follows for the complaint.
ASKS_FOR_AN_EFFECT = frozenset({Result.PARTLY, Result.OVERTURNED, Result.SETTLED})


class Effect(TextChoices):
    """What the result means for the complaint."""

    UNDECIDED = "", pgettext_lazy("effect", "Not decided yet")
    REOPENED = "reopened", pgettext_lazy("effect", "Complaint reopened")
    REMEDY = "remedy", pgettext_lazy("effect", "A remedy is owed")
    RECORDED = "recorded", pgettext_lazy("effect", "Recorded, nothing follows")


class DateKind(TextChoices):
    """What a date of a case is."""

    DEADLINE = "deadline", pgettext_lazy("outside date", "Deadline")
    HEARING = "hearing", pgettext_lazy("outside date", "Hearing or meeting")


class Expert(TextChoices):
    """Whom one asks outside, without giving them an account."""

    INVESTIGATOR = "investigator", _("Investigator")
    LAWYER = "lawyer", _("Legal adviser")
    LABORATORY = "laboratory", _("Laboratory or technical expert")
    OTHER = "other", pgettext_lazy("expert", "Somebody else")
