"""What emergencies mean for how long a complaint is kept, and for a copy of somebody's data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emergencies.models import Emergency


def unfinished(complaint_ids: Sequence[int]) -> Mapping[int, Any]:
    """Return the complaints with an emergency to be reviewed or decided about, and that sentence.

    Until then everything stays: it is evidence for whoever reviews, and for an authority.
    """
    unreviewed = Q(review__isnull=False, review__done_at__isnull=True)
    rows = Emergency.objects.filter(complaint__in=complaint_ids).filter(
        unreviewed | Q(next_warning_at__isnull=False)
    )
    ids = rows.order_by().values_list("complaint_id", flat=True)
    return dict.fromkeys(
        ids, gettext_lazy("Its emergency is not reviewed yet, or a report is undecided.")
    )


def what_is_held(complaint_id: int) -> list[dict[str, Any]]:
    """Return a complaint's emergencies, row by row. Who was called at which address stays out."""
    rows = (
        Emergency.objects.filter(complaint=complaint_id)
        .select_related("complaint__policy", "review")
        .prefetch_related("containments", "fact_sheets", "first_calls", "reports")
        .order_by("pk")
    )
    return [told for row in rows for told in (_course(row), *_acts(row), *_afterwards(row))]


def _course(row: Emergency) -> dict[str, Any]:
    return {
        "record": _("Emergency"),
        "trigger": row.complaint.trigger_name,
        "declared_at": row.declared_at,
        "taken_at": row.taken_at,
        "first_action_at": row.first_action_at,
        "contained_at": row.contained_at,
        "ended_at": row.ended_at,
        "ended_how": row.get_ended_how_display(),
    }


def _acts(row: Emergency) -> Iterator[dict[str, Any]]:
    for act in row.containments.all():
        yield {
            "record": _("Containment"),
            "measure": act.get_measure_display(),
            "details": act.details,
            "at": act.at,
        }
    for sheet in row.fact_sheets.all():
        yield {
            "record": _("Situation sheet"),
            "confirmed": sheet.confirmed,
            "unconfirmed": sheet.unconfirmed,
            "at": sheet.at,
        }
    for call in row.first_calls.all():
        yield {
            "record": _("Call to the complainant"),
            "reached": call.reached,
            "note": call.note,
            "at": call.at,
        }


def _afterwards(row: Emergency) -> Iterator[dict[str, Any]]:
    for report in row.reports.all():
        yield {
            "record": _("Report to an authority"),
            "reportable": report.get_reportable_display(),
            "reason": report.reason,
            "returned_why": report.returned_why,
            "decided_at": report.decided_at,
            "reported_at": report.reported_at,
            "reference": report.reference,
        }
    review = getattr(row, "review", None)
    if review is not None:
        yield {
            "record": _("Review of the emergency"),
            "reached": review.reached,
            "went_well": review.went_well,
            "went_badly": review.went_badly,
            "actions": review.actions,
            "done_at": review.done_at,
        }
