"""The words of the fast channel."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PageState(TextChoices):
    """What became of a call to one address."""

    QUEUED = "queued", pgettext_lazy("page", "Waiting to go out")
    SENDING = "sending", pgettext_lazy("page", "Going out")
    SENT = "sent", pgettext_lazy("page", "Went out")
    FAILED = "failed", pgettext_lazy("page", "Did not go out")
    NEEDLESS = "needless", pgettext_lazy("page", "No longer needed")


class TryResult(TextChoices):
    """How one attempt to reach an address ended."""

    SENT = "sent", pgettext_lazy("attempt", "accepted")
    FAILED = "failed", pgettext_lazy("attempt", "refused")
    UNKNOWN = "unknown", pgettext_lazy("attempt", "interrupted")


class Measure(TextChoices):
    """What is decided to contain a danger."""

    STOP_SALE = "stop_sale", _("Stop the sale")
    STOP_USE = "stop_use", _("Tell users to stop using it")
    WARN = "warn", _("Warn those concerned")
    MAKE_SAFE = "make_safe", _("Make it safe on the spot")
    TAKE_BACK = "take_back", _("Take goods back")
    SECURE = "secure", _("Secure records, samples and data")
    ANSWER_MEDIA = "answer_media", _("Answer the media with one voice")
    NONE_NEEDED = "none_needed", _("Nothing needs to be contained")
    OTHER = "other", pgettext_lazy("measure", "Other")


class Reportable(TextChoices):
    """Whether an authority must be told."""

    YES = "yes", pgettext_lazy("to report", "Yes, to be reported")
    NO = "no", pgettext_lazy("to report", "No")
    OPEN = "open", pgettext_lazy("to report", "Not yet known")


class Ending(TextChoices):
    """How an emergency ended."""

    DOWNGRADED = "downgraded", _("No emergency after all")
    AT_ITS_END = "closed", _("The complaint came to its end")


class ExerciseKind(TextChoices):
    """What is practised."""

    ROTA_TEST = "rota_test", _("Test of the rota")
    DRILL = "drill", _("Drill")


class Service(TextChoices):
    """By what somebody is called."""

    EMAIL = "email", pgettext_lazy("way of calling", "E-mail")
    APPRISE = "apprise", pgettext_lazy("way of calling", "Messaging service")
