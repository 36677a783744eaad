"""What a period's logs add up to. Pure functions: rows in, numbers out, each with the days it rests on."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import ceil, floor
from statistics import fmean
from typing import ClassVar

from django.db.models import Subquery
from django.template.defaultfilters import floatformat
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from brainlog.versioned_cache import cached
from logs.fields import Direction
from logs.models import DailyLog
from logs.periods import Period
from logs.question_lists import questions_of_day
from logs.questions import Question, RowQuestion
from logs.schedules import NO_SCHEDULES, TAKEN, Schedules, schedules_of
from logs.stages import STAGES
from logs.widgets import number_in_words

# Counted up when the numbers come to mean something else: releases share a cache while one takes over.
FORMAT = "numbers:6"
# The sets of questions that a day's check-ins asked.
ASKED = tuple(stage.part.asked_id for stage in STAGES)
EFFECT = "medication_effectiveness"


@dataclass(frozen=True)
class Mean:
    """The mean of one measure over a period, on its own scale. `change` is against the period before.

    `asked_days`: on how many days it was asked, for an own question; None for a built-in one. `low` and `high` are two
    answers with at least half of the days from one to the other; with fewer than FEWEST days, the lowest and highest.
    """

    name: str
    value: float
    days: int
    change: float | None
    asked_days: int | None = None
    low: float | None = None
    high: float | None = None
    # Not part of what the cache keeps: it has a language, and may be a person's own words.
    label: str = ""
    direction: str = Direction.NEITHER

    FEWEST: ClassVar[int] = 4  # days of which “mostly” is said

    @property
    def usual_in_words(self) -> str:
        """`mostly between 5 and 7`; empty where one day alone has an answer."""
        if self.low is None or self.days < 2:
            return ""
        low, high = as_answered(self.low), as_answered(self.high)
        if self.days < self.FEWEST:
            words = gettext("always %(low)s") if low == high else gettext("from %(low)s to %(high)s")
        else:
            words = gettext("mostly %(low)s") if low == high else gettext("mostly between %(low)s and %(high)s")
        return words % {"low": low, "high": high}

    @property
    def arrow(self) -> str:
        """Which way it changed: `↑`, `↓` or `→`; empty if the period before has nothing to compare with."""
        if self.change is None:
            return ""
        return "→" if self.is_as_before else "↑" if self.change > 0 else "↓"

    @property
    def is_as_before(self) -> bool:
        return abs(self.change) < 0.05

    @property
    def change_in_words(self) -> str | None:
        """`0.8 higher, which is better`; None if the period before has nothing to compare with."""
        if self.change is None:
            return None
        if self.is_as_before:
            return gettext("as before")
        words = gettext("%(points)s higher") if self.change > 0 else gettext("%(points)s lower")
        words = words % {"points": floatformat(abs(self.change), 1)}
        if self.direction == Direction.NEITHER:
            return words
        is_better = (self.change > 0) == (self.direction == Direction.BETTER)
        found = gettext("%(change)s, which is better") if is_better else gettext("%(change)s, which is worse")
        return found % {"change": words}

    def days_in_words(self, days: int) -> str:
        """`on 5 of 7 days`, of a period of so many days."""
        asked = self.asked_days or days
        words = ngettext("on %(answered)d of %(days)d day", "on %(answered)d of %(days)d days", asked)
        return words % {"answered": self.days, "days": asked}


@dataclass(frozen=True)
class YesDays:
    """On how many of the days that asked it an own question was answered yes, and no."""

    name: str
    yes: int
    no: int
    asked_days: int
    label: str = ""

    @property
    def in_words(self) -> str:
        """`“Headache?”: yes on 2 days, no on 3, of 5 days it was asked.`"""
        text = ngettext(
            "“%(question)s”: yes on %(yes)d, no on %(no)d, of %(asked)d day it was asked.",
            "“%(question)s”: yes on %(yes)d, no on %(no)d, of %(asked)d days it was asked.",
            self.asked_days,
        )
        return text % {"question": self.label, "yes": self.yes, "no": self.no, "asked": self.asked_days}


@dataclass(frozen=True)
class Numbers:
    """What the days of a week, a month or a year say.

    `first_log`: the ordinal of the first day that the person logged, ever. `last_log`: of the period's last one. None
    if the period and the one before it have no logs.
    """

    days_logged: int
    days_not_tracked: int
    means: list[Mean]
    medication_days: int
    medication_asked_days: int
    net_positive_days: int
    net_positive_asked_days: int
    counts_daily_only: bool = False  # The days of medication are those of what is taken daily.
    yes_days: list[YesDays] = field(default_factory=list)
    first_log: int | None = None
    last_log: int | None = None

    def days_in(self, period: Period, person) -> int:
        """The days of the period from the one on which the person began to today, logged or not.

        After a flight west, a log may lie ahead of the clock: the days go on to it.
        """
        first_log, last_log = (each and datetime.date.fromordinal(each) for each in (self.first_log, self.last_log))
        return period.days_between(began_on(person, first_log), max(filter(None, [person.today(), last_log])))

    @property
    def sentences(self) -> list[str]:
        """What was answered about medication, and to own questions with yes or no, in words."""
        effects = [
            *in_days(gettext("yes on %(days)s"), self.net_positive_days),
            *in_days(gettext("mixed or no on %(days)s"), self.net_positive_asked_days - self.net_positive_days),
        ]
        answers = gettext("Did it do you good? %(answers)s.") % {"answers": capfirst(", ".join(effects))}
        return [
            *self.medication_in_words,
            *([gettext("Only what you take daily counts here.")] if self.counts_daily_only else []),
            *([answers] if effects else []),
            *(each.in_words for each in self.yes_days),
        ]

    @property
    def medication_in_words(self) -> list[str]:
        """On how many of the days that say it medication was taken: one sentence, or none."""
        if not self.medication_days:
            return in_days(gettext("No medication on %(days)s."), self.medication_asked_days)
        text = ngettext(
            "Medication taken on %(taken)d of %(days)d day.",
            "Medication taken on %(taken)d of %(days)d days.",
            self.medication_asked_days,
        )
        return [text % {"taken": self.medication_days, "days": self.medication_asked_days}]

    def lines(self, days: int) -> list[dict]:
        """The means of a period of so many days in words, a line each."""
        return [
            {
                "label": str(mean.label),
                "value": floatformat(mean.value, 1),
                "about": ", ".join(filter(None, [mean.days_in_words(days), mean.usual_in_words])),
                "arrow": mean.arrow,
                "change": mean.change_in_words,
            }
            for mean in self.means
        ]

    @classmethod
    def unpack(cls, facts: dict) -> "Numbers":
        means = [Mean(**mean) for mean in facts["means"]]
        return cls(**facts | {"means": means, "yes_days": [YesDays(**each) for each in facts["yes_days"]]})

    def labelled(self, questions: Sequence[Question]) -> "Numbers":
        """With the label and direction of each measure. Raises KeyError for one that is none of these questions."""
        by_name = {question.name: question for question in questions}
        means = [
            replace(mean, label=by_name[mean.name].label, direction=by_name[mean.name].direction) for mean in self.means
        ]
        yes_days = [replace(each, label=by_name[each.name].label) for each in self.yes_days]
        return replace(self, means=means, yes_days=yes_days)


def as_answered(number: float) -> str:
    """`5`, `6.75`, `37,242`: an answer, without zeros at its end."""
    return number_in_words(Decimal(str(number)))


def in_days(sentence: str, days: int) -> list[str]:
    """A sentence about a number of days. None about none."""
    return [sentence % {"days": ngettext("%(days)d day", "%(days)d days", days) % {"days": days}}] if days else []


def counted(questions: Sequence[Question]) -> list[Question]:
    """The questions whose answers the numbers are made of."""
    return [
        question
        for question in questions
        if is_measure(question) or is_own_yes_no(question) or question.name in (TAKEN, EFFECT)
    ]


def is_own_yes_no(question: Question) -> bool:
    return isinstance(question, RowQuestion) and question.own.kind == "yes_no"


def is_measure(question: Question) -> bool:
    """Whether its answers have a mean."""
    return question.kind is not None and question.kind.has_mean


def began_on(person, first_log: datetime.date | None) -> datetime.date:
    """The day from which on the person's days count: that of their account, or of an earlier log."""
    return min(filter(None, [person.first_day, first_log]))


