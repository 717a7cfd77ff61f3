"""How many customers, orders or units there were: taken in as a table, whole or not at all."""

import csv
import io
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Site, User
from complaints.errors import BadInput, NotAllowed
from complaints.services.moves import digest
from journal.services import record
from monitoring import events
from monitoring.models import Exposure
from monitoring.permissions import may_set_warnings
from monitoring.rules.exposure_table import Amount, read_amounts
from monitoring.rules.names import product_key
from monitoring.rules.tables import TableFaultError
from monitoring.services.warning_settings import ensure_settings

FAULTS = {
    "missing_column": _("this column is missing."),
    "empty": _("there is nothing under the heading."),
    "blank": _("must not be blank."),
    "not_blank": _("must be blank where the dimension is “all”."),
    "not_a_dimension": _("must be all, product or site."),
    "not_a_unit": _("must be customers, orders or units."),
    "not_a_month": _("must be a month like 2026-03."),
    "not_whole": _("must be a whole number, not negative."),
    "twice": _("this month stands twice for this member."),
    "no_site": _("there is no site with this code."),
}


@transaction.atomic
def import_exposure(*, data: bytes, actor: User, at: datetime) -> int:
    """Take a CSV table in; months that are known already are replaced. Return how many rows.

    Raises NotAllowed, and BadInput naming `file`, whose sentence names row and column.
    """
    if not may_set_warnings(actor):
        raise NotAllowed(_("Your role does not allow this."))
    try:
        text = data.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text))
        amounts = read_amounts(reader.fieldnames or (), reader)
        rows = _rows(amounts)
    except UnicodeDecodeError:
        raise BadInput(_("The file is not in UTF-8."), field="file") from None
    except csv.Error as error:
        raise BadInput(str(error), field="file") from None
    except TableFaultError as fault:
        raise BadInput(_sentence(fault), field="file") from None
    Exposure.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["dimension", "member", "month"],
        update_fields=["unit", "amount"],
        batch_size=1000,
    )
    record(
        kind=events.EXPOSURE_SET,
        subject=ensure_settings(at=at),
        actor=actor,
        occurred_at=at,
        payload={"rows": len(rows), "sha256": digest(text)},
    )
    return len(rows)


def _rows(amounts: list[Amount]) -> list[Exposure]:
    sites = {site.code.casefold(): site.pk for site in Site.objects.all()}
    return [
        Exposure(
            dimension=one.dimension,
            member=_member(one, sites),
            month=one.month,
            unit=one.unit,
            amount=one.amount,
        )
        for one in amounts
    ]


def _member(one: Amount, sites: dict[str, int]) -> str:
    if one.dimension == "product":
        return product_key(one.member)
    if one.dimension == "site":
        if one.member.casefold() not in sites:
            raise TableFaultError(one.row, "member", "no_site", one.member)
        return str(sites[one.member.casefold()])
    return ""


def _sentence(fault: TableFaultError) -> Any:
    place = _("Row %(row)d, column %(column)s:") % {"row": fault.row, "column": fault.column}
    value = f" [{fault.value}]" if fault.value else ""
    return f"{place} {FAULTS[fault.code]}{value}"
