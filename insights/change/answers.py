"""The answers before and after a day, and what they say: plain numbers, without words."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from insights.change.comparing import difference
from insights.findings.results import Estimate
from insights.series import Series, is_weekly
from logs.kinds import Hours, Number, Score, TwoNumbers
from logs.periods import ONE_DAY
from logs.questions import Question

# The most days of each side. With more, slow changes that have nothing to do with the day are taken for one.
MOST_DAYS = 28
# Days with an answer that each side needs.
LEAST_DAYS = 14


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `first` to `last`, and the day among them from which on they are after the change."""

    first: datetime.date
    day: datetime.date
    last: datetime.date

    @classmethod
    def around(cls, day: datetime.date, start: datetime.date, today: datetime.date) -> "Window":
        """The days there are, from the person's first one to today."""
        return cls(max(day - MOST_DAYS * ONE_DAY, start), day, min(day + (MOST_DAYS - 1) * ONE_DAY, today))

    @property
    def days_before(self) -> int:
        return (self.day - self.first).days

    @property
    def days_after(self) -> int:
        return (self.last - self.day).days + 1


@dataclass(frozen=True, slots=True)
class Side:
    """The answers of one side."""

    values: Sequence[float]

    @property
    def days(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> float | None:
        return fmean(self.values) if self.values else None

    @property
    def median(self) -> float | None:
        return median(self.values) if self.values else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question before and after. `values`: one for each day of the window, None without an answer that counts.

    `estimate`: how much higher after; None if there are too few days, or if they cannot tell.
    """

    question: Question
    values: Sequence[float | None]
    before: Side
    after: Side
    estimate: Estimate | None

    @property
    def has_enough(self) -> bool:
        return min(self.before.days, self.after.days) >= LEAST_DAYS

    @property
    def has_answers(self) -> bool:
        return bool(self.before.days or self.after.days)

    @property
    def is_clear(self) -> bool:
        """Whether no difference at all does not fit the days."""
        return self.estimate is not None and (self.estimate.low > 0 or self.estimate.high < 0)


def compared(questions: Iterable[Question]) -> list[Question]:
    """Those that have a mean: scores, hours and numbers, by day."""
    return [each for each in questions if has_mean(each) and not is_weekly(each)]


def has_mean(question: Question) -> bool:
    return isinstance(question.kind, Score | Hours | Number) and not isinstance(question.kind, TwoNumbers)


def outcome_of(series: Series, window: Window) -> Outcome:
    """From the answers on the days of the window. Those of days not tracked, and those answered later, do not count."""
    values = [
        None if value is None or is_later else float(value)
        for value, is_later in zip(series.values, series.recalled, strict=True)
    ]
    answered = [(day, value) for day, value in zip(series.days, values, strict=True) if value is not None]
    before = Side([value for day, value in answered if day < window.day])
    after = Side([value for day, value in answered if day >= window.day])
    outcome = Outcome(series.question, values, before, after, None)
    if not outcome.has_enough:
        return outcome
    days = [day.toordinal() for day, _value in answered]
    estimate = difference(days, [day >= window.day for day, _value in answered], [value for _day, value in answered])
    return Outcome(series.question, values, before, after, estimate)
