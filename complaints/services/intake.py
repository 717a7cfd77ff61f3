"""Receiving: every complaint, in every channel, is recorded; what is missing is marked (CM-8.2)."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Provider, Site, Team, User
from accounts.permissions import has, has_at
from accounts.services import system_user
from complaints import events
from complaints.errors import BadInput, Conflict, NotAllowed, ReferenceHeld
from complaints.models import Category, Clock, Complainant, Complaint
from complaints.models.indexes import kept
from complaints.models.people import KEYS
from complaints.permissions import may, may_see
from complaints.querysets import ComplaintQuerySet
from complaints.rules.intake import completeness_issues
from complaints.rules.policy import PolicyContent
from complaints.selectors.people import find_repeat
from complaints.selectors.policy import policy_in_force
from complaints.services.clocks import refresh_next_due
from complaints.services.disposing import forgotten_key
from complaints.services.emergencies import declare_emergency
from complaints.services.letters import draft_letter
from complaints.services.messages import reachable_by_mail
from complaints.services.moves import digest, note_down
from complaints.services.people import keyed
from complaints.services.reckoning import new_clocks
from complaints.services.searching import index_complaint
from complaints.services.triage import acknowledge_complaint, check_owner
from complaints.states import Channel, MessageChannel, Occasion, Priority, Stage
from journal.errors import Refusal
from journal.origin import current_origin
from journal.services.bulk_rows import made

log = structlog.get_logger(__name__)

FROM_RECEIPT = (
    Stage.ACKNOWLEDGE,
    Stage.ASSESS,
    Stage.FIRST_ACTION,
    Stage.PROGRESS,
    Stage.RESPOND,
)
_CHANNELS = frozenset(Channel.values)
DECLARE = "complaints.declare_emergency"
NO_RECEIVER = _("Your role does not receive complaints.")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing that sounds or looks alike


@dataclass(frozen=True)
class Person:
    """What is known of the complainant."""

    name: str = ""
    organisation: str = ""
    phone: str = ""
    email: str = ""
    customer_number: str = ""
    address: str = ""
    language: str = ""
    needs: str = ""

    @property
    def reachable(self) -> bool:
        """Return whether there is any way to reach this person."""
        return any((self.phone, self.email, self.customer_number, self.address))


@dataclass(frozen=True)
class Intake:
    """What came in. Only channel and description are always there."""

    channel: str
    description: str
    received_at: datetime
    person: Person = field(default_factory=Person)
    complainant: Complainant | None = None  # somebody known, chosen at intake
    anonymous: bool = False
    contact_unknown: bool = False  # a partner or an old file did not say; marked as missing
    occurred_at: datetime | None = None
    remedy_sought: str = ""
    product: str = ""
    order_number: str = ""
    external_id: str = ""
    representative: str = ""
    language: str = ""
    site: Site | None = None
    team: Team | None = None
    provider: Provider | None = None  # for whom it was taken down; a provider's own, always
    category: Category | None = None
    owner: User | None = None
    confidential: bool = False
    subject_person: User | None = None
    emergency_trigger: str = ""
    emergency_facts: str = ""
    idempotency_key: str | None = None
    automatic_letters: bool = True  # False: it came from a machine, and nothing answers a machine


def receive_complaint(*, intake: Intake, actor: User, at: datetime) -> Complaint:
    """Record a complaint, start its clocks, link what it repeats, acknowledge where policy says.

    The same idempotency key gives the first complaint again. Raises BadInput naming the field:
    `description`, `channel`, `received_at`, `occurred_at`, `contact`, `email`, `emergency_trigger`,
    `owner`. Raises NotAllowed when the actor may not receive complaints or not assign them to the
    owner, Conflict when somebody else has used the key, ReferenceHeld when a client's reference is
    taken.
    """
    if not has(actor, "complaints.receive"):
        raise NotAllowed(NO_RECEIVER)
    known = _known(intake, actor)
    if known is not None:
        return known
    check_intake(intake, at=at)
    _check_owner(intake, actor)
    # All that only reads or reckons comes before the transaction: others wait for their turn.
    policy = policy_in_force(intake.received_at)
    complaint = build_complaint(intake, actor=actor, at=at, says=policy.says)
    complaint.policy = policy
    clocks = new_clocks(
        complaint, stages=FROM_RECEIPT, started_at=intake.received_at, says=policy.says
    )
    refresh_next_due(complaint, clocks)
    try:
        return _receive(complaint, clocks, intake, actor=actor, at=at)
    except IntegrityError:
        # The same form was sent twice at the same moment: the other one is the complaint.
        known = _known(intake, actor)
        if known is None:
            demand_new_reference(complaint, actor)
            raise
        return known


def demand_new_reference(complaint: Complaint, actor: User) -> None:
    """Refuse a client's reference that names a complaint already. Raises ReferenceHeld."""
    same = Q(idempotency_key=complaint.idempotency_key) if complaint.idempotency_key else Q(pk=None)
    if complaint.provider_id and complaint.external_id:
        same |= kept("external_id") & Q(
            provider=complaint.provider_id, external_id=complaint.external_id
        )
    held = Complaint.objects.filter(same).first()
    if held is not None:
        raise ReferenceHeld(held.reference if may_see(actor, held) else "")


