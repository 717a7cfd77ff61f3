"""Why a second person is asked, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from accounts.selectors import named_for
from complaints.models import Approval

WHY: Mapping[str, Any] = {
    "above_limit": gettext_lazy(
        "The redress of %(amount)s %(currency)s is above the handler's limit."
    ),
    "priority": gettext_lazy("The handling policy asks for approval at this priority."),
}


def why_asked(approval: Approval) -> str:
    """Return why approval is needed: what the policy says, or the words of who asks."""
    said = [str(WHY[one["code"]]) % one for one in approval.why if one.get("code") in WHY]
    return "\n".join(said) or approval.reason


def asked_by(approval: Approval) -> str:
    """Return who asks, and for whom."""
    return named_for(approval.by, approval.asked_for)
