"""The handling policy in its versions, and the categories its versions speak of."""

from copy import deepcopy
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from complaints.rules.policy import PolicyContent
from complaints.states import PolicyState, TopClass

# Parsed contents by version id. Equal contents are compared, not trusted: a draft changes.
_parsed: dict[int, tuple[Any, PolicyContent]] = {}


class HandlingPolicy(models.Model):
    """One version. Only a draft changes: the database sees to it. Complaints keep theirs."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    state = models.CharField(max_length=10, choices=PolicyState, default=PolicyState.DRAFT)
    content = models.JSONField()
    change_note = models.TextField(_("what changes, and why"), blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="policies_written"
    )
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    effective_from = models.DateTimeField(_("in force from"), null=True, blank=True)
    decision_note = models.TextField(blank=True)
    applied_at = models.DateTimeField(null=True, editable=False)  # when its categories took effect

    class Meta:
        """Newest first; an approved version names its approver, who is not its author."""

        verbose_name = _("handling policy")
        verbose_name_plural = _("handling policies")
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                name="policy_approved_by_another",
                condition=~models.Q(state=PolicyState.APPROVED)
                | (
                    models.Q(approved_by__isnull=False, effective_from__isnull=False)
                    & ~models.Q(approved_by=models.F("author"))
                ),
            )
        ]

    def __str__(self) -> str:
        """Name the version."""
        return f"v{self.version}"

    @property
    def says(self) -> PolicyContent:
        """Return the validated content, parsed once per process and version."""
        known = _parsed.get(self.pk)
        if known is not None and ("content" not in self.__dict__ or known[0] == self.content):
            return known[1]
        content = PolicyContent.model_validate(self.content)
        _parsed[self.pk] = (deepcopy(self.content), content)
        return content


class Category(models.Model):
    """A class of complaint; the tree is the policy's in force, older codes stay inactive."""

    code = models.CharField(max_length=60, unique=True)
    top_class = models.CharField(max_length=10, choices=TopClass)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    name_en = models.CharField(max_length=300)
    name_zh = models.CharField(max_length=300)
    team = models.ForeignKey("accounts.Team", null=True, blank=True, on_delete=models.PROTECT)
    active = models.BooleanField(default=True)

    class Meta:
        """By code."""

        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["code"]

    def __str__(self) -> str:
        """Return the name in the present language."""
        return self.name_zh if (translation.get_language() or "").startswith("zh") else self.name_en
