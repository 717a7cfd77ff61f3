"""The worker's doors to retention."""

from celery import shared_task

from journal.origin import origin
from journal.services import utc_now
from retention.errors import Conflict
from retention.services import cleaning, disposal, holds, packages


@shared_task
def list_what_is_due() -> None:
    """List what has become due, for two people to look at; nothing is erased by it."""
    try:
        disposal.propose_disposal(actor=None, at=utc_now())
    except Conflict:
        return  # nobody has approved a schedule yet


@shared_task
def carry_out_disposal() -> None:
    """Go on with what two people have approved."""
    with origin("disposal"):
        disposal.carry_out_disposal(now=utc_now())


@shared_task
def extend_holds() -> None:
    """Lay holds on what has come in since."""
    holds.extend_holds(now=utc_now())


@shared_task
def prepare_packages() -> None:
    """Make the packages that people wait for."""
    packages.prepare_packages(now=utc_now())


@shared_task
def clean_up() -> None:
    """Clear away what belongs to no complaint and is over its time."""
    cleaning.clean_up(now=utc_now())
