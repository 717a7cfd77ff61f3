"""Alerts: what was noticed, everything it was judged by, and what people make of it (CM-8.4)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.models import Category, Complaint
from complaints.states import Channel
from incidents.models import Incident
from monitoring.models.series import ScanRun, WarningSettings
from monitoring.querysets import AlertQuerySet
from monitoring.states import AT_WORK, AlertKind, AlertLevel, DigestRhythm, Telling
from monitoring.workflow import AlertWorkflow

PERSON = settings.AUTH_USER_MODEL


class Alert(AlertWorkflow):
    """A series that differs from what its past led to expect, and the work on it.

    What was observed, expected, by which parameters and on which counts, stays as it was then.
    """

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=AlertKind)
    level = models.CharField(_("level"), max_length=5, choices=AlertLevel)

    # The series: what a key calls it, and its members as far as they are rows of ours.
    key = models.CharField(max_length=400)
    dimensions = models.CharField(max_length=60)  # "product.site"; "all" for the whole
    category = models.ForeignKey(
        Category, null=True, on_delete=models.PROTECT, verbose_name=_("category")
    )
    product = models.CharField(_("product or service"), max_length=200, blank=True)
    site = models.ForeignKey(
        "accounts.Site", null=True, on_delete=models.PROTECT, verbose_name=_("site")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, blank=True)
    provider = models.ForeignKey(
        "accounts.Provider", null=True, on_delete=models.PROTECT, verbose_name=_("provider")
    )
    also = models.JSONField(default=list)  # keys of other series in which the same rise shows
    about = models.ForeignKey(  # of an emergency: the complaint
        Complaint, null=True, on_delete=models.CASCADE, related_name="+"
    )

    # As it was judged.
    run = models.ForeignKey(ScanRun, null=True, on_delete=models.PROTECT, related_name="alerts")
    settings = models.ForeignKey(
        WarningSettings, null=True, on_delete=models.PROTECT, related_name="+"
    )
    step = models.PositiveSmallIntegerField(default=0)  # days of a period; 0: no period
    period_from = models.DateField()
    period_to = models.DateField()
    since = models.DateField()  # from when on it runs at another level
    observed = models.PositiveIntegerField()
    expected = models.FloatField(null=True)
    upper = models.FloatField(null=True)
    p = models.FloatField(null=True)
    parameters = models.JSONField(default=dict)
    series = models.JSONField(default=dict)  # selectors.alerts.Chart says what is in it

    # The episode it opened.
    peak = models.FloatField(default=0.0)  # −log10 p
    last_period = models.DateField()
    quiet = models.PositiveSmallIntegerField(default=0)
    going_on = models.BooleanField(default=True)
    calm_at = models.DateTimeField(null=True)

    # The work on it.
    raised_at = models.DateTimeField(_("raised"))
    due_at = models.DateTimeField(_("to be taken by"))
    told_level = models.PositiveSmallIntegerField(default=1)  # how far up the ladder it was told
    owner = models.ForeignKey(
        PERSON, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    action_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    action_due = models.DateField(_("until"), null=True)
    effect_due = models.DateField(_("see whether it worked on"), null=True)
    effect_told_at = models.DateTimeField(null=True)
    incident = models.ForeignKey(
        Incident, null=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    follows = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="later")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AlertQuerySet.as_manager()

    class Meta:
        """Newest first; one emergency one alert; open as the state says."""

        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-raised_at", "-id"]
        indexes = [
            models.Index(fields=["-raised_at", "-id"], name="alert_newest"),
            models.Index(fields=["key", "-raised_at"], name="alert_of_series"),
            models.Index(fields=["due_at"], name="alert_due", condition=Q(is_open=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["about"], name="alert_once_per_emergency", condition=Q(about__isnull=False)
            ),
            models.CheckConstraint(
                name="alert_open_as_state_says",
                condition=Q(is_open=True, state__in=[str(state) for state in AT_WORK])
                | Q(is_open=False) & ~Q(state__in=[str(state) for state in AT_WORK]),
            ),
        ]

    def __str__(self) -> str:
        """Return the reference."""
        return self.reference


class AlertMember(models.Model):
    """A complaint behind an alert when it was raised, or that joined while it went on."""

    alert = models.ForeignKey(
        Alert, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="alert_members")
    joined_at = models.DateTimeField()

    class Meta:
        """Each complaint once."""

        constraints = [
            models.UniqueConstraint(fields=["alert", "complaint"], name="alert_member_once")
        ]

    def __str__(self) -> str:
        """Name both by id."""
        return f"{self.complaint_id} in {self.alert_id}"


class AlertNotice(models.Model):
    """What somebody was told of an alert; unread until they open it, then in a digest no more."""

    user = models.ForeignKey(PERSON, on_delete=models.CASCADE, related_name="alert_notices")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=10, choices=Telling)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    digest = models.ForeignKey(
        "Digest", null=True, on_delete=models.SET_NULL, related_name="notices"
    )

    class Meta:
        """Newest first; the unread ones of somebody are found at once."""

        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["user", "-id"],
                name="alert_notice_unread",
                condition=Q(read_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        """Name person and alert by id."""
        return f"{self.user_id}: {self.kind} {self.alert_id}"


class DigestChoice(models.Model):
    """How often somebody wants a summary, and whether it also goes where they are called."""

    user = models.OneToOneField(PERSON, on_delete=models.CASCADE, related_name="digest_choice")
    rhythm = models.CharField(max_length=6, choices=DigestRhythm)
    by_service = models.BooleanField(_("also by the messaging services I am called by"))

    def __str__(self) -> str:
        """Name person and rhythm."""
        return f"{self.user_id}: {self.rhythm}"


class Digest(models.Model):
    """A summary of what somebody was told and has not read: references and counts, no person."""

    user = models.ForeignKey(PERSON, on_delete=models.CASCADE, related_name="+")
    delivery_id = models.UUIDField(default=uuid.uuid4, editable=False)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    language = models.CharField(max_length=10)
    by_service = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)  # codes of what went wrong

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        """Name it by id."""
        return f"digest {self.pk}"
