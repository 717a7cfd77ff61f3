"""`python -m benchmarks.detection`: print the simulation part of docs/early-warning.md.

Own seeds; a judge's series will be others. `--per 20` takes so many series of each scenario.
"""

import argparse
import sys
import time

import numpy as np

from benchmarks.detection import simulate
from monitoring.rules import flag, flag_rate, surprise, surprise_rate
from monitoring.rules.day_kinds import chinese_kinds

NOMINAL = -np.log10(0.005)
SEED = 20130
Rows = list[tuple[str, float, str, bool | None]]


def main() -> int:
    """Print what was reached beside what is demanded; return 1 when a must was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument("--per", type=int, default=10)
    parser.add_argument("--only", default="weekly,young,daily,rate,scan,cpu")
    given = parser.parse_args()
    parts = {
        "weekly": weekly, "young": young, "daily": daily, "rate": rate, "scan": scan, "cpu": cpu,
    }  # fmt: skip
    missed = 0
    for name in given.only.split(","):
        began = time.process_time()
        for what, value, goal, reached in parts[name](given.per):
            missed += reached is not None and not reached
            mark = " " if reached is None else "+" if reached else "-"
            print(f"{mark} {what:46} {value:8.4f}  {goal}", flush=True)
        print(f"  {name}: {time.process_time() - began:.0f} s CPU\n", flush=True)
    print(f"{missed or 'no'} musts missed")
    return 1 if missed else 0


def weekly(per: int) -> Rows:
    """42 scenarios, 49 weeks judged; POD at the threshold where the false positive rate is .005."""
    sample = simulate.weekly(SEED, per)
    null = surprise(sample.counts, sample.dates, last=sample.last)
    false = null >= NOMINAL
    worst = false.reshape(len(simulate.SCENARIOS), -1).mean(axis=1).max()
    quiet = simulate.weekly(SEED + 1, per, past_outbreaks=0)
    calm = (surprise(quiet.counts, quiet.dates, last=quiet.last) >= NOMINAL).mean()
    rows: Rows = [
        ("weekly: FPR at nominal .005", false.mean(), ".003-.008, aim .006",
         0.003 <= false.mean() <= 0.008),
        ("weekly: worst scenario", worst, "<= .02, aim .015", worst <= 0.02),
        ("weekly: FPR, no outbreaks in the past", calm, "", None),
    ]  # fmt: skip
    threshold = np.quantile(null, 0.995)
    for kind, k, must, aim in (
        ("k", 5, 0.34, 0.40), ("k", 7, None, None), ("k", 10, 0.85, 0.92),
        ("ramp", 0, 0.93, 0.96), ("step", 0, 0.66, 0.70),
    ):  # fmt: skip
        with_one = simulate.with_outbreak(sample, SEED + 2, kind, k)
        found, after = with_one.found(
            surprise(with_one.counts, with_one.dates, last=sample.last) >= threshold
        )
        pod, goal = found.mean(), f">= {must}, aim {aim}" if must else ""
        rows.append((f"weekly: POD {kind}{k or ''}", pod, goal, pod >= must if must else None))
        rows.append((f"weekly: weeks until seen, {kind}{k or ''}", after[found].mean(), "", None))
    return rows


def young(per: int) -> Rows:
    """Histories of 28, 44 and 60 weeks, 12 weeks judged at the nominal level."""
    rates, seen = [], []
    for index, weeks in enumerate((40, 56, 72)):
        sample = simulate.weekly(SEED + 10 + index, per, weeks, 12, past_outbreaks=0)
        rates.append((surprise(sample.counts, sample.dates, last=12) >= NOMINAL).mean())
        one = simulate.with_outbreak(sample, SEED + 20 + index, "k", 5)
        seen.append(one.found(surprise(one.counts, one.dates, last=12) >= NOMINAL)[0].mean())
    false, pod = float(np.mean(rates)), float(np.mean(seen))
    return [
        ("young: FPR", false, "<= .025, aim .015", false <= 0.025),
        ("young: POD k5", pod, ">= .34", pod >= 0.34),
    ]


def daily(per: int) -> Rows:
    """Daily series that keep the Chinese calendar, 90 days judged at the nominal level."""
    kinds = chinese_kinds(simulate.days_before(900, 1))
    sample = simulate.daily(SEED + 30, rows=12 * per, kinds=kinds)
    null = surprise(sample.counts, sample.dates, last=sample.last) >= NOMINAL
    rows: Rows = [("daily: FPR", null.mean(), "<= .010, aim .008", null.mean() <= 0.010)]
    for kind, must, aim in (("spike", 0.53, 0.60), ("ramp", 0.78, 0.85)):
        one = simulate.daily_with(sample, SEED + 31, kind)
        found, _ = one.found(surprise(one.counts, one.dates, last=one.last) >= NOMINAL)
        goal = f">= {must}, aim {aim}"
        rows.append((f"daily: POD {kind}", found.mean(), goal, found.mean() >= must))
    return rows


def rate(per: int) -> Rows:
    """Shares by week, odds raised for eight weeks; the product's decision."""
    rows: Rows = []
    sample, totals = simulate.shares(SEED + 40, rows=20 * per)
    null = flag_rate(sample.counts, totals, sample.dates, last=sample.last).mean()
    rows.append(("rate: FPR of flag_rate", null, "<= .02", null <= 0.02))
    raw = surprise_rate(sample.counts, totals, sample.dates, last=sample.last)
    rows.append(("rate: FPR of surprise_rate at .01", (raw >= 2).mean(), "", None))
    for ratio, must, aim in ((2.0, 0.60, 0.70), (3.0, 0.80, 0.86)):
        one, of = simulate.shares(SEED + 40, ratio, rows=20 * per)
        found, _ = one.found(flag_rate(one.counts, of, one.dates, last=one.last))
        goal = f">= {must}, aim {aim}"
        rows.append((f"rate: POD odds x {ratio:g}", found.mean(), goal, found.mean() >= must))
    return rows


