"""What a contract does not show: fields of complainants are veiled before anything reads them.

Pages, forms and letters read `complaint.complainant`; for people of a provider that is a copy in
memory, in which what their contract does not show stands as HIDDEN. Verbs fetch anew, with all.
"""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from complaints.models import Complainant, Complaint, IncomingMessage, Message
from complaints.permissions import withheld_from

HIDDEN = "•••"
_KEYS = {"phone": "phone_key", "email": "email_key", "customer_number": "customer_key"}
_OF_THE_COMPLAINT = "representative"


def veiled(complaint: Complaint, actor: User) -> Complaint:
    """Veil what the actor is not shown of who complains; return the same complaint."""
    withheld = withheld_from(actor)
    if withheld:
        if complaint.complainant is not None:
            complaint.complainant = veiled_person(complaint.complainant, withheld)
        if _OF_THE_COMPLAINT in withheld and complaint.representative:
            complaint.representative = HIDDEN
    return complaint


def veiled_person(person: Complainant, withheld: Iterable[str]) -> Complainant:
    """Return a copy of a person in which these fields are veiled where anything stands there."""
    fields = {field.attname: getattr(person, field.attname) for field in person._meta.fields}
    for name in withheld:
        if fields.get(name):
            fields[name] = HIDDEN
        if name in _KEYS:
            fields[_KEYS[name]] = ""
    copy = Complainant(**fields)
    copy.withheld = frozenset(withheld)
    kept_back: set[str] = {str(getattr(person, n)) for n in withheld if fields.get(n) == HIDDEN}
    copy.hidden = tuple(sorted(kept_back, key=len, reverse=True))
    return copy


def veil_letter(letter: Message | IncomingMessage, complaint: Complaint) -> None:
    """Veil in a letter what its complaint's complainant is veiled in: addresses, and the greeting.

    Our own templates put names there. What people wrote of themselves in their own words stays.
    """
    person = complaint.complainant
    if person is None or not person.withheld:
        return
    said: Any = letter
    for name in ("to_address", "copy_to", "sender"):
        if "email" in person.withheld and getattr(said, name, None):
            setattr(said, name, HIDDEN)
    for name in ("subject", "body"):
        if hasattr(said, name):
            setattr(said, name, _without(getattr(said, name), person.hidden))


def _without(text: str, hidden: Iterable[str]) -> str:
    for words in hidden:
        text = text.replace(words, HIDDEN)
    return text
