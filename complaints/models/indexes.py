"""Indexes that leave out what is empty, and how a question gets to use them."""

from django.db.models import Q


def kept(field: str) -> Q:
    """Return of which rows the index of a field is kept, to be said with each question to it.

    PostgreSQL sees by itself that what is asked for is not empty. SQLite does not, and reads all
    rows there are.
    """
    return ~Q(**{field: ""})
