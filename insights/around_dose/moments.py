"""Answers and the doses before them: when each was, and how many hours lie between. Read in two queries."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter

from insights.dose_periods import Total, total_of
from insights.texts_of_columns import as_text, of_list, of_number, of_time
from logs.periods import ONE_DAY
from logs.question_lists import QUESTION_LISTS
from logs.questions import Question
from logs.schedules import TAKEN
from logs.stages import STAGE_BY_SLUG

# The questions, in the order of the page, and the check-in that asks each.
ASKED_IN = {
    "focus_level": "midday",
    "energy_level": "midday",
    "anxiety_level": "afternoon",
    "rumination_level": "midday",
}
DOSES = "doses"  # the name of the question
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)


def questions() -> list[Question]:
    """The questions of ASKED_IN, in their order."""
    by_name = {each.name: each for slug in ("midday", "afternoon") for each in QUESTION_LISTS[slug].built_in}
    return [by_name[name] for name in ASKED_IN]


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a check-in was first answered: the instant, in UTC, and how many minutes the clock was ahead of it."""

    at: datetime.datetime
    offset: int

    @property
    def zone(self) -> datetime.timezone:
        return fixed_zone(self.offset)

    @property
    def clock(self) -> datetime.datetime:
        return self.at.astimezone(self.zone)


fixed_zone = lru_cache(2048)(lambda offset: datetime.timezone(offset * MINUTE))


@dataclass(frozen=True, slots=True)
class Day:
    """A tracked day: its answers from 1 to 10 by name, without those given later, and the stamps of check-ins.

    `untimed`: answers whose check-in has no stamp, or one of another day. `recalled`: answers that were given later.
    `are_doses_recalled`: the doses were noted when the day was over.
    """

    date: datetime.date
    answers: Mapping[str, int]
    stamps: Mapping[str, Stamp]
    recalled: int
    untimed: int
    are_doses_recalled: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """An answer after a dose: the question's name, the answer, and the hours since the last dose before it.

    `total` is what was taken at that time. `is_after_others`: earlier doses of the same medication were taken that day.
    """

    name: str
    value: int
    hours: float
    total: Total
    is_after_others: bool


@dataclass
class Medicine:
    """The answers after doses of one medication, by its key, and what of its days is left out.

    `before`: answers given before the first dose of the day. `recalled`: days whose doses were noted when the day was
    over. `untimed`: days with a dose of it that has no time.
    """

    medication: int
    moments: list[Moment] = field(default_factory=list)
    before: int = 0
    recalled: int = 0
    untimed: int = 0


@dataclass(frozen=True)
class Read:
    """What was read of a period. `recalled` and `untimed` are answers that are left out; `answers` are all of them."""

    medicines: Sequence[Medicine]
    answers: int
    recalled: int
    untimed: int


# Doses of a day and a medication: the amounts taken at each time by the clock; None for a dose without a time.
Taken = Mapping[datetime.time | None, Total]


def read_moments(person, first: datetime.date, last: datetime.date) -> Read:
    """The answers after doses from the day `first` to the day `last`. Two queries."""
    days = list(read_days(person, first, last))
    taken = read_doses(person, first, last)
    medicines: dict[int, Medicine] = {}
    for day in days:
        for medication, doses in taken.get(day.date, {}).items():
            add_day(medicines.setdefault(medication, Medicine(medication)), day, doses, person)
    kept = sum(len(day.answers) for day in days)
    recalled, untimed = sum(day.recalled for day in days), sum(day.untimed for day in days)
    return Read([*medicines.values()], kept + recalled + untimed, recalled, untimed)


def read_days(person, first: datetime.date, last: datetime.date) -> Iterator[Day]:
    """The tracked days, in order. One query."""
    slugs = ("medication", *dict.fromkeys(ASKED_IN.values()))
    parts = [STAGE_BY_SLUG[slug].part for slug in slugs]
    recorded = [(part.answered_at, part.utc_offset, as_text(part.recalled)) for part in parts]
    rows = person.daily_logs.filter(date__range=(first, last), not_tracked__isnull=True).order_by("date")
    for date, *row in rows.values_list("date", *ASKED_IN, *(column for columns in recorded for column in columns)):
        scores = dict(zip(ASKED_IN, row, strict=False))
        facts = {slug: row[len(ASKED_IN) + 3 * place :][:3] for place, slug in enumerate(slugs)}
        yield day_of(date, scores, facts, person.day_ends_at)


