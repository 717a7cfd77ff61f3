"""How a summary of alerts leaves the house."""

from contextlib import suppress
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from monitoring.models import Digest


class NotSentError(Exception):
    """The mail did not leave. The message is a code without any data."""


def send_digest(digest: Digest) -> None:
    """Give one summary to the mail backend. Raises NotSentError with a code."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message = EmailMessage(
        subject=digest.subject,
        body=digest.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[digest.user.email],
        headers={
            "Message-ID": f"<{digest.delivery_id}@{domain}>",
            "X-Delivery-ID": str(digest.delivery_id),
            "Content-Language": digest.language,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        },
    )
    connection = get_connection()
    try:
        connection.open()
        accepted = connection.send_messages([message])
    except Exception as error:
        raise NotSentError(type(error).__name__) from error
    finally:
        with suppress(Exception):
            connection.close()
    if accepted != 1:
        raise NotSentError("not_accepted")
