"""The kinds of entry this app writes. Payloads hold ids, codes, digests; never personal data."""

SCHEDULE_DRAFTED = "schedule.drafted"
SCHEDULE_CHANGED = "schedule.changed"  # {"sha256": of the content}
SCHEDULE_SUBMITTED = "schedule.submitted"
SCHEDULE_RETURNED = "schedule.returned"
SCHEDULE_APPROVED = "schedule.approved"  # {"sha256": of the content}
SCHEDULE_DISCARDED = "schedule.discarded"

HOLD_PLACED = "hold.placed"  # {"scope": …, "complaints": how many, "sha256": of reason, authority}
HOLD_EXTENDED = "hold.extended"  # {"complaints": how many more}
HOLD_REVIEWED = "hold.reviewed"  # {"until": …}
HOLD_RELEASED = "hold.released"
HOLD_FORGOTTEN = "hold.forgotten"  # its words erased, after all it lay on was disposed of

DISPOSAL_PROPOSED = "disposal.proposed"  # {"schedule": version, "complaints": n, "sha256": of list}
DISPOSAL_ROW_TAKEN_OUT = "disposal.row_taken_out"  # {"complaint": id, "sha256": of the reason}
DISPOSAL_REVIEWED = "disposal.reviewed"  # by the first reviewer
DISPOSAL_APPROVED = "disposal.approved"  # by the second reviewer; {"sha256": of what is to go}
DISPOSAL_REJECTED = "disposal.rejected"
DISPOSAL_FINISHED = "disposal.finished"  # {"disposed": n, "skipped": n, "sha256": of the log}
CLEANED = "retention.cleaned"  # {"class": …, "count": n}

REQUEST_RECEIVED = "subject.request_received"
REQUEST_VERIFIED = "subject.identity_verified"
REQUEST_RECTIFIED = "subject.rectified"  # {"complaint": id, "fields": names}
REQUEST_ANSWERED = "subject.request_answered"
REQUEST_FORGOTTEN = "subject.request_forgotten"
EXPORT_ASKED = "subject.export_asked"
EXPORT_READY = "subject.export_ready"  # {"sha256": of the package}
EXPORT_OPENED = "subject.export_opened"
EXPORT_EXPIRED = "subject.export_expired"
EXPORT_FAILED = "subject.export_failed"
