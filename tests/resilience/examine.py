"""Say as JSON what is left after the storm: `python -m tests.resilience.examine`.

Deliveries that a killed worker had taken come back when its lease runs out; here the clock is put
forward, so that nobody has to wait for that.
"""

import json
import sys
from datetime import datetime, timedelta
from typing import Any

import django


def main() -> dict[str, Any]:
    """Deliver what is still owed, prove the record, and tell what there is."""
    django.setup()
    from complaints.models import Complaint, Message  # noqa: PLC0415 - after setup
    from complaints.services.sending import send_message  # noqa: PLC0415
    from journal.selectors import outbox_state  # noqa: PLC0415
    from journal.services import deliver_pending, utc_now, verify_journal  # noqa: PLC0415

    def later() -> datetime:
        return utc_now() + timedelta(hours=1)

    left = outbox_state().owed
    for message in Message.objects.filter(state="sending"):
        send_message(message_id=message.pk, at=later())
    deliver_pending(clock=later)
    keyed = Complaint.objects.exclude(idempotency_key=None)
    return {
        "left": left,
        "owed": outbox_state().owed,
        "fault": str(verify_journal().fault or ""),
        "complaints": [
            {"key": str(key).rpartition(":")[2], "reference": reference, "state": state}
            for key, reference, state in keyed.values_list("idempotency_key", "reference", "state")
        ],
        "messages": [
            {"delivery": str(delivery), "state": state, "reference": reference}
            for delivery, state, reference in Message.objects.values_list(
                "delivery_id", "state", "complaint__reference"
            )
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
