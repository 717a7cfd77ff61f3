"""POST complaints/bulk/: many at once, each answered on its own."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from complaints.api.v1 import given, told
from complaints.api.v1.telling import received_told
from complaints.services.partner_batches import Outcome, hand_over_many
from complaints.services.partners import HandedOver, Places, understood
from journal.errors import Refusal
from providers.api.fields import parsed
from providers.api.operations import Answer, Call, operation
from providers.api.problems import refused
from providers.api.views import ApiView, renamed
from providers.errors import Invalid
from providers.states import Scope


class Bulk(ApiView):
    """Hand over many."""

    @operation(
        "complaint_receive_many",
        "Hand over up to 500 complaints at once",
        scope=Scope.CREATE,
        takes=given.ManyGiven,
        gives={200: told.BulkShape},
        tag="complaints",
    )
    def post(self, call: Call) -> Answer:
        """Each item is answered on its own, in order: one that is refused harms no other.

        Possible duplicates are not looked for. An item whose `external_id` is held already is
        answered 409 with the reference that holds it, so a whole batch can be sent again.
        """
        places = Places()
        read: list[HandedOver | Refusal] = []
        for number, item in enumerate(call.given["complaints"]):
            at = f"/complaints/{number}"
            try:
                said = parsed(given.ComplaintGiven, item, at=at)
                read.append(understood(said, places, at=call.at))
            except Invalid as refusal:
                read.append(refusal)
        fit = [item for item in read if isinstance(item, HandedOver)]
        outcomes = iter(hand_over_many(handed=fit, actor=call.actor, at=call.at))
        results = [
            _told(number, item, next(outcomes) if isinstance(item, HandedOver) else item)
            for number, item in enumerate(read)
        ]
        received = sum(result["status"] == HTTPStatus.CREATED for result in results)
        return Answer(
            {"received": received, "refused": len(results) - received, "results": results}
        )


def _told(number: int, item: HandedOver | Refusal, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Refusal):
        at = f"complaints.{number}."
        told_of = renamed(outcome, given.RECEIPT_NAMES, below=at)
        said: Mapping[str, Any] = json.loads(refused(told_of).content)
        return {"index": number, "status": outcome.status, "complaint": None, "problem": said}
    complaint, clocks = outcome
    noted = item.issues if isinstance(item, HandedOver) else ()
    return {
        "index": number,
        "status": int(HTTPStatus.CREATED),
        "complaint": received_told(complaint, clocks, noted),
        "problem": None,
    }
