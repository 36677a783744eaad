"""The method of findings, against statsmodels, scipy and plain loops; and data that has nothing to say."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings, strategies as st
from scipy import stats

from insights.findings import regression
from insights.findings.correction import q_values
from insights.findings.regression import comes_afterwards, estimate
from insights.findings.student import quantile, two_sided_p

pytestmark = pytest.mark.once

FIRST = 739_000  # an ordinal


@pytest.fixture(autouse=True)
def strict_arithmetic():
    """No division by zero, overflow or NaN inside of numpy."""
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield


def weekdays(days):
    return (days + 6) % 7


def made_days(seed=1, length=200, share=0.85, effect=0.6, rho=0.5):
    """Days, an amount and an outcome: whole scores that carry over, with drift, weekdays, an effect, and gaps."""
    rng = np.random.default_rng(seed)
    days = FIRST + np.flatnonzero(rng.random(length) < share)
    carried = np.zeros(length)
    for t in range(1, length):
        carried[t] = rho * carried[t - 1] + rng.normal() * math.sqrt(1 - rho**2)
    x = np.round(rng.normal(7, 1, len(days)) * 4) / 4
    y = 6 + effect * (x - 7) + carried[days - FIRST] + (weekdays(days) > 4) + np.sin(days / 60)
    return days, x, np.clip(np.round(y), 1, 10)


# ── Oracles ──────────────────────────────────────────────────────────────────────────────────────


def plain_columns(days):
    span, n = int(days[-1] - days[0]) + 1, len(days)
    waves = max(1, min(2 * span // 90, n // 8))
    t = days - days[0]
    week = [weekdays(days) == day for day in sorted({*weekdays(days)})[1:]]
    return np.column_stack(
        [np.ones(n), *week, *(np.cos(np.pi * k * (t + 0.5) / span) for k in range(1, waves + 1))]
    ).astype(float)


def plain_rho(days, columns, x, y):
    x, y = (sm.OLS(each, columns).fit().resid for each in (x, y))
    u = sm.OLS(y, x).fit().resid
    pairs = [(u[i - 1], u[i]) for i in range(1, len(days)) if days[i] - days[i - 1] == 1]
    if len(pairs) < 15:
        return 0.0
    before, after = np.array(pairs).T
    rho = (before * after).sum() / math.sqrt((before**2).sum() * (after**2).sum())
    rho += (1 + 3 * rho + np.linalg.matrix_rank(columns) * (1 - rho) / 2) / len(days)
    return min(max(rho, 0), 0.85)


def plain_transformed(days, values, rho):
    found = [values[0]]
    for i in range(1, len(days)):
        carried = rho ** float(days[i] - days[i - 1])
        found.append((values[i] - carried * values[i - 1]) / math.sqrt(1 - carried**2))
    return np.array(found)


def plain_factor(x, u):
    t = [(np.roll(x, shift) @ u) / math.sqrt(np.roll(x, shift) ** 2 @ u**2) for shift in range(len(x))]
    return max(1, math.sqrt(np.mean(np.square(t))))


def plain_estimate(days, x, y):
    """Estimate, error, degrees of freedom and ρ, step by step as the method is written."""
    columns = plain_columns(days)
    rho = plain_rho(days, columns, x, y)
    columns, x, y = (plain_transformed(days, each, rho) for each in (columns, x, y))
    fitted = sm.OLS(y, np.column_stack([x, columns])).fit(cov_type="HC3", use_t=True)
    residual_x = sm.OLS(x, columns).fit().resid
    return fitted.params[0], fitted.bse[0] * plain_factor(residual_x, fitted.resid), fitted.df_resid, rho


CASES = {
    "carries over": made_days(),
    "does not carry over": made_days(2, rho=0.0),
    "carries over much": made_days(3, length=400, rho=0.95),
    "many gaps": made_days(4, length=400, share=0.2),
    "never two days in a row": tuple(each[::2] for each in made_days(5, length=300, share=1)),
    "no Sundays": tuple(each[weekdays(made_days(6)[0]) != 6] for each in made_days(6)),
    "yes and no": (lambda days, x, y: (days, (x > 7).astype(float), y))(*made_days(7)),
    "just enough": tuple(each[:30] for each in made_days(8)),
    "three years": made_days(9, length=1000),
}


@pytest.mark.parametrize("name", CASES)
def test_the_estimate_is_what_the_method_says(name):
    days, x, y = CASES[name]

    found = estimate(days, x, y, weekdays(days))

    value, error, freedom, rho = plain_estimate(days, x, y)
    assert found.value == pytest.approx(value, rel=1e-8)
    assert found.t == pytest.approx(value / error, rel=1e-7)
    assert (found.freedom, found.days) == (freedom, len(days))
    assert found.carry_over == pytest.approx(rho, abs=1e-9)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(value / error), freedom), rel=1e-6)
    assert (found.low, found.high) == pytest.approx(stats.t(freedom, value, error).interval(0.95), rel=1e-6)


def plain_freedom(days, x, rho):
    """Bell and McCaffrey's degrees of freedom for HC3, with whole matrices."""
    columns = plain_transformed(days, np.column_stack([plain_columns(days), x]), rho)
    columns = columns[:, np.abs(columns).sum(axis=0) > 0]
    left = np.eye(len(days)) - columns @ np.linalg.pinv(columns)
    alone = sm.OLS(columns[:, -1], columns[:, :-1]).fit().resid
    inner = left @ np.diag((alone / np.diag(left)) ** 2) @ left
    return np.trace(inner) ** 2 / np.trace(inner @ inner)


