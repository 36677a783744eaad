"""Answers over a period, a place for each calendar day: what charts, sentences and the report are made of.

A question that is answered once a week has its answer on the week's first day, and nothing on the other days.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count

from insights.dose_periods import DosePeriod, dose_periods
from insights.rows import Rows, own_answers, read_rows
from insights.texts_of_columns import of_list
from logs.kinds import Choice, Count as CountOfDays, Hours, Number, Score, Time, YesNo
from logs.parts import Part
from logs.periods import ONE_DAY
from logs.question_lists import questions_of_day
from logs.questions import Question, RowQuestion
from logs.stages import STAGE_BY_SLUG, STAGES
from logs.summary import began_on
from reflections.models import WEEK, weekly_questions

__all__ = ["DayState", "DosePeriod", "Series", "dose_periods", "drawable", "is_weekly", "read_series"]

# TwoNumbers are a Number, Several a Choice.
DRAWABLE = (Score, Number, Hours, YesNo, CountOfDays, Choice, Time)
PART_OF_COLUMN = {name: stage.part for stage in STAGES for name in stage.field_names}
PARTS = tuple(stage.part for stage in STAGES)


class DayState(StrEnum):
    """What a day says about a question.

    NO_ANSWER: it was asked, or would have been, and has no answer. NOTHING: before the person began or the question was
    theirs, a day to come, a day whose check-in did not ask it, or no first day of a week. A day that is marked as not
    tracked is left out with its answers.
    """

    ANSWERED = "answered"
    NO_ANSWER = "no-answer"
    NOT_TRACKED = "not-tracked"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Series:
    """The answers to one question from the day `first` to the day `last`. The lists have a place for each day.

    `values`: in the type of the question's kind; None where there is none. `recalled`: answered when the day was over.
    `asked`: a page that was saved asked it, or it has an answer: the days of which side effects are counted.
    """

    question: Question
    first: datetime.date
    last: datetime.date
    values: list
    states: list[DayState]
    recalled: list[bool]
    asked: list[bool]

    @property
    def days(self) -> list[datetime.date]:
        return [self.first + number * ONE_DAY for number in range(len(self.values))]

    @property
    def answers(self) -> list[tuple[datetime.date, object]]:
        """The days with an answer, in order."""
        return [(day, value) for day, value in zip(self.days, self.values, strict=True) if value is not None]

    def count(self, state: DayState) -> int:
        return self.states.count(state)

    @property
    def days_expected(self) -> int:
        """The days with an answer, and those whose answer is missing."""
        return self.count(DayState.ANSWERED) + self.count(DayState.NO_ANSWER)


def is_weekly(question: Question) -> bool:
    if isinstance(question, RowQuestion):
        return question.own.check_in not in STAGE_BY_SLUG
    return question.name in WEEK.usual


def is_drawable(question: Question) -> bool:
    return isinstance(question.kind, DRAWABLE)


def is_asked_now(person, question: Question) -> bool:
    """Whether the person is asked it: neither left out nor archived, in a check-in that is on."""
    if not question.is_asked or is_weekly(question):
        return question.is_asked
    return STAGE_BY_SLUG[stage_slug(question)].is_on(person)


def stage_slug(question: Question) -> str:
    if isinstance(question, RowQuestion):
        return question.own.check_in
    return PART_OF_COLUMN[question.name].prefix.rstrip("_")


def drawable(person) -> list[Question]:
    """All questions of the person that can be drawn, in the order of the check-ins; the weekly ones are last.

    One that is not asked any more is among them if it has an answer. One query, or up to four if there are such.
    """
    questions = [each for each in (*questions_of_day(person), *weekly_questions(person)) if is_drawable(each)]
    unasked = [question for question in questions if not is_asked_now(person, question)]
    answered = names_answered(person, unasked) if unasked else set()
    return [question for question in questions if question not in unasked or question.name in answered]


def names_answered(person, questions: Sequence[Question]) -> set[str]:
    """The names of those with an answer. Up to four queries."""
    found = set()
    for rows, is_of_week in ((person.daily_logs, False), (person.weekly_reflections, True)):
        some = [each for each in questions if is_weekly(each) == is_of_week]
        columns = [question.name for question in some if not isinstance(question, RowQuestion)]
        if columns:
            counts = rows.aggregate(**{f"of_{name}": Count(name) for name in columns})
            found |= {name for name in columns if counts[f"of_{name}"]}
        own = {question.own.pk: question.name for question in some if isinstance(question, RowQuestion)}
        if own:
            answers = person.own_weekly_answers if is_of_week else person.own_answers
            keys = answers.filter(question__in=own).order_by().values_list("question_id", flat=True).distinct()
            found |= {own[key] for key in keys}
    return found


def began(person) -> datetime.date:
    """The day from which on the person's days count, as for the numbers of weeks, months and years. One query."""
    return began_on(person, person.daily_logs.order_by("date").values_list("date", flat=True).first())


