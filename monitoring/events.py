"""The kinds of entry this app writes. Payloads hold ids, codes and digests."""

TARGET_SET = "target.set"  # {"kpi", "direction", "value", "first", "last"}; the subject is it
TARGET_ENDED = "target.ended"  # {"kpi"}

ANALYSIS_SAVED = "analysis.saved"  # {"kind", "shared", "sha256"}; the subject is it
ANALYSIS_CHANGED = "analysis.changed"  # {"shared", "sha256"}
ANALYSIS_DELETED = "analysis.deleted"  # {"owner", "sha256"}

WARNINGS_SET = "warnings.set"  # {"version", "sha256"}
EXPOSURE_SET = "warnings.exposure_set"  # {"rows", "sha256"}; the subject is the settings in force
SCANNED = "warnings.scanned"  # {"step", "period", "series", "judged", "raised"}
ALERT_RAISED = "alert.raised"  # {"kind", "level", "observed", "p", "complaints"}
ALERT_RISEN = "alert.risen"  # {"level", "period", "surprise"}
ALERT_CALM = "alert.calm"  # {"period"}
ALERT_ESCALATED = "alert.escalated"  # {"level"}
ALERT_ACKNOWLEDGED = "alert.acknowledged"  # {"owner"}
ALERT_GIVEN = "alert.given"  # {"owner", "before"}
ALERT_INVESTIGATED = "alert.investigated"
ALERT_ACTED = "alert.acted"  # {"by", "due", "sha256"}
ALERT_CLOSED = "alert.closed"  # {"effect_due", "sha256"}
ALERT_DISMISSED = "alert.dismissed"  # {"why", "sha256"}
ALERT_REBASED = "alert.rebased"  # {"since", "factor", "sha256"}
ALERT_EFFECT_DUE = "alert.effect_due"
ALERT_EFFECT = "alert.effect"  # {"effect", "sha256"}
ALERT_LINKED = "alert.linked"  # {"incident", "complaints"}
ALERT_ERASED = "alert.erased"  # {"complaint"}
DIGEST_QUEUED = "warnings.digest_queued"  # {"alerts"}; the subject is the digest

REPORT_FROZEN = "report.frozen"  # {"month", "site", "confidential", "sha256"}; the subject is it
REPORT_PRINTED = "report.printed"  # {"language", "sha256"}
REPORT_TAKEN = "report.taken"  # {"format", "language", "sha256"}: somebody took a file away
FIGURES_EXPORTED = "figures.exported"  # {"what", "format", "asked"}; the subject is who did
