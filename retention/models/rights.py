"""Requests of people about their data, and the packages made for them."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.models import Complainant
from retention.states import Answer, ExportState, Ground, Proof, RequestKind, RequestState


class SubjectRequest(models.Model):
    """Who asked for what, by when it must be answered, how they were recognised, what came of it.

    What names the person is emptied when the request's own time is over (`forgotten_at`).
    """

    kind = models.CharField(_("what is asked for"), max_length=14, choices=RequestKind)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.RECEIVED)
    name = models.CharField(_("name"), max_length=200, blank=True)
    contact = models.CharField(_("phone or e-mail"), max_length=254, blank=True)
    text = models.TextField(_("what they said"), blank=True)
    received_at = models.DateTimeField(_("received"))
    due_at = models.DateTimeField(_("to be answered by"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    people = models.ManyToManyField(Complainant, related_name="+")
    proof = models.CharField(
        _("how they were recognised"), max_length=12, choices=Proof, blank=True
    )
    proof_note = models.CharField(_("remark"), max_length=300, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    verified_at = models.DateTimeField(null=True)
    rectified = models.JSONField(default=list)  # [{"complaint", "field", "old", "new"}]
    answer = models.CharField(_("answer"), max_length=8, choices=Answer, blank=True)
    ground = models.CharField(_("ground"), max_length=10, choices=Ground, blank=True)
    reasons = models.TextField(_("reasons"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; what waits is found by its due date; a refusal has a ground and reasons."""

        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at"], name="subject_waiting", condition=Q(answered_at__isnull=True)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="subject_refusal_has_ground",
                condition=~Q(answer__in=["refused", "partly"]) | ~Q(ground=""),
            )
        ]

    def __str__(self) -> str:
        """Return its number."""
        return f"R-{self.pk}"

    @property
    def last_day(self) -> date:
        """Return the last day on which an answer is in time; `due_at` is the end of it."""
        zone = timezone.get_default_timezone()
        return timezone.localtime(self.due_at - timedelta.resolution, zone).date()


class SubjectExport(models.Model):
    """A package with everything held about a person; it is deleted when its time is over."""

    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="exports")
    state = models.CharField(max_length=8, choices=ExportState, default=ExportState.QUEUED)
    language = models.CharField(max_length=10)
    with_internal_files = models.BooleanField(default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    path = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], name="export_queued", condition=Q(state="queued"))]

    def __str__(self) -> str:
        """Name the request."""
        return f"package of R-{self.request_id}"