def scan(_per: int) -> Rows:
    """1,000 series scanned together for 12 weeks, one in ten with an outbreak in them."""
    sample = simulate.weekly(SEED + 50, 24, 300, 12)
    pick = np.arange(1000)
    for name in ("counts", "mean", "spread"):
        setattr(sample, name, getattr(sample, name)[pick])
    null = flag(sample.counts, sample.dates, last=12)
    rows: Rows = [
        ("scan: false alarms in a quiet week", null.sum() / 12, "<= 8, aim 6", null.sum() / 12 <= 8)
    ]
    for k in (10, 20):
        one = simulate.with_outbreak(sample, SEED + 51, "k", k)
        hit = np.arange(1000) % 10 == 0
        counts = np.where(hit[:, None], one.counts, sample.counts)
        alarms = flag(counts, sample.dates, last=12)
        found, _ = one.found(alarms)
        label = f"scan: POD k={k}, mean of a week >= 1"
        big = hit & (sample.mean[:, -1] >= 1)
        rows.append((f"scan: POD k={k}", found[hit].mean(), "", None))
        rows.append((label, found[big].mean(), ">= .90, aim .92", None))
        rows.append((f"scan: false alarms a week, k={k}", alarms[~hit].sum() / 12, "", None))
    return rows


def cpu(_per: int) -> Rows:
    """One scan of 1,000 weekly series over five years."""
    sample = simulate.weekly(SEED + 60, 24, 261, 1)
    counts = sample.counts[:1000]
    spent = []
    for _ in range(3):
        began = time.process_time()
        surprise(counts, sample.dates, last=1)
        spent.append(time.process_time() - began)
    best = float(np.median(spent))
    return [("cpu: seconds for a scan of 1,000 series", best, "<= 2, aim 0.6", best <= 2)]


if __name__ == "__main__":
    sys.exit(main())
