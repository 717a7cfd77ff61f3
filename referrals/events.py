"""The kinds of entry this app writes, on the complaint's chain. Payloads: ids, codes, digests."""

OPENED = "outside.opened"
CORRECTED = "outside.corrected"
ANSWERED = "outside.answered"
HANDED_IN = "outside.handed_in"
DATE_SET = "outside.date_set"
DATE_DONE = "outside.date_done"
DATE_WARNED = "outside.date_warned"
DATE_MISSED = "outside.date_missed"
DECIDED = "outside.decided"
EFFECT_DECIDED = "outside.effect_decided"
CLOSED = "outside.closed"
QUESTION_ASKED = "outside.question_asked"  # {"question": id, "expert": …, "sha256": …}
QUESTION_ANSWERED = "outside.question_answered"  # {"question": id, "sha256": of the answer}
QUESTION_SILENT = "outside.question_silent"  # nobody answered in time
QUESTION_REVOKED = "outside.question_revoked"
QUESTION_FILE_READ = "outside.question_file_read"  # {"question": id, "attachment": id}
ERASED = "outside.erased"  # {"rows": how many cases}
