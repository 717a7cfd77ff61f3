"""Who may open the pages of the desk."""

from tests.architecture.access_row import Row
from tests.complaints import (
    access_exchange,
    access_letters,
    access_lists,
    access_page,
    access_policy,
)

ROWS: dict[str, Row] = {
    **access_exchange.ROWS,
    **access_letters.ROWS,
    **access_lists.ROWS,
    **access_page.ROWS,
    **access_policy.ROWS,
}
