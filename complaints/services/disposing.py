"""Disposing of what was said, and legal holds against it. Figures and the record stay.

Anonymising replaces every text that may speak of a person and leaves what is counted: dates,
states, categories, findings, amounts, scores, clocks. The record holds ids, codes and digests only,
so it still proves itself afterwards; its digests then vouch for texts that are gone.

Which complaint may go, and who decides that, is asked above (retention): these verbs only make sure
that nothing goes while it is open, held, or still on its way out.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from complaints import events
from complaints.errors import MoveRefused, NotAllowed
from complaints.models import (
    Approval,
    Assessment,
    Attachment,
    BulkItem,
    BulkRun,
    Clock,
    Complainant,
    Complaint,
    ConfidentialAccess,
    Correspondent,
    Escalation,
    FollowUpAttempt,
    IncomingMessage,
    Investigation,
    Message,
    Note,
    Pause,
    QualityCheck,
    Remedy,
    ReopenRequest,
    Response,
)
from complaints.models.people import KEYS
from complaints.services.moves import note_down, stamp
from complaints.services.searching import index_complaint
from complaints.states import FollowUpHold, MessageChannel, MessageState
from complaints.workflow import NOT_HELD, STILL_TOLD
from journal.services import Fact, record_many

NOTHING_LEFT = "—"  # a complaint must say something; this says that nothing is left
BATCH = 500
# What a person may have typed, table by table. A new text field belongs here: a test compares.
TEXTS: Mapping[type[models.Model], tuple[str, ...]] = {
    Clock: ("extended_reason",),
    Pause: ("evidence",),
    Assessment: ("immediate_action", "priority_reason"),
    Investigation: ("findings", "cause", "evidence", "similar_cases", "subject_statement"),
    Response: ("reasons", "remedy_detail", "subject_line", "text"),
    Remedy: ("detail", "proof"),
    Approval: ("reason", "decision_note"),
    Note: ("text",),
    Escalation: ("reason",),
    FollowUpAttempt: ("comment",),
    QualityCheck: ("remark",),
    ConfidentialAccess: ("reason",),
    ReopenRequest: ("reason", "answer"),
    Message: ("to_address", "copy_to", "subject", "body", "error"),
    IncomingMessage: ("sender", "subject", "text", "quoted"),
    Correspondent: ("address", "name", "reason"),
    Attachment: ("name", "path"),
    BulkItem: ("reason",),
}
# Of the complaint itself; `description` gets NOTHING_LEFT.
OWN_TEXTS = ("remedy_sought", "order_number", "external_id", "representative", "lessons")
PERSONAL = (
    *("name", "organisation", "phone", "email", "customer_number", "address", "needs"),
    *KEYS,
)
_ON_THEIR_WAY = (MessageState.QUEUED, MessageState.SENDING)


def forgotten_key(key: str) -> str:
    """Return what stands for an idempotency key once its complaint was disposed of.

    Whoever has the key recognises it, nobody can read it back: a file handed in again brings
    nothing back, and the number it had elsewhere is not kept.
    """
    return f"gone:{hmac.new(settings.JOURNAL_KEY.encode(), key.encode(), sha256).hexdigest()}"


def reasons_to_keep(complaint: Complaint) -> list[Any]:
    """Return what stands against anonymising a complaint, as the desk sees it."""
    reasons: list[Any] = [guard.reason for guard in (STILL_TOLD, NOT_HELD) if not guard(complaint)]
    if complaint.is_open:
        reasons.append(_("This complaint is open."))
    # What waits to be read out has waited too long; what the outbox holds would go out empty.
    mails = complaint.messages.filter(channel=MessageChannel.EMAIL)
    if mails.filter(state__in=_ON_THEIR_WAY).exists():
        reasons.append(_("An e-mail is still on its way."))
    return reasons


@transaction.atomic
def anonymise_complaint(
    *, complaint_id: int, under: str, actor: User, at: datetime
) -> dict[str, int]:
    """Replace every text of a complaint that may speak of a person; return how much there was.

    `under` names the run whose list two people approved. Only the system carries it out. Raises
    NotAllowed, and MoveRefused with every reason against it; Complaint.DoesNotExist.
    """
    if not actor.is_system:
        raise NotAllowed(_("Only an approved disposal run does this."))
    complaint = (
        Complaint.objects.select_for_update(of=("self",))
        .select_related("complainant")
        .get(pk=complaint_id)
    )
    reasons = reasons_to_keep(complaint)
    if reasons:
        raise MoveRefused(reasons)
    files = _files_of(complaint)
    _end_what_leads_here(complaint, at)
    gone = {"rows": sum(_blank(model, complaint) for model in TEXTS), "files": len(files)}
    _forget_reasons_of_runs(complaint)
    gone["person"] = _forget_person(complaint, at)
    _forget_own_words(complaint)
    complaint.anonymised_at, complaint.disposed_under = at, under
    stamp(complaint, *_CHANGED)
    index_complaint(complaint)
    note_down(events.ANONYMISED, complaint, actor=actor, at=at, payload={"under": under, **gone})
    transaction.on_commit(lambda: _delete(files))
    return gone


_CHANGED = (
    *("description", *OWN_TEXTS, "idempotency_key", "complainant", "subject_person"),
    *("anonymised_at", "disposed_under"),
)


def _blank(model: type[models.Model], complaint: Complaint) -> int:
    rows = model._default_manager.filter(complaint=complaint)
    return rows.update(**dict.fromkeys(TEXTS[model], ""))


def _end_what_leads_here(complaint: Complaint, at: datetime) -> None:
    """Let no personal link work any more, and nobody else belong to the correspondence.

    Before the texts go: an address belongs to a complaint once, as long as it belongs there at all.
    """
    complaint.links.filter(revoked_at__isnull=True).update(revoked_at=at)
    complaint.correspondents.filter(removed_at__isnull=True).update(removed_at=at)


def _forget_reasons_of_runs(complaint: Complaint) -> None:
    """Empty what was said for a heap of complaints, once the last of them goes."""
    for run in BulkRun.objects.filter(items__complaint=complaint):
        left = run.items.filter(complaint__anonymised_at__isnull=True).exclude(complaint=complaint)
        if not left.exists():
            run.given = {**run.given, "reason": "", "lessons": ""}
            run.save(update_fields=["given"])


def _forget_own_words(complaint: Complaint) -> None:
    complaint.description = NOTHING_LEFT
    for name in OWN_TEXTS:
        setattr(complaint, name, "")
    complaint.subject_person = None
    if complaint.idempotency_key:
        complaint.idempotency_key = forgotten_key(complaint.idempotency_key)


def _forget_person(complaint: Complaint, at: datetime) -> int:
    """Empty who complained, or step away from them while another complaint needs them.

    Returns whether the person was forgotten. The empty row stays: that somebody complained by name
    is counted.
    """
    if complaint.complainant_id is None:
        return 0
    person = Complainant.objects.select_for_update().get(pk=complaint.complainant_id)
    others = person.complaints.filter(anonymised_at__isnull=True).exclude(pk=complaint.pk)
    if others.exists():
        complaint.complainant = Complainant.objects.create(
            created_at=at, language=complaint.language
        )
        return 0
    for name in PERSONAL:
        setattr(person, name, "")
    person.save(update_fields=PERSONAL)
    complaint.complainant = person
    return 1


def _files_of(complaint: Complaint) -> list[str]:
    """Return the places of files that nobody else's complaint shares."""
    paths = {row.path for row in complaint.attachments.all() if row.path}
    shared = Attachment.objects.filter(path__in=paths).exclude(complaint=complaint)
    return sorted(paths - set(shared.values_list("path", flat=True)))