def held_among(references: Collection[str], actor: User) -> ComplaintQuerySet:
    """Return what a client has handed over under these references of its own."""
    if not (references and (actor.provider or actor.is_client)):
        return Complaint.objects.none()
    if actor.provider is None:
        keys = [reference_key(mine, actor) for mine in references]
        return Complaint.objects.filter(idempotency_key__in=keys)
    return Complaint.objects.filter(
        kept("external_id"), provider=actor.provider.pk, external_id__in=references
    )


def reference_key(external_id: str, actor: User) -> str | None:
    """Return the key that lets a client of the organisation use its own reference once only.

    A provider's is unique by a constraint of its own, whoever of its software handed it over.
    """
    mine = external_id.strip()
    if not (mine and actor.is_client and actor.provider is None):
        return None
    return f"client:{actor.pk}:{digest(mine)}"


def _known(intake: Intake, actor: User) -> Complaint | None:
    if not intake.idempotency_key:
        return None
    keys = (intake.idempotency_key, forgotten_key(intake.idempotency_key))
    # Looked for by a question that an index answers alone, for nearly always there is none.
    found = Complaint.everything.filter(idempotency_key__in=keys).order_by()
    pks = list(found.values_list("pk", flat=True))
    known = Complaint.objects.filter(pk__in=pks).first() if pks else None
    if known is not None and known.recorded_by_id != actor.pk:
        raise Conflict(_("Somebody else has saved a complaint under this key. Begin a new one."))
    return known


@transaction.atomic
def _receive(
    complaint: Complaint, clocks: Sequence[Clock], intake: Intake, *, actor: User, at: datetime
) -> Complaint:
    complaint.complainant = _complainant(intake, at)
    complaint.repeat_of = find_repeat(complaint, complaint.policy.says)
    complaint.save(force_insert=True)
    Clock.objects.bulk_create(clocks)
    note_down(
        events.RECEIVED,
        complaint,
        actor=actor,
        at=at,
        payload=received_payload(complaint),
    )
    index_complaint(complaint)
    _after_receipt(complaint, intake, actor=actor, at=at)
    return complaint


def received_payload(complaint: Complaint) -> dict[str, Any]:
    """Return what the record says of a receipt, beside state and cycle."""
    return {
        "channel": complaint.channel,
        "policy": complaint.policy.version,
        "missing": complaint.missing,
        "repeat_of": complaint.repeat_of_id,
        "sha256": digest(complaint.description, complaint.remedy_sought),
    }


def _after_receipt(complaint: Complaint, intake: Intake, *, actor: User, at: datetime) -> None:
    if intake.emergency_trigger:
        declare_emergency(
            complaint_id=complaint.pk,
            trigger=intake.emergency_trigger,
            facts=intake.emergency_facts or intake.description[:200],
            # Whom it is about may not see it any more, and a contract may leave this step out; the
            # danger is declared all the same.
            actor=actor if may(actor, DECLARE, complaint) else system_user(),
            at=at,
        )
        complaint.refresh_from_db()
    automatic = complaint.channel in complaint.policy.says.auto_acknowledge
    if automatic and intake.automatic_letters and reachable_by_mail(complaint):
        _acknowledge(complaint, at)
        complaint.refresh_from_db()


def _acknowledge(complaint: Complaint, at: datetime) -> None:
    """Acknowledge by letter; where that cannot be, a person does: nothing is lost at the door."""
    subject, text = draft_letter(
        complaint, Occasion.ACKNOWLEDGEMENT, MessageChannel.EMAIL, actor=None
    )
    try:
        acknowledge_complaint(
            complaint_id=complaint.pk,
            channel=MessageChannel.EMAIL,
            subject=subject,
            text=text,
            actor=system_user(),
            at=at,
        )
    except Refusal as refusal:
        log.warning("acknowledgement_refused", complaint=complaint.pk, code=refusal.code)


def check_intake(intake: Intake, *, at: datetime) -> None:
    """Refuse what cannot be a complaint. Raises BadInput naming the field."""
    if not intake.description.strip():
        raise BadInput(_("Say what happened, in the complainant's own words."), field="description")
    if intake.channel not in _CHANNELS:
        raise BadInput(_("Choose how the complaint came in."), field="channel")
    if intake.received_at > at:
        raise BadInput(
            _("A complaint cannot have been received in the future."), field="received_at"
        )
    if intake.occurred_at is not None and intake.occurred_at > at:
        raise BadInput(_("This lies in the future."), field="occurred_at")
    if intake.emergency_trigger:
        says = policy_in_force(intake.received_at).says
        if intake.emergency_trigger not in says.triggers:
            raise BadInput(_("Choose what makes this an emergency."), field="emergency_trigger")
    _check_people(intake)


