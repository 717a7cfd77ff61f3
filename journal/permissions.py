"""Who may look at the record's workings. People live a floor above, so their permissions are read
by name."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def may_operate(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether the person sees and retries deliveries."""
    return "journal.operate" in getattr(user, "permissions", frozenset())


def may_verify(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether the person sees and starts proofs of the record."""
    return may_operate(user) or "journal.verify" in getattr(user, "permissions", frozenset())
