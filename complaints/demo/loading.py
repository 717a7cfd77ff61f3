"""Load the demo: plan who complains when, then let all lives run side by side until now."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from random import Random

from django.conf import settings
from django.utils.module_loading import import_string

from complaints.demo.content import Story, content
from complaints.demo.lives import OFFICE, Life, Plot, Teller, working_time
from complaints.demo.organisation import found
from complaints.demo.partners import WORK, PartnerTeller, enrol, flaws_of
from complaints.services.intake import Person
from complaints.services.sweeping import sweep_clocks
from complaints.states import Channel
from journal.errors import Refusal
from journal.origin import origin
from journal.services import deliver_pending
from providers.rules.scorecard import days_of, quarter_before, quarter_of

SEED = 19012
MONTHS = 18
PER_DAY = 0.56
SWEEP_EVERY = timedelta(hours=24)
_ENDINGS = (
    *("accepted",) * 68,
    *("refused",) * 9,
    *("silent",) * 9,
    *("reopened",) * 5,
    *("withdrawn",) * 4,
    *("dismissed",) * 2,
    *("merged",) * 3,
)


@dataclass(frozen=True)
class Loaded:
    """How to get in: sign-ins of people, and clients of the API."""

    users: list[dict[str, str]]
    api_clients: list[dict[str, str]]


def load(*, now: datetime, say: Callable[[str], None]) -> Loaded:
    """Fill an empty installation; return how to get in. Chance has a fixed seed, secrets none."""
    rng = Random(SEED)  # noqa: S311 - a story, not a secret
    began = now - timedelta(days=MONTHS * 30.4)
    with origin("demo"):
        organisation, sign_ins = found(at=began - timedelta(days=1))
        partners = enrol(organisation, at=began - timedelta(hours=12), until=now)
        teller = PartnerTeller(organisation, rng, partners)
        told = [*_plots(rng, began, now), *_partner_plots(rng, now)]
        lives = [teller.live(plot) for plot in sorted(told, key=lambda plot: plot.received_at)]
        lives += [import_string(life)(now) for life in settings.DEMO_LIVES]
        _run(lives, teller, now, say)
        for story in settings.DEMO_STORIES:  # what higher floors have to tell about these months
            import_string(story)(now=now, say=say)
        while deliver_pending():
            pass  # all post has gone out already: this ticks the outbox off
    return Loaded([*sign_ins, *partners.sign_ins], partners.api_clients)


def _run(lives: list[Life], teller: Teller, now: datetime, say: Callable[[str], None]) -> None:
    order = count()
    queue: list[tuple[datetime, int, Life]] = []
    for life in lives:
        heapq.heappush(queue, (next(life), next(order), life))
    next_sweep = queue[0][0]
    done = 0
    while queue and queue[0][0] <= now:
        at, _place, life = heapq.heappop(queue)
        while next_sweep < at:
            sweep_clocks(now=next_sweep)
            teller.go_through_the_news(next_sweep)
            next_sweep += SWEEP_EVERY
        try:
            following = next(life, None)
        except Refusal as refused:
            # The rules are right and the story is wrong: it ends here, the others go on.
            say(f"{at:%Y-%m-%d}: {refused}")
            following = None
        if following is None:
            done += 1
            if done % 100 == 0:
                say(f"{at:%Y-%m}: {done}/{len(lives)}")
        else:
            heapq.heappush(queue, (following, next(order), life))


def _plots(rng: Random, began: datetime, now: datetime) -> Iterator[Plot]:
    words = content()
    day = began
    while day < now:
        for _ in range(_how_many(rng, day)):
            story = _in_season(rng, day)
            yield _plot(rng, story, working_time(day, rng))
        day += timedelta(days=1)
    yield from _burst(rng, now)
    for story, days_ago in zip(words.emergencies, (230, 96, 0), strict=True):
        at = now - timedelta(minutes=55) if days_ago == 0 else now - timedelta(days=days_ago)
        yield _plot(rng, story, at)
    for _ in range(7):  # lately: the washer again
        washer = next(s for s in words.stories if "washer" in s.products)
        yield _plot(rng, washer, working_time(now - timedelta(days=rng.uniform(1, 9)), rng))
    for _ in range(46):  # the desk's present load: a busy fortnight, some of it late
        at = working_time(now - timedelta(days=rng.betavariate(1.2, 2.5) * 13), rng)
        if at < now:
            plot = _plot(rng, _in_season(rng, at), at)
            yield replace(plot, slow=rng.choice((0.9, 1.4, 2.0, 3.0, 5.0)))
    yield from _repeats(rng, now)


def _partner_plots(rng: Random, now: datetime) -> Iterator[Plot]:
    """What the call centres take down, quarter by quarter, with the flaws of each quarter."""
    this = quarter_of((now + OFFICE).date())
    for partner, quarters in WORK.items():
        quarter = this
        for work in quarters:
            first, after = days_of(quarter)
            begin = datetime.combine(first, time(1), UTC)
            last = min(datetime.combine(after, time(1), UTC), now) - timedelta(days=1)
            span = (last - begin).total_seconds()
            for number in range(work.complaints if span > 0 else 0):
                day = begin + timedelta(seconds=span * (number + 0.5) / work.complaints)
                urgent = number == 0 and work.emergency
                story = content().emergencies[1] if urgent else _in_season(rng, day)
                plot = _plot(rng, story, working_time(day, rng))
                yield replace(
                    plot,
                    partner=partner,
                    channel=Channel.PHONE,
                    site="online",
                    ending="accepted" if number % 9 else "refused",
                    confidential=False,
                    anonymous=False,
                    slow=0.8,
                    flaws=flaws_of(work, number),
                )
            quarter = quarter_before(quarter)


def _burst(rng: Random, now: datetime) -> Iterator[Plot]:
    """A batch of one product leaks: nobody hears of no ground for it, and all wait for a test."""
    burst = now - timedelta(days=150)
    for number in range(38):
        plot = _plot(rng, content().spike, working_time(burst + timedelta(days=number * 0.4), rng))
        ending = "accepted" if plot.ending == "refused" else plot.ending
        yield replace(plot, ending=ending, waits=True)


def _repeats(rng: Random, now: datetime) -> Iterator[Plot]:
    """The same people come back about the same thing after it was closed."""
    for number in range(14):
        story = content().stories[number % len(content().stories)]
        first = _plot(rng, story, working_time(now - timedelta(days=320 - number * 18), rng))
        yield first
        again = first.received_at + timedelta(days=rng.uniform(38, 70))
        if again < now:
            yield replace(first, received_at=again, ending="accepted", slow=1.0)


def _how_many(rng: Random, day: datetime) -> int:
    weight = sum(story.season[day.month - 1] for story in content().stories)
    usual = sum(sum(story.season) for story in content().stories) / 12
    expected = PER_DAY * weight / usual * (0.6 if day.weekday() >= 5 else 1.15)
    return sum(rng.random() < expected / 4 for _ in range(4))


def _in_season(rng: Random, day: datetime) -> Story:
    stories = content().stories
    return rng.choices(stories, weights=[story.season[day.month - 1] for story in stories])[0]


def _plot(rng: Random, story: Story, at: datetime) -> Plot:
    words = content()
    english = rng.random() < 0.18
    code = rng.choice(story.products)
    product = next(item for item in words.products if item.code == code)
    channel = rng.choice(
        (
            *(Channel.PHONE,) * 5,
            *(Channel.WEB,) * 4,
            *(Channel.EMAIL,) * 3,
            *(Channel.IN_PERSON,) * 2,
            Channel.SOCIAL,
            Channel.LETTER,
            Channel.REGULATOR,
        )
    )
    site = rng.choice(("shanghai", "chengdu", "guangzhou", "online", "online"))
    return Plot(
        story=story,
        product=product,
        received_at=at.astimezone(UTC),
        language="en" if english else "zh-hans",
        person=_person(rng, english=english, by_mail=channel in {Channel.WEB, Channel.EMAIL}),
        channel=channel,
        site=site,
        ending="accepted" if story.trigger else rng.choice(_ENDINGS),
        slow=rng.choice((0.6, 0.7, 0.8, 0.8, 0.9, 1.0, 1.0, 1.1, 1.3, 1.8, 2.6)),
        confidential=story.person and rng.random() < 0.5,
        anonymous=channel in {Channel.LETTER, Channel.SOCIAL} and rng.random() < 0.5,
    )


def _person(rng: Random, *, english: bool, by_mail: bool) -> Person:
    words = content()
    number = rng.randint(0, 99_999_999)
    mail = f"kehu{number:08d}@example.com"
    if english:
        name = rng.choice(words.foreign)
        mail = f"{name.lower().replace(' ', '.')}.{number % 1000}@example.com"
    else:
        name = rng.choice(words.surnames) + rng.choice(words.given)
    return Person(
        name=name,
        phone=f"13{number % 1_000_000_000:09d}",
        email=mail if by_mail or rng.random() < 0.3 else "",
        customer_number=f"K{number % 1_000_000:06d}" if rng.random() < 0.6 else "",
        language="en" if english else "zh-hans",
    )
