"""What is written down while a complaint is handled: from assessment to follow-up, row by row."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models.complaint import Complaint
from complaints.models.policy import Category
from complaints.states import (
    ApprovalKind,
    ApprovalState,
    Complexity,
    Depth,
    Finding,
    FollowUpOutcome,
    Impact,
    Priority,
    RemedyKind,
    ReopenSource,
    ReopenVerdict,
    SafetyHazard,
    Severity,
)


class Act(models.Model):
    """Base of everything a person writes on a complaint: which cycle, who, when."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="%(class)ss")
    cycle = models.PositiveSmallIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """Oldest first."""

        abstract = True
        ordering = ["id"]

    def __str__(self) -> str:
        """Name kind and complaint."""
        return f"{self._meta.model_name} of {self.complaint_id}"


class Assessment(Act):
    """The five criteria of the initial assessment (CM-8.3) and what follows from them."""

    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    safety_hazard = models.CharField(_("safety hazard"), max_length=10, choices=SafetyHazard)
    complexity = models.CharField(_("complexity"), max_length=10, choices=Complexity)
    impact = models.CharField(_("impact"), max_length=10, choices=Impact)
    immediate_action_needed = models.BooleanField(_("immediate action needed"))
    immediate_action_possible = models.BooleanField(_("immediate action possible"))
    immediate_action = models.TextField(_("immediate action taken"), blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, verbose_name=_("category"))
    priority = models.CharField(_("priority"), max_length=2, choices=Priority)
    priority_derived = models.CharField(max_length=2, choices=Priority)
    priority_reason = models.TextField(_("why another priority"), blank=True)


class Investigation(Act):
    """What was found out (CM-8.3+)."""

    findings = models.TextField(_("findings"))
    cause = models.TextField(_("cause"), blank=True)
    cause_code = models.CharField(_("class of cause"), max_length=60, blank=True)
    evidence = models.TextField(_("evidence"), blank=True)
    similar_cases = models.TextField(_("similar cases looked for"), blank=True)
    subject_statement = models.TextField(_("statement of the person concerned"), blank=True)
    depth = models.CharField(_("depth"), max_length=10, choices=Depth)


class Response(Act):
    """A decision with its reasons and remedy, on its way to the complainant (CM-8.5)."""

    finding = models.CharField(_("finding"), max_length=14, choices=Finding)
    reasons = models.TextField(_("reasons"))
    remedy_kind = models.CharField(_("remedy"), max_length=16, choices=RemedyKind)
    remedy_detail = models.TextField(_("remedy in detail"), blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(_("currency"), max_length=3)
    remedy_due_at = models.DateTimeField(_("remedy due"), null=True, blank=True)
    channel = models.CharField(max_length=10)
    subject_line = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("message to the complainant"))
    sent = models.BooleanField(default=False)


class Remedy(Act):
    """A promised remedy: who does it by when, and that it was done."""

    kind = models.CharField(_("remedy"), max_length=16, choices=RemedyKind)
    detail = models.TextField(_("detail"), blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    proof = models.CharField(_("proof"), max_length=300, blank=True)


class Approval(Act):
    """A request to a second person, and the answer. `by` asks; `decided_by` is somebody else."""

    kind = models.CharField(max_length=20, choices=ApprovalKind)
    state = models.CharField(max_length=10, choices=ApprovalState, default=ApprovalState.PENDING)
    # For whom `by` stood in when asking: neither of the two answers.
    asked_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(_("reason"), blank=True)  # in the words of who asks
    # What the policy says, as codes with their figures: each reader reads it in their language.
    why = models.JSONField(default=list)
    response = models.OneToOneField(
        Response, null=True, on_delete=models.CASCADE, related_name="approval"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)

    class Meta(Act.Meta):
        """One waiting request per complaint; nobody decides their own."""

        constraints = [
            models.UniqueConstraint(
                fields=["complaint"], name="approval_one_waiting", condition=Q(state="pending")
            ),
            models.CheckConstraint(
                name="approval_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("by")),
            ),
            models.CheckConstraint(
                name="approval_not_by_whom_it_was_asked_for",
                condition=Q(decided_by__isnull=True)
                | Q(asked_for__isnull=True)
                | ~Q(decided_by=models.F("asked_for")),
            ),
        ]
        indexes = [
            models.Index(fields=["at"], name="approval_waiting", condition=Q(state="pending"))
        ]


class Note(Act):
    """A remark for colleagues; never shown to the complainant."""

    text = models.TextField(_("note"))


class Escalation(Act):
    """A rung of the ladder that was climbed: why, who was told, who took it."""

    level = models.PositiveSmallIntegerField(_("level"))
    reason = models.TextField(_("reason"), blank=True)
    trigger = models.CharField(max_length=12)  # person | warning | breach | emergency
    clock_code = models.CharField(max_length=60, blank=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_at = models.DateTimeField(null=True)


class FollowUpAttempt(Act):
    """One try to ask how it went: handling and outcome apart (CM-8.6b)."""

    channel = models.CharField(_("channel"), max_length=10)
    outcome = models.CharField(_("outcome"), max_length=12, choices=FollowUpOutcome)
    handling_score = models.PositiveSmallIntegerField(_("handling"), null=True)
    outcome_score = models.PositiveSmallIntegerField(_("result"), null=True)
    comment = models.TextField(_("comment"), blank=True)
    reopen_offered = models.BooleanField(default=False)
    next_at = models.DateTimeField(_("to be tried again"), null=True)  # promised, or planned

    class Meta(Act.Meta):
        """An answer has both scores, 1 to 10."""

        constraints = [
            models.CheckConstraint(
                name="follow_up_answer_has_scores",
                # A score that is missing compares as unknown, and unknown passes: say not null.
                condition=~Q(outcome="answered")
                | Q(
                    handling_score__isnull=False,
                    outcome_score__isnull=False,
                    handling_score__range=(1, 10),
                    outcome_score__range=(1, 10),
                ),
            )
        ]


class ReopenRequest(Act):
    """The complainant asks, with a reason, to look at it again: once per closing, a person decides.

    `by` wrote it down (the system, where the complainant did); `decided_by` did not handle it.
    """

    reason = models.TextField(_("reason"))
    source = models.CharField(max_length=12, choices=ReopenSource)
    verdict = models.CharField(
        max_length=10, choices=ReopenVerdict, default=ReopenVerdict.WAITING, blank=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(_("what the complainant is told"), blank=True)

    class Meta(Act.Meta):
        """Asked once for each cycle; found by what waits."""

        constraints = [
            models.UniqueConstraint(fields=["complaint", "cycle"], name="reopening_asked_once"),
            models.CheckConstraint(
                name="reopening_decided_by_somebody",
                condition=Q(verdict="") | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["at"], name="reopening_waiting", condition=Q(verdict=""))]


class Notice(models.Model):
    """Something a colleague must know or decide, shown on their pages and mailed once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(
        max_length=20
    )  # escalation | approval | assigned | returned | message_failed | emergency …
    escalation = models.ForeignKey(Escalation, null=True, on_delete=models.CASCADE)
    instead_of = models.ForeignKey(  # who is away; the reader stands in
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        """Unread ones are counted on every page."""

        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["user", "-id"], name="notice_unread", condition=Q(read_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        """Name kind and reader."""
        return f"{self.kind} for {self.user_id}"
