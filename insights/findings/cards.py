"""What the page of findings shows, made of a computed result: cards of what was kept, and all else that was asked."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from insights.charts import DifferenceChart, Scale, scale_around
from insights.findings.results import Findings, Result
from insights.findings.sentences import (
    days_in_words,
    guard_in_words,
    held,
    held_in_words,
    interval_of,
    less_on_bad_days_in_words,
    means_in_words,
    name_of,
    not_kept_in_words,
    rests_on,
    sentence_of,
    tried_in_words,
)
from insights.findings.sizes import between_in_words, sized, value_in_words, way_in_words
from insights.findings.words import Exposure, Measure, Outcome, Words

# Points, or hours: as far as the axis of each difference goes at least, so that a small one looks small. For an amount,
# the difference is for one more of it.
LEAST_REACH, LEAST_FOR_AN_AMOUNT = 2, 1
MEASURES_ALIKE = (Measure.POINTS, Measure.HOURS, Measure.CLOCK)


@dataclass(frozen=True)
class Card:
    """A comparison that was kept, whose heading is its sentence.

    `remark`: why it is probably no cause; `held`: what later days alone show.
    """

    key: str
    sentence: str
    remark: str
    interval: str
    chart: SafeString
    days: str
    means: str
    held: str
    verdict: str  # a value of Held, or ""
    asked: str


@dataclass(frozen=True)
class Line:
    """A comparison that was not kept, and why."""

    key: str
    name: str
    sentence: str
    held: str
    asked: str


@dataclass(frozen=True)
class Row:
    """The numbers of a comparison in a table: difference, interval, days, and those that are left out."""

    name: str
    cells: list[str]


@dataclass(frozen=True)
class FindingsPage:
    """What is shown of a computed result. All lists are in the order of the family: nothing is ranked."""

    findings: Findings
    words: Words

    @property
    def tried(self) -> str:
        return tried_in_words(self.findings)

    @property
    def warning(self) -> str:
        found = self.findings.less_on_bad_days
        return less_on_bad_days_in_words(found, self.words) if found else ""

    @cached_property
    def cards(self) -> list[Card]:
        """Those with a remark that speaks against them are last."""
        kept = sorted(self.findings.kept, key=lambda result: bool(result.guard))
        return [self.card(number, result) for number, result in enumerate(kept, 1)]

    @cached_property
    def unclear(self) -> list[Line]:
        """Those with enough days that were not kept."""
        return [self.line(result) for result in self.findings.compared if not result.kept]

    @cached_property
    def too_few(self) -> list[Line]:
        return [self.line(result) for result in self.findings.results if result.estimate is None]

    @cached_property
    def rows(self) -> list[Row]:
        """The numbers of each comparison with enough days."""
        return [self.row(result) for result in self.findings.compared]

    def card(self, number: int, result: Result) -> Card:
        return Card(
            key=f"finding-{number}",
            sentence=sentence_of(result, self.words),
            remark=guard_in_words(result),
            interval=interval_of(result, self.words),
            chart=chart_of(f"finding-{number}-chart", result, self.words).markup,
            days=rests_on(result),
            means=means_in_words(result, self.words),
            held=held_in_words(result, self.words),
            verdict=held(result).value if result.later else "",
            asked=asked_in_words(result),
        )

    def line(self, result: Result) -> Line:
        return Line(
            key=result.key,
            name=name_of(result, self.words),
            sentence=not_kept_in_words(result, self.words),
            held=held_in_words(result, self.words),
            asked=asked_in_words(result),
        )

    def row(self, result: Result) -> Row:
        outcome = self.words.outcome(result.outcome)
        cells = [sized(result.estimate.value, outcome), between_in_words(result.estimate, outcome)]
        return Row(name_of(result, self.words), [*cells, days_in_words(result)])


def asked_in_words(result: Result) -> str:
    """That it is the person's own guess, with the day on which it was asked."""
    if not result.asked_on:
        return ""
    day = date_format(datetime.date.fromisoformat(result.asked_on))
    return gettext("Your own guess, asked on %(day)s.") % {"day": day}


def chart_of(key: str, result: Result, words: Words) -> DifferenceChart:
    """The single days, and the difference with its interval."""
    outcome, estimate = words.outcome(result.outcome), result.estimate
    exposures, answers = zip(*result.points, strict=True) if result.points else ((), ())
    return DifferenceChart(
        key=key,
        title=name_of(result, words),
        description=" ".join(filter(None, [sentence_of(result, words), between_in_words(estimate, outcome)])),
        points=result.points,
        scale=scale_of(outcome, answers),
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        words=(way_in_words(-1, outcome.measure), way_in_words(1, outcome.measure)),
        middle=gettext("no difference"),
        columns=None if result.is_amount else (gettext("days without"), gettext("days with")),
        across=scale_across(words.exposure_of(result), exposures),
        least_reach=least_reach(result, outcome),
    )


def least_reach(result: Result, outcome: Outcome) -> float:
    """0 where an outcome may be of any size."""
    if outcome.measure not in MEASURES_ALIKE:
        return 0
    return LEAST_FOR_AN_AMOUNT if result.is_amount else LEAST_REACH


def scale_of(outcome: Outcome, answers: Sequence[float]) -> Scale:
    """From 1 to 10 for a score, from one answer to the other for a yes or no; else around the answers."""
    if outcome.measure == Measure.SHARE:
        return Scale(*outcome.scale, words=outcome.ends, write=lambda _value: "")
    unit = gettext("hours") if outcome.measure == Measure.HOURS else outcome.unit
    if outcome.scale:
        return Scale(*outcome.scale, words=outcome.ends, unit=unit)
    return scale_around(answers, unit=unit)


def scale_across(exposure: Exposure, amounts: Sequence[float]) -> Scale:
    """Of the amounts, as people write them; the unit stands with each, as the axis has no other place for it."""
    return scale_around(amounts, write=lambda value: value_in_words(value, exposure))
