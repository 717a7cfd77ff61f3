"""Invented series, after Noufaily et al. (Statistics in Medicine 2013;32:1206-1222).

Seven settings of level, trend, season and dispersion, with and without trend, with no, one and two
harmonics: 42 scenarios. Counts are negative binomial with variance φμ. An outbreak has a Poisson
number of complaints, k standard deviations on average, spread over weeks by a log-normal.
"""

from dataclasses import dataclass

import numpy as np

SETTINGS = (  # level, trend, cosine, sine, dispersion
    (0.1, 0.0025, 0.6, 0.6, 1.5),
    (-2.0, 0.005, 0.1, 0.3, 2.0),
    (1.5, 0.003, 0.2, -0.4, 1.0),
    (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0),
    (3.75, 0.001, 0.1, -0.1, 1.1),
    (5.0, 0.0001, 0.05, 0.01, 1.2),
)
SCENARIOS = [
    (level, trend * rising, cosine, sine, dispersion, harmonics)
    for level, trend, cosine, sine, dispersion in SETTINGS
    for rising in (0, 1)
    for harmonics in (0, 1, 2)
]
RISE = 12  # weeks that a ramp or a step lasts


@dataclass
class Sample:
    """Series, the truth behind them, and where something was put in (judged weeks only)."""

    counts: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    dates: np.ndarray
    last: int
    start: np.ndarray | None = None
    length: np.ndarray | None = None

    def found(self, alarms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which outbreaks were seen while they lasted, and after how many periods."""
        at = np.arange(self.last)[None]
        first = (self.start - (self.counts.shape[1] - self.last))[:, None]
        inside = alarms & (at >= first) & (at < first + self.length[:, None])
        return inside.any(axis=1), np.argmax(inside, axis=1) - first[:, 0]


def negative_binomial(rng, mean, spread):
    """Return counts with this mean and `spread` times its variance."""
    extra = np.maximum(np.broadcast_to(spread, mean.shape) - 1, 1e-9)
    mixed = rng.gamma(np.maximum(mean / extra, 1e-12)) * extra
    return rng.poisson(np.where(extra > 1e-6, mixed, mean))


def days_before(count, step, end="2019-12-30"):
    """Return so many dates that end on a Monday."""
    return np.datetime64(end, "D") - step * np.arange(count)[::-1]


def weekly(seed, per, weeks=624, last=49, past_outbreaks=4):
    """Return `per` series of each scenario, with outbreaks of 1 to 10 deviations in the past."""
    rng = np.random.default_rng(seed)
    at = np.arange(1, weeks + 1)
    means, spreads = [], []
    for level, trend, cosine, sine, dispersion, harmonics in SCENARIOS:
        log = level + trend * at
        for harmonic in range(1, harmonics + 1):
            angle = 2 * np.pi * harmonic * at / 52
            log = log + cosine * np.cos(angle) + sine * np.sin(angle)
        means += [np.exp(log)] * per
        spreads += [dispersion] * per
    mean, spread = np.array(means), np.array(spreads)[:, None]
    counts = negative_binomial(rng, mean, spread)
    sample = Sample(counts, mean, spread, days_before(weeks, 7), last)
    for row in range(len(counts)):
        for _ in range(past_outbreaks):
            start = rng.integers(max(0, weeks - last - 262), weeks - last - 10)
            _outbreak(rng, sample, row, start, rng.integers(1, 11))
    return sample


def _outbreak(rng, sample, row, start, k):
    deviation = np.sqrt(sample.mean[row, start] * sample.spread[row, 0])
    weeks = start + np.floor(rng.lognormal(0, 0.5, rng.poisson(k * deviation))).astype(int)
    weeks = weeks[weeks < sample.counts.shape[1]]
    np.add.at(sample.counts[row], weeks, 1)
    return int(weeks.max(initial=start)) - start + 1


def with_outbreak(sample, seed, kind, k=0.0):
    """Return the sample with one outbreak, ramp or step in the judged weeks of every series."""
    rng = np.random.default_rng(seed)
    rows, weeks = sample.counts.shape
    room = min(RISE, sample.last - 1)
    start = weeks - sample.last + rng.integers(0, sample.last - room, rows)
    new = Sample(
        sample.counts.copy(), sample.mean, sample.spread, sample.dates, sample.last, start,
        np.full(rows, RISE),
    )  # fmt: skip
    for row in range(rows):
        if kind == "k":
            new.length[row] = _outbreak(rng, new, row, start[row], k)
            continue
        span = slice(start[row], min(weeks, start[row] + RISE))
        mean, spread = sample.mean[row, span], sample.spread[row]
        if kind == "ramp":
            rise = 4 * np.sqrt(mean * spread) * np.arange(1, len(mean) + 1) / RISE
            new.counts[row, span] += rng.poisson(rise)
        else:  # twice the level
            new.counts[row, span] += negative_binomial(rng, mean, spread)
    return new


def daily(seed, rows=120, days=900, last=90, kinds=None):
    """Return daily series with weekday, days off, make-up days, a slow season and trend."""
    rng = np.random.default_rng(seed)
    dates = days_before(days, 1)
    weekday = (dates.astype(int) + 3) % 7
    working = np.where(kinds == 2, 2, np.where(kinds == 1, 6, weekday))
    level = np.exp(rng.uniform(np.log(1), np.log(40), rows))[:, None]
    shape = np.array([1.15, 1.05, 1.0, 1.0, 0.95, 0.55, 0.45])[working]
    age = (np.arange(days) - days) / 365
    season = np.exp(
        rng.uniform(0, 0.25, rows)[:, None] * np.cos(2 * np.pi * age + rng.uniform(0, 6, (rows, 1)))
    )
    mean = level * shape * np.exp(rng.uniform(-0.1, 0.2, (rows, 1)) * age) * season
    spread = rng.choice([1.0, 1.3, 2.0, 3.0], rows)[:, None]
    return Sample(negative_binomial(rng, mean, spread), mean, spread, dates, last)


def daily_with(sample, seed, kind):
    """Return it with a day of 6 deviations, or a ramp to 4 deviations over ten days."""
    rng = np.random.default_rng(seed)
    rows, days = sample.counts.shape
    length = 1 if kind == "spike" else 10
    start = days - sample.last + rng.integers(0, sample.last - length, rows)
    counts = sample.counts.copy()
    for row in range(rows):
        span = slice(start[row], start[row] + length)
        rise = 6.0 if kind == "spike" else 4 * np.arange(1, length + 1) / length
        deviation = np.sqrt(sample.mean[row, span] * sample.spread[row])
        counts[row, span] += rng.poisson(rise * deviation)
    return Sample(
        counts, sample.mean, sample.spread, sample.dates, sample.last, start,
        np.full(rows, length),
    )  # fmt: skip


def shares(seed, odds_ratio=1.0, rows=200, weeks=200, last=40, during=8):
    """Return events and totals by week; odds raised for eight of the judged weeks."""
    rng = np.random.default_rng(seed)
    dates = days_before(weeks, 7)
    totals = rng.poisson(np.exp(rng.uniform(np.log(20), np.log(300), rows))[:, None], (rows, weeks))
    share = rng.uniform(0.03, 0.3, rows)[:, None]
    strength = 1 / rng.choice([1e-4, 0.005, 0.01], rows)[:, None]
    drawn = rng.beta(share * strength, (1 - share) * strength, (rows, weeks))
    start = weeks - last + rng.integers(0, last - during, rows)
    at = np.arange(weeks)[None]
    inside = (at >= start[:, None]) & (at < start[:, None] + during)
    odds = drawn / (1 - drawn) * np.where(inside, odds_ratio, 1.0)
    events = rng.binomial(totals, odds / (1 + odds))
    sample = Sample(events, drawn, strength, dates, last, start, np.full(rows, during))
    return sample, totals
