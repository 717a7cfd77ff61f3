"""The questions about cases outside; other apps ask here."""

from referrals.selectors.cases import has_open_case
from referrals.selectors.facts import Overturned, Referred, overturn_facts, referral_facts

__all__ = ["Overturned", "Referred", "has_open_case", "overturn_facts", "referral_facts"]
