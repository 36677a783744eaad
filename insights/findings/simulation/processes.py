"""Random courses over days: the parts that answers of simulated people are made of.

Each function returns arrays with one value a day, with a mean of about 0 and a variance of about 1.
"""

from insights.findings.arithmetic import np

# The periods of slow drift, in days: drawn between them, evenly on a logarithmic scale.
SHORTEST_DRIFT, LONGEST_DRIFT, WAVES = 60, 720, 3


def autocorrelated(rng: np.random.Generator, carry_over: np.ndarray, days: int) -> np.ndarray:
    """Return stationary first-order autoregressive courses, shape (variables, days).

    `carry_over` has the correlation of two neighbouring days for each variable, from 0 to below 1.
    """
    innovations = rng.standard_normal((days, len(carry_over)))
    spread = np.sqrt(1 - carry_over**2)
    courses = np.empty_like(innovations)
    courses[0] = innovations[0]
    for day in range(1, days):
        courses[day] = carry_over * courses[day - 1] + spread * innovations[day]
    return courses.T


def weekday_rhythms(rng: np.random.Generator, variables: int, weekdays: np.ndarray) -> np.ndarray:
    """Return a random rhythm of the week for each variable, shape (variables, days)."""
    of_week = rng.standard_normal((variables, 7))
    of_week[:, 5:] += rng.standard_normal((variables, 1))  # Weekends have something in common.
    of_week -= of_week.mean(axis=1, keepdims=True)
    of_week /= of_week.std(axis=1, keepdims=True)
    return of_week[:, weekdays]


def drifts(rng: np.random.Generator, variables: int, days: int) -> np.ndarray:
    """Return a slow drift for each variable, shape (variables, days): waves of random periods and phases."""
    size = (variables, WAVES, 1)
    periods = np.exp(rng.uniform(np.log(SHORTEST_DRIFT), np.log(LONGEST_DRIFT), size))
    phases = rng.uniform(0, 2 * np.pi, size)
    waves = np.sin(2 * np.pi * np.arange(days) / periods + phases)
    return waves.sum(axis=1) * np.sqrt(2 / WAVES)


def steps(rng: np.random.Generator, days: int) -> np.ndarray:
    """Return 0 before and 1 from a day on that is drawn from the middle half of the days, shape (days,)."""
    return (np.arange(days) >= rng.integers(days // 4, days - days // 4)).astype(float)
