"""The numbers of the charts of a period: means over days or weeks, ranges, changes, profiles. Pure, without words.

Nothing here has a language or a text of the person: it is what the versioned cache holds. An answer that was not given
is None, never 0, and no mean is drawn across days without answers.
"""

import datetime
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

from insights.charts import Drawing
from insights.series import DayState, Series, is_weekly
from logs.kinds import Choice, Time, TwoNumbers, YesNo
from logs.summary import middle_of
from logs.widgets import NOT_NOTICED

# A mean of seven days, or of a week, is drawn if so many of them have an answer.
WINDOW, LEAST_IN_WINDOW = 7, 4
# Answers that it takes to speak of a range, and for a bar of a profile.
LEAST_FOR_RANGE, LEAST_FOR_BAR = 7, 4
# The last days are compared with those before if so many of each have an answer.
LEAST_RECENT, LEAST_BEFORE = 7, 14
# The days that are the last ones, in a period of up to so many days.
RECENT_DAYS = ((120, 14), (366, 28), (math.inf, 91))
# Beyond so many days, a point is a week.
MOST_DAYS = 366
WEEKS_RECENT = 4  # answers of weekly questions
HOURS = 24


@dataclass(frozen=True)
class Points:
    """What is drawn of a question: a place for each day, or for each week.

    `values`: answers, or means of weeks. `counts`: the days with an answer in each week; empty for days.
    `means`: the line. `recalled`: the places answered later.
    """

    values: list[float | None]
    means: list[float | None]
    counts: list[int] = field(default_factory=list)
    recalled: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Trend:
    """The numbers of one question over a period. Days are weeks for a question that is asked once a week.

    `mean`: of all answers; None for fewer than LEAST_FOR_BAR. `middle`: between what the middle half of the answers is,
    both ends recorded answers, of each number; None for fewer than LEAST_FOR_RANGE.
    `change`: how much higher the mean of the last `recent_days` is than that of the days before; None where too few
    answers say so. `is_clear`: it is at least half of what the days before spread. `weekdays`: mean and days of each,
    Monday first. `tallies`: of a choice, each answer and its days; of yes and no, True and False.
    `unnoticed`: the days whose time of day was not noticed. `extent`: the least and the greatest number drawn.
    `drawings`: what is drawn of `lines`, once that is known; the cache has them in place of the lines, unless a table
    needs these. `answered_in_weeks`: the days with an answer in each week, where the places are weeks.
    """

    name: str
    answered: int
    expected: int
    not_tracked: int
    recalled: int
    lines: list[Points]
    mean: float | None
    middle: list[list[float]] | None
    change: float | None
    is_clear: bool
    recent_days: int
    weekdays: list[list[float | int | None]]
    tallies: list[list]
    unnoticed: int = 0
    extent: list[float] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)
    answered_in_weeks: list[int] = field(default_factory=list)

    def drawn(self, drawings: list[Drawing]) -> "Trend":
        """With these drawings of its lines."""
        return replace(self, drawings=drawings)

    def without_lines(self) -> "Trend":
        return replace(self, lines=[], answered_in_weeks=[])

    def pack(self) -> dict:
        """As asdict()."""
        parts = {name: [vars(each) for each in getattr(self, name)] for name in ("lines", "drawings")}
        return vars(self) | parts

    @classmethod
    def unpack(cls, facts: dict) -> "Trend":
        lines = [Points(**each) for each in facts["lines"]]
        return cls(**facts | {"lines": lines, "drawings": [Drawing(**each) for each in facts["drawings"]]})


