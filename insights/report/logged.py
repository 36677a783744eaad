"""What a person logged in the period of a report and in the one before: read once, no numbers yet."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from insights.dose_periods import Taken, Total, read_taken, total_in_words
from insights.series import Series, is_weekly, read_series
from logs.kinds import Score
from logs.models import Medication
from logs.periods import ONE_DAY
from logs.question_lists import questions_of_day
from logs.questions import Question, RowQuestion
from logs.stages import STAGES
from reflections.models import weekly_questions

TEXTS = ("line", "note")
# Built-in questions that a report reads besides the scores.
SLEEP, REASON, WEARING_OFF = "sleep_hours", "reason_for_skipping", "is_crashing"


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both included."""

    first: datetime.date
    last: datetime.date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Span":
        """As many days, up to the day before the first."""
        return Span(self.first - self.days * ONE_DAY, self.first - ONE_DAY)

    def __contains__(self, date: datetime.date) -> bool:
        return self.first <= date <= self.last

    def __iter__(self) -> Iterator[datetime.date]:
        return (self.first + number * ONE_DAY for number in range(self.days))


@dataclass(frozen=True)
class DayFacts:
    """What is recorded of a day besides its answers. `recalled`: it has an answer that was filled in later."""

    date: datetime.date
    is_answered: bool
    not_tracked: str | None
    recalled: bool
    answered_at: dict[str, datetime.datetime]  # by check-in, by the person's clock; without recalled answers

    @property
    def counts(self) -> bool:
        """Whether its answers count: a day that is marked as not tracked counts with none."""
        return self.is_answered and self.not_tracked is None


class Logged:
    """The answers of a person for a report on this period. Each attribute is read at most once, on first use."""

    def __init__(self, person, period: Span):
        self.person, self.period = person, period

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The questions that a report counts, by name: also those left out, and archived ones. None with a text."""
        own = [each for each in (*questions_of_day(self.person), *weekly_questions(self.person)) if is_counted(each)]
        return {question.name: question for question in own}

    @cached_property
    def series(self) -> dict[str, Series]:
        """The answers of both periods, by the name of the question. Six queries at most."""
        questions = list(self.questions.values())
        found = read_series(self.person, questions, self.period.before.first, self.period.last)
        return {each.question.name: each for each in found}

    @cached_property
    def answers(self) -> dict[str, list[tuple[datetime.date, object]]]:
        """The days with an answer of both periods, by the name of the question."""
        return {name: series.answers for name, series in self.series.items()}

    def dated(self, name: str, span: Span | None = None) -> list[tuple[datetime.date, object]]:
        """The answers of the period, or of another span, with their days; none to a question that there is not."""
        span = span or self.period
        return [(date, value) for date, value in self.answers.get(name, ()) if date in span]

    def values(self, name: str, span: Span | None = None) -> list:
        return [value for _date, value in self.dated(name, span)]

    @cached_property
    def reasons(self) -> dict[datetime.date, str]:
        """Why medication was not taken, by day of the period."""
        return dict(self.dated(REASON))

    def days_asked(self, name: str) -> list[datetime.date]:
        """The days of the period on which a page that was saved asked it, or that have an answer to it."""
        series = self.series[name]
        days = zip(series.days, series.asked, strict=True)
        return [date for date, is_asked in days if is_asked and date in self.period]

    @cached_property
    def own_questions(self) -> list[RowQuestion]:
        """The person's own questions with an answer in the period, in the order of the check-ins."""
        return [question for question in self.own_questions_known if self.dated(question.name)]

    @cached_property
    def first_log(self) -> datetime.date | None:
        """The person's first day with an answer or a mark. One query."""
        return self.person.daily_logs.order_by("date").values_list("date", flat=True).first()

    @property
    def own_questions_known(self) -> list[RowQuestion]:
        """The person's own questions that a report can count, with or without an answer."""
        return [question for question in self.questions.values() if isinstance(question, RowQuestion)]

    def of_gallery(self, keys) -> list[RowQuestion]:
        """Those of the gallery's entries with these keys, whatever they are called now, in the order of the keys."""
        keys = list(keys)
        own = [each for each in self.questions.values() if isinstance(each, RowQuestion) and each.own.gallery in keys]
        return sorted(own, key=lambda question: (keys.index(question.own.gallery), question.own.pk))

    @cached_property
    def facts(self) -> dict[datetime.date, DayFacts]:
        """Of each day of the period that has a row. One query."""
        logs = self.person.daily_logs.between(self.period.first, self.period.last)
        logs = logs.with_is_answered(questions_of_day(self.person)).order_by("date")
        recorded = [name for stage in STAGES for name in stage.part.kept_off_pages]
        return {row["date"]: facts_of(row) for row in logs.values("date", "not_tracked", "is_answered", *recorded)}

    @cached_property
    def days(self) -> list[datetime.date]:
        """The days of the period that count, oldest first."""
        return [date for date, facts in self.facts.items() if facts.counts]

    @cached_property
    def taken(self) -> Taken:
        """What was taken in both periods. Two queries."""
        return read_taken(self.person, self.period.before.first, self.period.last)

    @cached_property
    def medications(self) -> dict[int, Medication]:
        """All on the person's list by key, those put away among them, in the order of their names."""
        return {each.pk: each for each in sorted(self.taken.medications, key=Medication.sort_key)}

    def totals(self, medication: int) -> dict[datetime.date, Total]:
        """What was taken of a medication on each day of the period with a dose."""
        totals = self.taken.totals.get(medication, {})
        return {date: total for date, total in sorted(totals.items()) if date in self.period}

    def dose_on(self, date: datetime.date) -> str:
        """What is recorded as taken on a day: `Concerta 36 mg, Melatonin 1 mg`. Empty if nothing is."""
        return ", ".join(
            f"{medication.name_in_words} {total_in_words(self.taken.totals[pk][date])}".strip()
            for pk, medication in self.medications.items()
            if date in self.taken.totals.get(pk, {})
        )


def is_counted(question: Question) -> bool:
    if isinstance(question, RowQuestion):
        return question.own.kind not in TEXTS
    if is_weekly_built_in(question):
        return False
    return isinstance(question.kind, Score) or question.name in (SLEEP, REASON, WEARING_OFF)


def is_weekly_built_in(question: Question) -> bool:
    return question.kind is not None and not isinstance(question, RowQuestion) and is_weekly(question)


def facts_of(row: dict) -> DayFacts:
    """A row of the query of Logged.facts."""
    answered_at, recalled = {}, False
    for stage in STAGES:
        at, offset, names = (row[name] for name in stage.part.kept_off_pages)
        recalled = recalled or bool(names)
        if at is not None and not names:
            zone = datetime.timezone(datetime.timedelta(minutes=offset))
            answered_at[stage.slug] = at.astimezone(zone)
    return DayFacts(row["date"], row["is_answered"], row["not_tracked"], recalled, answered_at)
