"""Questions to outsiders: beside a complaint, and by the secret of a link."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from accounts.rules import digest_of
from complaints.models import Complaint
from referrals.models import OutsideQuestion


def questions_beside(complaint: Complaint) -> QuerySet[OutsideQuestion]:
    """Return the questions that were asked about a complaint, newest first."""
    return complaint.outside_questions.select_related("asked_by").order_by("-pk")


def questions_visible_to(actor: User) -> QuerySet[OutsideQuestion]:
    """Return the questions about complaints that exist for the actor."""
    seen = Complaint.objects.visible_to(actor)
    return OutsideQuestion.objects.filter(complaint__in=seen).select_related(
        "complaint__policy", "asked_by"
    )


def open_question(secret: str, *, at: datetime) -> OutsideQuestion | None:
    """Return the question a link's secret opens, while it may be answered."""
    found = OutsideQuestion.objects.filter(digest=digest_of(secret)).first()
    return found if found is not None and found.waits and at < found.ends_at else None
