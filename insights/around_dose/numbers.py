"""The numbers of the page around a dose: read, computed, and kept in the cache under the version of the answers."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from brainlog.versioned_cache import cached
from insights.around_dose.hours import LAST_HOUR, Hour, Turns, hours_of, turns_of
from insights.around_dose.moments import Medicine, Moment, Read, questions, read_moments
from insights.dose_periods import Total
from logs.fields import Direction
from logs.questions import Question

# Counted up when the numbers come to mean something else: releases share a cache while one takes over.
FORMAT = "around-dose:1"
PLACES = 10  # dots an hour: each is drawn once, however many answers it stands for


@dataclass(frozen=True)
class Answers:
    """The answers to one question after one dose. `dots`: where they are, in tenths of an hour, and what they are.

    `count`: those within LAST_HOUR. `after_others`: those with an earlier dose on the same day.
    """

    name: str
    count: int
    after_others: int
    hours: Sequence[Hour]
    dots: Sequence[tuple[int, int]]
    turns: Turns

    @property
    def shown(self) -> list[Hour]:
        """The hours with enough answers."""
        return [hour for hour in self.hours if hour.is_shown]

    @property
    def not_shown(self) -> int:
        """How many answers are in the other hours."""
        return sum(hour.count for hour in self.hours if not hour.is_shown)

    @property
    def fullest(self) -> Hour | None:
        """The hour with the most answers, the earliest of several."""
        return max(self.hours, key=lambda hour: (hour.count, -hour.hour), default=None)

    @classmethod
    def unpack(cls, facts: Mapping) -> "Answers":
        hours = [Hour(*hour[:5], hour[5] and tuple(hour[5])) for hour in facts["hours"]]
        turns = Turns(*(pair and tuple(pair) for pair in facts["turns"]))
        return cls(**facts | {"hours": hours, "turns": turns, "dots": [tuple(dot) for dot in facts["dots"]]})

    def pack(self) -> dict:
        hours = [(each.hour, each.count, each.middle, each.low, each.high, each.together) for each in self.hours]
        return vars(self) | {"hours": hours, "turns": (self.turns.onset, self.turns.best, self.turns.wear_off)}


@dataclass(frozen=True)
class AfterDose:
    """The answers after a dose, which is an amount of a medication. The amounts are texts: JSON has no decimals."""

    medication: int
    amounts: Sequence[tuple[str, str | None]]
    answers: Sequence[Answers]

    @property
    def total(self) -> Total:
        return tuple((Decimal(amount), unit) for amount, unit in self.amounts)

    @property
    def is_shown(self) -> bool:
        return any(each.shown for each in self.answers)


@dataclass(frozen=True)
class LeftOut:
    """What is left out of the answers of days with a medication, see Medicine. `long_after`: more than LAST_HOUR."""

    medication: int
    before: int
    long_after: int
    days_recalled: int
    days_untimed: int


@dataclass(frozen=True)
class AroundDoses:
    """All of a period. `recalled` and `untimed` of the `answers` are left out, see Day."""

    answers: int
    recalled: int
    untimed: int
    doses: Sequence[AfterDose]
    left_out: Sequence[LeftOut]

    def pack(self) -> dict:
        doses = [vars(each) | {"answers": [answers.pack() for answers in each.answers]} for each in self.doses]
        return vars(self) | {"doses": doses, "left_out": [vars(each) for each in self.left_out]}

    @classmethod
    def unpack(cls, facts: Mapping) -> "AroundDoses":
        doses = [
            AfterDose(
                each["medication"],
                [tuple(amount) for amount in each["amounts"]],
                [Answers.unpack(answers) for answers in each["answers"]],
            )
            for each in facts["doses"]
        ]
        return cls(**facts | {"doses": doses, "left_out": [LeftOut(**each) for each in facts["left_out"]]})


def numbers_around_doses(person, first: datetime.date, last: datetime.date) -> AroundDoses:
    """The numbers of a period. None of its two queries if they are in the cache."""
    # By which clock a dose was noted depends on the person's zone, and the dates of a night on their day's end.
    name = f"{FORMAT}:{first}:{last}:{person.timezone}:{person.day_ends_at}"
    return cached(
        person, name, lambda: numbers_from(read_moments(person, first, last)), AroundDoses.unpack, AroundDoses.pack
    )


def numbers_from(read: Read) -> AroundDoses:
    doses = [dose for medicine in read.medicines for dose in doses_of(medicine)]
    return AroundDoses(read.answers, read.recalled, read.untimed, doses, [left_out_of(each) for each in read.medicines])


def doses_of(medicine: Medicine) -> list[AfterDose]:
    """Each amount of a medication, in the order of units and amounts: no order of what was recorded on them."""
    by_total: dict[Total, list[Moment]] = {}
    for moment in medicine.moments:
        by_total.setdefault(moment.total, []).append(moment)
    totals = sorted(by_total, key=lambda total: [(unit or "", amount) for amount, unit in total])
    return [
        AfterDose(
            medicine.medication,
            [(str(amount), unit) for amount, unit in total],
            [answers_of(question, by_total[total]) for question in questions()],
        )
        for total in totals
    ]


def answers_of(question: Question, moments: Sequence[Moment]) -> Answers:
    within = [each for each in moments if each.name == question.name and each.hours < LAST_HOUR]
    hours = hours_of((each.hours, each.value) for each in within)
    shown = {hour.hour for hour in hours if hour.is_shown}
    dots = {(int(each.hours * PLACES), each.value) for each in within if int(each.hours) in shown}
    turns = turns_of(hours, is_more_better=question.direction == Direction.BETTER)
    after_others = sum(each.is_after_others for each in within)
    return Answers(question.name, len(within), after_others, hours, sorted(dots), turns)


def left_out_of(medicine: Medicine) -> LeftOut:
    long_after = sum(each.hours >= LAST_HOUR for each in medicine.moments)
    return LeftOut(medicine.medication, medicine.before, long_after, medicine.recalled, medicine.untimed)
