"""The words of the mailroom."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MailState(TextChoices):
    """Where a mail lies."""

    NEW = "new", pgettext_lazy("mail", "Just come in")
    WAITING = "waiting", pgettext_lazy("mail", "Waits for a person")
    FILED = "filed", pgettext_lazy("mail", "On a complaint")
    ASIDE = "aside", pgettext_lazy("mail", "Not a complaint")


class Door(TextChoices):
    """How a mail came in."""

    IMAP = "imap", pgettext_lazy("door", "from the mailbox")
    PIPE = "pipe", pgettext_lazy("door", "handed over by the mail server")
    DEMO = "demo", pgettext_lazy("door", "in the demo's story")


class Kind(TextChoices):
    """What a mail is."""

    LETTER = "letter", pgettext_lazy("mail", "Letter")
    AUTO_REPLY = "auto_reply", pgettext_lazy("mail", "Automatic reply")
    AUTOMATIC = "automatic", pgettext_lazy("mail", "Sent by a machine")
    BOUNCE = "bounce", pgettext_lazy("mail", "Came back")
    DELAY = "delay", pgettext_lazy("mail", "Delayed on its way")
    OWN = "own", pgettext_lazy("mail", "Our own letter")
    UNREADABLE = "unreadable", pgettext_lazy("mail", "Unreadable")


class Reason(TextChoices):
    """Why a mail waits for a person."""

    NONE = "", "–"
    UNMATCHED = "unmatched", _("Belongs to no complaint we know of")
    KNOWN_SENDER = "known_sender", _("The sender has an open complaint")
    OTHER_SENDER = "other_sender", _("Answers a letter, but comes from another address")
    SUBJECT_ONLY = "subject_only", _("Only the subject names a complaint; the sender is unknown")
    FORGED = "forged", _("The address it was sent to is not signed by us")
    UNVERIFIED = "unverified", _("The sender's address may be forged")
    TOO_MANY = "too_many", _("Many mails from this sender today")
    COLLEAGUE = "colleague", _("From a colleague")
    AUTOMATIC = "automatic", _("Automatic, and belongs to no letter of ours")
    BOUNCE = "bounce", _("Came back, but from which letter is not known")
    NEWSLETTER = "newsletter", _("Newsletter or mailing list")
    SPAM = "spam", _("Marked as spam by the mail server")
    OWN = "own", _("Our own letter came back to us")
    TOO_LARGE = "too_large", _("Too large to be read by the machine")
    UNREADABLE = "unreadable", _("The machine cannot read it")
    TAKEN_BACK = "taken_back", _("Taken back by a person")


class Aside(TextChoices):
    """Why a mail is no complaint."""

    NONE = "", "–"
    NEWSLETTER = "newsletter", pgettext_lazy("not a complaint", "Newsletter or advertisement")
    SPAM = "spam", pgettext_lazy("not a complaint", "Spam or fraud")
    AUTOMATIC = "automatic", pgettext_lazy("not a complaint", "Automatic notice")
    QUESTION = "question", pgettext_lazy("not a complaint", "A question, answered elsewhere")
    NOT_OURS = "not_ours", pgettext_lazy("not a complaint", "Meant for somebody else")
    DUPLICATE = "duplicate", pgettext_lazy("not a complaint", "We have it already")
    OTHER = "other", pgettext_lazy("not a complaint", "Other reason")
