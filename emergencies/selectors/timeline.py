"""How this floor's entries read in a complaint's record."""

from django.utils.translation import gettext_lazy

from complaints.selectors.timeline_words import Telling
from emergencies import events
from emergencies.states import TryResult

LABELS = {"result": dict(TryResult.choices)}

TELLINGS = {
    events.CALLED: Telling(
        gettext_lazy("On-call people called, round %(round)s"), "emergency", "bad"
    ),
    events.PAGE_QUEUED: Telling(gettext_lazy("Call to %(to)s (%(service)s)"), "bell", "", "system"),
    events.PAGE_SETTLED: Telling(
        gettext_lazy("Call to %(to)s (%(service)s): %(result)s"), "bell", "", "system"
    ),
    events.NOBODY_TO_CALL: Telling(
        gettext_lazy("There was nobody to call: the rota is empty"), "alert", "bad"
    ),
    events.CONTAINMENT_DECIDED: Telling(gettext_lazy("Containment decided"), "shield", "info"),
    events.CONTAINED: Telling(gettext_lazy("The danger is contained"), "shield", "ok"),
    events.FACTS_WRITTEN: Telling(
        gettext_lazy("Facts of the emergency, version %(version)s"), "note", "info"
    ),
    events.COMPLAINANT_CALLED: Telling(
        gettext_lazy("Complainant called about the emergency"), "phone", "info"
    ),
    events.REPORT_DECIDED: Telling(
        gettext_lazy("Decided about the duty to report %(preset)s"), "scale", "info"
    ),
    events.REPORT_APPROVED: Telling(
        gettext_lazy("Decision about %(preset)s approved"), "approve", "ok"
    ),
    events.REPORT_RETURNED: Telling(
        gettext_lazy("Decision about %(preset)s returned"), "undo", "warn"
    ),
    events.REPORTED: Telling(gettext_lazy("Reported to the authority: %(preset)s"), "send", "ok"),
    events.REPORTS_WARNED: Telling(
        gettext_lazy("Reminded of the decision on reports to authorities"),
        "clock",
        "warn",
        "system",
    ),
    events.REVIEW_DUE: Telling(
        gettext_lazy("Review of the emergency is owed"), "search", "", "system"
    ),
    events.REVIEW_REMINDED: Telling(
        gettext_lazy("Reminded of the review of the emergency"), "clock", "warn", "system"
    ),
    events.REVIEWED: Telling(gettext_lazy("Emergency reviewed"), "search", "ok"),
    events.ERASED: Telling(
        gettext_lazy("What was written down in the emergency was erased"), "shield", "", "system"
    ),
}