def day_of(date: datetime.date, scores: Mapping, facts: Mapping[str, Sequence], day_ends_at: int) -> Day:
    """A day, of its columns. `facts` are of each check-in when it was answered, the offset, and what was recalled."""
    stamps = {slug: Stamp(at, offset) for slug, (at, offset, _names) in facts.items() if at is not None}
    recalled = {slug: (names and of_list(names)) or () for slug, (_at, _offset, names) in facts.items()}
    answers, later, untimed = {}, 0, 0
    for name, value in scores.items():
        slug = ASKED_IN[name]
        if value is None:
            continue
        if name in recalled[slug]:
            later += 1
        elif slug in stamps and is_of_day(stamps[slug].clock, date, day_ends_at):
            answers[name] = value
        else:
            untimed += 1
    return Day(date, answers, stamps, later, untimed, DOSES in recalled["medication"])


def is_of_day(clock: datetime.datetime, date: datetime.date, day_ends_at: int) -> bool:
    """Whether a time by the clock is on a person's day, which ends at an hour of the following date."""
    return clock.date() - ONE_DAY * (clock.hour < day_ends_at) == date


def read_doses(person, first: datetime.date, last: datetime.date) -> dict[datetime.date, dict[int, Taken]]:
    """What was taken on each tracked day of each medication, by its key. One query."""
    days = person.daily_logs.filter(
        **{"date__range": (first, last), "not_tracked__isnull": True, TAKEN: True, "doses__isnull": False}
    )
    texts = as_text("doses__amount"), as_text("doses__taken_at")
    found: dict = {}
    for date, medication, unit, amount, time in days.values_list(
        "date", "doses__medication_id", "doses__unit", *texts
    ).order_by():
        of_day = found.setdefault(date, {}).setdefault(medication, {})
        at_once = of_day.setdefault(None if time is None else of_time(time).replace(second=0, microsecond=0), {})
        at_once[unit] = at_once.get(unit, 0) + of_number(amount)
    return {
        date: {
            medication: {time: total_of(tuple(amounts.items())) for time, amounts in of_day.items()}
            for medication, of_day in medications.items()
        }
        for date, medications in found.items()
    }


def add_day(medicine: Medicine, day: Day, doses: Taken, person):
    """Add what a day says of a medication that was taken on it."""
    if day.are_doses_recalled:
        medicine.recalled += 1
        return
    if None in doses:  # It may be the last one before an answer.
        medicine.untimed += 1
        return
    before: dict[str, Sequence[tuple[datetime.datetime, Total]]] = {}
    for name, value in day.answers.items():
        slug = ASKED_IN[name]
        if slug not in before:
            before[slug] = doses_before(day, slug, doses, person)
        if not before[slug]:
            medicine.before += 1
            continue
        instant, total = before[slug][-1]
        hours = (day.stamps[slug].at - instant) / HOUR
        medicine.moments.append(Moment(name, value, hours, total, len(before[slug]) > 1))


def doses_before(day: Day, slug: str, doses: Taken, person) -> Sequence[tuple[datetime.datetime, Total]]:
    """The doses of a day before a check-in, and when each was taken, in order."""
    zone, at = zone_of_doses(day, slug, person.zone), day.stamps[slug].at
    found = [(instant_of(day.date, time, person.day_ends_at, zone), total) for time, total in doses.items()]
    return sorted((each for each in found if each[0] <= at), key=itemgetter(0))


def instant_of(date: datetime.date, time: datetime.time, day_ends_at: int, zone: datetime.tzinfo) -> datetime.datetime:
    """When a dose was taken. A time before the day's end is of the following date."""
    date += ONE_DAY * (time.hour < day_ends_at)
    return datetime.datetime.combine(date, time, zone).astimezone(datetime.UTC)


def zone_of_doses(day: Day, slug: str, zone: datetime.tzinfo) -> datetime.tzinfo:
    """By which clock the doses before a check-in were noted, since no zone is stored with them.

    At home, that is where the stamps of the day have the offset of the person's zone, it is the clock of that zone,
    with its changes. Elsewhere it is the clock of the medication check-in, or without its stamp that of the check-in.
    """
    stamps = [day.stamps[each] for each in ("medication", slug) if each in day.stamps]
    if all(stamp.at.astimezone(zone).utcoffset() == stamp.offset * MINUTE for stamp in stamps):
        return zone
    return stamps[0].zone
