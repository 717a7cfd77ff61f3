"""Complainants: the keys by which they are compared."""

from django.conf import settings

from complaints.models import Complainant
from complaints.rules.intake import customer_key, email_key, phone_key


def keyed(complainant: Complainant) -> Complainant:
    """Set (in memory) the keys by which complainants are compared."""
    complainant.phone_key = phone_key(complainant.phone, settings.DEFAULT_PHONE_REGION)[:60]
    complainant.email_key = email_key(complainant.email)
    complainant.customer_key = customer_key(complainant.customer_number)[:80]
    return complainant
