"""What every page needs to know about who is looking, and at whose pages."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from accounts.selectors import organisation_name


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the permissions of the signed-in person, for the menu, and the organisation's name."""
    user = getattr(request, "user", None)
    may = user.permissions if isinstance(user, User) else frozenset()
    return {
        "may": may,
        "outside": isinstance(user, User) and user.provider is not None,  # works for a provider
        "may_key": " ".join(sorted(may)),  # what cached parts of the frame depend on
        "organisation": organisation_name(),
        "organisation_contact": settings.ORGANISATION_CONTACT
        or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
    }
