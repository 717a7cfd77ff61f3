"""What partners' software hands over: taken whatever is missing, and never twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Site, User
from complaints import events
from complaints.models import Category, Complaint
from complaints.permissions import may
from complaints.selectors.policy import policy_in_force
from complaints.selectors.policy_words import WANTED_WORDS
from complaints.services.intake import Intake, Person, receive_complaint
from complaints.services.moves import digest, write_down
from complaints.services.triage import assign_complaint
from complaints.states import Trigger
from journal.selectors import history_of

# Clocks differ: what was received a little after now was received now.
TOLERATED = timedelta(minutes=5)
PERSON = ("name", "organisation", "phone", "email", "customer_number", "address", "language")


@dataclass(frozen=True)
class Issue:
    """What is missing of a record, or was given and means nothing here."""

    field: str
    code: str  # missing | unknown_value | invalid_value
    detail: Any


@dataclass(frozen=True)
class HandedOver:
    """A complaint of a partner as it was understood, and what it leaves open."""

    intake: Intake
    issues: tuple[Issue, ...] = ()
    unfit: str = ""  # what stood in fields where it cannot be kept


class Places:
    """Categories and sites by the codes that partners send, read once and only when asked for."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._categories: dict[str, Category | None] = {}
        self._sites: dict[str, Site | None] = {}

    def category(self, code: str) -> Category | None:
        """Return the active category of a code."""
        if code not in self._categories:
            found = Category.objects.filter(code=code, active=True).select_related("team").first()
            self._categories[code] = found
        return self._categories[code]

    def site(self, code: str) -> Site | None:
        """Return the active site of a code."""
        if code not in self._sites:
            self._sites[code] = Site.objects.filter(code=code, active=True).first()
        return self._sites[code]


def understood(given: Mapping[str, Any], places: Places, *, at: datetime) -> HandedOver:
    """Return what a partner's words mean here. What means nothing is told, and refuses nothing."""
    said = dict(given.get("complainant") or {})
    issues: list[Issue] = []
    unfit: list[str] = []
    email = said.get("email", "")
    if email and not _is_address(email):
        issues.append(Issue("complainant.email", "invalid_value", _NO_ADDRESS))
        unfit.append(f"complainant.email: {email}")
        said["email"] = ""
    person = Person(**{name: said.get(name, "") for name in PERSON})
    category = _known("category", given, places.category, issues, unfit)
    site = _known("site", given, places.site, issues, unfit)
    anonymous = bool(given.get("anonymous"))
    received_at = given.get("received_at") or at
    emergency = given.get("emergency") or {}
    trigger = _trigger(emergency, received_at, issues, unfit)
    intake = Intake(
        channel=given["channel"],
        description=given["description"],
        received_at=at if at < received_at <= at + TOLERATED else received_at,
        person=person,
        anonymous=anonymous,
        contact_unknown=not anonymous and not person.reachable,
        occurred_at=given.get("occurred_at"),
        representative=said.get("representative", ""),
        language=person.language,
        site=site,
        category=category,
        confidential=bool(given.get("confidential")),
        emergency_trigger=trigger,
        emergency_facts=emergency.get("facts", ""),
        **{
            name: given.get(name, "")
            for name in ("remedy_sought", "product", "order_number", "external_id")
        },
    )
    return HandedOver(intake, tuple(issues), "\n".join(unfit))


def hand_over_complaint(*, handed: HandedOver, actor: User, at: datetime) -> Complaint:
    """Receive what a partner hands over; what could not be kept where it stood becomes a note.

    Raises what `receive_complaint` raises.
    """
    if not handed.unfit:
        return receive_complaint(intake=handed.intake, actor=actor, at=at)
    with transaction.atomic():
        complaint = receive_complaint(intake=handed.intake, actor=actor, at=at)
        write_down(complaint, handed.unfit, actor=actor, at=at)
    return complaint


def handed_over_before(handed: HandedOver, *, actor: User, reference: str) -> Complaint | None:
    """Return the complaint that a client's reference names, if it was handed over in these words.

    What came is compared with what the record says of the receipt: corrections since then do not
    make it another complaint, a danger that nobody has heard of does.
    """
    held = Complaint.objects.visible_to(actor).filter(reference=reference).first()
    if held is None:
        return None
    receipt = history_of(held).get(kind=events.RECEIVED)
    intake, said = handed.intake, receipt.payload
    words = digest(intake.description.strip(), intake.remedy_sought)
    same = said.get("channel") == intake.channel and said.get("sha256") == words
    new_danger = bool(intake.emergency_trigger) and held.emergency_declared_at is None
    return held if same and not new_danger else None


def take_first(complaint: Complaint, who: Mapping[str, Any]) -> dict[str, Any]:
    """Let whoever does a handler's work own what nobody owns; return whom the verb is to know.

    The version that the caller saw is checked here, and not again. Part of the caller's
    transaction: if the work is refused, nobody has taken anything.
    """
    actor = who["actor"]
    free = complaint.owner_id is None and complaint.is_open
    if not (free and may(actor, "complaints.assign_self", complaint)):
        return dict(who)
    assign_complaint(owner=actor, **who)
    return {**who, "expected_version": None}


def issues_of(complaint: Complaint, noted: Sequence[Issue] = ()) -> list[Issue]:
    """Return what is missing of a complaint, and what was noted of the way it came."""
    said = {issue.field for issue in noted}
    missing = [
        Issue(name, "missing", WANTED_WORDS.get(name, name))
        for name in complaint.missing
        if name not in said
    ]
    return [*noted, *missing]


def _known(
    name: str, given: Mapping[str, Any], look_up: Any, issues: list[Issue], unfit: list[str]
) -> Any:
    code = given.get(name, "")
    found = look_up(code) if code else None
    if code and found is None:
        issues.append(Issue(name, "unknown_value", _("Nothing here has this code.")))
        unfit.append(f"{name}: {code}")
    return found


def _trigger(
    emergency: Mapping[str, Any], received_at: datetime, issues: list[Issue], unfit: list[str]
) -> str:
    """Return what makes it an emergency. One of an unknown kind is taken for the gravest.

    Somebody on call looks at it at once, and may say that it is none; a refusal would reach nobody.
    """
    trigger = str(emergency.get("trigger", ""))
    if not trigger or trigger in policy_in_force(received_at).says.triggers:
        return trigger
    issues.append(Issue("emergency.trigger", "unknown_value", _NO_TRIGGER))
    unfit.append(f"emergency.trigger: {trigger}")
    return str(Trigger.PERSONAL_SAFETY)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


_NO_TRIGGER = _("Nothing here has this code; it was taken for a danger to persons.")
_NO_ADDRESS = _("This is not an e-mail address; it was kept as a note.")
