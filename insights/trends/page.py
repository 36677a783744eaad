"""What the pages of trends show: a card for each chart with its sentences, and profiles of weekdays and check-ins."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from insights.charts import Bars, Mark, Surroundings
from insights.events import EventMark
from insights.trends.charts import MOST_BANDS, answer_bars, bands_of, check_in_bars, line_chart, weekday_bars
from insights.trends.drawings import scale_of
from insights.trends.groups import Group
from insights.trends.numbers import numbers_of_period
from insights.trends.sentences import direction_in_words, sentence_of
from insights.trends.statistics import Steps
from logs.questions import Question


@dataclass(frozen=True)
class Card:
    """A chart as its page shows it."""

    group: Group
    chart: SafeString
    sentences: list[str]
    direction: str  # which end is better, where one line is drawn


class TrendPage:
    """The charts of a person over a period. `has_table`: a table of their numbers is shown as well."""

    def __init__(
        self,
        person,
        groups: Sequence[Group],
        steps: Steps,
        start: datetime.date,
        events: Sequence[EventMark],
        *,
        has_table: bool = False,
    ):
        self.person = person
        self.groups = groups
        self.steps = steps
        self.start = start
        self.has_table = has_table
        self.marks = [Mark(event.date, event.text, event.days_in_words) for event in events]

    @cached_property
    def questions(self) -> list[Question]:
        return [question for group in self.groups for question in group.questions]

    @cached_property
    def numbers(self):
        return numbers_of_period(self.person, self.questions, self.steps, self.start, with_lines=self.has_table)

    @cached_property
    def trends(self) -> dict:
        return {trend.name: trend for trend in self.numbers.trends}

    @cached_property
    def bands(self) -> list:
        """Of all medications with a dose in these days. At most one query."""
        if not self.numbers.bands:
            return []
        return bands_of(self.numbers.bands, self.person.medications.defer("note", "name_key"), self.steps)

    @cached_property
    def around(self) -> Surroundings:
        """What all charts have in common. Among others, a chart leaves the events to the page's own list of them."""
        bands = self.bands if self.has_table else self.bands[:MOST_BANDS]
        return Surroundings(self.steps.first, self.steps.last, bands, self.marks, names_events=self.has_table)

    def events(self) -> list[SafeString]:
        return self.around.legend_of_events

    def cards(self) -> list[Card]:
        return [self.card(group, self.around) for group in self.groups]

    def card(self, group: Group, around: Surroundings) -> Card:
        is_to_today = self.steps.last == self.person.today()
        sentences = [
            sentence_of(question, self.trends[question.name], is_to_today=is_to_today) for question in group.questions
        ]
        chart = self.chart(group, around, " ".join(sentences))
        is_alone = len(group.questions) == 1
        return Card(group, chart, sentences, direction_in_words(group.questions[0]) if is_alone else "")

    def chart(self, group: Group, around: Surroundings, words: str) -> SafeString | str:
        """The markup. Empty where there is no answer: axes without anything say less than the sentence."""
        if not any(self.trends[question.name].answered for question in group.questions):
            return ""
        if chart := line_chart(group, self.trends, self.steps, words):
            return chart.markup_within(around)
        bars = answer_bars(group.questions[0], self.trends[group.questions[0].name])
        return bars.markup if bars else ""

    def profiles(self, group: Group) -> list[Bars]:
        """The weekdays of each of its questions."""
        found = [
            weekday_bars(each, trend, scale_of(each, trend), self.person.first_weekday)
            for each in group.questions
            if (trend := self.trends[each.name]).drawings
        ]
        return [bars for bars in found if bars]

    def check_ins(self) -> Bars | None:
        return check_in_bars(self.questions, self.trends)
