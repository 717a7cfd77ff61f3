"""Who may: the file of a provider is kept by those who answer for it, and read by its people.

A provider has no site, so the right to its file counts wherever somebody holds it; what a page
tells of complaints is asked of complaints. Webhooks are kept by a client itself, by its provider's
people and by administrators: the same rules as querysets.visible_to.
"""

from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, User
from accounts.permissions import has, has_at
from providers.errors import NotAllowed
from providers.models import ApiClient
from providers.querysets import KEEP_WEBHOOKS

VIEW, MANAGE, APPROVE = "providers.view", "providers.manage", "providers.approve"


def works_for(actor: User, provider: Provider) -> bool:
    """Return whether the actor is a person of this provider."""
    return (
        actor.is_active
        and not actor.is_client
        and actor.provider is not None
        and actor.provider.pk == provider.pk
    )


def demand_file(actor: User, permission: str) -> None:
    """Let the actor through. Raises NotAllowed."""
    if not has(actor, permission):
        raise NotAllowed(_("Your role does not allow this in the file of a provider."))


def demand_own(actor: User, provider: Provider, refusal: object) -> None:
    """Let a person of the provider through. Raises NotAllowed with these words."""
    if not works_for(actor, provider):
        raise NotAllowed(refusal)


def may_keep_webhooks(actor: User, client: ApiClient) -> bool:
    """Return whether the actor keeps the endpoints of a client.

    Software keeps its own; people those of their provider, administrators all.
    """
    if actor.is_client:
        return client.user_id == actor.pk and has(actor, KEEP_WEBHOOKS)
    return has_at(actor, KEEP_WEBHOOKS, site_id=None, team_id=None, provider_id=client.provider_id)


def may_look_after_webhooks(actor: User) -> bool:
    """Return whether the actor keeps any endpoints at all, for menus and pages."""
    return has(actor, KEEP_WEBHOOKS)


def may_carry_personal(provider: Provider | None) -> bool:
    """Return whether webhooks to a provider may carry personal data: its contract grants it.

    The organisation's own software has no contract; it reads them by the API, under its rights.
    """
    return (
        provider is not None
        and provider.active
        and provider.webhooks_personal
        and bool(provider.shown_fields)
    )
