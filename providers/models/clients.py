"""Software that calls the API: who it is, its secrets and tokens, the answers it was given."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider


class ApiClient(models.Model):
    """A program that signs in with OAuth 2.0 client credentials (RFC 6749, 4.4).

    It acts as its own account, so that rights, record and lists ask the same questions as for
    people. Without a provider it belongs to the organisation itself.
    """

    name = models.CharField(_("name"), max_length=120)
    provider = models.ForeignKey(
        Provider, null=True, blank=True, on_delete=models.PROTECT, related_name="api_clients"
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_client"
    )
    client_id = models.CharField(_("client id"), max_length=40, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)  # values of states.Scope
    # Null: the limit of the settings.
    calls_per_minute = models.PositiveIntegerField(_("calls a minute"), null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """By name."""

        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class ClientSecret(models.Model):
    """One secret of a client. Two live side by side while a client moves from one to the next.

    Only a digest is kept: the secret has 256 random bits, which no word list holds, so a fast hash
    is enough (a slow one would cost half a second at every token).
    """

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=4)  # its last letters, to tell two apart on a page
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Oldest first."""

        ordering = ["id"]

    def __str__(self) -> str:
        """Return the hint."""
        return f"…{self.hint}"


class AccessToken(models.Model):
    """A bearer token for an hour; only its digest is kept."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        """Newest last."""

        ordering = ["id"]

    def __str__(self) -> str:
        """Name the client by id."""
        return f"token of {self.client_id}"


class IdempotentAnswer(models.Model):
    """What a POST with an Idempotency-Key was answered, so that it is answered so again.

    Written in the transaction of the work itself; the unique key makes the second of two
    simultaneous calls wait, and then find the answer of the first.
    """

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=120)
    request_digest = models.CharField(max_length=64)  # of method, path and body
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        """Once per client and key."""

        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="answered_once_per_key")
        ]

    def __str__(self) -> str:
        """Name client and status, never the key."""
        return f"{self.client_id}: {self.status}"
