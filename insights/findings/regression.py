"""The estimate of one comparison: a regression that allows for weekdays, slow changes and days that carry over.

Pure functions on arrays of numpy. Throughout, a comparison has n days in order, one row for each. x is the exposure
(0 or 1, or an amount in its unit) and y the outcome (points); `days` are whole numbers, of which only the distances
count; `weekdays` are those of the outcome's days, from 0 to 6. How often the method errs: docs/findings.md.
"""

from dataclasses import dataclass

from insights.findings.arithmetic import np
from insights.findings.results import Estimate
from insights.findings.student import quantile, two_sided_p

# The columns of slow changes follow waves of this many days or longer.
SHORTEST_WAVE = 90
# A wave more for each so many days with answers, at most.
DAYS_PER_WAVE = 8
# A correlation is estimated from so many pairs of days, at least.
LEAST_PAIRS = 15
MOST_CARRY_OVER = 0.85
# A direction of the columns counts as none if its share of the largest is not more than this.
RANK_TOLERANCE = 1e-9
# So does what is left of the variation of x or y, without the columns.
VARIATION_TOLERANCE = 1e-10
# The least error, in units of the spreads: where y follows from x exactly, t is a number all the same.
LEAST_ERROR = 1e-9
LEAST_REMAINDER = 1e-8
# The guard speaks of a later exposure whose t is beyond this.
GUARDED_FROM = 2.0
# An exposure that changes so often or less is nearly a slow change, such as a dose: what the waves leave of it is in
# the days around its changes alone.
FEW_CHANGES = 6


@dataclass(frozen=True, slots=True)
class Fit:
    """Least squares of y on columns and m regressors. Arrays have a place for each regressor, or a row for each day.

    `values`: the coefficients of the regressors, (m,). `errors`: by HC3, (m,). `regressor`: the first regressor without
    the columns and the other regressors, (n,). `residuals`: of y, (n,). `freedom`: n - columns - m. `basis`: the
    columns, orthonormal, (n, rank).
    """

    values: np.ndarray
    errors: np.ndarray
    regressor: np.ndarray
    residuals: np.ndarray
    freedom: int
    basis: np.ndarray

    @property
    def t(self) -> np.ndarray:
        return self.values / self.errors


def estimate(
    days: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    weekdays: np.ndarray,
    *,
    drift: bool = True,
    shifts: bool = True,
    columns: np.ndarray | None = None,
) -> Estimate | None:
    """The difference of y that goes with x, with its 95 % interval; arrays (n,), days in order.

    None where the days cannot say: x or y does not vary, or follows from weekdays and slow changes alone.
    `drift`: with the columns of slow changes, and fewer degrees of freedom where they leave few days of x. `shifts`:
    with the factor of shift_factor(). `columns`: what columns_of() says, if it is known.
    """
    x_scale, y_scale = spread(x), spread(y)
    if x_scale == 0 or y_scale == 0 or len(days) < 3:
        return None
    if columns is None:
        columns = columns_of(days, weekdays, drift=drift)
    pair = np.column_stack([(x - x.mean()) / x_scale, (y - y.mean()) / y_scale])
    rho = carry_over(days, columns, pair)
    if rho is None:
        return None
    fit = fit_without_carry_over(days, columns, pair, rho)
    if fit is None:
        return None
    value, error = float(fit.values[0]), float(fit.errors[0])
    if shifts:
        error *= shift_factor(fit.regressor, fit.residuals)
    freedom = freedom_of_few_days(fit) if drift and changes_of(x) <= FEW_CHANGES else fit.freedom
    return with_interval(value * y_scale / x_scale, error * y_scale / x_scale, freedom, len(days), rho)


def changes_of(x: np.ndarray) -> int:
    """How often an exposure differs from that of the day before it, of days with an answer; (n,)."""
    return int(np.count_nonzero(np.diff(x)))


def with_interval(value: float, error: float, freedom: float, days: int, rho: float) -> Estimate:
    """Step 5: p and the 95 % interval, from Student's t."""
    t, half = value / error, quantile(freedom) * error
    return Estimate(value, value - half, value + half, two_sided_p(t, freedom), t, freedom, days, rho)


