"""The words of states and choices."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class VersionState(TextChoices):
    """Where a version of the schedule stands."""

    DRAFT = "draft", pgettext_lazy("schedule", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("schedule", "Waiting for approval")
    APPROVED = "approved", pgettext_lazy("schedule", "Approved")
    DISCARDED = "discarded", pgettext_lazy("schedule", "Discarded")


class HoldScope(TextChoices):
    """What a hold lies on."""

    COMPLAINT = "complaint", pgettext_lazy("hold", "One complaint")
    COMPLAINANT = "complainant", pgettext_lazy("hold", "Everything of one complainant")
    FILTER = "filter", pgettext_lazy("hold", "Everything a filter finds, also later")


class RunState(TextChoices):
    """Where a disposal run stands."""

    PROPOSED = "proposed", pgettext_lazy("disposal", "Waiting for the first reviewer")
    REVIEWED = "reviewed", pgettext_lazy("disposal", "Waiting for the second reviewer")
    APPROVED = "approved", pgettext_lazy("disposal", "Being carried out")
    FINISHED = "finished", pgettext_lazy("disposal", "Carried out")
    REJECTED = "rejected", pgettext_lazy("disposal", "Rejected")


OPEN_RUNS = (RunState.PROPOSED, RunState.REVIEWED, RunState.APPROVED)


class Outcome(TextChoices):
    """What became of one complaint of a run."""

    LISTED = "listed", pgettext_lazy("disposal", "Listed")
    TAKEN_OUT = "taken_out", pgettext_lazy("disposal", "Taken out")
    DISPOSED = "disposed", pgettext_lazy("disposal", "Disposed of")
    SKIPPED = "skipped", pgettext_lazy("disposal", "Skipped")


class RequestKind(TextChoices):
    """What a person asks for."""

    ACCESS = "access", pgettext_lazy("rights", "A copy of their data")
    RECTIFICATION = "rectification", pgettext_lazy("rights", "Correction")
    ERASURE = "erasure", pgettext_lazy("rights", "Erasure")
    OBJECTION = "objection", pgettext_lazy("rights", "Objection to the use of their data")


class RequestState(TextChoices):
    """Where a request stands."""

    RECEIVED = "received", pgettext_lazy("rights", "Identity not verified yet")
    VERIFIED = "verified", pgettext_lazy("rights", "Identity verified")
    ANSWERED = "answered", pgettext_lazy("rights", "Answered")


class Answer(TextChoices):
    """How a request was answered."""

    NONE = "", pgettext_lazy("rights", "Not yet")
    GRANTED = "granted", pgettext_lazy("rights", "Granted")
    PARTLY = "partly", pgettext_lazy("rights", "Granted in part")
    REFUSED = "refused", pgettext_lazy("rights", "Refused")


class Proof(TextChoices):
    """How it was made sure that somebody is who they say."""

    CALL_BACK = "call_back", pgettext_lazy("proof", "Called back on the number on record")
    MAIL_BACK = "mail_back", pgettext_lazy("proof", "Answered from the e-mail address on record")
    DOCUMENT = "document", pgettext_lazy("proof", "Showed an identity document (no copy kept)")
    SIGNED_IN = "signed_in", pgettext_lazy("proof", "Knew the reference and details of the case")
    AUTHORITY = "authority", pgettext_lazy("proof", "Acts under a written authority")


class Ground(TextChoices):
    """Why data are kept although somebody wants them erased, or why else a request is refused."""

    NONE = "", pgettext_lazy("ground", "None: the request is granted")
    DUTY = "duty", pgettext_lazy("ground", "A law or a standard asks us to keep the record")
    CLAIMS = "claims", pgettext_lazy("ground", "Claims may be raised, or are being raised")
    RUNNING = "running", pgettext_lazy("ground", "The complaint is still being handled")
    HOLD = "hold", pgettext_lazy("ground", "A legal hold lies on it")
    IDENTITY = "identity", pgettext_lazy("ground", "It could not be made sure who asks")
    OTHERS = "others", pgettext_lazy("ground", "It would show other people's data")
    NOTHING = "nothing", pgettext_lazy("ground", "Nothing is held about this person")


class ExportState(TextChoices):
    """Where a package stands."""

    QUEUED = "queued", pgettext_lazy("export", "Being prepared")
    READY = "ready", pgettext_lazy("export", "Ready")
    EXPIRED = "expired", pgettext_lazy("export", "Deleted")
    FAILED = "failed", pgettext_lazy("export", "Failed")


class Skip(TextChoices):
    """Why a complaint of an approved list stayed as it is."""

    HELD = "held", pgettext_lazy("skip", "on legal hold")
    OPEN = "open", pgettext_lazy("skip", "open again")
    NOT_DUE = "not_due", pgettext_lazy("skip", "no longer due")
    BLOCKED = "blocked", pgettext_lazy("skip", "something else still needs it")
    GONE = "gone", pgettext_lazy("skip", "disposed of already")
    FAULT = "fault", pgettext_lazy("skip", "a fault on our side")
