"""What a period's logs add up to. Pure functions: rows in, numbers out, each with the days it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from django.template.defaultfilters import floatformat
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from brainlog.versioned_cache import cached
from logs.periods import Period
from logs.questions import Question, questions_of_day

# Counted up when the numbers come to mean something else: releases share a cache while one takes over.
FORMAT = "numbers:2"
TAKEN, EFFECT = "medication_taken", "medication_effectiveness"


@dataclass(frozen=True)
class Mean:
    """The mean of one measure over a period, on its own scale. `change` is against the period before."""

    name: str
    value: float
    days: int
    change: float | None
    label: str = ""  # Not part of what the cache keeps: it has a language, and may be a person's own words.

    @property
    def change_in_words(self) -> str | None:
        """`+0.8`, `−1.2`, `±0`, or None if the period before has nothing to compare with."""
        if self.change is None:
            return None
        if abs(self.change) < 0.05:
            return "±0"
        return ("+" if self.change > 0 else "−") + floatformat(abs(self.change), 1)


@dataclass(frozen=True)
class Numbers:
    """What the days of a week, a month or a year say."""

    days_logged: int
    days_not_tracked: int
    means: list[Mean]
    medication_days: int
    medication_asked_days: int
    net_positive_days: int
    net_positive_asked_days: int

    @property
    def days_recorded(self) -> int:
        """The days of which something is known: logged, or marked as not tracked."""
        return self.days_logged + self.days_not_tracked

    @property
    def sentences(self) -> list[str]:
        """What was answered about medication, in words."""
        effects = [
            *in_days(gettext("yes on %(days)s"), self.net_positive_days),
            *in_days(gettext("mixed or no on %(days)s"), self.net_positive_asked_days - self.net_positive_days),
        ]
        answers = gettext("Did it do you good? %(answers)s.") % {"answers": capfirst(", ".join(effects))}
        return [
            *in_days(gettext("Medication taken on %(days)s."), self.medication_days),
            *in_days(gettext("No medication on %(days)s."), self.medication_asked_days - self.medication_days),
            *([answers] if effects else []),
        ]

    def lines(self, days: int) -> list[dict]:
        """The means as a table of a period of so many days shows them, in words."""
        answered = gettext("%(answered)s of %(days)s")
        return [
            {
                "label": str(mean.label),
                "value": floatformat(mean.value, 1),
                "answered": answered % {"answered": mean.days, "days": days},
                "change": mean.change_in_words or "–",
            }
            for mean in self.means
        ]

    @classmethod
    def unpack(cls, facts: dict) -> "Numbers":
        return cls(**facts | {"means": [Mean(**mean) for mean in facts["means"]]})

    def labelled(self, questions: Sequence[Question]) -> "Numbers":
        """With the label of each measure. Raises KeyError for a measure that is none of these questions."""
        labels = {question.name: question.label for question in questions}
        return replace(self, means=[replace(mean, label=labels[mean.name]) for mean in self.means])


def in_days(sentence: str, days: int) -> list[str]:
    """A sentence about a number of days. None about none."""
    return [sentence % {"days": ngettext("%(days)d day", "%(days)d days", days) % {"days": days}}] if days else []


def counted(questions: Sequence[Question]) -> list[Question]:
    """The questions whose answers the numbers are made of."""
    return [question for question in questions if is_measure(question) or question.name in (TAKEN, EFFECT)]


def is_measure(question: Question) -> bool:
    """Whether its answers have a mean."""
    return question.kind is not None and question.kind.has_mean


def numbers_of(person, period: Period) -> Numbers:
    """A period's numbers, and their change against the one before. One query, or none if they are in the cache."""
    questions = questions_of_day(person)

    def compute():
        logs = person.daily_logs.between(period.before.first, period.last).with_is_answered(questions)
        columns = [column for question in counted(questions) for column in question.columns]
        rows = list(logs.values("date", "is_answered", *columns))
        days = [row for row in rows if row["date"] >= period.first]
        return numbers_from(questions, days, [row for row in rows if row["date"] < period.first])

    def unpack(facts):
        numbers = Numbers.unpack(facts)
        numbers.labelled(questions)  # Another release may have a measure that this one has not.
        return numbers

    return cached(person, f"{FORMAT}:{period.first}:{period.last}", compute, unpack).labelled(questions)


def numbers_from(questions: Sequence[Question], days: Sequence[dict], days_before: Sequence[dict]) -> Numbers:
    """From the answers of each day by the question's name. A day only marked as not tracked is no day of zeros."""
    logged = [row for row in days if row["is_answered"]]
    by_name = {question.name: question for question in questions}
    taken, effects = (answers_to(by_name[name], logged) if name in by_name else [] for name in (TAKEN, EFFECT))
    means = [mean_of(question, logged, days_before) for question in questions if is_measure(question)]
    return Numbers(
        days_logged=len(logged),
        days_not_tracked=len(days) - len(logged),
        means=[mean for mean in means if mean],
        medication_days=sum(taken),
        medication_asked_days=len(taken),
        net_positive_days=effects.count("yes"),
        net_positive_asked_days=len(effects),
    )


def answers_to(question: Question, days: Sequence[dict]) -> list:
    """What was answered on these days, without answers that another one made pointless."""
    return [day[question.name] for day in days if day[question.name] is not None and not question.is_left_out_of(day)]


def mean_of(question: Question, days: Sequence[dict], days_before: Sequence[dict]) -> Mean | None:
    """The mean of one measure, or None if it was never answered on these days."""
    values, before = ([*map(float, answers_to(question, each))] for each in (days, days_before))
    if not values:
        return None
    change = fmean(values) - fmean(before) if before else None
    return Mean(name=question.name, value=fmean(values), days=len(values), change=change)