@pytest.mark.parametrize(("changes", "is_few"), [(1, True), (regression.FEW_CHANGES, True), (30, False)])
def test_an_exposure_that_rarely_changes_rests_on_few_days(changes, is_few):
    """A dose that changed once, such as in the middle: what is left of it without slow changes are the days around."""
    days, _, y = made_days()
    after = np.linspace(0, len(days), changes + 2).astype(int)[1:-1]
    x = np.searchsorted(after, np.arange(len(days)), side="right") % 2 * 10.0

    found = estimate(days, x, y, weekdays(days))

    value, error, freedom, rho = plain_estimate(days, x, y)
    assert bool(found.freedom < freedom) is is_few
    expected = plain_freedom(days, x, rho) if is_few else freedom
    assert found.freedom == pytest.approx(expected, rel=1e-6)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(value / error), expected), rel=1e-6)
    assert (found.low, found.high) == pytest.approx(stats.t(expected, value, error).interval(0.95), rel=1e-6)
    without_waves = estimate(days, x, y, weekdays(days), drift=False)
    assert without_waves.freedom == int(without_waves.freedom)  # All its days decide.


def test_rows_are_transformed_as_statsmodels_does_where_no_day_is_missing():
    days, x, _ = made_days(share=2)
    values = np.column_stack([x, x**2])

    found = regression.without_carry_over(days, values, 0.4)

    assert found[0] == pytest.approx(values[0])
    whitened = sm.GLSAR(x, values, rho=[0.4]).whiten(values)
    assert found[1:] * math.sqrt(1 - 0.4**2) == pytest.approx(whitened)


@pytest.mark.parametrize("is_after", [False, True])
def test_the_guard_compares_the_exposure_before_and_after(is_after):
    rng = np.random.default_rng(12)
    exposure = (rng.random(301) < 0.5).astype(float)
    days = FIRST + np.arange(300)
    x, later = exposure[:-1], exposure[1:].copy()
    y = np.round(6 + (later if is_after else x) + rng.normal(size=300))
    later[rng.random(300) < 0.1] = np.nan

    found = estimate(days, x, y, weekdays(days))
    assert comes_afterwards(days, x, later, y, weekdays(days), found.carry_over) is is_after

    known = ~np.isnan(later)
    columns = np.column_stack([x[known], later[known], plain_columns(days)[known]])
    columns, outcome = (plain_transformed(days[known], each, found.carry_over) for each in (columns, y[known]))
    t = np.abs(sm.OLS(outcome, columns).fit(cov_type="HC3", use_t=True).tvalues[:2])
    assert bool(t[1] > 2 and t[1] >= t[0]) is is_after


