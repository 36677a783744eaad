"""Sizes of differences in words: a number in the outcome's own unit, and a word for its sign."""

from django.utils.translation import gettext, ngettext

from insights.findings.results import Estimate
from insights.findings.words import Exposure, Measure, Outcome
from insights.trends.sentences import answer_in_words, number_in_words
from logs.kinds import Time


def amount_in_words(value: float, outcome: Outcome, places: int = 1) -> str:
    """A size without its sign and its unit: `0.8`; of a share, in so many of 100 days."""
    is_share = outcome.measure == Measure.SHARE
    return number_in_words(round(100 * abs(value)) if is_share else round(abs(value), places))


def size_in_words(value: float, outcome: Outcome, places: int = 1) -> str:
    """A size without its sign: `0.8 points`, `0.4 hours`, `12 in 100 days`, `2 cups`."""
    size = amount_in_words(value, outcome, places)
    number = 1 if size == "1" else 2
    match outcome.measure:
        case Measure.POINTS:
            return ngettext("%(size)s point", "%(size)s points", number) % {"size": size}
        case Measure.HOURS | Measure.CLOCK:
            return ngettext("%(size)s hour", "%(size)s hours", number) % {"size": size}
        case Measure.SHARE:
            return gettext("%(size)s in 100 days") % {"size": size}
    return f"{size} {outcome.unit}".rstrip()


def way_in_words(value: float, measure: Measure) -> str:
    """Which way a difference goes: `higher` or `lower`; of hours `longer`, of times `later`, of a yes `more often`."""
    is_more = value > 0
    match measure:
        case Measure.HOURS:
            return gettext("longer") if is_more else gettext("shorter")
        case Measure.CLOCK:
            return gettext("later") if is_more else gettext("earlier")
        case Measure.SHARE:
            return gettext("more often") if is_more else gettext("less often")
    return gettext("higher") if is_more else gettext("lower")


def sized(value: float, outcome: Outcome, places: int = 1) -> str:
    """`0.8 points higher`; what is written as 0 is no difference."""
    if amount_in_words(value, outcome, places) == "0":
        return gettext("no difference")
    said = {"size": size_in_words(value, outcome, places), "way": way_in_words(value, outcome.measure)}
    return gettext("%(size)s %(way)s") % said


def places_for(estimate: Estimate) -> int:
    """Decimals that write no end of the interval as 0, two at most."""
    return 1 if min(abs(estimate.low), abs(estimate.high)) >= 0.05 else 2


def is_on_one_side(estimate: Estimate) -> bool:
    """Whether its interval excludes 0."""
    return estimate.low * estimate.high > 0


def ends_in_words(estimate: Estimate, outcome: Outcome) -> dict[str, str]:
    """Both ends of the interval, the one nearer to 0 first: `0.5` and `1.9 points lower`.

    An interval around 0 begins with its lower end: `0.4 points lower` and `0.9 points higher`.
    """
    places = places_for(estimate)
    if not is_on_one_side(estimate):
        return {"from": sized(estimate.low, outcome, places), "to": sized(estimate.high, outcome, places)}
    near, far = sorted((estimate.low, estimate.high), key=abs)
    return {"from": amount_in_words(near, outcome, places), "to": sized(far, outcome, places)}


def between_in_words(estimate: Estimate, outcome: Outcome) -> str:
    """`between 0.1 and 0.9 points higher`."""
    return gettext("between %(from)s and %(to)s") % ends_in_words(estimate, outcome)


def shortly_between(estimate: Estimate, outcome: Outcome) -> str:
    """`between 0.1 and 1.1`, where the way and the unit have been said; both where the interval is around 0."""
    if not is_on_one_side(estimate):
        return between_in_words(estimate, outcome)
    places = places_for(estimate)
    near, far = sorted((estimate.low, estimate.high), key=abs)
    said = {"from": amount_in_words(near, outcome, places), "to": amount_in_words(far, outcome, places)}
    return gettext("between %(from)s and %(to)s") % said


def mean_in_words(value: float, outcome: Outcome) -> str:
    """A mean of the outcome as people write it: `6.4`, `7.2 hours`, `40 %`, `22:30`."""
    return value_in_words(round(value, 3 if outcome.measure in (Measure.CLOCK, Measure.SHARE) else 1), outcome)


def value_in_words(value: float, side: Outcome | Exposure) -> str:
    """A value of an outcome or of an amount, with its unit; of points the number alone."""
    match side.measure:
        case Measure.SHARE:
            return gettext("%(share)s %%") % {"share": number_in_words(round(100 * value))}
        case Measure.HOURS:
            return gettext("%(hours)s hours") % {"hours": number_in_words(value)}
        case Measure.CLOCK:
            return answer_in_words(Time(), value)
    return f"{number_in_words(value)} {side.unit}".rstrip()
