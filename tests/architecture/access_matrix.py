"""The access matrix of the whole project: every address with its row.

Each app keeps its rows in tests/<app>/access.py. A key is the name of an address as `reverse`
takes it; `name#case` adds a second row for the same address with other objects.
"""

from tests.accounts import access as accounts
from tests.architecture.access_row import Row
from tests.complaints import access as complaints
from tests.compliance import access as compliance
from tests.emergencies import access as emergencies
from tests.incidents import access as incidents
from tests.journal import access as journal
from tests.mailroom import access as mailroom
from tests.monitoring import access as monitoring
from tests.monitoring import access_warnings as warnings
from tests.portal import access as portal
from tests.providers import access as providers
from tests.providers import access_api as providers_api
from tests.providers import access_webhooks as webhooks
from tests.referrals import access as referrals
from tests.retention import access as retention

FRONT_DOOR: dict[str, Row] = {
    "healthz": Row(get="ok", post="ok"),
    "readyz": Row(get="ok", post="ok"),
    "styleguide": Row(get="ok", post="ok"),
}
MATRIX: dict[str, Row] = {
    **FRONT_DOOR,
    **accounts.ROWS,
    **journal.ROWS,
    **compliance.ROWS,
    **providers.ROWS,
    **webhooks.ROWS,
    **providers_api.ROWS,
    **complaints.ROWS,
    **emergencies.ROWS,
    **incidents.ROWS,
    **referrals.ROWS,
    **mailroom.ROWS,
    **portal.ROWS,
    **monitoring.ROWS,
    **retention.ROWS,
    **warnings.ROWS,
}
