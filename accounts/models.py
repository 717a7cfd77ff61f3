"""People, the sites and teams they belong to, and the memberships that give them roles."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models.functions import Coalesce, Upper
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.rules import PERMISSIONS_OF
from accounts.states import Role


class Site(models.Model):
    """A place of the organisation: shop, branch, plant."""

    code = models.SlugField(_("code"), unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_zh = models.CharField(_("name (Chinese)"), max_length=120)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        """By code."""

        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["code"]

    def __str__(self) -> str:
        """Return the name in the present language."""
        return self.name_zh if _chinese() else self.name_en


class Team(models.Model):
    """People who share a queue."""

    code = models.SlugField(_("code"), unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_zh = models.CharField(_("name (Chinese)"), max_length=120)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        """By code."""

        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["code"]

    def __str__(self) -> str:
        """Return the name in the present language."""
        return self.name_zh if _chinese() else self.name_en


class Provider(models.Model):
    """An outside organisation whose people or software handle complaints here (CM-8.7).

    What its contract grants is kept by the floor `providers`, which writes it down here: who works
    for a provider never has more, and nothing at all while it is suspended.
    """

    code = models.SlugField(_("code"), unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_zh = models.CharField(_("name (Chinese)"), max_length=120)
    active = models.BooleanField(_("active"), default=False, editable=False)
    # A partner who tries things out: its complaints are in the sandbox (complaints.querysets).
    is_test = models.BooleanField(default=False, editable=False)
    # Permission codes, and names of fields of the complainant that its people are shown.
    granted = models.JSONField(default=list, blank=True, editable=False)
    shown_fields = models.JSONField(default=list, blank=True, editable=False)
    # Whether webhooks may carry those fields, too, instead of naming the complaint only.
    webhooks_personal = models.BooleanField(default=False, editable=False)

    class Meta:
        """By code."""

        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["code"]

    def __str__(self) -> str:
        """Return the name in the present language."""
        return self.name_zh if _chinese() else self.name_en


class User(AbstractUser):
    """A person who signs in, other software that calls the API, or the system itself."""

    language = models.CharField(_("language"), max_length=10, blank=True)
    display_name = models.CharField(_("display name"), max_length=120, blank=True)
    is_system = models.BooleanField(default=False, editable=False)
    # Other software: acts by its own tokens, never signs in, and is nobody's colleague.
    is_client = models.BooleanField(default=False, editable=False)
    must_change_password = models.BooleanField(default=False, editable=False)
    leaves_on = models.DateField(_("leaves on"), null=True, blank=True, editable=False)

    # Whom the person stands in for at this moment; the door says so (selectors.standing_in).
    covering: "tuple[User, ...]" = ()

    class Meta:
        """By name."""

        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["username"]
        constraints = [
            # Sign-in ignores case, so "anna" and "Anna" must not be two people.
            models.UniqueConstraint(
                Upper("username"),
                name="username_once",
                violation_error_message=_("Somebody has this user name already."),
            )
        ]

    def __str__(self) -> str:
        """Return how colleagues call this person."""
        return self.display_name or self.username

    def clean(self) -> None:
        """Accept only languages that the pages speak."""
        super().clean()
        if self.language and self.language not in dict(settings.LANGUAGES):
            raise ValidationError({"language": _("These pages do not speak that language.")})

    @cached_property
    def grants(self) -> "list[Membership]":
        """Return this person's memberships, read once per request."""
        if not self.is_active:
            return []
        if "memberships" in getattr(self, "_prefetched_objects_cache", {}):
            return list(self.memberships.all())
        # As text, because every request asks: to put it together would take longer than to ask it.
        with connection.cursor() as cursor:
            cursor.execute(_GRANTS_OF, [self.pk])
            return _granted(cursor.fetchall())

    @cached_property
    def reach(self) -> "list[Membership]":
        """Return one's own memberships, and those that absent colleagues lend.

        Standing in lends places, never kinds of right: of a colleague's membership only that holds
        which a role of one's own carries too.
        """
        lent = [
            grant.lent(to=self)
            for colleague in (self.covering if self.is_active else ())
            for grant in colleague.grants
        ]
        return [*self.grants, *lent]

    @property
    def persons(self) -> frozenset[int]:
        """Return the ids in whose place the person may act: their own, and whom they stand for."""
        return frozenset({self.pk, *(colleague.pk for colleague in self.covering)})

    def know_grants(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Take these memberships (columns as in _GRANT) for this person's, just read."""
        self.forget_grants()
        self.grants = _granted(rows) if self.is_active else []

    def forget_grants(self) -> None:
        """Read the memberships again at the next question; for those who have changed them."""
        for name in ("grants", "reach", "permissions", "provider"):
            self.__dict__.pop(name, None)

    @cached_property
    def permissions(self) -> frozenset[str]:
        """Return every permission this person has somewhere; for menus, objects are asked about."""
        return frozenset().union(*(grant.carried for grant in self.grants))

    @cached_property
    def provider(self) -> "Provider | None":
        """Return for which provider this person or software works; None for the organisation's."""
        return next((grant.provider for grant in self.grants if grant.provider_id), None)


_GRANT = ("id", "user_id", "role", "site_id", "team_id", "provider_id")
_GRANTS_OF = (
    "SELECT id, user_id, role, site_id, team_id, provider_id FROM accounts_membership"
    " WHERE user_id = %s ORDER BY id"
)


def _granted(rows: Sequence[tuple[Any, ...]]) -> "list[Membership]":
    return [Membership.from_db(connection.alias, _GRANT, row) for row in rows]


class Membership(models.Model):
    """A role, everywhere, at one site, in one team (or one team at one site) or for a provider."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("site")
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("team")
    )

    provider = models.ForeignKey(
        Provider, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("provider")
    )

    # Set on what a colleague lends: who is absent, and what the deputy's own roles carry.
    lender_id: int | None = None
    limit: frozenset[str] | None = None

    class Meta:
        """A role is given once per place."""

        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                "user",
                "role",
                Coalesce("site", 0),
                Coalesce("team", 0),
                Coalesce("provider", 0),
                name="membership_once",
            ),
            # A provider's staff without their provider would be staff of everything.
            models.CheckConstraint(
                name="membership_provider_as_role_says",
                condition=models.Q(role=Role.PROVIDER_STAFF.value, provider__isnull=False)
                | models.Q(role=Role.API_CLIENT.value)
                | models.Q(provider__isnull=True)
                & ~models.Q(role__in=[Role.PROVIDER_STAFF.value, Role.API_CLIENT.value]),
            ),
        ]

    def __str__(self) -> str:
        """Return role and place."""
        place: list[Any] = [part for part in (self.provider, self.site, self.team) if part]
        return " · ".join([str(self.get_role_display()), *map(str, place)])

    @property
    def carried(self) -> frozenset[str]:
        """Return the permissions of the role, as far as whoever holds or borrows it has them.

        For a provider, only what its contract grants, and nothing while it is suspended.
        """
        whole = PERMISSIONS_OF[self.role]
        if self.provider is not None:
            whole = (
                whole & frozenset(self.provider.granted) if self.provider.active else frozenset()
            )
        return whole if self.limit is None else whole & self.limit

    def lent(self, *, to: "User") -> "Membership":
        """Return the membership as a deputy may use it; it exists in memory only."""
        copy = Membership(
            role=self.role,
            site_id=self.site_id,
            team_id=self.team_id,
            provider_id=self.provider_id,
        )
        copy.lender_id, copy.limit = self.user_id, to.permissions
        return copy

    def covers(
        self, *, site_id: int | None, team_id: int | None, provider_id: int | None = None
    ) -> bool:
        """Return whether something of this site, team and provider lies within the membership."""
        return (
            (self.site_id is None or self.site_id == site_id)
            and (self.team_id is None or self.team_id == team_id)
            and (self.provider_id is None or self.provider_id == provider_id)
        )


class Absence(models.Model):
    """A time in which somebody is away, and who stands in for them. It ends by itself."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    deputy = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="deputising"
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        """Found by who is away, and by whom they lend their place to."""

        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_starts",
                condition=models.Q(ends_at__gt=models.F("starts_at")),
            ),
            models.CheckConstraint(
                name="absence_deputy_is_another",
                condition=models.Q(deputy__isnull=True) | ~models.Q(deputy=models.F("person")),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "ends_at"], name="absence_of_person"),
            models.Index(fields=["deputy", "ends_at"], name="absence_of_deputy"),
        ]

    def __str__(self) -> str:
        """Name the person by id, and the time."""
        return f"{self.person_id} {self.starts_at:%Y-%m-%d}–{self.ends_at:%Y-%m-%d}"


class Invitation(models.Model):
    """A link by which somebody sets their first password; only its digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        """Newest last."""

        ordering = ["id"]

    def __str__(self) -> str:
        """Name the person by id."""
        return f"invitation of {self.user_id}"


class PlannedMove(models.Model):
    """A change of somebody's place that takes effect on a day: from one membership to another."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="planned_moves")
    leaves = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("site")
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("team")
    )
    takes_effect_on = models.DateField(_("from"))
    planned_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(null=True)

    class Meta:
        """In order of their day."""

        ordering = ["takes_effect_on", "id"]
        indexes = [
            models.Index(
                fields=["takes_effect_on"],
                name="move_to_make",
                condition=models.Q(made_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        """Name the person by id, and the day."""
        return f"{self.user_id} {self.takes_effect_on}"


def _chinese() -> bool:
    return (translation.get_language() or "").startswith("zh")
