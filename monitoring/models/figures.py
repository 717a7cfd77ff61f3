"""Facts, the cells they add up to, how far the journal has been folded in, and targets.

Facts and cells are derived: `manage.py rebuild_figures` makes them anew from complaints, clocks and
the journal, and `manage.py verify_figures` proves that they say the same. Ids of places, people and
categories stand in them as plain numbers, so that upkeep is a copy of rows and no look-up.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from monitoring.states import Direction, Ending

_WHOSE = ("confidential", "subject_person_id")
_NARROWED = ("site_id", "team_id", *_WHOSE)
_COHORT = ("answered_day", "ended_day")


class Fact(models.Model):
    """What is counted of one complaint, one narrow row; days are local days of the organisation."""

    # No constraint: it would make upkeep wait for whoever works on the complaint, and them for it.
    complaint = models.OneToOneField(
        Complaint, on_delete=models.CASCADE, related_name="fact", db_constraint=False
    )
    # Neither merged nor found to be no complaint; what is tried out has no fact at all.
    counted = models.BooleanField()
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    confidential = models.BooleanField()
    reachable = models.BooleanField()  # false: anonymous, and nobody knows how to reach them

    site_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    provider_id = models.BigIntegerField(null=True)
    category_id = models.BigIntegerField(null=True)
    owner_id = models.BigIntegerField(null=True)
    subject_person_id = models.BigIntegerField(null=True)
    product = models.CharField(max_length=200, blank=True)  # as rules.folding.product_key has it
    channel = models.CharField(max_length=10)
    priority = models.CharField(max_length=2)

    received_day = models.DateField()
    repeat = models.BooleanField()
    complete = models.BooleanField()
    escalated = models.BooleanField()
    escalated_by = models.CharField(max_length=12, blank=True)  # to level 2, the first time
    peak_level = models.PositiveSmallIntegerField(default=0)

    # The first cycle's clocks, the strictest of each stage; null days where none runs or ran.
    ack_due_day = models.DateField(null=True)
    ack_met = models.BooleanField(null=True)
    ack_minutes = models.PositiveIntegerField(null=True)
    assess_due_day = models.DateField(null=True)
    assess_met = models.BooleanField(null=True)
    respond_due_day = models.DateField(null=True)
    respond_met = models.BooleanField(null=True)
    legal_due_day = models.DateField(null=True)
    legal_met = models.BooleanField(null=True)
    progress_due_day = models.DateField(null=True)
    progress_met = models.BooleanField(null=True)
    remedy_due_day = models.DateField(null=True)
    remedy_met = models.BooleanField(null=True)

    assessed_day = models.DateField(null=True)
    reprioritised = models.BooleanField()
    decided_day = models.DateField(null=True)  # of the decision that stands
    finding = models.CharField(max_length=14, blank=True)
    cause = models.CharField(max_length=60, blank=True)
    answered_day = models.DateField(null=True)  # when the first final response went out
    answer_days = models.PositiveIntegerField(null=True)  # from receipt, gross, whole days

    # The first stretch of being open ends here; later ones are in Stretch.
    first_ended_day = models.DateField(null=True)
    first_ending = models.CharField(max_length=10, choices=Ending, blank=True)
    first_closed_day = models.DateField(null=True)
    reopened_soon = models.BooleanField()  # within 30 days of the first closing
    ended_day = models.DateField(null=True)  # null while it is open
    ended_days = models.PositiveIntegerField(null=True)
    band = models.PositiveSmallIntegerField(null=True)  # rules.folding.BANDS

    referred_day = models.DateField(null=True)
    referred_soon = models.BooleanField()  # within six months of the final response
    outside_day = models.DateField(null=True)  # of the last decision on the merits outside
    overturned = models.BooleanField()

    emergency_day = models.DateField(null=True)
    declare_minutes = models.PositiveIntegerField(null=True)
    take_minutes = models.PositiveIntegerField(null=True)
    act_minutes = models.PositiveIntegerField(null=True)  # until the first action
    contain_minutes = models.PositiveIntegerField(null=True)
    declared_late = models.BooleanField(default=False)  # an assessment had taken it for none
    false_alarm = models.BooleanField()

    next_due_day = models.DateField(null=True)
    on_hold = models.BooleanField()

    class Meta:
        """An index for each day by which complaints are counted and listed.

        They carry along what charts are divided and narrowed by: a chart counts tens of thousands
        of facts, and does so without fetching any.
        """

        indexes = [
            models.Index(
                fields=["received_day"],
                name="fact_received",
                include=[*_NARROWED, "counted", "category_id", "provider_id", *_COHORT],
            ),
            models.Index(
                fields=["site_id", "received_day"],
                name="fact_received_at",
                include=["counted", "category_id", "provider_id", "team_id", *_WHOSE],
            ),
            models.Index(fields=["ack_due_day"], name="fact_ack_due"),
            models.Index(fields=["respond_due_day"], name="fact_respond_due"),
            models.Index(
                fields=["ended_day"],
                name="fact_ended",
                include=[*_NARROWED, "owner_id", "ending", "received_day", "first_ended_day"],
                condition=Q(ended_day__isnull=False),
            ),
            models.Index(
                fields=["decided_day"], name="fact_decided", condition=Q(decided_day__isnull=False)
            ),
            models.Index(
                fields=["owner_id", "next_due_day"],
                name="fact_open_of",
                include=_NARROWED,
                condition=Q(ended_day__isnull=True),
            ),
            models.Index(
                fields=["next_due_day"],
                name="fact_next_due",
                include=[*_NARROWED, "owner_id", "received_day", "first_ended_day"],
                condition=Q(ended_day__isnull=True),
            ),
            models.Index(
                fields=["subject_person_id"],
                name="fact_about",
                condition=Q(subject_person_id__isnull=False),
            ),
            models.Index(
                fields=["emergency_day"],
                name="fact_emergency",
                condition=Q(emergency_day__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Name the complaint by id."""
        return f"fact of {self.complaint_id}"


