"""The numbers of the trends of a person: read, computed, and kept in the cache under the version of their answers."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import blake2b

from brainlog.versioned_cache import cached
from insights.dose_periods import Doses, Stretch, Total, doses_from, read_taken
from insights.series import DayState, Series, began, drawable, is_asked_now, read_series
from insights.trends.drawings import drawn
from insights.trends.statistics import Steps, Trend, trend_of
from logs.kinds import Kind
from logs.questions import Question
from logs.schedules import TAKEN

# Counted up when the numbers come to mean something else: releases share a cache while one takes over.
FORMAT = "trends:3"


@dataclass(frozen=True)
class BandNumbers:
    """The doses of one medication, by its key. Days are counted from the first of the period.

    `periods`: amounts with their units, first and last day. The amounts are texts, as JSON has no decimal numbers.
    """

    medication: int
    periods: list[list]
    missed: list[int]
    late: list[int]

    @property
    def totals(self) -> list[tuple[Total, int, int]]:
        return [
            (tuple((amount and Decimal(amount), unit) for amount, unit in total), first, last)
            for total, first, last in self.periods
        ]


@dataclass(frozen=True)
class PeriodNumbers:
    """What the charts of a period are drawn from."""

    trends: list[Trend]
    bands: list[BandNumbers]

    def pack(self) -> dict:
        """As asdict(), without a copy of each number: ten years have tens of thousands."""
        return {"trends": [each.pack() for each in self.trends], "bands": [vars(each) for each in self.bands]}

    @classmethod
    def unpack(cls, facts: dict) -> "PeriodNumbers":
        trends = [Trend.unpack(each) for each in facts["trends"]]
        return cls(trends, [BandNumbers(**each) for each in facts["bands"]])

    def of(self, name: str) -> Trend:
        return next(each for each in self.trends if each.name == name)


def numbers_of_period(
    person, questions: Sequence[Question], steps: Steps, start: datetime.date, *, with_lines: bool = False
) -> PeriodNumbers:
    """The numbers of these questions, with drawings, and with the numbers that lines are drawn from where a table needs
    them. None of its queries if they are in the cache.
    """

    def compute():
        doses = doses_from(read_taken(person, steps.first, steps.last), steps.first, steps.last)
        series = read_series(person, questions, steps.first, steps.last, start)
        numbers = numbers_from(series, doses, steps, person.day_ends_at)
        trends = [drawn(question, each, steps) for question, each in zip(questions, numbers.trends, strict=True)]
        return PeriodNumbers(trends if with_lines else [each.without_lines() for each in trends], numbers.bands)

    # What a question counts as depends on where it is asked, on the day, and on the person's calendar; where its lines
    # are, on its scale.
    facts = [person.today(), start, person.first_weekday, person.day_ends_at]
    facts += [(each.name, is_asked_now(person, each), *bounds_of(each.kind)) for each in questions]
    facts.append(with_lines)
    name = f"{FORMAT}:{steps.first}:{steps.last}:{digest_of(facts)}"
    return cached(person, name, compute, PeriodNumbers.unpack, PeriodNumbers.pack)


def bounds_of(kind: Kind) -> tuple:
    """The ends of the scale of numbers, if they have any."""
    return getattr(kind, "least", None), getattr(kind, "most", None)


def digest_of(facts: Sequence) -> str:
    return blake2b(repr(facts).encode(), digest_size=9).hexdigest()


def numbers_from(series: Sequence[Series], doses: Doses, steps: Steps, day_ends_at: int) -> PeriodNumbers:
    """From the answers of the questions, and from the doses of the same days."""
    series = [with_doses(each, doses) if each.question.name == TAKEN else each for each in series]
    trends = [trend_of(each, steps, doses.changes, day_ends_at) for each in series]
    return PeriodNumbers(trends=trends, bands=bands_in(doses, steps.first))


def bands_in(doses: Doses, first: datetime.date) -> list[BandNumbers]:
    """Of each medication with a dose, or a missed one, in a period from the day `first` on."""
    keys = [*dict.fromkeys([*doses.stretches, *doses.missed, *doses.late])]
    return [band_of(key, doses, first) for key in keys]


def with_doses(series: Series, doses: Doses) -> Series:
    """The answers whether medication was taken, by what was due and taken. A day that does not say has nothing."""
    values = [doses.taken.get(day) for day in series.days]
    states = [
        DayState.ANSWERED if value is not None else DayState.NOTHING if state == DayState.ANSWERED else state
        for value, state in zip(values, series.states, strict=True)
    ]
    return replace(series, values=values, states=states)


def band_of(key: int, doses: Doses, first: datetime.date) -> BandNumbers:
    def place(day: datetime.date) -> int:
        return (day - first).days

    def period(stretch: Stretch) -> list:
        amounts = [[None if amount is None else str(amount), unit] for amount, unit in stretch.total]
        return [amounts, place(stretch.first), place(stretch.last)]

    return BandNumbers(
        medication=key,
        periods=[period(stretch) for stretch in doses.stretches.get(key, ())],
        missed=[place(day) for day in doses.missed.get(key, ())],
        late=[place(day) for day in doses.late.get(key, ())],
    )


__all__ = ["PeriodNumbers", "began", "drawable", "numbers_of_period"]
