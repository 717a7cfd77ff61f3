"""Cases outside, their dates, what was handed in; questions to outsiders."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Attachment, Complaint
from referrals.querysets import CaseQuerySet
from referrals.states import DateKind, Expert, Kind, Opener
from referrals.workflow import CaseWorkflow


class OutsideCase(CaseWorkflow):
    """A complaint taken elsewhere: to a review, a mediator, a regulator, arbitrators, a court."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="outside_cases")
    cycle = models.PositiveSmallIntegerField(default=1)  # of the complaint, when it went there
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    route = models.CharField(max_length=60, blank=True)  # of the handling policy, where it is one
    body = models.CharField(_("body"), max_length=200)
    reference_there = models.CharField(_("reference there"), max_length=120, blank=True)
    opened_by = models.CharField(_("opened by"), max_length=12, choices=Opener)
    opened_at = models.DateTimeField(_("opened"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField()
    contact = models.CharField(_("contact there"), max_length=200, blank=True)
    demand = models.TextField(_("what is demanded"), blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="reviews",
        verbose_name=_("reviewer"),
    )
    decision = models.TextField(_("what was decided"), blank=True)
    effect_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    effect_at = models.DateTimeField(null=True)
    effect_note = models.TextField(blank=True)
    # What the list is ordered by: the first date that is still ahead or missed.
    next_date_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        """The list of what is open, by its next date; a review has its reviewer."""

        verbose_name = _("case outside")
        verbose_name_plural = _("cases outside")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["complaint", "id"], name="outside_of_complaint"),
            models.Index(
                fields=["next_date_at", "id"],
                name="outside_next",
                condition=~Q(state="closed"),
            ),
            models.Index(fields=["opened_at"], name="outside_opened"),
        ]
        constraints = [
            models.CheckConstraint(
                name="outside_review_has_reviewer",
                condition=~Q(kind="internal") | Q(reviewer__isnull=False),
            ),
            models.CheckConstraint(
                name="outside_decided_has_result",
                condition=Q(state__in=["opened", "answered"]) | ~Q(result=""),
            ),
        ]

    def __str__(self) -> str:
        """Name the body."""
        return self.body

    @property
    def is_review(self) -> bool:
        """Return whether it is decided in the house, by somebody not involved before."""
        return self.kind == Kind.INTERNAL


class OutsideDate(models.Model):
    """A deadline or hearing of a case, with all that proves a computed one."""

    case = models.ForeignKey(OutsideCase, on_delete=models.CASCADE, related_name="dates")
    kind = models.CharField(_("kind"), max_length=10, choices=DateKind)
    name = models.CharField(_("what for"), max_length=200)
    place = models.CharField(_("place"), max_length=200, blank=True)
    due_at = models.DateTimeField(_("due"))
    preset = models.CharField(max_length=60, blank=True)
    preset_clock = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField(null=True)
    spec: Any = models.JSONField(default=dict)  # compliance.rules.ClockSpec, for a computed one
    calendar = models.CharField(max_length=20, blank=True)
    calendar_revision = models.PositiveIntegerField(default=0)
    ours = models.BooleanField(_("binds us"), default=True)  # else the body's own time limit
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    done_at = models.DateTimeField(_("done"), null=True)
    done_note = models.CharField(max_length=300, blank=True)
    warned_at = models.DateTimeField(null=True)
    missed_told_at = models.DateTimeField(null=True)

    class Meta:
        """What is ahead is found at once."""

        ordering = ["due_at", "id"]
        indexes = [
            models.Index(
                fields=["due_at"], name="outside_date_ahead", condition=Q(done_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """Name what it is for."""
        return self.name


class HandedIn(models.Model):
    """A document of the complaint that was given to the body, or came from it."""

    case = models.ForeignKey(OutsideCase, on_delete=models.CASCADE, related_name="documents")
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="+")
    received = models.BooleanField(_("came from the body"), default=False)
    handed_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Each file once in each direction."""

        ordering = ["handed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "attachment", "received"], name="outside_document_once"
            )
        ]

    def __str__(self) -> str:
        """Name the file."""
        return str(self.attachment)


class OutsideQuestion(models.Model):
    """One question to somebody outside, who answers it by a link that works once (CM-8.7).

    They see the question, what the asker quoted, and the files chosen for them: nothing else of the
    complaint. Of the link's secret only a digest is kept.
    """

    complaint = models.ForeignKey(
        Complaint, on_delete=models.CASCADE, related_name="outside_questions"
    )
    cycle = models.PositiveSmallIntegerField(default=1)
    to_kind = models.CharField(_("who is asked"), max_length=12, choices=Expert)
    to_name = models.CharField(_("name"), max_length=200)
    question = models.TextField(_("question"))
    quoted = models.TextField(_("what is quoted"), blank=True)
    files = models.ManyToManyField(Attachment, related_name="+")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField(_("answer by"))
    digest = models.CharField(max_length=64, unique=True)
    answer = models.TextField(_("answer"), blank=True)
    answer_files = models.ManyToManyField(Attachment, related_name="+")  # came with the answer
    answered_at = models.DateTimeField(null=True)
    silent_at = models.DateTimeField(null=True)  # when it was noted that no answer came
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Found by what still waits; ended in one way only."""

        verbose_name = _("question to an outsider")
        verbose_name_plural = _("questions to outsiders")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["ends_at"],
                name="outside_question_waits",
                condition=Q(answered_at__isnull=True, silent_at__isnull=True)
                & Q(revoked_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="outside_question_ends_once",
                condition=Q(answered_at__isnull=True)
                | (Q(silent_at__isnull=True) & Q(revoked_at__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        """Name who is asked."""
        return self.to_name

    @property
    def waits(self) -> bool:
        """Return whether an answer may still come."""
        return self.answered_at is None and self.silent_at is None and self.revoked_at is None
