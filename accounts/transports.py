"""How a letter to a colleague leaves the house."""

import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Invitation
from accounts.selectors import organisation_name


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Mail the link for a first password; return whether it left. It is not tried again.

    The link is nowhere kept, so that nobody finds it later: who invites sees it and can pass it on.
    """
    user = invitation.user
    with translation.override(user.language or settings.LANGUAGE_CODE):
        ends_at = timezone.localtime(invitation.ends_at)
        body = _(
            "%(name)s,\n\nan account was made for you. Your user name is %(username)s.\n"
            "Choose your password here; the link works once, until %(until)s:\n\n%(link)s\n"
        ) % {
            "name": user,
            "username": user.username,
            "until": date_format(ends_at, "DATETIME_FORMAT"),
            "link": link,
        }
        subject = _("Your account with %(organisation)s") % {"organisation": organisation_name()}
        try:
            return bool(send_mail(subject, body, None, [user.email]))
        except (OSError, smtplib.SMTPException):
            return False