def comes_afterwards(
    days: np.ndarray,
    x: np.ndarray,
    later: np.ndarray,
    y: np.ndarray,
    weekdays: np.ndarray,
    rho: float,
    *,
    columns: np.ndarray | None = None,
) -> bool:
    """Step 7, the guard: whether x of the day after y goes with y, and at least as much as x of its own day does.

    Arrays (n,). `later`: x of the day after y; days on which it is NaN are left out. `rho` and `columns` are those of
    the estimate. One regression of y on both, with the same columns, carry-over and errors.
    """
    is_known = ~np.isnan(later)
    values = [each[is_known] for each in (x, later, y)]
    scales = [spread(each) for each in values]
    if not all(scales):
        return False
    if columns is None:
        columns = columns_of(days, weekdays)
    days, columns = days[is_known], columns[is_known]
    values = np.column_stack([(v - v.mean()) / s for v, s in zip(values, scales, strict=True)])
    fit = fit_without_carry_over(days, columns, values, rho)
    if fit is None:
        return False
    earlier, afterwards = np.abs(fit.t)
    return bool(afterwards > GUARDED_FROM and afterwards >= earlier)


def spread(values: np.ndarray) -> float:
    """The standard deviation, or 0 where it is nothing but rounding."""
    found = float(values.std()) if len(values) else 0.0
    return found if found > 1e-12 * float(np.abs(values).max(initial=0)) else 0.0


