"""Words to a complainant as a call gives them; where it gives none, the organisation's own."""

from collections.abc import Mapping
from typing import Any

from complaints.models import Complaint
from complaints.services.letters import draft_letter
from complaints.states import MessageChannel, Occasion


def letter_of(
    complaint: Complaint,
    said: Mapping[str, Any],
    occasion: Occasion,
    who: Mapping[str, Any],
    *,
    extra: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the verbs call a letter."""
    channel = MessageChannel(said["channel"])
    subject, text = said.get("subject", ""), said.get("text", "")
    if not text:
        drafted = draft_letter(
            complaint, occasion, channel, actor=who["actor"], extra=extra, at=who["at"]
        )
        subject, text = subject or drafted[0], drafted[1]
    return {
        "channel": channel,
        "subject": subject,
        "text": text,
        "told_at": said.get("told_at"),
    }
