"""How sure a share is: Wilson's interval (E. B. Wilson, JASA 22, 1927)."""

from fractions import Fraction
from math import sqrt

Z95 = 1.959963984540054  # the normal quantile that leaves 2.5 % on either side
FEW = 10  # below, a figure says that it rests on few cases


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a share as two numbers from 0 to 1; None when there is nothing.

    18 of 20 give 0.699 to 0.972. Raises ValueError unless 0 ≤ part ≤ whole.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no share")
    if whole == 0:
        return None
    share, spread = part / whole, Z95 * Z95 / whole
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * sqrt(share * (1 - share) / whole + spread / (4 * whole))
    # At the ends the formula gives 0 and 1 but for rounding.
    low = 0.0 if part == 0 else max(0.0, middle - half)
    high = 1.0 if part == whole else min(1.0, middle + half)
    return low, high


def half_up(value: Fraction, places: int) -> Fraction:
    """Return a number rounded half away from zero; for display only, figures are kept exact."""
    scale = 10**places
    scaled = abs(value) * scale
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole, scale) * (1 if value >= 0 else -1)
