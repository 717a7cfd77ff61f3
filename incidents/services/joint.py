"""One text for all linked complaints, one message for each: through the desk's own verbs.

A joint message is a draft first: each complainant's text can be looked at, changed or left out.
Once started it is worked off complaint by complaint, and what became of one is written in the
transaction of its step: whoever goes on with what was broken off tells nobody twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from complaints.errors import BadInput, MoveRefused
from complaints.models import Complaint
from complaints.rules.letters import problems
from complaints.services.messages import reachable_by_mail
from complaints.services.moves import digest
from complaints.services.templates import PROBLEM_WORDS
from complaints.states import MessageChannel
from incidents import events
from incidents.models import JointItem, JointRun
from incidents.selectors.joint import OCCASION_OF, candidates
from incidents.selectors.outcomes import linked_complaints
from incidents.services.joint_letters import Letter, letter_of, plain_letter
from incidents.services.joint_steps import STEPS, Step
from incidents.services.moves import keep, note_down, take
from incidents.states import FindingState, ItemOutcome, JointKind
from journal.errors import Refusal

log = structlog.get_logger(__name__)
Outcome = ItemOutcome
Texts = Mapping[str, Mapping[str, str]]  # by language: subject and body


@transaction.atomic
def prepare_joint(
    *,
    incident_id: int,
    kind: str,
    texts: Texts,
    language: str,
    lessons: str = "",
    actor: User,
    at: datetime,
    expected_version: int | None = None,
) -> JointRun:
    """Prepare a step for all linked complaints that it can fit; nothing is sent yet.

    A decision speaks of the common finding in force. Raises MoveRefused where there is none or no
    complaint fits, and BadInput naming `kind` or `text_<language>`.
    """
    incident = take(incident_id, actor=actor, expected_version=expected_version)
    if kind not in JointKind.values:
        raise BadInput(_("Choose what is to be done."), field="kind")
    finding = incident.findings.filter(state=FindingState.APPROVED).first()
    if kind == JointKind.DECISION and finding is None:
        raise MoveRefused([_("No common finding has been approved yet.")])
    kept = _checked(kind, texts)
    ids = list(candidates(incident, kind, actor).order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise MoveRefused([_("This step fits none of the linked complaints as they stand.")])
    run = JointRun.objects.create(
        incident=incident,
        kind=kind,
        texts=kept,
        lessons=lessons.strip(),
        finding=finding if kind == JointKind.DECISION else None,
        language=language,
        total=len(ids),
        by=actor,
        created_at=at,
    )
    JointItem.objects.bulk_create(
        (JointItem(run=run, complaint_id=pk) for pk in ids), batch_size=500
    )
    keep(incident)
    payload = {"run": run.pk, "kind": kind, "total": run.total, "sha256": _digest(kept)}
    note_down(events.JOINT_PREPARED, incident, actor=actor, at=at, payload=payload)
    return run


@transaction.atomic
def change_joint(*, run_id: int, texts: Texts, lessons: str, actor: User, at: datetime) -> JointRun:
    """Change the text for all of a draft. Raises as `prepare_joint` does."""
    run = _draft(run_id, actor)
    run.texts, run.lessons = _checked(run.kind, texts), lessons.strip()
    run.save(update_fields=["texts", "lessons"])
    payload = {"run": run.pk, "sha256": _digest(run.texts)}
    note_down(events.JOINT_CHANGED, run.incident, actor=actor, at=at, payload=payload)
    return run


@transaction.atomic
def make_exception(
    *,
    item_id: int,
    leave_out: bool,
    reason: str = "",
    subject: str = "",
    text: str = "",
    actor: User,
    at: datetime,
) -> JointItem:
    """Leave one complaint out of a draft, or give it a text of its own; empty: the text for all.

    Raises MoveRefused once it was started, BadInput naming `text`.
    """
    run_id = JointItem.objects.values_list("run_id", flat=True).get(pk=item_id)
    run = _draft(run_id, actor)
    item = run.items.select_for_update(of=("self",)).get(
        pk=item_id, complaint__in=Complaint.objects.visible_to(actor).values("pk")
    )
    if text.strip() and not leave_out:
        _check_text(run.kind, subject, text, field="text")
    item.outcome = Outcome.LEFT_OUT if leave_out else Outcome.WAITING
    item.reason = reason.strip() if leave_out else ""
    item.own_subject, item.own_text = subject.strip(), text.strip()
    item.save(update_fields=["outcome", "reason", "own_subject", "own_text"])
    payload = {
        "run": run.pk,
        "complaint": item.complaint_id,
        "left_out": leave_out,
        "sha256": digest(item.own_subject, item.own_text, item.reason),
    }
    note_down(events.JOINT_CHANGED, run.incident, actor=actor, at=at, payload=payload)
    return item


@transaction.atomic
def discard_joint(*, run_id: int, actor: User, at: datetime) -> JointRun:
    """Throw a draft away; nothing was sent. Raises MoveRefused once it was started."""
    run = _draft(run_id, actor)
    run.discarded_at = at
    run.save(update_fields=["discarded_at"])
    payload = {"run": run.pk}
    note_down(events.JOINT_DISCARDED, run.incident, actor=actor, at=at, payload=payload)
    return run


@transaction.atomic
def start_joint(*, run_id: int, actor: User, at: datetime) -> JointRun:
    """Begin; `continue_joint` carries it out. Raises MoveRefused when it was begun already."""
    run = _draft(run_id, actor)
    # The verbs act in the name of whoever pressed the button.
    run.started_at, run.by = at, actor
    run.save(update_fields=["started_at", "by"])
    waiting = run.items.filter(outcome=Outcome.WAITING).count()
    payload = {"run": run.pk, "kind": run.kind, "waiting": waiting}
    note_down(events.JOINT_STARTED, run.incident, actor=actor, at=at, payload=payload)
    return run


def _draft(run_id: int, actor: User) -> JointRun:
    """Lock a draft. Raises JointRun.DoesNotExist, and MoveRefused once it was started."""
    incident_id = JointRun.objects.values_list("incident_id", flat=True).get(pk=run_id)
    incident = take(incident_id, actor=actor)
    run = JointRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    run.incident = incident
    if not run.is_draft:
        raise MoveRefused([_("This joint message was begun or thrown away already.")])
    return run


def _checked(kind: str, texts: Texts) -> dict[str, dict[str, str]]:
    """Return the texts that say something. Raises BadInput naming `text_<language>`."""
    if kind == JointKind.CLOSE:
        return {}
    kept = {
        language: {"subject": text["subject"].strip(), "body": text["body"].strip()}
        for language, text in texts.items()
        if text["body"].strip()
    }
    if not kept:
        first = next(iter(texts), "en")
        raise BadInput(_("Say what the complainants are told."), field=f"text_{first}")
    for language, text in kept.items():
        _check_text(kind, text["subject"], text["body"], field=f"text_{language}")
    return kept


def _check_text(kind: str, subject: str, body: str, *, field: str) -> None:
    occasion = OCCASION_OF[JointKind(kind)]
    wrong = [
        # News are written right into a joint text: nothing could be filled in for them later.
        (code, name)
        for code, name in problems(occasion, subject, body)
        if (code, name) != ("missing", "news")
    ]
    if "{news}" in body or "{news}" in subject:
        wrong.append(("news", "news"))
    for code, name in wrong:
        raise BadInput(_WRONG[code] % {"name": f"{{{name}}}"}, field=field)


_WRONG = {**PROBLEM_WORDS, "news": gettext_lazy("Write what is new in place of %(name)s.")}


def _digest(texts: Texts) -> str:
    return digest(*(part for text in texts.values() for part in (text["subject"], text["body"])))


# --- working it off ---------------------------------------------------------------------------


def continue_joint(*, run_id: int, limit: int, now: datetime) -> int:
    """Carry a joint message on for at most so many complaints; return how many were dealt with.

    Several may do so at once: each complaint is taken by one of them.
    """
    run = JointRun.objects.select_related("by", "finding", "incident").get(pk=run_id)
    if run.started_at is None:
        return 0
    done = 0
    with translation.override(run.language):
        while done < limit and _next(run, now):
            done += 1
    if done < limit:
        _finish(run, now)
    return done


def continue_oldest_joint(*, now: datetime, limit: int = 50) -> int:
    """Carry the oldest joint message on that is under way; return how many were dealt with."""
    under_way = JointRun.objects.filter(started_at__isnull=False, finished_at__isnull=True)
    run = under_way.order_by("pk").first()
    return continue_joint(run_id=run.pk, limit=limit, now=now) if run else 0


def _next(run: JointRun, now: datetime) -> bool:
    with transaction.atomic():
        item = (
            run.items.select_for_update(of=("self",), skip_locked=True)
            .filter(outcome=Outcome.WAITING)
            .order_by("pk")
            .first()
        )
        if item is None:
            return False
        item.outcome, item.reason = _deal_with(run, item, now)
        item.save(update_fields=["outcome", "reason"])
    return True


def _deal_with(run: JointRun, item: JointItem, now: datetime) -> tuple[str, str]:
    try:
        with transaction.atomic():  # a refusal undoes the step, not the note of it
            return _take_step(run, item, now)
    except Refusal as refusal:
        return Outcome.REFUSED, "\n".join(map(str, _reasons(refusal)))
    except Complaint.DoesNotExist:
        return Outcome.REFUSED, _("This complaint no longer exists for you.")
    except Exception as error:
        # One complaint that trips us up must not hold up the others for ever.
        log.exception("joint", run=run.pk, complaint=item.complaint_id, error=type(error).__name__)
        return Outcome.REFUSED, _("Something went wrong on our side; nothing was changed.")


def _reasons(refusal: Refusal) -> Sequence[object]:
    return refusal.reasons if isinstance(refusal, MoveRefused) else [refusal]


def _take_step(run: JointRun, item: JointItem, now: datetime) -> tuple[str, str]:
    seen = Complaint.objects.visible_to(run.by).select_related("complainant", "policy", "category")
    complaint = seen.get(pk=item.complaint_id)
    if not linked_complaints(run.incident).filter(pk=complaint.pk).exists():
        raise MoveRefused([_("It is no longer linked to this incident.")])
    step = STEPS[run.kind]
    if run.kind == JointKind.CLOSE:
        return step(Step(run, complaint, run.by, now, plain_letter(MessageChannel.OTHER)))
    if run.kind == JointKind.DECISION and complaint.unreachable:
        return step(Step(run, complaint, run.by, now, letter_of(run, item, complaint, at=now)))
    if not reachable_by_mail(complaint):
        return Outcome.BY_HAND, (
            _("Not sent because nobody can be reached.")
            if complaint.unreachable
            else _("Not sent because no usable e-mail address is known.")
        )
    letter = letter_of(run, item, complaint, at=now)
    return step(Step(run, complaint, run.by, now, letter))


@transaction.atomic
def _finish(run: JointRun, now: datetime) -> None:
    locked = JointRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if locked.finished_at is not None or run.items.filter(outcome=Outcome.WAITING).exists():
        return
    locked.finished_at = now
    locked.save(update_fields=["finished_at"])
    counted = {
        str(outcome): run.items.filter(outcome=outcome).count()
        for outcome in Outcome
        if outcome != Outcome.WAITING
    }
    payload = {"run": run.pk, "kind": run.kind, **counted}
    note_down(events.JOINT_FINISHED, run.incident, actor=run.by, at=now, payload=payload)


@transaction.atomic
def tell_by_hand(
    *,
    item_id: int,
    channel: MessageChannel,
    subject: str = "",
    text: str,
    told_at: datetime | None,
    actor: User,
    at: datetime,
) -> JointItem:
    """Note that a complainant without e-mail was told by phone, or have a letter printed.

    The same step is taken as for the others. A letter may go without `told_at`: it then waits
    among the complaint's messages until somebody says when it was posted. Raises MoveRefused when
    it is not waiting for this, and what the step itself raises.
    """
    run_id = JointItem.objects.values_list("run_id", flat=True).get(pk=item_id)
    run = JointRun.objects.select_related("finding", "incident").get(pk=run_id)
    take(run.incident_id, actor=actor)
    item = run.items.select_for_update(of=("self",)).get(pk=item_id)
    if item.outcome != Outcome.BY_HAND:
        raise MoveRefused([_("This complaint is not waiting to be told by phone or letter.")])
    if channel == MessageChannel.EMAIL:
        raise BadInput(_("Say how the complainant was told."), field="channel")
    if told_at is None and channel != MessageChannel.LETTER:
        raise BadInput(_("Say when the complainant was told."), field="told_at")
    seen = Complaint.objects.visible_to(actor).select_related("complainant", "policy", "category")
    complaint = seen.get(pk=item.complaint_id)
    letter = Letter(channel, subject, text, told_at)
    item.outcome, item.reason = STEPS[run.kind](Step(run, complaint, actor, at, letter))
    item.save(update_fields=["outcome", "reason"])
    payload = {"run": run.pk, "complaint": complaint.pk, "channel": str(channel)}
    note_down(events.JOINT_TOLD, run.incident, actor=actor, at=at, payload=payload)
    return item
