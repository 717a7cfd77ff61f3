"""What is said to staff, regulators, customers and media: from facts, approved, on record (CM-7.4).

Facts that are confirmed and those that are not are kept apart. A statement cites them as [F1]; the
words of a fact are written in when the statement is handed in for approval, one that is not
confirmed with the mark that it is not. So what approvers read is what goes out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from accounts.services import system_user
from complaints.errors import BadInput, MoveRefused, NotAllowed
from complaints.selectors.people import Circle
from complaints.selectors.policy import policy_in_force
from complaints.services.moves import digest
from complaints.services.notices import News, tell_many
from incidents import events
from incidents.models import ApprovalStep, Fact, Incident, Statement, StatementVersion
from incidents.permissions import may_decide_step
from incidents.rules.statements import cited, written_in
from incidents.selectors.outcomes import linked_complaints
from incidents.services.moves import demand_text, keep, note_down, see, take
from incidents.states import Audience, FactState, StatementChannel, StatementState
from journal.origin import origin

# --- facts -----------------------------------------------------------------------------------


@transaction.atomic
def add_fact(
    *, incident_id: int, text: str, source: str, confirmed: bool, actor: User, at: datetime
) -> Fact:
    """Write down what is known or said, and where it comes from.

    Raises BadInput naming `text` or `source`.
    """
    incident = take(incident_id, actor=actor)
    text = demand_text(text, _("Say what is known, or what is said."), field="text")
    source = demand_text(source, _("Say where this comes from."), field="source")
    newest = incident.fact_base.aggregate(newest=Max("number"))["newest"] or 0
    fact = Fact.objects.create(
        incident=incident, number=newest + 1, text=text, source=source, by=actor, at=at
    )
    payload = {"fact": fact.pk, "number": fact.number, "sha256": digest(text, source)}
    note_down(events.FACT_ADDED, incident, actor=actor, at=at, payload=payload)
    if confirmed:
        _settle(fact, FactState.CONFIRMED, source, actor, at)
    return fact


@transaction.atomic
def settle_fact(*, fact_id: int, state: FactState, source: str, actor: User, at: datetime) -> Fact:
    """Say that a fact is confirmed or refuted, and what shows it.

    Raises MoveRefused when it stands so already, BadInput naming `state` or `source`.
    """
    incident_id = Fact.objects.values_list("incident_id", flat=True).get(pk=fact_id)
    take(incident_id, actor=actor)
    fact = Fact.objects.select_related("incident").get(pk=fact_id)
    if state not in {FactState.CONFIRMED, FactState.REFUTED}:
        raise BadInput(_("Say whether it is confirmed or refuted."), field="state")
    if fact.state == state:
        raise MoveRefused([_("The fact stands so already.")])
    source = demand_text(source, _("Say what shows it."), field="source")
    _settle(fact, state, source, actor, at)
    return fact


def _settle(fact: Fact, state: FactState, source: str, actor: User, at: datetime) -> None:
    fact.state, fact.settled_source = state, source
    fact.settled_by, fact.settled_at = actor, at
    fact.save(update_fields=["state", "settled_source", "settled_by", "settled_at"])
    payload = {
        "fact": fact.pk,
        "number": fact.number,
        "to": str(state),
        "sha256": digest(source),
    }
    note_down(events.FACT_SETTLED, fact.incident, actor=actor, at=at, payload=payload)


# --- statements ------------------------------------------------------------------------------


@transaction.atomic
def write_statement(
    *,
    incident_id: int,
    audience: str,
    channel: str,
    title: str,
    text: str,
    language: str,
    actor: User,
    at: datetime,
) -> StatementVersion:
    """Begin a statement with its first version. Raises BadInput naming the field at fault."""
    incident = take(incident_id, actor=actor)
    if audience not in Audience.values:
        raise BadInput(_("Say to whom it speaks."), field="audience")
    if channel not in StatementChannel.values:
        raise BadInput(_("Say how it is made."), field="channel")
    title = demand_text(title, _("Give it a title."), field="title")
    statement = Statement.objects.create(
        incident=incident, audience=audience, channel=channel, title=title, created_at=at
    )
    return _write(statement, incident, text, language, actor, at)


@transaction.atomic
def rewrite_statement(
    *, statement_id: int, text: str, language: str, actor: User, at: datetime
) -> StatementVersion:
    """Write a further version; one that was not released is replaced by it.

    Raises BadInput naming `text` or `language`.
    """
    incident_id = Statement.objects.values_list("incident_id", flat=True).get(pk=statement_id)
    incident = take(incident_id, actor=actor)
    statement = Statement.objects.get(pk=statement_id)
    version = _write(statement, incident, text, language, actor, at)
    statement.versions.exclude(pk=version.pk).exclude(state=StatementState.RELEASED).update(
        state=StatementState.REPLACED
    )
    return version


def _write(
    statement: Statement, incident: Incident, text: str, language: str, actor: User, at: datetime
) -> StatementVersion:
    text = demand_text(text, _("Say what is stated."), field="text")
    if language not in dict(settings.LANGUAGES):
        raise BadInput(_("Choose the language it is written in."), field="language")
    _facts_cited(incident, text)
    newest = statement.versions.aggregate(newest=Max("number"))["newest"] or 0
    version = StatementVersion.objects.create(
        statement=statement, number=newest + 1, language=language, text=text, by=actor, at=at
    )
    payload = {
        "statement": statement.pk,
        "version": version.pk,
        "number": version.number,
        "audience": statement.audience,
        "sha256": digest(text),
    }
    note_down(events.STATEMENT_WRITTEN, incident, actor=actor, at=at, payload=payload)
    return version


def _facts_cited(incident: Incident, text: str) -> dict[int, Fact]:
    """Return the facts a text cites, by number. Raises BadInput for one that is not there."""
    facts = {fact.number: fact for fact in incident.fact_base.filter(number__in=cited(text))}
    for number in cited(text):
        if number not in facts:
            raise BadInput(_("There is no fact [F%(number)s].") % {"number": number}, field="text")
        if facts[number].state == FactState.REFUTED:
            raise BadInput(
                _("[F%(number)s] was refuted: it cannot be stated.") % {"number": number},
                field="text",
            )
    return facts


def rendered(text: str, facts: Mapping[int, Fact], language: str) -> str:
    """Return a statement with its facts written in; what is not confirmed says so."""
    with translation.override(language):
        words = {
            number: fact.text
            if fact.state == FactState.CONFIRMED
            else pgettext("a fact in a statement", "%(fact)s (not confirmed yet)")
            % {"fact": fact.text}
            for number, fact in facts.items()
        }
    return written_in(text, words)


@transaction.atomic
def submit_statement(*, version_id: int, actor: User, at: datetime) -> StatementVersion:
    """Hand a version in: from now on its words stand, and the chain of approvals runs.

    The chain and its minutes are those of the policy in force. Raises MoveRefused, BadInput.
    """
    version, incident = _take_version(version_id, actor)
    if version.state != StatementState.DRAFT:
        raise MoveRefused([_("Only a draft can be handed in.")])
    facts = _facts_cited(incident, version.text)
    version.rendered = rendered(version.text, facts, version.language)
    version.cites = [fact.pk for fact in facts.values()]
    version.state, version.submitted_at = StatementState.WAITING, at
    version.save(update_fields=["rendered", "cites", "state", "submitted_at"])
    chain = policy_in_force(at).says.statement_steps_for(version.statement.audience)
    ApprovalStep.objects.bulk_create(
        ApprovalStep(
            version=version,
            order=order,
            code=step.code,
            permission=step.permission,
            minutes=step.minutes,
        )
        for order, step in enumerate(chain, start=1)
    )
    payload = {**_named(version), "sha256": digest(version.rendered)}
    note_down(events.STATEMENT_SUBMITTED, incident, actor=actor, at=at, payload=payload)
    _ask_next(version, incident, actor, at)
    return version


def _take_version(version_id: int, actor: User) -> tuple[StatementVersion, Incident]:
    incident_id = StatementVersion.objects.values_list("statement__incident", flat=True).get(
        pk=version_id
    )
    incident = take(incident_id, actor=actor)
    return StatementVersion.objects.select_related("statement").get(pk=version_id), incident


def _named(version: StatementVersion) -> dict[str, int]:
    return {
        "statement": version.statement_id,
        "version": version.pk,
        "number": version.number,
    }


def _ask_next(version: StatementVersion, incident: Incident, actor: User, at: datetime) -> None:
    """Ask the next of the chain, whose minutes begin now; after the last the version stands."""
    step = version.steps.filter(asked_at__isnull=True).order_by("order").first()
    if step is None:
        version.state = StatementState.APPROVED
        version.save(update_fields=["state"])
        return
    step.asked_at, step.due_at = at, at + timedelta(minutes=step.minutes)
    step.save(update_fields=["asked_at", "due_at"])
    _tell(step, incident, version.by, by=actor, at=at)


def _tell(step: ApprovalStep, incident: Incident, author: User, *, by: User, at: datetime) -> None:
    """Tell those a step asks; the notice hangs on a complaint of the incident."""
    anchor = linked_complaints(incident).order_by("pk").first()
    if anchor is not None:
        people = [p for p in Circle().of(step.permission, anchor) if p.pk != author.pk]
        tell_many([News(person, anchor, "statement") for person in people], by=by, at=at)


def _take_step(step_id: int, actor: User) -> tuple[ApprovalStep, Incident]:
    incident_id = ApprovalStep.objects.values_list("version__statement__incident", flat=True).get(
        pk=step_id
    )
    incident = see(incident_id, actor=actor)
    if not incident.is_open:
        raise MoveRefused([_("The incident is at its end.")])
    step = ApprovalStep.objects.select_related("version__statement__incident", "version__by").get(
        pk=step_id
    )
    if not may_decide_step(actor, step):
        raise NotAllowed(_("A second person must decide: not who wrote it."))
    waiting = step.version.state == StatementState.WAITING
    if not waiting or step.asked_at is None or step.decided_at is not None:
        raise MoveRefused([_("This step of the chain is not asked now.")])
    return step, incident


@transaction.atomic
def approve_statement(
    *, step_id: int, note: str = "", actor: User, at: datetime
) -> StatementVersion:
    """Approve at one's step of the chain; the next is asked, or the statement may be released.

    Raises NotAllowed for the author and whom the step does not ask, MoveRefused out of turn.
    """
    step, incident = _take_step(step_id, actor)
    _decide(step, granted=True, note=note, actor=actor, at=at)
    payload = {**_named(step.version), "step": step.code, "sha256": digest(note)}
    note_down(events.STATEMENT_APPROVED, incident, actor=actor, at=at, payload=payload)
    _ask_next(step.version, incident, actor, at)
    return step.version


@transaction.atomic
def return_statement(*, step_id: int, note: str, actor: User, at: datetime) -> StatementVersion:
    """Send a version back with what must change. Raises as above, BadInput naming `note`."""
    step, incident = _take_step(step_id, actor)
    note = demand_text(note, _("Say what must change."), field="note")
    _decide(step, granted=False, note=note, actor=actor, at=at)
    step.version.state = StatementState.RETURNED
    step.version.save(update_fields=["state"])
    payload = {**_named(step.version), "step": step.code, "sha256": digest(note)}
    note_down(events.STATEMENT_RETURNED, incident, actor=actor, at=at, payload=payload)
    return step.version


def _decide(step: ApprovalStep, *, granted: bool, note: str, actor: User, at: datetime) -> None:
    step.granted, step.note = granted, note.strip()
    step.decided_by, step.decided_at = actor, at
    step.save(update_fields=["granted", "note", "decided_by", "decided_at"])


@transaction.atomic
def release_statement(
    *, version_id: int, released_at: datetime, actor: User, at: datetime
) -> StatementVersion:
    """Note that an approved version went out, and when.

    Raises MoveRefused when it is not approved or cites what was refuted meanwhile, and BadInput
    naming `released_at`.
    """
    version, incident = _take_version(version_id, actor)
    if version.state != StatementState.APPROVED:
        raise MoveRefused([_("Only an approved version may be released.")])
    refuted = incident.fact_base.filter(pk__in=version.cites, state=FactState.REFUTED)
    if refuted.exists():
        raise MoveRefused(
            [
                _("%(fact)s was refuted meanwhile: write a new version.") % {"fact": fact}
                for fact in refuted
            ]
        )
    last = version.steps.aggregate(last=Max("decided_at"))["last"] or version.submitted_at
    if released_at > at or (last is not None and released_at < last):
        raise BadInput(
            _("It goes out after its approval, and not in the future."), field="released_at"
        )
    version.state = StatementState.RELEASED
    version.released_by, version.released_at = actor, released_at
    version.save(update_fields=["state", "released_by", "released_at"])
    keep(incident)
    payload = {
        **_named(version),
        "audience": version.statement.audience,
        "channel": version.statement.channel,
        "sha256": digest(version.rendered),
    }
    note_down(events.STATEMENT_RELEASED, incident, actor=actor, at=at, payload=payload)
    return version


def sweep_approvals(*, now: datetime) -> int:
    """Tell once of each approval whose minutes are over; return of how many.

    Lateness itself is never decided here: pages compute it from the due time.
    """
    late = ApprovalStep.objects.filter(
        asked_at__isnull=False,
        decided_at__isnull=True,
        due_at__lte=now,
        overdue_told=False,
        version__state=StatementState.WAITING,
    )
    ids = list(late.order_by("due_at").values_list("pk", flat=True)[:100])
    with origin("scheduler"):
        return sum(_tell_late(pk, now) for pk in ids)


@transaction.atomic
def _tell_late(step_id: int, now: datetime) -> bool:
    step = ApprovalStep.objects.select_for_update(of=("self",)).get(pk=step_id)
    if step.overdue_told or step.decided_at is not None:
        return False
    step.overdue_told = True
    step.save(update_fields=["overdue_told"])
    incident, system = step.version.statement.incident, system_user()
    payload = {**_named(step.version), "step": step.code}
    note_down(
        events.STATEMENT_OVERDUE, incident, actor=system, at=step.due_at or now, payload=payload
    )
    _tell(step, incident, step.version.by, by=system, at=now)
    return True