def _delete(files: Sequence[str]) -> None:
    """Delete files once the change is certain; what a crash leaves over, `clean_orphans` takes."""
    for path in files:
        if not Attachment.objects.filter(path=path).exists():
            (Path(settings.MEDIA_ROOT) / path).unlink(missing_ok=True)


# --- holds ---------------------------------------------------------------------------------------


@transaction.atomic
def hold_complaints(
    *, complaint_ids: Sequence[int], hold: int, actor: User, at: datetime
) -> list[int]:
    """Lay a legal hold on complaints: they are not merged, written over or disposed of.

    Returns the ids on which it lies now; what the actor may not hold, and what was disposed of
    already, is left out. A hold is counted: each one has to be released.
    """
    return _count_holds(complaint_ids, 1, events.HELD, hold, actor=actor, at=at)


@transaction.atomic
def release_complaints(
    *, complaint_ids: Sequence[int], hold: int, actor: User, at: datetime
) -> list[int]:
    """Take one legal hold off complaints; return the ids it was taken off."""
    return _count_holds(complaint_ids, -1, events.RELEASED, hold, actor=actor, at=at)


def _count_holds(
    ids: Sequence[int], change: int, kind: str, hold: int, *, actor: User, at: datetime
) -> list[int]:
    done: list[int] = []
    for start in range(0, len(ids), BATCH):
        found = (
            Complaint.objects.where_may(actor, "retention.hold")
            .filter(pk__in=ids[start : start + BATCH], anonymised_at__isnull=True)
            .values("pk")
        )
        # Locked in order of id, as everywhere; counted in the database, since holds overlap.
        locked = list(
            Complaint.objects.select_for_update(of=("self",))
            .filter(pk__in=found, anonymised_at__isnull=True)
            .order_by("pk")
        )
        held = [complaint.pk for complaint in locked]
        Complaint.objects.filter(pk__in=held).update(holds=F("holds") + change)
        record_many(
            [
                Fact(
                    kind,
                    complaint,
                    actor,
                    at,
                    {"state": str(complaint.state), "cycle": complaint.cycle, "hold": hold},
                )
                for complaint in locked
            ]
        )
        _ask_or_wait(locked, change, actor=actor, at=at)
        done += held
    return done


def _ask_or_wait(locked: Sequence[Complaint], change: int, *, actor: User, at: datetime) -> None:
    """Let nobody be invited to say how it went while a legal hold lies on their complaint."""
    code, facts, moved = str(FollowUpHold.LEGAL_HOLD), [], []
    for complaint in locked:
        lies = complaint.holds + change > 0
        if lies == (code in complaint.follow_up_holds):
            continue
        others = [other for other in complaint.follow_up_holds if other != code]
        complaint.follow_up_holds = [*others, code] if lies else others
        moved.append(complaint)
        kind = events.FOLLOW_UP_HELD if lies else events.FOLLOW_UP_RELEASED
        told = {"state": str(complaint.state), "cycle": complaint.cycle, "hold": code}
        facts.append(Fact(kind, complaint, actor, at, told))
    Complaint.objects.bulk_update(moved, ["follow_up_holds"], batch_size=BATCH)
    record_many(facts)
