"""Short notes that are no calls, by mail and by the services somebody is called by."""

from datetime import datetime
from uuid import UUID

from accounts.models import User
from emergencies.states import Service
from emergencies.transports import Letter, NotSentError, mail, send_quietly


def send_note(*, person: User, subject: str, text: str, language: str, at: datetime) -> list[str]:  # noqa: ARG001
    """Send a note to each messaging service of somebody's; return a code for each that failed.

    The text holds nothing personal: such services keep what they are given.
    """
    faults = []
    for address in person.call_addresses.filter(
        removed_at__isnull=True, service=Service.APPRISE
    ).order_by("pk"):
        try:
            send_quietly(address, Letter(subject, text, language))
        except NotSentError as fault:
            faults.append(f"{address.scheme}:{fault}")
    return faults


def mail_note(*, person: User, subject: str, text: str, language: str, delivery: UUID) -> None:
    """Mail a note to somebody's account. Raises NotSentError when it did not leave."""
    mail(person.email, Letter(subject, text, language), delivery=delivery)