def columns_of(days: np.ndarray, weekdays: np.ndarray, *, drift: bool = True) -> np.ndarray:
    """What is allowed for: a constant, six weekdays, and waves over the span of the days; (n, columns).

    The waves are cosines of half a period, one, one and a half … over the span (a discrete cosine transform), down to
    periods of SHORTEST_WAVE days, and at most one for each DAYS_PER_WAVE days with answers.
    """
    n = len(days)
    week = weekdays[:, None] == np.arange(1, 7)
    if not drift:
        return np.column_stack([np.ones(n), week])
    t = days - days[0]
    span = int(t[-1]) + 1
    waves = max(1, min(2 * span // SHORTEST_WAVE, n // DAYS_PER_WAVE))
    columns = np.empty((n, 7 + waves), order="F")
    columns[:, 0], columns[:, 1:7] = 1, week
    # cos((k + 1)a) = 2 cos(a) cos(ka) - cos((k - 1)a): for ten years, this takes a fifth of the time of all cosines.
    before, wave = np.ones(n), np.cos((t + 0.5) * (np.pi / span))
    twice = 2 * wave
    for place in range(7, 7 + waves):
        columns[:, place] = wave
        before, wave = wave, twice * wave - before
    return columns


def basis_of(columns: np.ndarray) -> np.ndarray:
    """Orthonormal columns that span the same, (n, rank): from the eigenvectors of the Gram matrix.

    For many more rows than columns this takes a fraction of the time of a QR decomposition, and the columns here are
    far from dependent. Those that are, such as a weekday without a day, add nothing to the rank.
    """
    return columns @ whitening(columns)


def whitening(columns: np.ndarray) -> np.ndarray:
    """What makes columns orthonormal, (columns, rank)."""
    values, vectors = np.linalg.eigh(columns.T @ columns)
    is_some = values > RANK_TOLERANCE * values[-1]
    return vectors[:, is_some] / np.sqrt(values[is_some])


def carry_over(days: np.ndarray, columns: np.ndarray, pair: np.ndarray) -> float | None:
    """Step 1: how much the residuals of y, given x and the columns, correlate from one day to the next.

    `pair` holds x and y, (n, 2). Only days that follow each other count; with fewer than LEAST_PAIRS it is 0. Residuals
    of n days correlate less than what they are residuals of: the correction of that bias is (1 + 3ρ + k(1 - ρ)/2)/n,
    with k columns (Marriott and Pope 1954, for a mean). None if the columns leave nothing of x or y.
    """
    n = len(days)
    found = whitening(columns)
    x, y = (pair - columns @ (found @ (found.T @ (columns.T @ pair)))).T
    if min(x @ x, y @ y) <= VARIATION_TOLERANCE * n:
        return None
    residuals = y - (x @ y / (x @ x)) * x
    is_next = np.diff(days) == 1
    before, after = residuals[:-1][is_next], residuals[1:][is_next]
    scale = np.sqrt((before @ before) * (after @ after))
    if len(before) < LEAST_PAIRS or scale <= VARIATION_TOLERANCE:
        return 0.0
    rho = float(before @ after / scale)
    rho += (1 + 3 * rho + found.shape[1] * (1 - rho) / 2) / n
    return float(min(max(rho, 0.0), MOST_CARRY_OVER))


def without_carry_over(days: np.ndarray, values: np.ndarray, rho: float) -> np.ndarray:
    """Step 2: each row without what the row before carries over to it; (n, …) as `values`.

    (v_i - ρ^g v_(i-1)) / √(1 - ρ^2g), where g is the number of days between the two; the first row stays as it is.
    This is the transformation of Prais and Winsten (1954), in the form of Savin and White (1978) for days with gaps.
    The scale is that of an autoregressive process of variance 1, in which a first row needs none.
    """
    carried = rho ** np.diff(days).astype(float)
    shape = (-1, *[1] * (values.ndim - 1))
    found = np.empty_like(values)
    found[0] = values[0]
    np.multiply(carried.reshape(shape), values[:-1], out=found[1:])
    np.subtract(values[1:], found[1:], out=found[1:])
    found[1:] /= np.sqrt(1 - carried**2).reshape(shape)
    return found


def fit_without_carry_over(days: np.ndarray, columns: np.ndarray, values: np.ndarray, rho: float) -> Fit | None:
    """Steps 2 and 3. `values` holds m regressors and then y, (n, m + 1). None if there is nothing to estimate from."""
    basis = basis_of(without_carry_over(days, columns, rho))
    values = without_carry_over(days, values, rho)
    before = np.einsum("ij,ij->j", values, values)
    values = values - basis @ (basis.T @ values)
    if (np.einsum("ij,ij->j", values, values) <= VARIATION_TOLERANCE * before).any():
        return None
    return least_squares(basis, values[:, :-1], values[:, -1])


def least_squares(basis: np.ndarray, regressors: np.ndarray, y: np.ndarray) -> Fit | None:
    """Step 3: least squares with the heteroscedasticity-consistent error HC3 (MacKinnon and White 1985).

    `basis` (n, rank), orthonormal; `regressors` (n, m) and y (n,) are what it leaves of them. The error takes each
    residual divided by 1 - h, with h the leverage of its row. None if there are too few rows, or one regressor follows
    from the others.
    """
    n, count = regressors.shape
    freedom = n - basis.shape[1] - count
    gram = regressors.T @ regressors
    if freedom < 1 or np.linalg.eigvalsh(gram)[0] <= VARIATION_TOLERANCE * np.trace(gram):
        return None
    inverse = np.linalg.inv(gram)
    influence = regressors @ inverse  # of each row on the coefficients, (n, m)
    values = influence.T @ y
    residuals = y - regressors @ values
    leverage = np.einsum("ij,ij->i", basis, basis) + np.einsum("ij,ij->i", influence, regressors)
    outside = residuals / np.maximum(1 - leverage, LEAST_REMAINDER)
    squares = np.einsum("ij,i->j", influence**2, outside**2)
    errors = np.maximum(np.sqrt(squares), LEAST_ERROR)
    alone = influence[:, 0] / inverse[0, 0]
    return Fit(values, errors, alone, residuals, freedom, basis)


def freedom_of_few_days(fit: Fit) -> float:
    """Step 5, for an exposure that rarely changes: the degrees of freedom of its error, from 1 to `fit.freedom`.

    The square of the error is a sum over days, here of those around a change alone, so that it varies more than one of
    all days does. If y varies alike on all days, it has the mean tr A and the variance 2 tr A², with
    A = (1 - H) D (1 - H), H the projection on the columns and the first regressor x, h its diagonal, and
    D = diag(x² / (1 - h)²). A chi-square of (tr A)² / tr A² degrees has the same ratio of the two (Satterthwaite 1946;
    Bell and McCaffrey 2002).
    """
    x = fit.regressor
    columns = np.column_stack([fit.basis, x / np.sqrt(x @ x)])
    leverage = np.einsum("ij,ij->i", columns, columns)
    weights = (x / np.maximum(1 - leverage, LEAST_REMAINDER)) ** 2
    weights /= weights.sum()
    trace = weights @ (1 - leverage)
    squares = weights**2 @ (1 - 2 * leverage) + ((columns.T @ (weights[:, None] * columns)) ** 2).sum()
    return float(min(max(1.0, trace**2 / max(squares, trace**2 / fit.freedom)), fit.freedom))


def shift_factor(x: np.ndarray, u: np.ndarray) -> float:
    """Step 4: how much wider the error has to be, 1 or more; of the residual x and the final residuals, both (n,).

    If x had nothing to do with y, t would be as large with x shifted in a circle by any number of rows as it is without
    a shift. The factor is the root of the mean square of t(s) = Σ x u / √(Σ x² u²) over all shifts s. Both sums are
    circular correlations, computed by Fourier transforms.
    """
    n = len(x)

    def over_shifts(a, b):
        return np.fft.irfft(np.fft.rfft(a).conj() * np.fft.rfft(b), n)

    scale = over_shifts(x**2, u**2)
    is_some = scale > 1e-12 * (x @ x) * (u @ u) / n
    if not is_some.any():
        return 1.0
    return float(max(1.0, np.sqrt(np.mean(over_shifts(x, u)[is_some] ** 2 / scale[is_some]))))
