"""The roles (those of later floors exist as names), and the words of the record."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a membership makes of a person. Code asks for a permission, never for a role."""

    AGENT = "agent", _("Service-desk agent")
    HANDLER = "handler", _("Handler")
    MANAGER = "manager", _("Manager")
    QUALITY_MANAGER = "quality_manager", _("Quality manager")
    AUDITOR = "auditor", _("Internal auditor")
    TOP_MANAGEMENT = "top_management", _("Top management")
    PROVIDER_STAFF = "provider_staff", _("Provider staff")
    API_CLIENT = "api_client", _("Other system (API)")
    EVALUATOR = "evaluator", _("Certification-body evaluator")
    ADMINISTRATOR = "administrator", _("Administrator")


class SignInFailure(TextChoices):
    """Why a sign-in failed."""

    UNKNOWN = "unknown", _("Nobody has this user name")
    PASSWORD = "password", _("Wrong password")
    SECOND_FACTOR = "second_factor", _("Wrong code of the second factor")
    LOCKED = "locked", _("Locked after too many failed attempts")
    INACTIVE = "inactive", _("The account is deactivated")
    PASSKEY = "passkey", _("A passkey was not accepted")
    PASSWORD_OFF = "password_off", _("Signing in by password is switched off")
    SINGLE_SIGN_ON = "single_sign_on", _("Single sign-on was refused")
    CONFIRMATION = "confirmation", _("Wrong password when asked again")


class SecondFactorChange(TextChoices):
    """What happened to a second factor."""

    ADDED = "added", _("Authenticator app set up")
    REMOVED = "removed", _("Authenticator app removed")
    PASSKEY_ADDED = "passkey_added", _("Passkey added")
    PASSKEY_REMOVED = "passkey_removed", _("Passkey removed")
    CODES = "codes", _("New recovery codes made")
    TAKEN_OFF = "taken_off", _("Removed by an administrator after loss")
