"""Entries (facts, chained per subject), heads of chains, daily seals, deliveries (the outbox)."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from journal.states import FaultKind


class Entry(models.Model):
    """One fact. Written once by `record`; the database refuses to change or delete it."""

    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    door = models.CharField(max_length=16)
    address = models.CharField(max_length=45, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    body = models.TextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        """One entry per place in a chain."""

        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "seq"], name="entry_place_in_chain"
            )
        ]

    def __str__(self) -> str:
        """Name the fact and its place."""
        return f"{self.kind} {self.subject_type}:{self.subject_id}#{self.seq}"

    @cached_property
    def payload(self) -> dict[str, Any]:
        """Return the payload: ids and codes, never personal data."""
        data: dict[str, Any] = json.loads(self.body)
        return data


class Head(models.Model):
    """The last link of each chain: where the next entry ties in, and proof that none is missing."""

    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    seq = models.PositiveIntegerField(default=0)
    hash = models.CharField(max_length=64)

    class Meta:
        """One head per subject."""

        constraints = [
            models.UniqueConstraint(fields=["subject_type", "subject_id"], name="head_of_subject")
        ]

    def __str__(self) -> str:
        """Name the chain and its length."""
        return f"{self.subject_type}:{self.subject_id} ({self.seq})"


class Seal(models.Model):
    """A keyed seal over all entries up to an id, made once a day, each tied to the one before."""

    day = models.DateField(unique=True)
    last_entry_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    previous_seal = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        """In order of days."""

        ordering = ["day"]

    def __str__(self) -> str:
        """Name the day."""
        return f"{self.day} ({self.count})"


class Delivery(models.Model):
    """A subscriber that has yet to hear of an entry, or has heard of it."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="deliveries")
    subscriber = models.CharField(max_length=80)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        """What is owed is found without touching what is done."""

        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["entry", "subscriber"], name="delivery_once")
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                name="delivery_owed",
                condition=models.Q(delivered_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        """Name who is owed what."""
        return f"{self.subscriber} <- {self.entry_id}"


class Verification(models.Model):
    """The result of one proof of the whole journal, kept for the operator's page."""

    proved_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    entries = models.PositiveBigIntegerField()
    chains = models.PositiveBigIntegerField()
    seals = models.PositiveIntegerField()
    fault = models.CharField(max_length=40, blank=True, choices=FaultKind)
    fault_at = models.CharField(max_length=120, blank=True)
    fault_entry_id = models.BigIntegerField(null=True)

    class Meta:
        """In order of time."""

        ordering = ["proved_at", "id"]

    def __str__(self) -> str:
        """Name the moment and the result."""
        return f"{self.proved_at:%Y-%m-%d %H:%M} {self.fault or 'intact'}"

    @property
    def intact(self) -> bool:
        """Return whether nothing was found changed, missing or added."""
        return not self.fault
