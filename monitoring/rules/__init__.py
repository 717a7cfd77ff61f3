"""Early warning as arithmetic: how surprising a period is, given its own past.

The doors are `surprise` and `surprise_rate` (−log10 of a one-sided p-value), `flag` and `flag_rate`
(the product's decision), and `judge` and `judge_rate` (expected, bound and p beside each other).
docs/early-warning.md tells the methods, their sources and what was measured.
"""

from monitoring.rules.deciding import flag, flag_rate
from monitoring.rules.judging import Judgement, judge, surprise
from monitoring.rules.rates import judge_rate, surprise_rate
from monitoring.rules.series import BadSeriesError

__all__ = [
    "BadSeriesError",
    "Judgement",
    "flag",
    "flag_rate",
    "judge",
    "judge_rate",
    "surprise",
    "surprise_rate",
]
