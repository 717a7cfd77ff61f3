"""Where people are called: kept encrypted, shown by their tail, never in the record."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from emergencies import events
from emergencies.errors import BadInput, NotAllowed
from emergencies.models import Address
from emergencies.permissions import may_keep_rota, may_set_any_service
from emergencies.rules.addresses import mail_tail, scheme_of, tail_of
from emergencies.states import Service
from emergencies.transports import administrators_may_use, anybody_may_use, seal, understands
from journal.services import record

MOST = 8


@transaction.atomic
def add_address(*, person: User, text: str, actor: User, at: datetime) -> Address:
    """Add a way to call somebody: an e-mail address, or the address of a messaging service.

    Oneself, or anybody for who keeps the rota. Services whose host is free to choose are entered by
    administrators only. Raises NotAllowed, BadInput naming `text`.
    """
    _demand_own(person, actor)
    text = text.strip()
    if person.call_addresses.filter(removed_at__isnull=True).count() >= MOST:
        raise BadInput(_("Eight ways are enough: remove one first."), field="text")
    service = Service.EMAIL if "://" not in text else Service.APPRISE
    if service == Service.EMAIL:
        _check_mail(text)
    else:
        _check_service(text, actor)
    address = Address.objects.create(
        person=person,
        service=service,
        scheme=scheme_of(text),
        secret=seal(text),
        tail=mail_tail(text) if service == Service.EMAIL else tail_of(text),
        added_by=actor,
        added_at=at,
    )
    record(
        kind=events.ADDRESS_ADDED,
        subject=address,
        actor=actor,
        occurred_at=at,
        payload={"person": person.pk, "service": address.scheme or "email"},
    )
    return address


@transaction.atomic
def remove_address(*, address_id: int, actor: User, at: datetime) -> Address:
    """Forget a way to call somebody: what it hid is wiped at once. Raises Address.DoesNotExist."""
    address = Address.objects.select_for_update(of=("self",)).get(
        pk=address_id, removed_at__isnull=True
    )
    _demand_own(address.person, actor)
    address.secret, address.removed_at = "", at
    address.save(update_fields=["secret", "removed_at"])
    record(
        kind=events.ADDRESS_REMOVED,
        subject=address,
        actor=actor,
        occurred_at=at,
        payload={"person": address.person_id},
    )
    return address


def _demand_own(person: User, actor: User) -> None:
    if person.pk != actor.pk and not (may_keep_rota(actor) or may_set_any_service(actor)):
        raise NotAllowed(_("Everybody keeps their own addresses."))


def _check_mail(text: str) -> None:
    try:
        validate_email(text)
    except ValidationError:
        raise BadInput(
            _("Enter an e-mail address, or the address of a service such as dingtalk://…"),
            field="text",
        ) from None


def _check_service(text: str, actor: User) -> None:
    allowed = administrators_may_use if may_set_any_service(actor) else anybody_may_use
    if not allowed(text):
        raise BadInput(
            _("Calls by “%(scheme)s” are not allowed here; ask an administrator.")
            % {"scheme": scheme_of(text) or "?"},
            field="text",
        )
    if not understands(text):
        raise BadInput(_("This address is not complete, or wrong in some part."), field="text")
