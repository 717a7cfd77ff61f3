"""What tests of the public side share: a form as a person fills it in, and ways to look at it."""

import uuid
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.services import system_user
from complaints.models import Complaint
from complaints.services.links import Issued, issue_link
from complaints.states import LinkPurpose
from tests.complaints.factories import NOW, make_policy


def filled_in(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends when somebody has filled in the public form."""
    plain = {
        "key": str(uuid.uuid4()),
        "danger": "no",
        "description": "The kettle leaks, and nobody answers the phone.",
        "email": "fang@example.cn",
        "language": "en",
    }
    return {name: value for name, value in (plain | changes).items() if value is not None}


def send(client: Client | None = None, **changes: Any) -> Any:
    """Send the public form; return the answer."""
    make_policy()
    return (client or Client()).post(reverse("portal:form"), filled_in(**changes))


def token_in(response: Any) -> str:
    """Return the token of the page that an answer leads to."""
    return str(response.headers["Location"].rstrip("/").split("/")[-1])


def only_complaint() -> Complaint:
    """Return the one complaint there is."""
    return Complaint.objects.get()


def issued_for(complaint: Complaint, **changes: Any) -> Issued:
    """Return a fresh link to a complaint."""
    given: dict[str, Any] = {
        "purpose": LinkPurpose.RECEIPT,
        "actor": system_user(),
        "at": NOW,
    } | changes
    return issue_link(complaint_id=complaint.pk, **given)
