"""How this floor's entries read in a complaint's record."""

from django.utils.translation import gettext_lazy

from complaints.selectors.timeline_words import Telling
from referrals import events
from referrals.states import DateKind, Effect, Expert, Kind, Opener, Result

LABELS = {
    "outside_kind": dict(Kind.choices),
    "outside_result": dict(Result.choices),
    "outside_effect": dict(Effect.choices),
    "opened_by": dict(Opener.choices),
    "date_kind": dict(DateKind.choices),
    "expert": dict(Expert.choices),
}

TELLINGS = {
    events.OPENED: Telling(
        gettext_lazy("Case outside: %(outside_kind)s, opened by: %(opened_by)s"), "branch", "warn"
    ),
    events.CORRECTED: Telling(gettext_lazy("%(outside_kind)s: particulars completed"), "edit"),
    events.ANSWERED: Telling(gettext_lazy("%(outside_kind)s: answered"), "send", "info"),
    events.HANDED_IN: Telling(
        gettext_lazy("%(outside_kind)s: document noted"), "paperclip", "", "notes"
    ),
    events.DATE_SET: Telling(
        gettext_lazy("%(outside_kind)s: date noted (%(date_kind)s)"), "calendar", "", "system"
    ),
    events.DATE_DONE: Telling(
        gettext_lazy("%(outside_kind)s: date done (%(date_kind)s)"), "check", "ok", "system"
    ),
    events.DATE_WARNED: Telling(
        gettext_lazy("%(outside_kind)s: told of a date ahead (%(date_kind)s)"),
        "clock",
        "warn",
        "system",
    ),
    events.DATE_MISSED: Telling(
        gettext_lazy("%(outside_kind)s: date passed (%(date_kind)s)"), "stop", "bad", "system"
    ),
    events.DECIDED: Telling(gettext_lazy("%(outside_kind)s: %(outside_result)s"), "scale", "info"),
    events.EFFECT_DECIDED: Telling(
        gettext_lazy("%(outside_kind)s, what follows: %(outside_effect)s"), "approve", "ok"
    ),
    events.CLOSED: Telling(gettext_lazy("%(outside_kind)s: case closed"), "check", "ok"),
    events.QUESTION_ASKED: Telling(
        gettext_lazy("Asked somebody outside: %(expert)s"), "help", "info", "messages"
    ),
    events.QUESTION_ANSWERED: Telling(
        gettext_lazy("Answer from outside: %(expert)s"), "message", "ok", "messages"
    ),
    events.QUESTION_SILENT: Telling(
        gettext_lazy("No answer from outside in time: %(expert)s"), "clock", "warn", "messages"
    ),
    events.QUESTION_REVOKED: Telling(
        gettext_lazy("Question taken back: %(expert)s"), "undo", "", "messages"
    ),
    events.QUESTION_FILE_READ: Telling(
        gettext_lazy("File opened by somebody outside: %(expert)s"), "eye", "private", "system"
    ),
    events.ERASED: Telling(
        gettext_lazy("What cases outside said was erased"), "shield", "", "system"
    ),
}