@dataclass(frozen=True)
class Steps:
    """A period as the places of a chart: its days, or the weeks of a long one, the first of which is whole."""

    first: datetime.date
    last: datetime.date
    length: int  # of a place, in days: 1 or 7

    @classmethod
    def of(cls, first: datetime.date, last: datetime.date, week_of: Callable) -> "Steps":
        if (last - first).days < MOST_DAYS:
            return cls(first, last, 1)
        return cls(week_of(first), last, 7)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def are_weeks(self) -> bool:
        return self.length > 1

    def place_of(self, day: datetime.date) -> int:
        return (day - self.first).days // self.length

    def start_of(self, place: int) -> datetime.date:
        return self.first + datetime.timedelta(days=place * self.length)

    def days_of(self, place: int) -> list[datetime.date]:
        """The days of a place, of the last one up to the end of the period."""
        start = self.start_of(place)
        days = min(self.length, (self.last - start).days + 1)
        return [start + datetime.timedelta(days=number) for number in range(days)]

    def starts(self) -> list[datetime.date]:
        """The first day of each place."""
        return [self.first + datetime.timedelta(days=number) for number in range(0, self.days, self.length)]


def columns_of(kind, values: Sequence, day_ends_at: int) -> list[list[float | None]]:
    """The numbers of answers: one column, two of two numbers, none of a choice. Yes is 100, a time its hours.

    A time before the day's end is one of the evening before: 0:30 is 24.5 where the day ends at four.
    """
    if isinstance(kind, Choice):
        return []
    if isinstance(kind, TwoNumbers):
        return [[None if value is None else float(value[number]) for value in values] for number in (0, 1)]
    if isinstance(kind, YesNo):
        return [[None if value is None else 100.0 if value else 0.0 for value in values]]
    if isinstance(kind, Time):
        return [[None if value in (None, NOT_NOTICED) else hours_of(value, day_ends_at) for value in values]]
    return [[None if value is None else float(value) for value in values]]


def hours_of(time: datetime.time, day_ends_at: int) -> float:
    hours = time.hour + time.minute / 60
    return hours + HOURS if time.hour < day_ends_at else hours


def trend_of(series: Series, steps: Steps, changes: Iterable[datetime.date] = (), day_ends_at: int = 4) -> Trend:
    """The numbers of a question. `changes` are the days on which a mean starts anew."""
    kind = series.question.kind
    each = columns_of(kind, series.values, day_ends_at)
    answers = [[value for value in column if value is not None] for column in each]
    recalled = [*compress(range(len(series.recalled)), series.recalled)]
    restarts = {(day - series.first).days for day in changes}
    is_of_week = is_weekly(series.question)
    recent = recent_days(steps.days)
    change, is_clear = change_of(each[0], recent, is_of_week=is_of_week) if each else (None, False)
    lines = [points_of(column, steps, restarts, recalled, is_of_week=is_of_week) for column in each]
    return Trend(
        name=series.question.name,
        answered=series.count(DayState.ANSWERED),
        expected=series.days_expected,
        not_tracked=series.count(DayState.NOT_TRACKED),
        recalled=len(recalled),
        lines=lines,
        mean=mean_of(answers[0]) if each else None,
        middle=middles_of(answers),
        change=change,
        is_clear=is_clear,
        recent_days=recent,
        weekdays=by_weekday(each[0], series.first) if each and not is_of_week else [],
        tallies=tallies_of(series) if isinstance(kind, Choice | YesNo) else [],
        unnoticed=series.values.count(NOT_NOTICED) if isinstance(kind, Time) else 0,
        extent=extent_of(lines),
        answered_in_weeks=answered_in(series, steps) if steps.are_weeks else [],
    )


def answered_in(series: Series, steps: Steps) -> list[int]:
    """The days with an answer in each week."""
    starts = range(0, len(series.states), steps.length)
    return [series.states[start : start + steps.length].count(DayState.ANSWERED) for start in starts]


def extent_of(lines: Iterable[Points]) -> list[float]:
    """The least and the greatest value; empty without any."""
    values = {value for points in lines for value in points.values} - {None}
    return [min(values), max(values)] if values else []


