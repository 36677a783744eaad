"""Findings made by hand, for tests of what shows them."""

from insights.findings.family import FAMILY, Comparison
from insights.findings.results import Estimate, Findings, Later, LessOnBadDays, Result

FIRST, LAST = "2025-11-01", "2026-04-29"


def estimate(value=0.8, low=None, high=None, days=143) -> Estimate:
    low, high = value - 0.5 if low is None else low, value + 0.5 if high is None else high
    return Estimate(value, low, high, p=0.01, t=2.6, freedom=days - 12, days=days, carry_over=0.2)


def points(count: int, *, is_amount: bool) -> tuple[tuple[float, float], ...]:
    """Days of which no two are alike for long."""
    return tuple(
        (5 + each * 7 % 17 / 4 if is_amount else float(each * 5 % 3 == 0), float(1 + each * 7 % 10))
        for each in range(count)
    )


def result(exposure="medication_taken", outcome="focus_level", lag=0, **facts) -> Result:
    """A comparison with enough days, kept unless said otherwise."""
    comparison = Comparison(exposure, outcome, lag)
    is_amount = facts.get("is_amount", False)
    given = {"per": 1, "is_amount": is_amount, "days": 143, "span": 180, "not_tracked": 12, "recalled": 0, "needed": 0}
    given |= {"estimate": estimate(), "q": 0.04, "kept": True, "points": points(143, is_amount=is_amount)}
    given |= {"on_mean": 6.4, "on_days": 72, "off_mean": 5.7, "off_days": 71}
    return Result(comparison.key, exposure, outcome, lag, **given | facts)


def unclear(*names, value=0.25, low=-0.4, high=0.9, days=41, **facts) -> Result:
    return result(*names, estimate=estimate(value, low, high, days), q=0.6, kept=False, points=(), **facts)


def too_few(*names, needed=12, **facts) -> Result:
    given = {"estimate": None, "q": None, "kept": False, "needed": needed, "points": (), "days": 37}
    given |= {"on_mean": None, "on_days": 6, "off_mean": None, "off_days": 31}
    return result(*names, **given | facts)


def later(days=74, **facts) -> Later:
    return Later("2026-03-12", days, estimate(**{"value": 0.6, "low": 0.1, "high": 1.1, "days": days} | facts))


def findings(*results: Result, **facts) -> Findings:
    return Findings(**{"answers_version": 1, "first": FIRST, "last": LAST, "results": results} | facts)


def less_on_bad_days() -> LessOnBadDays:
    return LessOnBadDays("overall_mood", 4.8, 6.1, 21, estimate(-1.3, -2.1, -0.5))


def all_of_the_family(**facts) -> Findings:
    """Each comparison that everyone has, all of them kept: more than there ever are."""
    results = [
        result(each.exposure, each.outcome, each.lag, is_amount=each.is_amount, per=each.per, **facts)
        for each in FAMILY
    ]
    return findings(*results, less_on_bad_days=less_on_bad_days())


def findings_of_all_sorts(yes_no: str, number: str) -> Findings:
    """One of each kind of card and line. The names are those of own questions."""
    dose_time = {"is_amount": True, "on_from": 9.5, "points": points(20, is_amount=True)}
    return findings(
        result(later=later()),
        result("sleep_hours", "focus_level", is_amount=True, points=points(143, is_amount=True), later=later(9)),
        result("lunch", "anxiety_level", estimate=estimate(-1.2)),
        result("dose_time", "sleep_hours", 1, estimate=estimate(-0.3, -0.6, -0.01), **dose_time),
        result(yes_no, "overall_mood", asked_on="2026-05-04"),
        result("is_crashing", "overall_mood", guard="afterwards"),
        unclear("breakfast", "focus_level"),
        unclear("sleep_quality", "energy_level", low=0.1, later=later(low=-0.2)),
        too_few("coping_used", "day_rating"),
        too_few(number, "day_rating", is_amount=True, asked_on="2026-05-04"),
        less_on_bad_days=less_on_bad_days(),
    )