def test_student_is_that_of_scipy():
    for freedom in (1, 2, 5, 17.5, 30, 143, 3000, 1e5):
        for t in (0, 1e-9, 0.01, 0.5, 1, 1.96, 2.5, 5, 20):
            assert two_sided_p(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-9, abs=1e-290)
            assert two_sided_p(-t, freedom) == two_sided_p(t, freedom)
        for outside in (0.5, 0.1, 0.05, 0.001):
            assert quantile(freedom, outside) == pytest.approx(stats.t.isf(outside / 2, freedom), rel=1e-9)
    assert (two_sided_p(1e200, 5), two_sided_p(0, 3)) == (0, 1)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_q_values_are_those_of_scipy(p):
    expected = stats.false_discovery_control(p) if p else []
    assert q_values(p) == pytest.approx(list(expected))


# ── What must not matter ─────────────────────────────────────────────────────────────────────────


def test_units_and_the_first_day_do_not_matter_and_a_second_run_says_the_same():
    days, x, y = made_days()
    found = estimate(days, x, y, weekdays(days))

    assert estimate(days, x, y, weekdays(days)) == found
    assert estimate(days - FIRST, x, y, weekdays(days)) == found
    scaled = estimate(days, 60 * x + 1e4, 5 - 2 * y, weekdays(days))
    assert scaled.value == pytest.approx(-2 * found.value / 60)
    assert (scaled.t, scaled.p, scaled.carry_over) == pytest.approx((-found.t, found.p, found.carry_over))


# ── Days that cannot say ─────────────────────────────────────────────────────────────────────────

N = 60
DAYS = FIRST + np.arange(N)
SOME = np.random.default_rng(3).integers(1, 11, N).astype(float)
EVERY_OTHER = (np.arange(N) % 2).astype(float)


@pytest.mark.parametrize(
    ("days", "x", "y"),
    [
        (DAYS[:0], SOME[:0], SOME[:0]),
        (DAYS[:1], SOME[:1], SOME[:1]),
        (DAYS[:2], SOME[:2], SOME[2:4]),
        (DAYS[:9], SOME[:9], SOME[9:18]),
        (DAYS, np.full(N, 0.1), SOME),
        (DAYS, EVERY_OTHER, np.full(N, 7.0)),
        (DAYS, (weekdays(DAYS) >= 5).astype(float), SOME),
        (DAYS, EVERY_OTHER, weekdays(DAYS).astype(float)),
    ],
)
def test_no_estimate_where_the_days_cannot_say(days, x, y):
    assert estimate(days, x, y, weekdays(days)) is None
    assert comes_afterwards(days, x, np.full(len(days), np.nan), y, weekdays(days), 0.5) is False
    assert comes_afterwards(days, x, x, y, weekdays(days), 0.5) is False


def test_an_exposure_that_is_its_own_next_day_is_not_said_to_come_afterwards():
    assert comes_afterwards(DAYS, EVERY_OTHER, 1 - EVERY_OTHER, SOME, weekdays(DAYS), 0) is False


def test_an_outcome_that_follows_exactly_is_finite():
    found = estimate(DAYS, SOME, 3 * SOME, weekdays(DAYS))

    assert (found.value, found.low, found.high) == pytest.approx((3, 3, 3))
    assert math.isfinite(found.t) and 0 <= found.p < 1e-6


def test_a_thousand_years():
    days = FIRST + np.arange(N) * 6_000
    found = estimate(days, EVERY_OTHER, SOME, weekdays(days))

    assert found.carry_over == 0 and math.isfinite(found.high)


@settings(max_examples=150)
@given(st.data())
def test_any_days_give_finite_numbers_or_none(data):
    gaps = data.draw(st.lists(st.sampled_from([1, 1, 1, 2, 7, 40, 300_000]), min_size=1, max_size=60))
    days = np.cumsum(gaps)
    size = {"min_size": len(days), "max_size": len(days)}
    amounts = st.sampled_from([0, 1]) | st.integers(1, 10) | st.floats(-1e9, 1e9)
    x, y, later = (np.array(data.draw(st.lists(amounts, **size)), dtype=float) for _ in range(3))

    found = estimate(days, x, y, weekdays(days))

    assert comes_afterwards(days, x, later, y, weekdays(days), 0.3) in (True, False)
    if found is not None:
        assert all(map(math.isfinite, (found.value, found.low, found.high, found.t)))
        assert found.low <= found.value <= found.high and 0 <= found.p <= 1