def read_series(
    person, questions: Sequence[Question], first: datetime.date, last: datetime.date, start: datetime.date | None = None
) -> list[Series]:
    """The answers to these questions, from the day `first` to the day `last`, in the order of the questions.

    `start` is what began() says, if it is known. One query for the columns, one for the sets of questions asked, one
    for the day the person began, and one for own answers; one or two more where there are weekly questions.
    """
    start = start or began(person)
    daily = [question for question in questions if not is_weekly(question)]
    weekly = [question for question in questions if is_weekly(question)]
    found = {}
    if daily:
        rows = day_rows(person, daily, first, last)
        own = own_answers(person.own_answers.filter(date__range=(first, last)), "daily_log_id", daily, rows)
        reader = Reader(person, rows, first, last, start, own)
        found |= {question.name: reader.of_day(question) for question in daily}
    if weekly:
        rows = week_rows(person, weekly, first, last)
        answers = person.own_weekly_answers.filter(reflection__in=rows.keys)
        reader = Reader(person, rows, first, last, start, own_answers(answers, "reflection_id", weekly, rows))
        found |= {question.name: reader.of_week(question) for question in weekly}
    return [found[question.name] for question in questions]


def columns_of(questions: Iterable[Question]) -> list[str]:
    """The columns of their answers, and of those that decide whether one is asked."""
    columns = [question for question in questions if not isinstance(question, RowQuestion)]
    heads = [tie[0] for each in columns for tie in (each.shown_when, each.left_out_when) if tie]
    return [*(name for each in columns for name in each.columns), *heads]


def day_rows(person, questions: Sequence[Question], first, last) -> Rows:
    has_own = any(isinstance(question, RowQuestion) for question in questions)
    # An own question may have been moved: any check-in of a day may have asked it.
    slugs = {stage_slug(question) for question in questions}
    parts = PARTS if has_own else [stage.part for stage in STAGES if stage.slug in slugs]
    rows = person.daily_logs.filter(date__range=(first, last))
    return read_rows(rows, "date", ["not_tracked", *columns_of(questions)], parts, person.question_sets)


def week_rows(person, questions: Sequence[Question], first, last) -> Rows:
    rows = person.weekly_reflections.filter(week_start__range=(first, last))
    return read_rows(rows, "week_start", columns_of(questions), [WEEK], person.question_sets)


