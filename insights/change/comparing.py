"""The difference of answers before and after a day, with weekdays adjusted: in plain Python, without numpy.

The method is that of the findings (insights/findings/regression.py): its first three steps without the slow waves, for
56 days at most. So few numbers take a few milliseconds; numpy would cost each process of the web a fifth of a second
and its memory. Tests hold the two against each other.

Columns: a constant, the weekdays that occur but one, and the day's side: 0 before, 1 from the day on. Rows are freed of
what carries over from the answer before (Prais and Winsten 1954, with gaps). The error allows for days that vary more
than others (HC3, MacKinnon and White 1985).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import mul

from insights.findings.results import Estimate
from insights.findings.student import quantile, two_sided_p

# From fewer pairs of answers one day apart, no correlation is estimated. It is held within 0 and the most.
LEAST_PAIRS = 15
MOST_CARRY_OVER = 0.85
TINY = 1e-9  # of a pivot, and of what a day's own answer leaves open: less is zero

Rows = Sequence[Sequence[float]]


def difference(days: Sequence[int], is_after: Sequence[bool], values: Sequence[float]) -> Estimate | None:
    """How much higher values are from a day on than before it. `days` are the ordinals of dates, in order.

    None where that cannot be said: all values or all sides are the same, the side follows from the weekday, or there
    are too few days.
    """
    if len({*values}) < 2:
        return None
    rows = columns_of(days, is_after)
    fit = Fit.of(rows, values)
    if fit is None:
        return None
    carry_over = carry_over_of(days, fit.residuals, columns=len(rows[0]) - 1)
    rows = [*zip(*(without_carry_over(days, column, carry_over) for column in zip(*rows, strict=True)), strict=True)]
    fit = Fit.of(rows, without_carry_over(days, values, carry_over))
    freedom = len(rows) - len(rows[0])
    if fit is None or freedom < 1:
        return None
    value, error = fit.coefficients[-1], max(fit.error_of_last, TINY)
    t, half = value / error, quantile(freedom) * error
    return Estimate(value, value - half, value + half, two_sided_p(t, freedom), t, freedom, len(rows), carry_over)


def columns_of(days: Sequence[int], is_after: Sequence[bool]) -> list[list[float]]:
    """A row for each day: 1, whether it is each weekday that occurs but the first one, and whether it is after."""
    weekdays = sorted({day % 7 for day in days})[1:]
    return [
        [1.0, *(float(day % 7 == weekday) for weekday in weekdays), float(after)]
        for day, after in zip(days, is_after, strict=True)
    ]


def carry_over_of(days: Sequence[int], residuals: Sequence[float], columns: int) -> float:
    """The correlation of answers one day apart, from residuals. Small samples understate it: that is added back."""
    pairs = [
        (residuals[place - 1], residuals[place]) for place in range(1, len(days)) if days[place] - days[place - 1] == 1
    ]
    if len(pairs) < LEAST_PAIRS:
        return 0.0
    spread = math.sqrt(sum(before**2 for before, _ in pairs) * sum(after**2 for _, after in pairs))
    if spread <= TINY:
        return 0.0
    found = sum(before * after for before, after in pairs) / spread
    found += (1 + 3 * found + columns * (1 - found) / 2) / len(days)
    return min(MOST_CARRY_OVER, max(0.0, found))


def without_carry_over(days: Sequence[int], values: Sequence[float], carry_over: float) -> list[float]:
    """Each value less what carries over from the one before, g days earlier: (v − ρ^g·before) / √(1 − ρ^2g)."""
    found = [values[0]]
    for place in range(1, len(values)):
        kept = carry_over ** (days[place] - days[place - 1])
        found.append((values[place] - kept * values[place - 1]) / math.sqrt(1 - kept**2))
    return found


@dataclass(frozen=True)
class Fit:
    """Least squares of values on the columns of rows. `inverse` is that of the columns' products."""

    rows: Rows
    values: Sequence[float]
    inverse: list[list[float]]
    coefficients: list[float]

    @classmethod
    def of(cls, rows: Rows, values: Sequence[float]) -> "Fit | None":
        """None if one column follows from others."""
        columns = [*zip(*rows, strict=True)]
        inverse = inverse_of([[dot(one, other) for other in columns] for one in columns])
        if inverse is None:
            return None
        moments = [dot(column, values) for column in columns]
        return cls(rows, values, inverse, [dot(row, moments) for row in inverse])

    @cached_property
    def residuals(self) -> list[float]:
        return [value - dot(row, self.coefficients) for row, value in zip(self.rows, self.values, strict=True)]

    @property
    def error_of_last(self) -> float:
        """The standard error (HC3) of the last coefficient."""
        total = 0.0
        for row, residual in zip(self.rows, self.residuals, strict=True):
            weights = [dot(each, row) for each in self.inverse]
            left_open = 1 - dot(weights, row)
            # A day that alone decides a coefficient has no residual.
            if left_open > TINY:
                total += (weights[-1] * residual / left_open) ** 2
        return math.sqrt(total)


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(map(mul, one, other))


def inverse_of(matrix: list[list[float]]) -> list[list[float]] | None:
    """The inverse of a symmetric matrix without negative eigenvalues, by elimination; None if it has none."""
    size = len(matrix)
    rows = [[*row, *(float(place == other) for other in range(size))] for place, row in enumerate(matrix)]
    for place, pivot in enumerate(rows):
        if pivot[place] <= TINY * max(matrix[place][place], TINY):
            return None
        pivot[:] = [value / pivot[place] for value in pivot]
        for other in rows:
            if other is not pivot and other[place]:
                factor = other[place]
                other[:] = [value - factor * step for value, step in zip(other, pivot, strict=True)]
    return [row[size:] for row in rows]
