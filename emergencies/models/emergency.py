"""One declared emergency with what hangs on it: calls, decisions, facts, reports, the review."""

import uuid
from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from emergencies.models.exercises import Exercise
from emergencies.models.rota import Address, Duty
from emergencies.states import Ending, Measure, PageState, Reportable, TryResult

INSTANT = timedelta(microseconds=1)
PERSON = settings.AUTH_USER_MODEL


class Emergency(models.Model):
    """A declaration and its course. A complaint may be declared again: each time is a row."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="emergencies")
    trigger = models.CharField(max_length=20)
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    first_action_at = models.DateTimeField(null=True, blank=True)
    contained_at = models.DateTimeField(null=True, blank=True)
    contained_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_how = models.CharField(max_length=10, choices=Ending, blank=True)
    false_alarm = models.BooleanField(null=True, blank=True)

    # What the sweep looks for: the next round of calls, the next warning about reports or review.
    next_call_at = models.DateTimeField(null=True, blank=True)
    calls = models.PositiveSmallIntegerField(default=0)
    reports_due_at = models.DateTimeField(null=True, blank=True)
    next_warning_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """What is owed is found without reading what is over."""

        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "declared_at"], name="emergency_once_per_declaration"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_call_at"],
                name="emergency_calls",
                condition=Q(next_call_at__isnull=False),
            ),
            models.Index(
                fields=["next_warning_at"],
                name="emergency_warnings",
                condition=Q(next_warning_at__isnull=False),
            ),
            models.Index(fields=["-declared_at"], name="emergency_newest"),
        ]

    def __str__(self) -> str:
        """Name it by complaint and moment."""
        return f"{self.complaint_id}@{self.declared_at:%Y-%m-%dT%H:%M}"

    @property
    def waits(self) -> bool:
        """Return whether it waits for somebody to take it: nobody has, or who did has left.

        `taken_at` stays the moment of the first time: that is what is measured.
        """
        return self.taken_by_id is None and self.ended_at is None


class Page(models.Model):
    """A call to one person at one address: in an emergency, or as a test of the rota."""

    emergency = models.ForeignKey(
        Emergency, null=True, blank=True, on_delete=models.PROTECT, related_name="pages"
    )
    exercise = models.ForeignKey(
        Exercise, null=True, blank=True, on_delete=models.PROTECT, related_name="pages"
    )
    round = models.PositiveSmallIntegerField(default=1)
    duty = models.ForeignKey(
        Duty, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    stands_in_for = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    address = models.ForeignKey(  # none: the e-mail address of the account
        Address, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=10, choices=PageState, default=PageState.QUEUED)
    delivery_id = models.UUIDField(default=uuid.uuid4, editable=False)
    queued_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """A person is called once per address and round."""

        constraints = [
            models.CheckConstraint(
                name="page_of_one_thing",
                condition=Q(emergency__isnull=False, exercise__isnull=True)
                | Q(emergency__isnull=True, exercise__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["emergency", "round", "person", "address"],
                name="page_once_per_address",
                condition=Q(emergency__isnull=False, address__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["emergency", "round", "person"],
                name="page_once_per_account",
                condition=Q(emergency__isnull=False, address__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["queued_at"],
                name="page_waiting",
                condition=Q(state__in=["queued", "sending"]),
            )
        ]

    def __str__(self) -> str:
        """Name it by ids."""
        return f"{self.pk}: {self.person_id}"


class Attempt(models.Model):
    """One try to hand a page over: when, and how it ended; the code names no address and no key."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    result = models.CharField(max_length=8, choices=TryResult)
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        """In order."""

        ordering = ["pk"]

    def __str__(self) -> str:
        """Name the result."""
        return f"{self.page_id}: {self.result}"


class Containment(models.Model):
    """What was decided to contain the danger (within the clock of the first action)."""

    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="containments")
    measure = models.CharField(_("What is decided"), max_length=12, choices=Measure)
    details = models.TextField(_("In words"))
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """In order."""

        ordering = ["pk"]

    def __str__(self) -> str:
        """Name the measure."""
        return self.measure


class FactSheet(models.Model):
    """A version of what is known: confirmed and unconfirmed kept apart."""

    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="fact_sheets")
    version = models.PositiveSmallIntegerField()
    confirmed = models.TextField(_("Confirmed"), blank=True)
    unconfirmed = models.TextField(_("Not confirmed"), blank=True)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["emergency", "version"], name="fact_sheet_version")
        ]

    def __str__(self) -> str:
        """Name the version."""
        return f"{self.emergency_id} v{self.version}"


class FirstCall(models.Model):
    """An attempt to talk to the complainant at once."""

    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="first_calls")
    at = models.DateTimeField()
    reached = models.BooleanField()
    note = models.TextField(blank=True)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """In order."""

        ordering = ["pk"]

    def __str__(self) -> str:
        """Name it by ids."""
        return f"{self.emergency_id}: {self.reached}"


class ReportDecision(models.Model):
    """Whether one duty to report applies, decided by one person and approved by another.

    The newest decision about a preset and clock holds; older ones stay as they were.
    """

    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="reports")
    preset = models.CharField(max_length=40)
    clock = models.CharField(max_length=40, blank=True)  # of the preset; none for a bare duty
    reportable = models.CharField(_("To be reported"), max_length=4, choices=Reportable)
    reason = models.TextField(_("Reason"))
    counts_from = models.DateTimeField(null=True, blank=True)
    calendar_revision = models.PositiveIntegerField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_why = models.TextField(blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reference = models.CharField(_("reference of the authority"), max_length=120, blank=True)
    holds = models.BooleanField(default=True)  # false: decided anew since

    class Meta:
        """One decision holds for each clock of a preset."""

        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["emergency", "preset", "clock"],
                name="report_decision_that_holds",
                condition=Q(holds=True),
            ),
            models.CheckConstraint(
                name="report_approved_by_another",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("decided_by")),
            ),
        ]

    def __str__(self) -> str:
        """Name preset and decision."""
        return f"{self.preset} {self.clock}: {self.reportable}"


class Review(models.Model):
    """What is learnt from an emergency afterwards, by somebody who did not handle it."""

    emergency = models.OneToOneField(Emergency, on_delete=models.PROTECT, related_name="review")
    due_at = models.DateTimeField()
    calendar_revision = models.PositiveIntegerField(null=True, blank=True)
    opened_at = models.DateTimeField()
    reached = models.TextField(_("Who was reached when"), blank=True)
    went_well = models.TextField(_("What went well"), blank=True)
    went_badly = models.TextField(_("What went badly"), blank=True)
    actions = models.TextField(_("What is done about it, by whom, until when"), blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Looked up by what is due."""

        indexes = [
            models.Index(fields=["due_at"], name="review_due", condition=Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        """Name the emergency."""
        return f"review {self.emergency_id}"

    @property
    def last_day(self) -> date:
        """Return the last day on which it is in time: it is due at the midnight after."""
        return timezone.localdate(self.due_at - INSTANT)
