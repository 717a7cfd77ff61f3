"""What a new installation still lacks before it can be worked with, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.models import Membership, Site, Team, User
from accounts.rules import roles_with
from complaints.models import Complaint, MessageTemplate, SetupMark
from complaints.permissions import may_set_up
from complaints.selectors.policy import needs_first_approval
from complaints.states import SetupStep
from compliance.selectors import calendar_warnings

# Without somebody for each of these the desk cannot work: permission, and what such people do.
NEEDED: Mapping[str, Any] = {
    "complaints.receive": gettext_lazy("receives complaints"),
    "complaints.investigate": gettext_lazy("assesses and investigates"),
    "complaints.approve": gettext_lazy("approves responses"),
    "policy.edit": gettext_lazy("keeps the handling policy"),
    "policy.approve": gettext_lazy("approves the handling policy"),
}
TWO_PEOPLE = 2  # who handles a complaint and who writes the policy may not approve it


@dataclass(frozen=True)
class SetupLine:
    """A step of the list: what, whether it is done, what is missing, and where to do it."""

    code: str
    title: str
    help: str
    done: bool
    missing: str
    url_name: str
    permission: str  # who can do it there
    tick: bool = False  # a person says that it is done


@dataclass(frozen=True)
class FirstHour:
    """The whole list."""

    lines: list[SetupLine]
    dismissed: bool

    @property
    def done(self) -> int:
        """Return how many steps are done."""
        return sum(line.done for line in self.lines)

    @property
    def finished(self) -> bool:
        """Return whether nothing is left."""
        return self.done == len(self.lines)


def first_hour(today: date) -> FirstHour:
    """Return the list as it stands."""
    marks = set(SetupMark.objects.values_list("step", flat=True))
    lines = [
        _administrator(),
        _places(),
        _people(),
        _policy(),
        _calendar(today),
        _templates(ticked=SetupStep.TEMPLATES in marks),
        _first_complaint(),
    ]
    return FirstHour(lines, dismissed=SetupStep.DISMISSED in marks)


def shows_first_hour(actor: User, today: date) -> bool:
    """Return whether the list belongs on this person's first page."""
    if not may_set_up(actor):
        return False
    if SetupMark.objects.filter(step=SetupStep.DISMISSED).exists():
        return False
    return not first_hour(today).finished


def _holders(permission: str) -> set[int]:
    roles = roles_with(permission)
    grants = Membership.objects.filter(role__in=roles, user__is_active=True)
    return set(grants.exclude(user__is_system=True).values_list("user_id", flat=True))


def _administrator() -> SetupLine:
    return SetupLine(
        code="administrator",
        title=_("An administrator"),
        help=_("Somebody who keeps accounts, roles, sites and teams."),
        done=bool(_holders("accounts.manage")),
        missing=_("Nobody has this role yet."),
        url_name="accounts:people",
        permission="accounts.manage",
    )


def _places() -> SetupLine:
    lacking = []
    if not Site.objects.filter(active=True).exists():
        lacking.append(_("No site yet."))
    if not Team.objects.filter(active=True).exists():
        lacking.append(_("No team yet."))
    return SetupLine(
        code="places",
        title=_("Sites and teams"),
        help=_("Where complaints belong and whose queue they enter."),
        done=not lacking,
        missing=" ".join(lacking),
        url_name="accounts:sites",
        permission="accounts.manage",
    )


def _people() -> SetupLine:
    holders = {permission: _holders(permission) for permission in NEEDED}
    lacking = [str(NEEDED[permission]) for permission, people in holders.items() if not people]
    missing = ""
    if lacking:
        comma = pgettext("between two items of a list", ", ")
        missing = _("Nobody yet who: %(tasks)s.") % {"tasks": comma.join(lacking)}
    elif len(holders["policy.edit"] | holders["policy.approve"]) < TWO_PEOPLE:
        missing = _("One person keeps the policy and would have to approve it: name a second one.")
    elif len(holders["complaints.investigate"] | holders["complaints.approve"]) < TWO_PEOPLE:
        missing = _("One person handles complaints and would have to approve: name a second one.")
    return SetupLine(
        code="people",
        title=_("People with roles"),
        help=_("Somebody for every task; nobody approves their own work."),
        done=not missing,
        missing=missing,
        url_name="accounts:people",
        permission="accounts.manage",
    )


def _policy() -> SetupLine:
    return SetupLine(
        code="policy",
        title=_("The handling policy approved"),
        help=_("Read it, change what does not fit, and have another person approve it."),
        done=not needs_first_approval(),
        missing=_("The desk works by the policy that came with the product until then."),
        url_name="complaints:policy_list",
        permission="policy.view",
    )


def _calendar(today: date) -> SetupLine:
    warnings = calendar_warnings(today)
    years = sorted({str(warning.year) for warning in warnings})
    comma = pgettext("between two items of a list", ", ")
    return SetupLine(
        code="calendar",
        title=_("Working calendar of this year and the next"),
        help=_("Holidays and make-up working days, compared with the published list."),
        done=not warnings,
        missing=_("Not complete: %(years)s.") % {"years": comma.join(years)},
        url_name="compliance:calendars",
        permission="policy.view",
    )


def _templates(*, ticked: bool) -> SetupLine:
    changed = MessageTemplate.objects.filter(changed_by__isnull=False).exists()
    return SetupLine(
        code=SetupStep.TEMPLATES.value,
        title=_("Message templates looked through"),
        help=_("What complainants will read: name, tone, contact."),
        done=ticked or changed,
        missing=_("Tick this off once you have read them."),
        url_name="complaints:templates",
        permission="templates.edit",
        tick=True,
    )


def _first_complaint() -> SetupLine:
    return SetupLine(
        code="complaint",
        title=_("A first complaint recorded"),
        help=_("A real one, or one that you withdraw afterwards."),
        done=Complaint.objects.exists(),
        missing=_("None yet."),
        url_name="complaints:intake",
        permission="complaints.receive",
    )
