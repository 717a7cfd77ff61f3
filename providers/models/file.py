"""What a provider is told and how it is judged: requirements, evaluations, breaches (CM-8.7)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider
from providers.states import Breach, Decision, EvaluationKind

TOPICS = ("time_limits", "record_format", "confidentiality", "escalation")


class Requirements(models.Model):
    """One version of what a provider was told, in both languages, and who there confirmed it."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="requirements")
    version = models.PositiveIntegerField(_("version"))
    texts: Any = models.JSONField(default=dict)  # {topic: {"en": …, "zh": …}}
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    told_at = models.DateTimeField(_("told"))
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        """Newest first; each version once; confirmed by somebody."""

        verbose_name = _("requirements")
        verbose_name_plural = _("requirements")
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "version"], name="requirements_once"),
            models.CheckConstraint(
                name="requirements_confirmed_by_somebody",
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Name the version."""
        return f"v{self.version}"

    def text_of(self, topic: str) -> str:
        """Return what is said on a topic, in the present language."""
        chinese = (translation.get_language() or "").startswith("zh")
        return str(self.texts.get(topic, {}).get("zh" if chinese else "en", ""))


class Evaluation(models.Model):
    """How a provider was judged: before it was chosen, or while it works."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="evaluations")
    kind = models.CharField(_("kind"), max_length=10, choices=EvaluationKind)
    marks: Any = models.JSONField(default=dict)  # {criterion: 1 to 5}
    result = models.PositiveSmallIntegerField(_("result"))  # of 100
    decision = models.CharField(_("decision"), max_length=12, choices=Decision)
    reason = models.TextField(_("why"))
    next_due_on = models.DateField(_("next evaluation"), null=True)
    warned = models.PositiveSmallIntegerField(null=True)  # days ahead
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """Newest first; the result is of 100."""

        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="evaluation_of_100", condition=Q(result__lte=100))
        ]

    def __str__(self) -> str:
        """Name kind and provider by id."""
        return f"{self.kind} of {self.provider_id}"


class BreachNote(models.Model):
    """Something that went wrong at a provider and weighs in its scorecard."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="breaches")
    kind = models.CharField(_("what kind"), max_length=20, choices=Breach)
    what = models.TextField(_("what happened"))
    happened_at = models.DateTimeField(_("happened"))
    reported_at = models.DateTimeField(_("told to us by the provider"), null=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    noted_at = models.DateTimeField()
    measures = models.TextField(_("what was done about it"), blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        verbose_name = _("breach")
        verbose_name_plural = _("breaches")
        ordering = ["-happened_at", "-id"]

    def __str__(self) -> str:
        """Name kind and provider by id."""
        return f"{self.kind} of {self.provider_id}"
