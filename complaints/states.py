"""The words of the workflow, named as in ISO 10002 / GB/T 19012."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    """Where a complaint stands."""

    RECEIVED = "received", pgettext_lazy("state", "Received")
    ACKNOWLEDGED = "acknowledged", pgettext_lazy("state", "Acknowledged")
    ASSESSED = "assessed", pgettext_lazy("state", "Assessed")
    INVESTIGATING = "investigating", pgettext_lazy("state", "Investigating")
    RESPONDED = "responded", pgettext_lazy("state", "Responded")
    CLOSED = "closed", pgettext_lazy("state", "Closed")
    FOLLOWED_UP = "followed_up", pgettext_lazy("state", "Followed up")
    WITHDRAWN = "withdrawn", pgettext_lazy("state", "Withdrawn")
    NOT_A_COMPLAINT = "not_a_complaint", pgettext_lazy("state", "Not a complaint")
    MERGED = "merged", pgettext_lazy("state", "Merged")


OPEN_STATES = (
    State.RECEIVED,
    State.ACKNOWLEDGED,
    State.ASSESSED,
    State.INVESTIGATING,
    State.RESPONDED,
)
STEPS = (*OPEN_STATES, State.CLOSED, State.FOLLOWED_UP)  # the stepper of the complaint page


class Channel(TextChoices):
    """How a complaint came in."""

    PHONE = "phone", pgettext_lazy("channel", "Phone")
    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    WEB = "web", pgettext_lazy("channel", "Web form")
    LETTER = "letter", pgettext_lazy("channel", "Letter")
    IN_PERSON = "in_person", pgettext_lazy("channel", "In person")
    SOCIAL = "social", pgettext_lazy("channel", "Social media")
    REGULATOR = "regulator", pgettext_lazy("channel", "Through a regulator")
    API = "api", pgettext_lazy("channel", "Partner system")
    OTHER = "other", pgettext_lazy("channel", "Other")


class TopClass(TextChoices):
    """The four fixed top classes (CM-8.2a); an organisation adds its own below them."""

    PRODUCT = "product", pgettext_lazy("class", "Product")
    SERVICE = "service", pgettext_lazy("class", "Service")
    PROCESS = "process", pgettext_lazy("class", "Process")
    PERSON = "person", pgettext_lazy("class", "Person")


class Priority(TextChoices):
    """What the assessment makes of severity, safety, complexity, impact (domain brief 2.5)."""

    P0 = "P0", _("P0 emergency")
    P1 = "P1", _("P1 major")
    P2 = "P2", _("P2 normal")
    P3 = "P3", _("P3 minor")


class Severity(TextChoices):
    """How bad it is, or could have been."""

    LOW = "low", pgettext_lazy("severity", "Low")
    MODERATE = "moderate", pgettext_lazy("severity", "Moderate")
    HIGH = "high", pgettext_lazy("severity", "High")
    CRITICAL = "critical", pgettext_lazy("severity", "Critical")


class SafetyHazard(TextChoices):
    """Whether anybody is or may be in danger."""

    NONE = "none", pgettext_lazy("safety", "None")
    POSSIBLE = "possible", pgettext_lazy("safety", "Possible")
    ACTUAL = "actual", pgettext_lazy("safety", "Actual")


class Complexity(TextChoices):
    """How much it takes to find out."""

    SIMPLE = "simple", pgettext_lazy("complexity", "Simple")
    NORMAL = "normal", pgettext_lazy("complexity", "Normal")
    COMPLEX = "complex", pgettext_lazy("complexity", "Complex")


class Impact(TextChoices):
    """How many are, or may be, affected."""

    ONE = "one", pgettext_lazy("impact", "One complainant")
    SEVERAL = "several", pgettext_lazy("impact", "Several customers")
    MANY = "many", pgettext_lazy("impact", "Many customers")
    PUBLIC = "public", pgettext_lazy("impact", "The public")


class Depth(TextChoices):
    """How deep an investigation goes; a later one includes the earlier ones."""

    NONE = "", _("Nothing yet")
    FINDINGS = "findings", _("Findings")
    CAUSE = "cause", _("Findings and cause")
    FULL = "full", _("Findings, cause, evidence and similar cases")


DEPTHS = (Depth.NONE, Depth.FINDINGS, Depth.CAUSE, Depth.FULL)


class Trigger(TextChoices):
    """What makes a complaint an emergency (CM-8.2b)."""

    PERSONAL_SAFETY = "personal_safety", _("Personal safety")
    PROPERTY_LOSS = "property_loss", _("Serious property loss")
    MEDIA_ATTENTION = "media_attention", _("Media attention")


class Finding(TextChoices):
    """What the organisation decides about the complaint."""

    UPHELD = "upheld", pgettext_lazy("finding", "Upheld")
    PARTLY = "partly", pgettext_lazy("finding", "Partly upheld")
    NOT_UPHELD = "not_upheld", pgettext_lazy("finding", "Not upheld")
    UNDETERMINED = "undetermined", pgettext_lazy("finding", "Could not be determined")


class Answer(TextChoices):
    """What the complainant says to the decision."""

    NONE = "", pgettext_lazy("answer", "None yet")
    ACCEPTED = "accepted", pgettext_lazy("answer", "Accepted")
    REFUSED = "refused", pgettext_lazy("answer", "Refused")
    NO_REPLY = "no_reply", pgettext_lazy("answer", "No reply")


class ClosureBasis(TextChoices):
    """Why a complaint may be closed (CM-8.6c, 8.6d and the policy's silence rule)."""

    NONE = "", pgettext_lazy("closure", "Not closed")
    ACCEPTED = "accepted", pgettext_lazy("closure", "Accepted by the complainant")
    REMEDIES_TOLD = "remedies_told", pgettext_lazy("closure", "Refused; other remedies were told")
    NO_REPLY = "no_reply", pgettext_lazy("closure", "No reply after the reminders")
    NO_CONTACT = "no_contact", pgettext_lazy("closure", "No way to reach the complainant")
    HISTORY = "history", pgettext_lazy("closure", "Closed before it was imported")


class RemedyKind(TextChoices):
    """What is done for the complainant (ISO 10002, responses)."""

    NONE = "none", pgettext_lazy("remedy", "No remedy")
    REFUND = "refund", pgettext_lazy("remedy", "Refund")
    REPLACEMENT = "replacement", pgettext_lazy("remedy", "Replacement")
    REPAIR = "repair", pgettext_lazy("remedy", "Repair or rework")
    COMPENSATION = "compensation", pgettext_lazy("remedy", "Compensation")
    PRICE_REDUCTION = "price_reduction", pgettext_lazy("remedy", "Price reduction")
    APOLOGY = "apology", pgettext_lazy("remedy", "Apology")
    INFORMATION = "information", pgettext_lazy("remedy", "Information or explanation")
    ASSISTANCE = "assistance", pgettext_lazy("remedy", "Technical or other help")
    GOODWILL = "goodwill", pgettext_lazy("remedy", "Gesture of goodwill")
    CHANGE = "change", pgettext_lazy("remedy", "Change of product, process or policy")


class Stage(TextChoices):
    """What a clock measures."""

    ACKNOWLEDGE = "acknowledge", pgettext_lazy("stage", "Acknowledgement")
    ASSESS = "assess", pgettext_lazy("stage", "Assessment")
    FIRST_ACTION = "first_action", pgettext_lazy("stage", "First action")
    PROGRESS = "progress", pgettext_lazy("stage", "Progress report")
    RESPOND = "respond", pgettext_lazy("stage", "Response")
    REMEDY = "remedy", pgettext_lazy("stage", "Remedy")
    FOLLOW_UP = "follow_up", pgettext_lazy("stage", "Follow-up")


class PauseReason(TextChoices):
    """Why a clock may stand still, where its source allows it."""

    COMPLAINANT = "complainant", _("Waiting for the complainant")
    APPRAISAL = "appraisal", _("External appraisal or testing")
    MEDIATION = "mediation", _("Mediation under way")


class Occasion(TextChoices):
    """What a message to the complainant is for."""

    ACKNOWLEDGEMENT = "acknowledgement", pgettext_lazy("occasion", "Acknowledgement")
    PROGRESS = "progress", pgettext_lazy("occasion", "Progress report")
    INFORMATION_REQUEST = (
        "information_request",
        pgettext_lazy("occasion", "Request for information"),
    )
    DECISION = "decision", pgettext_lazy("occasion", "Decision")
    REMEDIES = "remedies", pgettext_lazy("occasion", "Other remedies")
    REMINDER = "reminder", pgettext_lazy("occasion", "Reminder")
    CLOSING = "closing", pgettext_lazy("occasion", "Closing letter")
    FOLLOW_UP = "follow_up", pgettext_lazy("occasion", "Follow-up")
    FOLLOW_UP_REMINDER = (
        "follow_up_reminder",
        pgettext_lazy("occasion", "Reminder of the follow-up"),
    )
    REOPENING_GRANTED = "reopening_granted", pgettext_lazy("occasion", "Reopening granted")
    REOPENING_DECLINED = "reopening_declined", pgettext_lazy("occasion", "Reopening declined")
    OTHER = "other", pgettext_lazy("occasion", "Other message")
    STAFF_NOTICE = "staff_notice", pgettext_lazy("occasion", "Notice to a colleague")


class MessageChannel(TextChoices):
    """How a message goes out. The system sends e-mail; the others are noted by a person."""

    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    PHONE = "phone", pgettext_lazy("channel", "Phone")
    SMS = "sms", pgettext_lazy("channel", "Text message")
    LETTER = "letter", pgettext_lazy("channel", "Letter")
    IN_PERSON = "in_person", pgettext_lazy("channel", "In person")
    OTHER = "other", pgettext_lazy("channel", "Other")


class MessageState(TextChoices):
    """What became of a message."""

    NOTED = "noted", pgettext_lazy("message", "Noted as told")
    QUEUED = "queued", pgettext_lazy("message", "Queued")
    SENDING = "sending", pgettext_lazy("message", "Being sent")
    SENT = "sent", pgettext_lazy("message", "Sent")
    UNCERTAIN = "uncertain", pgettext_lazy("message", "Interrupted while sending")
    FAILED = "failed", pgettext_lazy("message", "Failed")
    BOUNCED = "bounced", pgettext_lazy("message", "Bounced")


class Writer(TextChoices):
    """Who wrote what came in on a complaint."""

    COMPLAINANT = "complainant", pgettext_lazy("writer", "Complainant")
    THIRD_PARTY = "third_party", pgettext_lazy("writer", "Third party in the correspondence")
    OTHER = "other", pgettext_lazy("writer", "Somebody else")


class ApprovalKind(TextChoices):
    """What needs a second person."""

    RESPONSE = "response", _("Response")
    NOT_A_COMPLAINT = "not_a_complaint", _("Not a complaint")
    SKIP_INVESTIGATION = "skip_investigation", _("No investigation")


class ApprovalState(TextChoices):
    """What became of a request for approval."""

    PENDING = "pending", pgettext_lazy("approval", "Waiting")
    GRANTED = "granted", pgettext_lazy("approval", "Approved")
    RETURNED = "returned", pgettext_lazy("approval", "Returned")
    DROPPED = "dropped", pgettext_lazy("approval", "No longer needed")


class PolicyState(TextChoices):
    """Where a version of the handling policy stands."""

    DRAFT = "draft", pgettext_lazy("policy", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("policy", "Waiting for approval")
    APPROVED = "approved", pgettext_lazy("policy", "Approved")
    REJECTED = "rejected", pgettext_lazy("policy", "Rejected")
    DISCARDED = "discarded", pgettext_lazy("policy", "Discarded")


class FollowUpOutcome(TextChoices):
    """What came of a follow-up."""

    ANSWERED = "answered", pgettext_lazy("follow-up", "Answered")
    UNREACHABLE = "unreachable", pgettext_lazy("follow-up", "Not reached")
    WRONG_NUMBER = "wrong_number", pgettext_lazy("follow-up", "Wrong number")
    CALL_BACK = "call_back", pgettext_lazy("follow-up", "Asked to be called again")
    DECLINED = "declined", pgettext_lazy("follow-up", "Declined to answer")


class FollowUpHold(TextChoices):
    """Why nobody is invited to say how it went for the time being."""

    OUTSIDE_CASE = "outside_case", pgettext_lazy("follow-up", "A case outside is open")
    LEGAL_HOLD = "legal_hold", pgettext_lazy("follow-up", "A legal hold is in place")


class ReopenSource(TextChoices):
    """Through whom a complainant asks to reopen."""

    FOLLOW_UP = "follow_up", pgettext_lazy("asked", "At the follow-up")
    COMPLAINANT = "complainant", pgettext_lazy("asked", "By the complainant's own link")
    AGENT = "agent", pgettext_lazy("asked", "Through the desk")


class ReopenVerdict(TextChoices):
    """What became of the wish to reopen."""

    WAITING = "", pgettext_lazy("reopening", "Waiting for a decision")
    GRANTED = "granted", pgettext_lazy("reopening", "Reopened")
    DECLINED = "declined", pgettext_lazy("reopening", "Declined")
    OVERTAKEN = "overtaken", pgettext_lazy("reopening", "Reopened for another reason")


class LinkPurpose(TextChoices):
    """Where a personal link was handed out."""

    RECEIPT = "receipt", pgettext_lazy("link", "On receipt, with a code")
    LETTER = "letter", pgettext_lazy("link", "In a letter")
    CODE = "code", pgettext_lazy("link", "For a reference and its code")
    DESK = "desk", pgettext_lazy("link", "By the desk, with a code")


class SetupStep(TextChoices):
    """What people tick off by hand in the first hour; the other steps show by themselves."""

    TEMPLATES = "templates", pgettext_lazy("first hour", "Message templates looked through")
    DISMISSED = "dismissed", pgettext_lazy("first hour", "List put away")
