"""The verbs of the record: write facts, deliver them, seal days, prove that nothing was changed."""

from journal.services.delivery import deliver_pending, replay, retry_delivery, utc_now
from journal.services.proof import (
    Fault,
    Proof,
    prove_journal,
    seal_days,
    verify_journal,
    verify_subject,
)
from journal.services.recording import Fact, record, record_many

__all__ = [
    "Fact",
    "Fault",
    "Proof",
    "deliver_pending",
    "prove_journal",
    "record",
    "record_many",
    "replay",
    "retry_delivery",
    "seal_days",
    "utc_now",
    "verify_journal",
    "verify_subject",
]
