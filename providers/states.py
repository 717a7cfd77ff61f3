"""The scopes of the API (spec/api.md), the words of a provider's file and of webhooks."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Scope(TextChoices):
    """What a token may be used for; what its client may do at all is asked of its role."""

    READ = "complaints:read", _("Read complaints")
    CREATE = "complaints:create", _("Hand over complaints")
    HANDLE = "complaints:handle", _("Take steps in complaints")
    ATTACH = "attachments:write", _("Add files")
    REPORTS = "reports:read", _("Read figures, alerts and scorecards")
    WEBHOOKS = "webhooks:manage", _("Keep webhooks")


class ContractState(TextChoices):
    """Where a contract stands."""

    DRAFT = "draft", pgettext_lazy("contract", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("contract", "Waits for approval")
    APPROVED = "approved", pgettext_lazy("contract", "Approved")
    ENDED = "ended", pgettext_lazy("contract", "Ended")
    DISCARDED = "discarded", pgettext_lazy("contract", "Discarded")


class EvaluationKind(TextChoices):
    """Before a provider is chosen, or while it works."""

    SELECTION = "selection", _("Selection")
    PERIODIC = "periodic", _("Periodic evaluation")


class Decision(TextChoices):
    """What an evaluation leads to."""

    SELECTED = "selected", pgettext_lazy("evaluation", "Selected")
    NOT_SELECTED = "not_selected", pgettext_lazy("evaluation", "Not selected")
    CONTINUE = "continue", pgettext_lazy("evaluation", "Goes on")
    IMPROVE = "improve", pgettext_lazy("evaluation", "Goes on, with improvements")
    END = "end", pgettext_lazy("evaluation", "Is to end")


DECISIONS_OF = {
    EvaluationKind.SELECTION: (Decision.SELECTED, Decision.NOT_SELECTED),
    EvaluationKind.PERIODIC: (Decision.CONTINUE, Decision.IMPROVE, Decision.END),
}


class Breach(TextChoices):
    """What went wrong, as the scorecard counts it."""

    DATA_PROTECTION = "data_protection", _("Data protection: a rule not kept, nothing disclosed")
    PRIVACY_BREACH = "privacy_breach", _("Data protection: personal data disclosed or lost")
    UNREPORTED_EMERGENCY = "unreported_emergency", _("An emergency that was not passed on")


class PlanState(TextChoices):
    """Where an improvement plan stands."""

    OPEN = "open", pgettext_lazy("plan", "Open")
    PLANNED = "planned", pgettext_lazy("plan", "Measures agreed")
    DONE = "done", pgettext_lazy("plan", "Carried out, effect not yet checked")
    EFFECTIVE = "effective", pgettext_lazy("plan", "Effective")
    NOT_EFFECTIVE = "not_effective", pgettext_lazy("plan", "Not effective")


class Band(TextChoices):
    """How a quarter is rated (domain brief 3.3)."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"
    NONE = "", _("Insufficient data")


class DeliveryState(TextChoices):
    """Where telling an endpoint of an event stands."""

    WAITING = "waiting", pgettext_lazy("webhook", "On its way")
    DELIVERED = "delivered", pgettext_lazy("webhook", "Delivered")
    FAILED = "failed", pgettext_lazy("webhook", "Given up")
    WITHHELD = "withheld", pgettext_lazy("webhook", "Not for this partner")


class DisabledBecause(TextChoices):
    """Why nothing is sent to an endpoint any more."""

    BY_HAND = "by_hand", _("Switched off by a person")
    FAILING = "failing", _("Nothing got through for three days")
    GONE = "gone", _("The endpoint answered that it is gone (410)")


class Fault(TextChoices):
    """What kept a webhook from being delivered."""

    STATUS = "status", _("It answered with an error")
    REDIRECT = "redirect", _("It redirects; redirects are not followed")
    TIMEOUT = "timeout", _("It did not answer in time")
    NO_NAME = "no_name", _("Its name is not known (DNS)")
    FORBIDDEN = "forbidden", _("Its address lies in a network that may not be called")
    NOT_REACHED = "not_reached", _("It could not be reached")
    TLS = "tls", _("Its certificate is not accepted")
    BROKEN = "broken", _("It broke the connection off")
    SEALED = "sealed", _("Its secret cannot be read any more: rotate it")
