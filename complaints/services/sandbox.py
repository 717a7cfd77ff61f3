"""The sandbox: what partners tried out is thrown away after a while, with all that hangs on it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.models import Provider
from complaints import events
from complaints.models import Attachment, Complainant, Complaint
from complaints.services.searching import leave_out
from journal.origin import origin
from journal.services import record

BATCH = 200


def purge_test_complaints(*, at: datetime, days: int | None = None) -> int:
    """Throw away test complaints after their days; return how many.

    The rows of the record stay: they hold ids and codes only, and their chains end where the
    complaint did.
    """
    kept = timedelta(days=settings.SANDBOX_KEEP_DAYS if days is None else days)
    gone = 0
    with origin("scheduler"):
        for provider in Provider.objects.filter(is_test=True).order_by("pk"):
            gone += _purge(provider, at - kept, at)
    return gone


def _purge(provider: Provider, before: datetime, at: datetime) -> int:
    gone = 0
    old = Complaint.everything.filter(is_test=True, provider=provider, recorded_at__lt=before)
    while ids := list(old.order_by("-pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            _throw_away(ids)
        gone += len(ids)
    if gone:
        with transaction.atomic():
            record(
                kind=events.TESTS_PURGED,
                subject=provider,
                actor=None,
                occurred_at=at,
                payload={"complaints": gone},
            )
    return gone


def _throw_away(ids: Sequence[int]) -> None:
    rows = Complaint.everything.filter(pk__in=ids)
    tests = Complaint.everything.filter(is_test=True)
    people = set(rows.exclude(complainant=None).values_list("complainant", flat=True))
    files = set(Attachment.objects.filter(complaint__in=ids).values_list("path", flat=True)) - {""}
    # What was merged into one of them goes first, wherever its own time stands: it hangs on it.
    tests.filter(repeat_of__in=ids).update(repeat_of=None)
    while merged := list(tests.filter(merged_into__in=ids).values_list("pk", flat=True)):
        _throw_away(merged)
    leave_out(ids)
    rows.delete()
    used = Complaint.everything.filter(complainant__in=people).values("complainant")
    Complainant.objects.filter(pk__in=people).exclude(pk__in=used).delete()
    transaction.on_commit(lambda: _delete(files))


def _delete(files: set[str]) -> None:
    for path in files:
        if not Attachment.objects.filter(path=path).exists():
            (Path(settings.MEDIA_ROOT) / path).unlink(missing_ok=True)
