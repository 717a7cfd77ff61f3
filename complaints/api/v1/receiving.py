"""POST complaints/: a complaint comes in."""

from collections.abc import Mapping
from http import HTTPStatus

from complaints.api.v1 import given, told
from complaints.api.v1.listing import a_page
from complaints.api.v1.telling import received_told
from complaints.errors import ReferenceHeld
from complaints.models import Complainant, Complaint
from complaints.selectors.duplicates import Duplicate, Sketch, likely_duplicates
from complaints.services.intake import Intake
from complaints.services.partners import (
    HandedOver,
    Places,
    hand_over_complaint,
    handed_over_before,
    understood,
)
from complaints.services.people import keyed
from providers.api.operations import Answer, Call, operation
from providers.api.pages import page_of
from providers.api.views import REPLAYED, ApiView, etag
from providers.states import Scope


class Complaints(ApiView):
    """Receive, and list."""

    @operation(
        "complaint_receive",
        "Hand over a complaint",
        scope=Scope.CREATE,
        takes=given.ComplaintGiven,
        gives={201: told.ReceivedShape},
        refuses=(409,),
        tag="complaints",
        names=given.RECEIPT_NAMES,
        opens={"reference": "$response.body#/reference"},
    )
    def post(self, call: Call) -> Answer:
        """Only `channel` and `description` are required.

        What the handling policy wants beside them and is missing comes back in
        `completeness_issues`; it never refuses a complaint. An `external_id` is yours once only:
        the same words under it again are answered with the complaint that holds it, and
        `Idempotent-Replayed: true`; other words are refused with 409.
        """
        handed = understood(call.given, Places(), at=call.at)
        try:
            complaint = hand_over_complaint(handed=handed, actor=call.actor, at=call.at)
        except ReferenceHeld as refusal:
            held = handed_over_before(handed, actor=call.actor, reference=refusal.reference)
            if held is None:
                raise
            return _told(held, handed, call, {REPLAYED: "true"})
        return _told(complaint, handed, call, {})

    @operation(
        "complaint_list",
        "List complaints",
        scope=Scope.READ,
        asks=given.ListQuery,
        gives={200: page_of(told.RowShape)},
        tag="complaints",
    )
    def get(self, call: Call) -> Answer:
        """Newest first, unless `ordering` says otherwise; only what this client may see."""
        return a_page(call)


def _told(complaint: Complaint, handed: HandedOver, call: Call, more: Mapping[str, str]) -> Answer:
    return Answer(
        {
            **received_told(complaint, complaint.clocks.all(), handed.issues),
            "duplicates": [
                {"reference": item.complaint.reference, "reasons": list(item.reasons)}
                for item in _duplicates(complaint, handed.intake, call)
            ],
        },
        HTTPStatus.CREATED,
        {
            **etag(complaint.version),
            "Location": f"{call.address}{complaint.reference}/",
            **more,
        },
    )


def _duplicates(complaint: Complaint, intake: Intake, call: Call) -> list[Duplicate]:
    """Return what else may be the same, among what the client may see."""
    person = intake.person
    sketch = Sketch(
        description=intake.description,
        product=intake.product,
        order_number=intake.order_number,
        site_id=intake.site.pk if intake.site else None,
        name=person.name,
        person=keyed(
            Complainant(
                phone=person.phone, email=person.email, customer_number=person.customer_number
            )
        ),
    )
    found = likely_duplicates(sketch, call.actor, says=complaint.policy.says, now=call.at)
    return [item for item in found if item.complaint.pk != complaint.pk]
