"""How the figures of the catalogue are put together from measures (domain brief 3.1 and 3.2)."""

from datetime import date, timedelta

from monitoring.rules.folding import SOON_REFERRED, SOON_REOPENED
from monitoring.rules.kpi import DAY, Part, Shape, Span, Term
from monitoring.rules.measures import CLIMBED_BY, LEVELS

_OUT = ("closings", "dismissals", "mergers")


def over(span: Span, *measures: str) -> Part:
    """Return measures over a span."""
    return tuple(Term(measure, span.first, span.after) for measure in measures)


def received(span: Span) -> Shape:
    """K01: what was received, by the day of receipt; what was found to be none is told apart."""
    return Shape(
        over(span, "received"),
        excluded={
            "dismissed": over(span, "since_dismissed"),
            "merged": over(span, "since_merged"),
        },
    )


def rate(span: Span) -> Shape:
    """K02: what was received, of the customers, orders or units there were."""
    return Shape(over(span, "received"), exposed=True)


def on_time(clock: str, span: Span) -> Shape:
    """Clocks of a stage whose last day lies in the span: a day must be over to be missed.

    Running clocks are missed once their last day has passed; what is due today or later and still
    runs is left out, and so is what is due later and met already.
    """
    passed = Span(span.first, max(span.first, min(span.over, span.today)), span.today)
    due = Span(span.first, max(span.first, span.over), span.today)
    met = over(due, f"{clock}_met")
    whole = met + over(due, f"{clock}_missed") + over(passed, f"{clock}_running")
    ahead = (
        Term(f"{clock}_running", passed.after, span.after),
        Term(f"{clock}_met", due.after, span.after),
        Term(f"{clock}_missed", due.after, span.after),
    )
    excluded: dict[str, Part] = {"not_due": ahead}
    if clock in {"ack", "respond", "legal"}:
        excluded["unreachable"] = over(span, f"{clock}_unreachable")
    return Shape(met, whole, excluded)


def time_of(measure: str, span: Span, excluded: dict[str, Part] | None = None) -> Shape:
    """Return a shape whose value is the median of a measure kept by value."""
    return Shape((), None, excluded or {}, by=Term(measure, span.first, span.after))


def share(span: Span, part: tuple[str, ...], whole: tuple[str, ...]) -> Shape:
    """Return a plain share of measures over a span."""
    return Shape(over(span, *part), over(span, *whole))


def matured(part: str, whole: str, span: Span, wait: timedelta) -> Shape:
    """Return a share of those whose waiting time is over; the others are left out, and told."""
    ripe = min(span.after, max(span.first, span.today - wait + DAY))
    done = Span(span.first, ripe, span.today)
    return Shape(
        over(done, part),
        over(done, whole),
        {"immature": (Term(whole, ripe, span.after),)},
    )


def reopened(span: Span) -> Shape:
    """K12: reopened within 30 days, of those closed for the first time 30 days ago or longer."""
    return matured("first_reopened", "first_closed", span, SOON_REOPENED)


def referred_later(span: Span) -> Shape:
    """K15b: taken outside within six months, of final responses six months old."""
    return matured("answered_referred", "answered", span, SOON_REFERRED)


def open_at(span: Span) -> Shape:
    """K09: what was open when the span ended (now, where it has not): what is, wound back."""
    day = span.over
    now: Part = (Term("open", None, None),)
    since: Part = (
        Term("registered", day, None, -1),
        Term("reopenings", day, None, -1),
        *(Term(measure, day, None) for measure in _OUT),
    )
    bands = aged(span.today) if day > span.today else {}
    return Shape(now + since, bands=bands, open_at=day)


def late(span: Span) -> Shape:
    """K09L: open now, and the last day of the clock that ends first is over."""
    return Shape((Term("due", None, span.today),))


def aged(today: date) -> dict[str, Part]:
    """Return the bands of age of what is open today, in calendar days, and what is on hold."""
    edges = (0, 8, 16, 31, 61)
    days = [today - timedelta(days=edge) + DAY for edge in edges]
    ends: list[date | None] = [*days[1:], None]
    names = ("0_7", "8_15", "16_30", "31_60", "over_60")
    found: dict[str, Part] = {
        name: (Term("open", older, younger),)
        for name, older, younger in zip(names, ends, days, strict=True)
    }
    found["on_hold"] = (Term("on_hold", None, None),)
    return found


def clearance(span: Span) -> Shape:
    """K10: how many were closed for each that came or came back; each time counts."""
    return Shape(
        over(span, "closings"),
        over(span, "registered", "reopenings"),
        {"dismissed": over(span, "dismissals"), "merged": over(span, "mergers")},
    )


def banded(span: Span) -> Shape:
    """K07: closed in the span, by how long it took; beside it what is open."""
    names = ("3_working_days", "4_weeks", "8_weeks", "later")
    bands = {name: over(span, f"band_{number}") for number, name in enumerate(names)}
    return Shape(over(span, "band_0"), over(span, "closed"), bands=bands)


def escalated(span: Span) -> Shape:
    """K14: climbed high, of what was closed; split by what made it climb, and by the peak."""
    names = (*(f"by_{name}" for name in CLIMBED_BY), *LEVELS)
    bands = {name: over(span, f"closed_{name}") for name in names}
    return Shape(over(span, "closed_escalated"), over(span, "closed"), bands=bands)


def redress_of_upheld(span: Span) -> Shape:
    """K18u: money paid, for each complaint upheld in the same days."""
    return Shape((), over(span, "upheld", "partly"), by=Term("paid", span.first, span.after))


def cause_unknown(span: Span) -> Shape:
    """K22: of what was upheld, that of which nobody has found the cause."""
    return share(span, ("cause_unknown",), ("upheld", "partly"))


def emergency_time(measure: str, without: str, span: Span) -> Shape:
    """K24: the median of a time of emergencies; those in which it has not come so far are told."""
    return time_of(measure, span, {without: over(span, without)})


def referred(span: Span) -> Shape:
    """K15a: first taken outside in the span, for each final response sent in it."""
    return Shape(over(span, "referred"), over(span, "answered"))


def upheld(span: Span) -> Shape:
    """K17: upheld, wholly or partly, of decisions on the merits."""
    shape = share(span, ("upheld", "partly"), ("upheld", "partly", "not_upheld"))
    return Shape(shape.numerator, shape.denominator, {"undetermined": over(span, "undetermined")})


def alerts_confirmed(span: Span) -> Shape:
    """K25a: alerts that led to something, of those decided on."""
    return Shape(
        over(span, "alerts_confirmed"),
        over(span, "alerts_decided"),
        {"undecided": over(span, "alerts_undecided")},
    )


def alert_time(measure: str, without: str, span: Span) -> Shape:
    """K25b and K25c: the median of a time of alerts; those that have not come so far are told."""
    return time_of(measure, span, {without: over(span, f"alerts_{without}")})


def found_by_people(span: Span) -> Shape:
    """K25d: incidents that nothing had pointed at before, of those that were any."""
    shape = share(span, ("incidents_by_people",), ("incidents",))
    left_out = {"stood_down": over(span, "incidents_stood_down")}
    return Shape(shape.numerator, shape.denominator, left_out)