class Reader:
    """Makes series of rows that were read."""

    def __init__(self, person, rows: Rows, first, last, start: datetime.date, own: Mapping[str, Sequence]):
        self.person = person
        self.rows = rows
        self.first, self.last = first, last
        self.length = (last - first).days + 1
        self.start, self.today = start, person.today()
        self.own = own
        self.places = [(date - first).days for date in rows.dates]
        marks = rows.columns.get("not_tracked", ())
        self.marked = [
            (place, DayState.NOT_TRACKED) for place, mark in zip(self.places, marks, strict=False) if mark is not None
        ]
        self.recalled = {
            part: [
                (place, names)
                for place, text in zip(self.places, rows[part.recalled], strict=True)
                if text and (names := of_list(text))
            ]
            for part in rows.parts
        }

    def of_day(self, question: Question) -> Series:
        if isinstance(question, RowQuestion):
            return self.series(question, STAGE_BY_SLUG[question.own.check_in].part, PARTS)
        part = PART_OF_COLUMN[question.name]
        return self.series(question, part, [part])

    def of_week(self, question: Question) -> Series:
        return self.series(question, WEEK, [WEEK])

    def series(self, question: Question, part: Part, parts: Sequence[Part]) -> Series:
        """`part` asks it now, `parts` are those that may have asked it."""
        answers, is_named = self.answers(question), self.is_named(question, parts)
        states = self.states_without_answer(question, self.span(question, answers, is_named))
        values, recalled, asked = [None] * self.length, [False] * self.length, [False] * self.length
        answered = DayState.ANSWERED
        for place, answer, named, begun in zip(self.places, answers, is_named, self.is_begun(part), strict=True):
            if answer is not None:
                values[place], states[place], asked[place] = answer, answered, True
            elif named:
                states[place], asked[place] = DayState.NO_ANSWER, True
            elif begun:
                states[place] = DayState.NOTHING
        for place, state in [*self.does_not_apply(question), *self.marked]:
            values[place], states[place], asked[place] = None, state, False
        for each in parts:
            for place, names in self.recalled[each]:
                recalled[place] = recalled[place] or (question.name in names and values[place] is not None)
        return Series(question, self.first, self.last, values, states, recalled, asked)

    def answers(self, question: Question) -> Sequence:
        """The answer of each row."""
        return self.own[question.name] if isinstance(question, RowQuestion) else self.rows[question.name]

    def is_named(self, question: Question, parts: Sequence[Part]) -> list[bool]:
        """Of each row, whether a set of questions that one of these parts asked names it."""
        naming = {key for key, names in self.rows.asked.items() if question.name in names}
        numbers = [self.rows.parts.index(part) for part in parts]
        return self.rows.by_what_was_asked(lambda keys: any(keys[number] in naming for number in numbers))

    def is_begun(self, part: Part) -> list[bool]:
        """Of each row, whether this part was saved with answers."""
        number = self.rows.parts.index(part)
        return self.rows.by_what_was_asked(lambda keys: keys[number] is not None)

    def does_not_apply(self, question: Question):
        """The places of rows in which another answer keeps it from being asked, and what its day then says."""
        ties = []
        if question.shown_when:
            name, wanted = question.shown_when
            ties.append([value != wanted for value in self.rows[name]])
        if question.left_out_when:
            name, unwanted = question.left_out_when
            ties.append([value == unwanted for value in self.rows[name]])
        return [
            (place, DayState.NOTHING) for tie in ties for place, is_out in zip(self.places, tie, strict=True) if is_out
        ]

    def span(self, question: Question, answers: Sequence, is_named: Sequence[bool]):
        """The first and the last day on which the person would have been asked."""

        def known(places):
            """The dates of rows that named it or answered it."""
            return (self.rows.dates[each] for each in places if is_named[each] or answers[each] is not None)

        first, last, places = self.start, self.today, range(len(answers))
        if isinstance(question, RowQuestion):
            created = max(first, self.person.today(question.own.created_at))
            first = min(created, next(known(places), created))
        if not is_asked_now(self.person, question):
            last = next(known(reversed(places)), datetime.date.min)
        return first, last

    def states_without_answer(self, question: Question, span: tuple[datetime.date, datetime.date]) -> list[DayState]:
        """What days without an answer say if nothing else is known of them."""
        if is_weekly(question):
            return self.states_of_weeks(*span)
        before = min(max((span[0] - self.first).days, 0), self.length)
        within = min(max((span[1] - self.first).days + 1 - before, 0), self.length - before)
        after = self.length - before - within
        return [DayState.NOTHING] * before + [DayState.NO_ANSWER] * within + [DayState.NOTHING] * after

    def states_of_weeks(self, start: datetime.date, end: datetime.date) -> list[DayState]:
        """The same, where a week's first day stands for the week. A week in which the person began counts."""
        states = [DayState.NOTHING] * self.length
        to_the_first_week = (self.person.week_of(self.first) - self.first).days % 7
        for place in range(to_the_first_week, self.length, 7):
            day = self.first + place * ONE_DAY
            if start <= day + 6 * ONE_DAY and day <= end:
                states[place] = DayState.NO_ANSWER
        # One of a time when the person's weeks began on another weekday stands for the week that it began in.
        others = [(self.person.week_of(date) - self.first).days for date in self.rows.dates]
        for place in others:
            if place >= 0:
                states[place] = DayState.NOTHING
        for place in self.places:
            states[place] = DayState.NO_ANSWER
        return states
