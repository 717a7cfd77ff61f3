"""What the placeholders of a letter stand for, in the present language."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parseaddr
from functools import cached_property, reduce

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from accounts.selectors import named_for, organisation_name
from complaints.models import Clock, Complaint, Response
from complaints.rules import letters as rules
from complaints.rules.policy import Route
from complaints.states import Finding, Occasion, RemedyKind, Stage, State
from compliance.rules import ClockSpec


def finding_sentence(finding: str) -> str:
    """Return a finding as a sentence to the complainant, in the present language."""
    return {
        Finding.UPHELD: _("Your complaint is justified."),
        Finding.PARTLY: _("Your complaint is justified in part."),
        Finding.NOT_UPHELD: _("We do not find your complaint justified."),
        Finding.UNDETERMINED: _("We could not establish for certain what happened."),
    }[Finding(finding)]


def remedy_sentences(
    kind: str,
    *,
    detail: str = "",
    amount: Decimal = Decimal(0),
    currency: str = "",
    due_at: datetime | None = None,
) -> str:
    """Return what is done for the complainant, in sentences, in the present language."""
    if kind == RemedyKind.NONE:
        return _("We do not offer a remedy in this case.")
    what = str(RemedyKind(kind).label)
    if amount:
        money = formats.number_format(amount, decimal_pos=2, force_grouping=True)
        said = _("We offer you: %(what)s, %(currency)s %(money)s.") % {
            "what": what,
            "currency": currency,
            "money": money,
        }
    else:
        said = _("We offer you: %(what)s.") % {"what": what}
    parts = [said, rules.without_gaps(detail.strip())]
    if due_at is not None:
        parts.append(_("This will be done by %(day)s.") % {"day": day_text(due_at)})
    return reduce(_after_another, (part for part in parts if part))


def _after_another(first: str, second: str) -> str:
    # A pattern, not a space to join with: Chinese sentences follow each other without one.
    return pgettext("two sentences", "%(first)s %(second)s") % {"first": first, "second": second}


def process_text(
    *, respond: str, assess: str = "", to_assess: bool = True, progress: str = ""
) -> str:
    """Return what happens before the decision, with the days it is expected by."""
    steps = []
    if to_assess and assess:
        told = _("We judge how serious the matter is and who should deal with it, by %(day)s.")
        steps.append(told % {"day": assess})
    elif to_assess:
        steps.append(_("We judge how serious the matter is and who should deal with it."))
    steps.append(_("We find out what happened and why. If we need something from you, we ask."))
    if progress:
        steps.append(_("We tell you how things stand, by %(day)s.") % {"day": progress})
    told = _("We tell you our decision and the reasons for it, by %(day)s.")
    steps.append(told % {"day": respond})
    return listed([*steps, _otherwise()])


def listed(lines: Iterable[str]) -> str:
    """Return lines as a list."""
    return "\n".join(_("- %(step)s") % {"step": line} for line in lines)


def routes_text(routes: Iterable[Route]) -> str:
    """Return the other remedies, one per line, each with how to use it."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return "\n".join(
        _("- %(name)s: %(how)s") % {"name": route.names.of(language), "how": route.how.of(language)}
        for route in routes
    )


def day_text(at: datetime) -> str:
    """Return an instant as a day of the organisation, as the present language writes it."""
    return formats.date_format(
        timezone.localtime(at, timezone.get_default_timezone()), "DATE_FORMAT", use_l10n=True
    )


def due_text(clock: Clock) -> str:
    """Return when a clock ends: its last day, with the time of day where it runs by the hour."""
    if ClockSpec.from_dict(clock.spec).unit.runs_by_the_day:
        return formats.date_format(clock.due_date, "DATE_FORMAT", use_l10n=True)
    local = timezone.localtime(clock.due_at, timezone.get_default_timezone())
    return formats.date_format(local, "DATETIME_FORMAT", use_l10n=True)


@dataclass(frozen=True)
class Values(Mapping[str, str]):
    """What the placeholders of one letter stand for; only what the text uses is looked up."""

    complaint: Complaint
    occasion: str
    actor: User | None
    given: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None

    def __getitem__(self, name: str) -> str:
        """Return the text for a placeholder: what was given, else what the complaint says."""
        given = self.given.get(name, "").strip()
        if name == "finding" and given in Finding.values:
            return finding_sentence(given)
        return given or _SAYS[name](self)

    def __iter__(self) -> Iterator[str]:
        """Run over the placeholders."""
        return iter(_SAYS)

    def __len__(self) -> int:
        """Count the placeholders."""
        return len(_SAYS)

    @cached_property
    def clocks(self) -> list[Clock]:
        """Return the clocks of the present cycle that apply, the one that ends first in front."""
        clocks = self.complaint.clocks.filter(cycle=self.complaint.cycle, dropped=False)
        return list(clocks.order_by("due_at"))

    @cached_property
    def response(self) -> Response | None:
        """Return the newest decision of the present cycle."""
        return self.complaint.responses.filter(cycle=self.complaint.cycle).order_by("pk").last()

    def due(self, stage: Stage, *, running: bool = False) -> str:
        """Return when the first clock of a stage ends, or nothing."""
        clocks = [clock for clock in self.clocks if clock.stage == stage]
        first = next((clock for clock in clocks if clock.running), None)
        if first is None and clocks and not running:
            first = clocks[0]
        return due_text(first) if first else ""


