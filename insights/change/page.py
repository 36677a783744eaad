"""What the page of a change shows: a card for each question with enough days, and which questions have too few."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from insights.change.answers import LEAST_DAYS, Outcome, Window, outcome_of
from insights.change.occasions import Occasion, occasions_of, same_week_in_words
from insights.change.sentences import (
    caution_in_words,
    difference_in_words,
    shortage_in_words,
    sides_in_words,
    too_few_in_words,
    window_in_words,
)
from insights.charts import After, BeforeAfterChart, Line, Mark, Surroundings
from insights.dose_periods import doses_from, read_taken
from insights.events import marks_for
from insights.series import read_series
from insights.trends.charts import bands_of
from insights.trends.drawings import scale_for
from insights.trends.numbers import bands_in
from insights.trends.sentences import direction_in_words
from insights.trends.statistics import Steps
from logs.questions import Question


@dataclass(frozen=True, slots=True)
class Card:
    """A question as the page shows it."""

    key: str
    heading: str
    chart: SafeString
    sentence: str
    sides: list[str]
    direction: str


class ChangePage:
    """The answers to these questions around a day."""

    least_days = LEAST_DAYS

    def __init__(self, person, questions: Sequence[Question], window: Window, start):
        self.person, self.questions, self.window, self.start = person, questions, window, start

    @cached_property
    def outcomes(self) -> list[Outcome]:
        window = self.window
        series = read_series(self.person, self.questions, window.first, window.last, self.start)
        return [outcome_of(each, window) for each in series]

    @cached_property
    def taken(self):
        return read_taken(self.person, self.window.first, self.window.last)

    @cached_property
    def events(self):
        """Those of the days shown. One query."""
        return marks_for(self.person, self.window.first, self.window.last)

    @cached_property
    def occasions(self) -> list[Occasion]:
        return occasions_of(self.taken, self.events, self.window.first, self.window.last)

    @property
    def changes(self) -> list[Occasion]:
        """What is known to have changed on the day itself."""
        return [each for each in self.occasions if each.date == self.window.day]

    @property
    def changes_in_words(self) -> str:
        return ", ".join(each.text for each in self.changes)

    @property
    def window_in_words(self) -> str:
        return window_in_words(self.window)

    @property
    def caution(self) -> str:
        return caution_in_words(len(self.cards))

    @property
    def same_week(self) -> str:
        return same_week_in_words(self.window.day, self.occasions)

    @cached_property
    def around(self) -> Surroundings:
        window = self.window
        doses = doses_from(self.taken, window.first, window.last)
        steps = Steps(window.first, window.last, 1)
        marks = [Mark(event.date, event.text, event.days_in_words) for event in self.events]
        return Surroundings(
            window.first, window.last, bands_of(bands_in(doses, window.first), self.taken.medications, steps), marks
        )

    @cached_property
    def cards(self) -> list[Card]:
        return [self.card(each) for each in self.outcomes if each.has_enough]

    @property
    def too_few(self) -> list[str]:
        return [too_few_in_words(each) for each in self.outcomes if each.has_answers and not each.has_enough]

    @property
    def shortage(self) -> str:
        return shortage_in_words(self.window)

    def card(self, outcome: Outcome) -> Card:
        question = outcome.question
        sentence = difference_in_words(outcome)
        direction = direction_in_words(question)
        return Card(
            key=question.name,
            heading=capfirst(str(question.label)),
            chart=self.chart(outcome, sentence),
            sentence=sentence,
            sides=sides_in_words(outcome),
            direction=capfirst(direction),
        )

    def chart(self, outcome: Outcome, words: str) -> SafeString:
        question, window, estimate = outcome.question, self.window, outcome.estimate
        answered = [value for value in outcome.values if value is not None]
        level, after, ends = outcome.before.mean, None, []
        if estimate is not None:
            value, *ends = (level + each for each in (estimate.value, estimate.low, estimate.high))
            after = After(window.day, level, value, *ends)
        scale = scale_for(question.kind, [*answered, *ends])
        chart = BeforeAfterChart(
            key=f"change-{question.name}",
            title=capfirst(str(question.label)),
            description=words,
            first=window.first,
            last=window.last,
            lines=[Line(str(question.label), scale, outcome.values)],
            after=after,
        )
        return chart.markup_within(self.around)