def _check_owner(intake: Intake, actor: User) -> None:
    """Refuse an owner as `assign_complaint` would: no door assigns whom another would not."""
    if intake.owner is None:
        return
    subject = intake.subject_person
    check_owner(intake.owner, subject_id=subject.pk if subject else None)
    if intake.owner == actor:
        return
    site, team = intake.site, intake.team or (intake.category and intake.category.team)
    assigns = has_at(
        actor,
        "complaints.assign",
        site_id=site.pk if site else None,
        team_id=team.pk if team else None,
    )
    if not assigns:
        raise NotAllowed(_("Only a manager assigns complaints to other people."))


def _check_people(intake: Intake) -> None:
    if intake.subject_person is not None and intake.subject_person == intake.owner:
        raise BadInput(
            _("Nobody handles a complaint about themselves: choose another owner."), field="owner"
        )
    reachable = intake.person.reachable or intake.complainant is not None
    if not (reachable or intake.anonymous or intake.contact_unknown):
        raise BadInput(
            _("Give a way to reach the complainant, or mark the complaint as anonymous."),
            field="contact",
        )
    if intake.person.email:
        try:
            validate_email(intake.person.email.strip())
        except ValidationError:
            raise BadInput(_("This is not an e-mail address."), field="email") from None


def missing_in(intake: Intake, says: PolicyContent) -> list[str]:
    """Return what the policy wants of this channel and nobody has said yet."""
    known = {
        "complainant_name": intake.person.name or intake.complainant,
        "contact": intake.anonymous or intake.person.reachable or intake.complainant,
        "customer_number": intake.person.customer_number
        or (intake.complainant and intake.complainant.customer_number),
        "product": intake.product,
        "order_number": intake.order_number,
        "site": intake.site,
        "category": intake.category,
        "occurred_at": intake.occurred_at,
        "remedy_sought": intake.remedy_sought,
    }
    wanted = says.wanted.get(intake.channel, ())  # type: ignore[call-overload]
    if intake.contact_unknown and "contact" not in wanted:
        wanted = (*wanted, "contact")
    if intake.anonymous:
        wanted = tuple(f for f in wanted if f not in {"complainant_name", "customer_number"})
    return completeness_issues(known, wanted)


def build_complaint(
    intake: Intake, *, actor: User, at: datetime, says: PolicyContent, **history: Any
) -> Complaint:
    """Return the unsaved complaint of a checked intake, without its complainant.

    `history` is what had happened to it elsewhere, before an import brought it here.
    """
    category = intake.category
    team = intake.team or (category.team if category else None)
    provider = actor.provider or intake.provider
    return made(
        Complaint,
        reference=new_reference(at),
        channel=intake.channel,
        description=intake.description.strip(),
        remedy_sought=intake.remedy_sought,
        product=intake.product.strip(),
        order_number=intake.order_number.strip(),
        external_id=intake.external_id.strip(),
        representative=intake.representative,
        language=intake.language or intake.person.language,
        anonymous=intake.anonymous,
        confidential=intake.confidential,
        subject_person=intake.subject_person,
        occurred_at=intake.occurred_at,
        received_at=intake.received_at,
        recorded_at=at,
        recorded_by=actor,
        missing=missing_in(intake, says),
        site=intake.site,
        team=team,
        provider=provider,
        is_test=provider is not None and provider.is_test,
        owner=intake.owner,
        category=category,
        priority=Priority(says.default_priority),
        unreachable=intake.anonymous and not intake.person.reachable,
        follow_up_gates_closing=says.follow_up.gate == "before_close",
        depth_required=says.priority(says.default_priority).depth,
        idempotency_key=intake.idempotency_key or reference_key(intake.external_id, actor),
        **history,
    )


def new_reference(at: datetime) -> str:
    """Return a reference that is easy on the phone and cannot be guessed or counted."""
    # 256 is a multiple of 32, so that each letter is as likely as any other.
    draw = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(8))
    return f"C{at:%y}-{draw[:4]}-{draw[4:]}"


def _complainant(intake: Intake, at: datetime) -> Complainant | None:
    person = intake.person
    if intake.complainant is not None:
        return intake.complainant
    if not (person.reachable or person.name or person.organisation):
        return None
    complainant = keyed(
        Complainant(
            name=person.name.strip(),
            organisation=person.organisation.strip(),
            phone=person.phone.strip(),
            email=person.email.strip(),
            customer_number=person.customer_number.strip(),
            address=person.address.strip(),
            language=person.language,
            needs=person.needs,
            created_at=at,
        )
    )
    # Who tries things out may name a real customer: nothing is tied to theirs.
    same = None if current_origin().sandbox else _known_already(complainant)
    if same is None:
        complainant.save()
    return same or complainant


def _known_already(person: Complainant) -> Complainant | None:
    """Return who has the same name and can be reached in the same ways; a name alone is nobody."""
    ways = {name: getattr(person, name) for name in (*KEYS, "address")}
    held = [kept(name) for name, way in ways.items() if way]
    if not held:
        return None
    names = {"name": person.name, "organisation": person.organisation}
    return Complainant.objects.filter(*held, **ways, **names).first()