def numbers_of(person, period: Period) -> Numbers:
    """A period's numbers, and their change against the one before. None of its queries if they are in the cache.

    One query, up to two more where days say whether medication was taken, and two for own questions.
    """
    questions = questions_of_day(person)

    def compute():
        logs = person.daily_logs.between(period.before.first, period.last).with_is_answered(questions)
        columns = [column for question in counted(questions) for column in question.columns]
        first = Subquery(DailyLog.objects.filter(user=person).order_by("date").values("date")[:1])
        rows = list(logs.values("date", "not_tracked", "is_answered", *columns, *ASKED, first_log=first))
        add_own_answers(person, [each for each in counted(questions) if isinstance(each, RowQuestion)], rows)
        days = [row for row in rows if row["date"] >= period.first]
        schedules = schedules_of(person, period) if any(row.get(TAKEN) is not None for row in days) else NO_SCHEDULES
        numbers = numbers_from(questions, days, [row for row in rows if row["date"] < period.first], schedules)
        return replace(
            numbers,
            first_log=rows[0]["first_log"].toordinal() if rows else None,
            last_log=max(row["date"] for row in days).toordinal() if days else None,
        )

    def unpack(facts):
        numbers = Numbers.unpack(facts)
        numbers.labelled(questions)  # Another release may have a measure that this one has not.
        return numbers

    return cached(person, f"{FORMAT}:{period.first}:{period.last}", compute, unpack).labelled(questions)