def points_of(
    values: Sequence[float | None], steps: Steps, restarts: set[int], recalled: Sequence[int], *, is_of_week: bool
) -> Points:
    """What is drawn of one column of numbers, given for each day."""
    if not steps.are_weeks:
        means = [None] * len(values) if is_of_week else moving_means(values, restarts)
        return Points(rounded(values), rounded(means), [], [*recalled])
    # The days before and after a change of dose are not averaged into one line.
    broken = {day // steps.length for day in restarts if day % steps.length}
    of_weeks, counts = [], []
    for start in range(0, len(values), steps.length):
        week = values[start : start + steps.length]
        answers = [value for value in week if value is not None] if None in week else week
        of_weeks.append(round(sum(answers) / len(answers), 2) if answers else None)
        counts.append(len(answers))
    means = [
        mean if count >= LEAST_IN_WINDOW and number not in broken else None
        for number, (mean, count) in enumerate(zip(of_weeks, counts, strict=True))
    ]
    return Points(of_weeks, means, counts)


def moving_means(values: Sequence[float | None], restarts: Iterable[int] = ()) -> list[float | None]:
    """For each place, the mean of the last WINDOW places up to it; None if fewer than LEAST_IN_WINDOW have a value.

    Nothing before the last place of `restarts` is averaged with what is from it on.
    """
    restarts, begin, found = set(restarts), 0, []
    for place in range(len(values)):
        if place in restarts:
            begin = place
        window = [value for value in values[max(begin, place - WINDOW + 1) : place + 1] if value is not None]
        found.append(sum(window) / len(window) if len(window) >= LEAST_IN_WINDOW else None)
    return found


def rounded(values: Iterable[float | None]) -> list[float | None]:
    """To what is drawn, so that the cache holds little."""
    return [None if value is None else round(value, 2) for value in values]


def middles_of(answers: Sequence[Sequence[float]]) -> list[list[float]] | None:
    """The middle of the answers in each column; None for fewer than LEAST_FOR_RANGE."""
    if not answers or len(answers[0]) < LEAST_FOR_RANGE:
        return None
    return [[*middle_of(values)] for values in answers]


def recent_days(days: int) -> int:
    """How many days at the end of a period of so many days are compared with those before."""
    return next(recent for most, recent in RECENT_DAYS if days <= most)


def change_of(values: Sequence[float | None], recent: int, *, is_of_week: bool) -> tuple[float | None, bool]:
    """How much higher the mean of the last places is than that of those before, and whether that is clear."""
    after = [value for value in values[-recent:] if value is not None]
    before = [value for value in values[:-recent] if value is not None]
    least = (WEEKS_RECENT // 2, WEEKS_RECENT) if is_of_week else (LEAST_RECENT, LEAST_BEFORE)
    if len(after) < least[0] or len(before) < least[1]:
        return None, False
    mean = sum(before) / len(before)
    change = sum(after) / len(after) - mean
    spread = math.dist(before, [mean] * len(before)) / math.sqrt(len(before))  # the standard deviation
    return round(change, 2), abs(change) >= max(spread / 2, 0.05)


def by_weekday(values: Sequence[float | None], first: datetime.date) -> list[list]:
    """Mean and number of answers of each weekday, Monday first. No mean of fewer than LEAST_FOR_BAR answers."""
    found = []
    for weekday in range(7):
        start = (weekday - first.weekday()) % 7
        answers = [value for value in values[start::7] if value is not None]
        found.append([mean_of(answers), len(answers)])
    return found


def mean_of(answers: Sequence[float]) -> float | None:
    """The mean of these answers; None for fewer than LEAST_FOR_BAR."""
    return round(sum(answers) / len(answers), 2) if len(answers) >= LEAST_FOR_BAR else None


def tallies_of(series: Series) -> list[list]:
    """Each answer that was given, and its days, the most frequent first. Of several, each counts."""
    answers = [value for value in series.values if value is not None]
    days = Counter(key for value in answers for key in (value if isinstance(value, list) else [value]))
    return sorted(([str(key), count] for key, count in days.items()), key=lambda tally: (-tally[1], tally[0]))
