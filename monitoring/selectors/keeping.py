"""What alerts mean for how long a complaint is kept (settings.RETENTION_CLASSES)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from monitoring.models import AlertMember


def worked_on(complaint_ids: Sequence[int]) -> Mapping[int, Any]:
    """Return the complaints behind an alert that somebody still works on, and that sentence."""
    rows = AlertMember.objects.filter(complaint__in=complaint_ids, alert__is_open=True)
    ids = rows.order_by().values_list("complaint_id", flat=True)
    return dict.fromkeys(ids, gettext_lazy("An alert that it stands behind is still worked on."))
