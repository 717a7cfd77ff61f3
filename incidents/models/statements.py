"""The communication log: facts with their source, and statements in versions with approvals."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.models.incident import Incident
from incidents.states import Audience, FactState, StatementChannel, StatementState


class Fact(models.Model):
    """Something that is known, or said and not yet known. Its words never change."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="fact_base")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(_("fact"))
    source = models.CharField(_("source"), max_length=300)
    state = models.CharField(max_length=12, choices=FactState, default=FactState.UNCONFIRMED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)
    settled_source = models.CharField(_("what shows it"), max_length=300, blank=True)

    class Meta:
        """Numbered, so that statements can cite them."""

        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="fact_once")]

    def __str__(self) -> str:
        """Return how statements cite it."""
        return f"[F{self.number}]"


class Statement(models.Model):
    """What is said to an audience through a channel; its words stand in its versions."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="statements")
    audience = models.CharField(_("audience"), max_length=10, choices=Audience)
    channel = models.CharField(_("channel"), max_length=10, choices=StatementChannel)
    title = models.CharField(_("title"), max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        """In the order in which they were begun."""

        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["id"]

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class StatementVersion(models.Model):
    """One wording. What approvers read is what goes out: facts are written in on submission."""

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    language = models.CharField(max_length=10)
    text = models.TextField(_("text"))  # with [F1] where a fact is cited
    rendered = models.TextField(blank=True)  # with the facts in their place
    cites = models.JSONField(default=list)  # ids of the facts
    state = models.CharField(max_length=10, choices=StatementState, default=StatementState.DRAFT)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; nothing is released without its text."""

        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "number"], name="statement_version_once"),
            models.CheckConstraint(
                name="statement_released_with_text",
                condition=~Q(state="released") | ~Q(rendered="") & Q(released_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Name statement and version."""
        return f"{self.statement_id} v{self.number}"


class ApprovalStep(models.Model):
    """One link of the approval chain of a version: who is asked, until when, what they said."""

    version = models.ForeignKey(StatementVersion, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=60)
    permission = models.CharField(max_length=60)
    minutes = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    overdue_told = models.BooleanField(default=False)
    granted = models.BooleanField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        """One after the other; what is late is found at once."""

        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["version", "order"], name="approval_step_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="approval_step_waiting",
                condition=Q(asked_at__isnull=False, decided_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        """Name version and step."""
        return f"{self.version_id}: {self.code}"
