"""What cases outside mean for how long a complaint is kept (settings.RETENTION_CLASSES)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from referrals.models import OutsideCase, OutsideDate, OutsideQuestion
from referrals.selectors.cases import with_open_cases


def ends_of_cases(complaint_ids: Sequence[int]) -> Mapping[int, datetime | None]:
    """Return the complaints with a case outside, each with the end of the last one."""
    rows = OutsideCase.objects.filter(complaint__in=complaint_ids).order_by()
    ended = rows.values("complaint").annotate(last=Max("closed_at"))
    return {row["complaint"]: row["last"] for row in ended}


def open_cases(complaint_ids: Sequence[int]) -> Mapping[int, Any]:
    """Return the complaints about which something is still going on outside, and that sentence."""
    open_now = with_open_cases(complaint_ids)
    return dict.fromkeys(open_now, gettext_lazy("A case outside is still open."))


def what_is_held(complaint_id: int) -> list[dict[str, Any]]:
    """Return a complaint's cases outside and the questions to outsiders, for a copy of their data.

    Who is to be reached at a body, or was asked, is somebody else and stays out.
    """
    cases = OutsideCase.objects.filter(complaint=complaint_id).prefetch_related(
        "dates", "documents__attachment"
    )
    questions = OutsideQuestion.objects.filter(complaint=complaint_id)
    return [*map(_case, cases), *map(_question, questions)]


def _case(case: OutsideCase) -> dict[str, Any]:
    return {
        "record": _("Case outside"),
        "kind": case.get_kind_display(),
        "body": case.body,
        "reference_there": case.reference_there,
        "opened_by": case.get_opened_by_display(),
        "opened_at": case.opened_at,
        "state": case.get_state_display(),
        "demand": case.demand,
        "result": case.get_result_display(),
        "decision": case.decision,
        "effect": case.get_effect_display(),
        "effect_note": case.effect_note,
        "closed_at": case.closed_at,
        "dates": [_date(date) for date in case.dates.all()],
        "documents": [
            {"name": document.attachment.name, "handed_at": document.handed_at}
            for document in case.documents.all()
        ],
    }


def _question(question: OutsideQuestion) -> dict[str, Any]:
    return {
        "record": _("Question to an outsider"),
        "kind": question.get_to_kind_display(),
        "asked_at": question.asked_at,
        "question": question.question,
        "passage": question.quoted,
        "answer": question.answer,
        "answered_at": question.answered_at,
    }


def _date(date: OutsideDate) -> dict[str, Any]:
    return {
        "kind": date.get_kind_display(),
        "name": date.name,
        "place": date.place,
        "due_at": date.due_at,
        "done_at": date.done_at,
        "done_note": date.done_note,
    }
