"""Student's t distribution without scipy, whose import takes longer than all findings of a person.

The distribution function is a regularized incomplete beta function, computed by its continued fraction (Abramowitz and
Stegun 1964, 26.5.8 and 26.7.1; evaluated as Lentz 1976 does).
"""

import math
from functools import lru_cache

TINY = 1e-300
PRECISION = 1e-16
MOST_STEPS = 100_000


def two_sided_p(t: float, freedom: float) -> float:
    """The probability of a value of Student's t that is at least as far from 0, from 0 to 1."""
    square = t * t
    if square == 0:
        return 1.0
    if math.isinf(square):
        return 0.0
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square))


@lru_cache(8192)
def quantile(freedom: float, outside: float = 0.05) -> float:
    """The positive value of t beyond which, on both sides together, the probability is `outside`.

    Newton's method on the logarithm of that probability, which is concave, so that no step goes too far to the right.
    """
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > outside:
        low, high = high, high * 2
    t = (low + high) / 2
    for _ in range(100):
        p = two_sided_p(t, freedom)
        low, high = (t, high) if p > outside else (low, t)
        step = p * math.log(p / outside) / (2 * density(t, freedom))
        following = t + step if low < t + step < high else (low + high) / 2
        if abs(following - t) <= 1e-14 * t:
            break
        t = following
    return t


def density(t: float, freedom: float) -> float:
    return math.exp(
        math.lgamma((freedom + 1) / 2)
        - math.lgamma(freedom / 2)
        - math.log(freedom * math.pi) / 2
        - (freedom + 1) / 2 * math.log1p(t * t / freedom)
    )


def incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """The regularized incomplete beta function at x. `rest` is 1 - x, which the caller knows without cancellation."""
    if x <= 0:
        return 0.0
    if rest <= 0:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, rest, x)
    log_factor = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    return math.exp(log_factor) * continued_fraction(a, b, x) / a


def continued_fraction(a: float, b: float, x: float) -> float:
    """That of the incomplete beta function, which converges quickly for x below (a + 1) / (a + b + 2)."""
    c, d = 1.0, away_from_zero(1 - (a + b) * x / (a + 1))
    d = 1 / d
    value = d
    for m in range(1, MOST_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / away_from_zero(1 + term * d)
            c = away_from_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) <= PRECISION:
            break
    return value


def away_from_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
