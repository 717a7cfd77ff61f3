"""Who may open the operator's pages."""

from datetime import UTC, datetime

from django.db import transaction

from journal.models import Delivery
from journal.services import record
from tests.architecture.access_row import Row, World, no_such_method, only

VERIFYING = ("administrator", "quality_manager", "auditor")


def _hanging(world: World) -> dict[str, int]:
    now = datetime.now(UTC)
    with transaction.atomic():
        entry = record(kind="test.happened", subject=world.team, actor=None, occurred_at=now)
    delivery = Delivery.objects.create(
        entry=entry, subscriber="test.listener", next_attempt_at=now, last_error="ValueError"
    )
    return {"pk": delivery.pk}


ROWS = {
    "journal:operations": Row(get=only("administrator"), post=no_such_method()),
    "journal:retry": Row(
        get=no_such_method(), post=only("administrator", gives="redirect"), kwargs=_hanging
    ),
    "journal:record": Row(get=only(*VERIFYING), post=no_such_method()),
    "journal:verify": Row(get=no_such_method(), post=only(*VERIFYING, gives="redirect")),
}