class Stretch(models.Model):
    """A later time in which a complaint was open: from a reopening to the next end, if any."""

    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, related_name="stretches")
    begins_day = models.DateField()
    ends_day = models.DateField(null=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)

    class Meta:
        """Counted by when it began and when it ended."""

        indexes = [
            models.Index(fields=["begins_day"], name="stretch_begins"),
            models.Index(fields=["ends_day"], name="stretch_ends"),
        ]

    def __str__(self) -> str:
        """Name the span."""
        return f"{self.begins_day}–{self.ends_day or ''}"


class Payment(models.Model):
    """Money that was paid as a remedy, by its day; what is taken back is negative."""

    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, related_name="payments")
    day = models.DateField()
    cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        """Counted by day."""

        indexes = [models.Index(fields=["day"], name="payment_day")]

    def __str__(self) -> str:
        """Name amount and currency."""
        return f"{self.cents / 100:.2f} {self.currency}"


class Cell(models.Model):
    """How many facts a measure counts on a day, for one member of one dimension."""

    dimension = models.CharField(max_length=8)  # rules.measures.DIMENSIONS
    member = models.CharField(max_length=200, blank=True)
    measure = models.CharField(max_length=90)  # with the value by which it is kept, if any
    day = models.DateField()
    confidential = models.BooleanField()
    n = models.BigIntegerField()
    total = models.BigIntegerField(default=0)  # hundredths of a currency, where there is money

    class Meta:
        """One member over days; one measure over all members; a few measures of one member."""

        constraints = [
            models.UniqueConstraint(
                fields=["dimension", "member", "day", "measure", "confidential"], name="cell_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["dimension", "measure", "day"],
                name="cell_members",
                include=["member", "confidential", "n"],
            ),
            models.Index(
                fields=["dimension", "member", "measure", "day"],
                name="cell_measures",
                include=["confidential", "n", "total"],
            ),
        ]

    def __str__(self) -> str:
        """Name the place of the cell."""
        return f"{self.measure} {self.dimension}:{self.member} {self.day}"


class Fold(models.Model):
    """How far the journal has been folded into facts and cells: one row.

    Where an id is missing, another transaction may still bring it: `gap_to` and `gap_horizon` say
    up to which id that was so, and which transactions must have ended before it is certain.
    """

    cursor = models.BigIntegerField(default=0)
    gap_to = models.BigIntegerField(default=0)
    gap_horizon = models.BigIntegerField(default=0)
    folded_at = models.DateTimeField(null=True)
    edition = models.CharField(max_length=64, blank=True)  # selectors.edition: how facts were made

    def __str__(self) -> str:
        """Name the entry that was folded last."""
        return f"folded up to {self.cursor}"


class Target(models.Model):
    """What a figure is meant to reach, in which direction and from when on."""

    kpi = models.CharField(_("figure"), max_length=8)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    value = models.DecimalField(_("target"), max_digits=12, decimal_places=2)
    first = models.DateField(_("from"))
    last = models.DateField(_("until"), null=True, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, editable=False)  # withdrawn; kept as it was

    class Meta:
        """By figure, newest first."""

        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["kpi", "-first", "-id"]
        constraints = [
            models.CheckConstraint(
                name="target_ends_after_it_begins",
                condition=Q(last__isnull=True) | Q(last__gte=models.F("first")),
            )
        ]

    def __str__(self) -> str:
        """Name figure and value."""
        return f"{self.kpi} {self.direction} {self.value}"
