"""The complaint itself."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from complaints.models.indexes import kept
from complaints.models.people import Complainant
from complaints.models.policy import Category, HandlingPolicy
from complaints.querysets import ComplaintManager, ComplaintQuerySet
from complaints.states import (
    OPEN_STATES,
    Answer,
    Channel,
    Priority,
    Severity,
    Stage,
    State,
    Trigger,
)
from complaints.workflow import Workflow

# What a list is narrowed to most, and what decides who sees a row.
_NARROWED = (
    "is_open",
    "state",
    "channel",
    "priority",
    "category",
    "site",
    "team",
    "owner",
    "confidential",
    "subject_person",
    "is_test",
)


def _narrowed_by(*but: str) -> list[str]:
    """Return what an index carries along: a filtered page, and its count, is read from it alone.

    Otherwise each row that a second filter takes out would have to be fetched from the table.
    SQLite has no such indexes and leaves this out.
    """
    return [name for name in _NARROWED if name not in but]


class Complaint(Workflow):
    """An expression of dissatisfaction that expects a reply (CM-3), from receipt to follow-up."""

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    description = models.TextField(_("what happened"))
    remedy_sought = models.TextField(_("remedy sought"), blank=True)
    product = models.CharField(_("product or service"), max_length=200, blank=True)
    order_number = models.CharField(_("order or contract number"), max_length=80, blank=True)
    external_id = models.CharField(_("reference elsewhere"), max_length=120, blank=True)
    idempotency_key = models.CharField(  # noqa: DJ001 - many have none, and no two share one
        max_length=120, null=True, unique=True, editable=False
    )
    language = models.CharField(_("language"), max_length=10, blank=True)

    anonymous = models.BooleanField(_("anonymous"), default=False)
    complainant = models.ForeignKey(
        Complainant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="complaints",
        verbose_name=_("complainant"),
        db_index=False,
    )
    representative = models.CharField(_("representative"), max_length=200, blank=True)
    confidential = models.BooleanField(_("confidential"), default=False)
    subject_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="complaints_about",
        verbose_name=_("person complained about"),
    )

    occurred_at = models.DateTimeField(_("occurred"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))
    recorded_at = models.DateTimeField(_("recorded"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="complaints_recorded",
        db_index=False,
    )
    policy = models.ForeignKey(
        HandlingPolicy, on_delete=models.PROTECT, related_name="complaints", db_index=False
    )
    missing = models.JSONField(_("missing"), default=list, blank=True)

    # Without an index of their own: those below begin with them (db_index=False).
    site = models.ForeignKey(
        "accounts.Site",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("site"),
        db_index=False,
    )
    team = models.ForeignKey(
        "accounts.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("team"),
        db_index=False,
    )
    # The provider whose people or software received it: it sees this complaint, and no other's.
    provider = models.ForeignKey(
        "accounts.Provider",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("provider"),
        db_index=False,
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="complaints_owned",
        verbose_name=_("owner"),
        db_index=False,
    )
    category = models.ForeignKey(
        Category,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("category"),
        db_index=False,
    )
    priority = models.CharField(_("priority"), max_length=2, choices=Priority)
    # As the last assessment judged it, for lists to find it by; "" until there is one.
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, blank=True)

    emergency_trigger = models.CharField(max_length=20, choices=Trigger, blank=True)
    emergency_declared_at = models.DateTimeField(null=True, blank=True)
    emergency_taken_at = models.DateTimeField(null=True, blank=True)
    emergency_taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    lessons = models.TextField(_("lessons"), blank=True)
    escalation_level = models.PositiveSmallIntegerField(default=0)
    repeat_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeats"
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_here"
    )
    merged_at = models.DateTimeField(null=True, blank=True)

    # The complainant asked to be left alone from then on; null where they did not.
    no_contact_at = models.DateTimeField(_("no further contact"), null=True, blank=True)
    # Why nobody is invited to say how it went for the time being (states.FollowUpHold).
    follow_up_holds = models.JSONField(default=list, blank=True, editable=False)

    # What the queue is ordered by: the running clock that ends first (kept by services/clocks.py).
    next_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_due_stage = models.CharField(max_length=12, choices=Stage, blank=True, editable=False)
    next_due_hard = models.BooleanField(default=False, editable=False)
    paused = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    # Who acts and for which absent colleague, while a verb holds the row (services.moves).
    acted_for: tuple[int, int | None] = (0, None)
    # Set by services/disposing.py only: how many legal holds lie on it, and what became of it.
    holds = models.PositiveSmallIntegerField(default=0, editable=False)
    anonymised_at = models.DateTimeField(null=True, editable=False)
    disposed_under = models.CharField(max_length=20, blank=True, editable=False)  # the run

    # Of a partner who tries things out: never counted, never told, and gone after a while.
    is_test = models.BooleanField(default=False, db_default=False, editable=False)

    if TYPE_CHECKING:  # the checker knows managers made of a queryset; this one answers the same
        objects = ComplaintQuerySet.as_manager()
    else:
        objects = ComplaintManager()
    everything = ComplaintQuerySet.as_manager()

    class Meta:
        """Indexes serve the desk's orders; constraints say what no door may break."""

        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="complaint_newest"),
            models.Index(
                fields=["next_due_at", "id"], name="complaint_due", condition=Q(is_open=True)
            ),
            models.Index(
                fields=["owner", "next_due_at", "id"],
                name="complaint_owner_due",
                condition=Q(is_open=True, owner__isnull=False),
            ),
            # "Nobody" is no value that an order may follow: what is free has an index of its own.
            models.Index(
                fields=["next_due_at", "id"],
                name="complaint_free_due",
                condition=Q(is_open=True, owner__isnull=True),
                include=["received_at", *_narrowed_by("owner", "is_open")],
            ),
            models.Index(
                fields=["next_due_at", "id"],
                name="complaint_pending",
                condition=~Q(pending_approval=""),
            ),
            models.Index(
                fields=["team", "next_due_at", "id"],
                name="complaint_team_due",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["site", "next_due_at", "id"],
                name="complaint_site_due",
                condition=Q(is_open=True),
            ),
            # As the queue asks for what waits for others (complaints/selectors/queue.py).
            models.Index(
                fields=["next_due_at", "id"],
                name="complaint_waiting",
                condition=Q(is_open=True)
                & (
                    Q(paused=True)
                    | Q(state=str(State.RESPONDED), answer=str(Answer.NONE))
                    | ~Q(pending_approval="")
                ),
            ),
            models.Index(
                fields=["next_due_at", "id"],
                name="complaint_follow_ups",
                condition=Q(is_open=False, next_due_at__isnull=False),
            ),
            models.Index(
                fields=["owner", "-received_at", "-id"],
                name="complaint_owner_new",
                include=_narrowed_by("owner"),
            ),
            models.Index(fields=["recorded_by", "-received_at", "-id"], name="complaint_rec_new"),
            models.Index(
                fields=["recorded_by", "next_due_at", "id"],
                name="complaint_rec_due",
                condition=Q(is_open=True),
            ),
            models.Index(
                fields=["team", "-received_at", "-id"],
                name="complaint_team_new",
                include=_narrowed_by("team"),
            ),
            models.Index(fields=["state", "-received_at", "-id"], name="complaint_state_new"),
            models.Index(
                fields=["category", "-received_at", "-id"],
                name="complaint_cat_new",
                include=_narrowed_by("category"),
            ),
            models.Index(
                fields=["site", "-received_at", "-id"],
                name="complaint_site_new",
                include=_narrowed_by("site"),
            ),
            models.Index(
                fields=["provider", "-received_at", "-id"],
                name="complaint_provider_new",
                condition=Q(provider__isnull=False),
                include=_narrowed_by(),
            ),
            models.Index(
                fields=["provider", "next_due_at", "id"],
                name="complaint_provider_due",
                condition=Q(is_open=True, provider__isnull=False),
            ),
            models.Index(fields=["channel", "-received_at", "-id"], name="complaint_channel_new"),
            models.Index(fields=["priority", "-received_at", "-id"], name="complaint_priority_new"),
            models.Index(
                fields=["severity", "-received_at", "-id"],
                name="complaint_severity_new",
                condition=kept("severity"),
            ),
            models.Index(fields=["complainant", "-received_at"], name="complaint_of_person"),
            models.Index(
                fields=["external_id"], name="complaint_external", condition=kept("external_id")
            ),
            models.Index(
                fields=["order_number"], name="complaint_order", condition=kept("order_number")
            ),
            models.Index(
                fields=["recorded_at"], name="complaint_to_purge", condition=Q(is_test=True)
            ),
            models.Index(fields=["closed_at"], name="complaint_held", condition=Q(holds__gt=0)),
            models.Index(
                fields=["emergency_declared_at"],
                name="complaint_emergencies",
                condition=Q(emergency=True, is_open=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="complaint_open_as_state_says",
                condition=Q(is_open=True, state__in=[str(s) for s in OPEN_STATES])
                | Q(is_open=False) & ~Q(state__in=[str(s) for s in OPEN_STATES]),
            ),
            # One and the same reference of a partner is one and the same complaint.
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                name="complaint_partner_reference_once",
                condition=Q(provider__isnull=False) & ~Q(external_id=""),
            ),
            models.CheckConstraint(name="complaint_says_something", condition=~Q(description="")),
            models.CheckConstraint(
                name="complaint_not_by_its_subject",
                condition=Q(subject_person__isnull=True)
                | Q(owner__isnull=True)
                | ~Q(owner=models.F("subject_person")),
            ),
            models.CheckConstraint(
                name="complaint_merged_somewhere",
                condition=Q(state="merged", merged_into__isnull=False) | ~Q(state="merged"),
            ),
            models.CheckConstraint(
                name="complaint_emergency_has_trigger",
                condition=Q(emergency=False) | ~Q(emergency_trigger=""),
            ),
        ]

    def __str__(self) -> str:
        """Return the reference."""
        return self.reference

    @property
    def trigger_name(self) -> str:
        """Return what made it an emergency, in the present language; the policy names our own."""
        own = (item for item in self.policy.says.emergency_triggers)
        names = next((item.names for item in own if item.code == self.emergency_trigger), None)
        if names is not None:
            return names.of(translation.get_language() or "")
        return str(self.get_emergency_trigger_display())


class ConfidentialAccess(models.Model):
    """Leave to read one confidential complaint for a while, with the reason that was given."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="accesses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=300)
    granted_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        """Looked up by who and what."""

        indexes = [models.Index(fields=["complaint", "user", "-until"], name="access_of_reader")]

    def __str__(self) -> str:
        """Name reader and complaint by id."""
        return f"{self.user_id} -> {self.complaint_id}"