# Who handled a complaint does not ask how it went, and does not sign as if they did.
_ASKED_BY_ANOTHER = {Occasion.FOLLOW_UP, Occasion.FOLLOW_UP_REMINDER}


def _name(letter: Values) -> str:
    person = letter.complaint.complainant
    shown = [name for name in ("name", "organisation") if person and name not in person.withheld]
    known = next((getattr(person, name) for name in shown if getattr(person, name)), "")
    return rules.without_gaps(rules.one_line(known)) or pgettext("form of address", "customer")


def _handler(letter: Values) -> str:
    owner, actor = letter.complaint.owner, letter.actor
    if letter.occasion in _ASKED_BY_ANOTHER:
        return str(actor) if actor and not actor.is_system else _("Complaints desk")
    if owner is not None and actor is not None and owner in actor.covering:
        return named_for(actor, owner)
    if owner is not None:
        return str(owner)
    if letter.actor is not None and not letter.actor.is_system:
        return str(letter.actor)
    return str(letter.complaint.team) if letter.complaint.team else _("Complaints desk")


def contact() -> str:
    """Return how the organisation is reached."""
    return settings.ORGANISATION_CONTACT or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _by(stage: Stage) -> Callable[[Values], str]:
    return lambda letter: letter.due(stage) or _no_day_yet()


def _no_day_yet() -> str:
    return pgettext("instead of a date", "a day we will tell you")


def _finding(letter: Values) -> str:
    known = letter.response.finding if letter.response else letter.complaint.finding
    return finding_sentence(known) if known else rules.gap(_("what you decide"))


def _reasons(letter: Values) -> str:
    if letter.occasion == Occasion.REOPENING_DECLINED:
        return rules.gap(_("why it is not reopened"))
    if letter.response and letter.response.reasons:
        return rules.without_gaps(letter.response.reasons.strip())
    return rules.gap(_("the reasons"))


def _remedy(letter: Values) -> str:
    response = letter.response
    if response is None:
        return rules.gap(_("what is done for the complainant"))
    return remedy_sentences(
        response.remedy_kind,
        detail=response.remedy_detail,
        amount=response.amount,
        currency=response.currency,
        due_at=response.remedy_due_at,
    )


def _routes(letter: Values) -> str:
    return routes_text(letter.complaint.policy.says.routes)


def _reply_by(letter: Values) -> str:
    since = letter.complaint.decision_sent_at or letter.at
    if since is None:
        return _no_day_yet()
    return day_text(since + timedelta(days=letter.complaint.policy.says.silence.days))


def _process(letter: Values) -> str:
    complaint = letter.complaint
    if not complaint.is_open:
        return listed([*_promised(letter), _after_the_end(letter)])
    if complaint.state == State.RESPONDED:
        answer = _("You tell us whether you accept our decision.")
        return listed([*_promised(letter), answer, _otherwise()])
    return process_text(
        respond=_by(Stage.RESPOND)(letter),
        assess=letter.due(Stage.ASSESS, running=True),
        to_assess=complaint.state in {State.RECEIVED, State.ACKNOWLEDGED},
        # A progress report does not promise itself.
        progress=""
        if letter.occasion == Occasion.PROGRESS
        else letter.due(Stage.PROGRESS, running=True),
    )


def _promised(letter: Values) -> list[str]:
    complaint = letter.complaint
    if complaint.remedy_due_at is None or complaint.remedy_done_at is not None:
        return []
    return [_("We do what we promised, by %(day)s.") % {"day": day_text(complaint.remedy_due_at)}]


def _after_the_end(letter: Values) -> str:
    if letter.complaint.state not in {State.CLOSED, State.FOLLOWED_UP}:
        return _("If there is anything new, you can come back to us at any time.")
    day = letter.due(Stage.FOLLOW_UP, running=True)
    if not day:
        return _("We ask you how satisfied you are with the handling and the outcome.")
    asked = _("We ask you how satisfied you are with the handling and the outcome, by %(day)s.")
    return asked % {"day": day}


def _otherwise() -> str:
    return _(
        "If you do not agree with our decision, you can ask us to look at it again, "
        "and we tell you where else you can turn."
    )


_SAYS: Mapping[str, Callable[[Values], str]] = {
    "name": _name,
    "reference": lambda letter: letter.complaint.reference,
    "received_date": lambda letter: day_text(letter.complaint.received_at),
    "summary": lambda letter: rules.without_gaps(rules.summary(letter.complaint.description)),
    "process": _process,
    "acknowledge_by": _by(Stage.ACKNOWLEDGE),
    "respond_by": _by(Stage.RESPOND),
    "handler": _handler,
    "organisation": lambda _letter: organisation_name(),
    "contact": lambda _letter: contact(),
    "finding": _finding,
    "reasons": _reasons,
    "remedy": _remedy,
    "routes": _routes,
    "status_page": lambda _letter: settings.STATUS_PAGE,
    "reply_by": _reply_by,
    "question": lambda _letter: rules.gap(_("your question to the complainant")),
    "news": lambda _letter: rules.gap(_("what you want to say")),
}