def add_own_answers(person, questions: Sequence[RowQuestion], rows: Sequence[dict]):
    """Add the answers to own questions to the rows of days, and which of them each day asked. Two queries."""
    if not questions or not rows:
        return
    by_key = {question.own.pk: question for question in questions}
    by_date = {row["date"]: row for row in rows}
    for row in rows:
        row |= {question.name: None for question in questions}
    dates = (min(by_date), max(by_date))
    # By the dates alone: by its questions too, PostgreSQL reads all answers to them, those of other years as well.
    answers = person.own_answers.filter(date__range=dates)
    for answer in answers.only("user_id", "date", "question_id", "number", "flag"):
        # A day that was stored since the rows were read is not among them.
        if (question := by_key.get(answer.question_id)) and (row := by_date.get(answer.date)):
            row[question.name] = question.value_of(answer)
    sets = {row[name] for row in rows for name in ASKED}
    names_of = dict(person.question_sets.filter(pk__in=sets - {None}).values_list("pk", "names"))
    for row in rows:
        row["asked"] = {name for key in ASKED for name in names_of.get(row[key], ())}


def numbers_from(
    questions: Sequence[Question],
    days: Sequence[dict],
    days_before: Sequence[dict],
    schedules: Schedules = NO_SCHEDULES,
) -> Numbers:
    """From the answers of each day by the question's name. A day marked as not tracked is left out with its answers."""
    logged, before = tracked(days), tracked(days_before)
    by_name = {question.name: question for question in questions}
    effects = answers_to(by_name[EFFECT], logged) if EFFECT in by_name else []
    taken = [schedules.was_taken(row) for row in logged] if TAKEN in by_name else []
    taken = [answer for answer in taken if answer is not None]
    means = [mean_of(question, logged, before) for question in questions if is_measure(question)]
    yes_days = [yes_days_of(question, logged) for question in questions if is_own_yes_no(question)]
    return Numbers(
        days_logged=len(logged),
        days_not_tracked=len(days) - len(logged),
        means=[mean for mean in means if mean],
        medication_days=sum(taken),
        medication_asked_days=len(taken),
        net_positive_days=effects.count("yes"),
        net_positive_asked_days=len(effects),
        counts_daily_only=bool(schedules.daily),
        yes_days=[each for each in yes_days if each],
    )


def tracked(days: Sequence[dict]) -> list[dict]:
    """The days with answers that are not marked as not tracked."""
    return [row for row in days if row["is_answered"] and row["not_tracked"] is None]


def answers_to(question: Question, days: Sequence[dict]) -> list:
    """What was answered on these days, without answers that another one made pointless."""
    return [day[question.name] for day in days if day[question.name] is not None and not question.is_left_out_of(day)]


def mean_of(question: Question, days: Sequence[dict], days_before: Sequence[dict]) -> Mean | None:
    """The mean of one measure, or None if it was never answered on these days."""
    values, before = ([*map(float, answers_to(question, each))] for each in (days, days_before))
    if not values:
        return None
    change = fmean(values) - fmean(before) if before else None
    asked = days_asked(question, days) if isinstance(question, RowQuestion) else None
    low, high = middle_of(values)
    return Mean(question.name, fmean(values), len(values), change, asked_days=asked, low=low, high=high)


def middle_of(values: Sequence[float]) -> tuple[float, float]:
    """Two of the values with at least half of them from one to the other; of a few values, the lowest and highest."""
    ordered, last = sorted(values), len(values) - 1
    if len(values) < Mean.FEWEST:
        return ordered[0], ordered[last]
    return ordered[floor(last / 4)], ordered[ceil(last * 3 / 4)]


def yes_days_of(question: Question, days: Sequence[dict]) -> YesDays | None:
    """How an own question was answered, or None if it was not, on these days."""
    answers = answers_to(question, days)
    if not answers:
        return None
    yes = sum(answers)
    return YesDays(question.name, yes=yes, no=len(answers) - yes, asked_days=days_asked(question, days))


def days_asked(question: Question, days: Sequence[dict]) -> int:
    """On how many of these days an own question was asked. A day with an answer asked it."""
    return sum(question.name in day["asked"] or day[question.name] is not None for day in days)
