"""The answers of a person as arrays of numpy: a place for each day with a row, the oldest first. Blanks are NaN."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, Q

from insights.dose_periods import Taken, read_taken
from insights.findings.arithmetic import np
from insights.findings.family import AMOUNTS, MEDICATION, OUTCOMES, WRITTEN_DOWN, YES_OR_NO, answers_behind
from insights.rows import Rows, own_answers, read_rows
from insights.series import PART_OF_COLUMN
from insights.texts_of_columns import of_list
from logs.models import DailyLog
from logs.own_kinds import NOT_NOTICED
from logs.questions import RowQuestion
from logs.stages import STAGES, MiddayAnswers

MADE = ("dose_amount", "dose_time", "coping_used", *WRITTEN_DOWN)
COLUMNS = [name for name in dict.fromkeys([*AMOUNTS, *YES_OR_NO, *OUTCOMES]) if name not in MADE]
STAGE_OF = {name: stage for stage in STAGES for name in stage.field_names}
Coping = MiddayAnswers.CopingStrategy
WAYS_TO_COPE = {Coping.REDIRECTED_ATTENTION, Coping.TALKED_IT_OUT, Coping.JOURNALED}


@dataclass(frozen=True, slots=True)
class Answers:
    """What exposures and outcomes are read from. Arrays have a place for each of n rows of days.

    `days`: ordinals, each once, in order. `values`: by name, numbers or NaN; yes is 1, no is 0, a time is in hours
    since midnight. Days marked as not tracked have none, nor have answers whose condition does not hold any more.
    `recalled`: by name, whether the value was answered when the day was over. A name without any has no array.
    `main`: the key of the medication of `dose_amount` and `dose_time`, `unit`: that of the amounts. `medications`: the
    keys of further ones, those taken on most days first.
    """

    days: np.ndarray
    not_tracked: np.ndarray
    values: Mapping[str, np.ndarray]
    recalled: Mapping[str, np.ndarray]
    main: int | None = None
    unit: str | None = None
    medications: tuple[int, ...] = ()

    def known(self, name: str) -> np.ndarray:
        """The values that were answered on their day."""
        return np.where(self.recalled[name], np.nan, self.values[name]) if name in self.recalled else self.values[name]

    def of_day(self, values: np.ndarray, offset: int) -> np.ndarray:
        """For each row, the value of the day so many days later, or earlier where `offset` is negative. NaN if none."""
        if offset == 0 or not len(self.days):
            return values
        wanted = self.days + offset
        places = np.minimum(np.searchsorted(self.days, wanted), len(self.days) - 1)
        return np.where(self.days[places] == wanted, values[places], np.nan)


def read_answers(person, own: Sequence[RowQuestion] = ()) -> Answers:
    """All answers that the family needs, and those to own questions of the person.

    One query for the rows of days and one for the sets of questions they asked; two for doses; one for own answers, if
    there are such questions. No text is read, only whether there is one.
    """
    rows = day_rows(person)
    recalled = names_recalled(rows)
    values = {name: column(rows, name) for name in COLUMNS}
    values["coping_used"] = coping_used(rows)
    values |= {name: written_down(rows, name) for name in WRITTEN_DOWN}
    doses, main, unit, medications = values_of_doses(person, rows)
    values |= doses
    answered = own_answers(person.own_answers, "daily_log_id", own, rows)
    values |= {each.name: own_values(each, answered[each.name], person.day_ends_at) for each in own}
    is_marked = np.array([mark is not None for mark in rows["not_tracked"]], dtype=bool)
    for each in values.values():
        each[is_marked] = np.nan
    days = np.array([date.toordinal() for date in rows.dates], dtype=np.int64)
    return Answers(days, is_marked, values, recalled_values(values, recalled), main, unit, medications)


def day_rows(person) -> Rows:
    written = {is_written(name): Q(**{f"{name}__isnull": False}) for name in WRITTEN_DOWN}
    done = {is_done(name): Q(**{f"{STAGE_OF[name].completed_at}__isnull": False}) for name in WRITTEN_DOWN}
    rows = person.daily_logs.filter(date__lte=person.today()).annotate(
        **{name: ExpressionWrapper(test, BooleanField()) for name, test in (written | done).items()},
    )
    names = ["not_tracked", *COLUMNS, "coping_strategies", *written, *done]
    return read_rows(rows, "date", names, [stage.part for stage in STAGES], person.question_sets)


def is_written(name: str) -> str:
    return f"{name}_is_written"


def is_done(name: str) -> str:
    return f"{name}_is_done"


def numbers(values: Sequence) -> np.ndarray:
    """Numbers, or yes and no, as floats; None is NaN."""
    return np.array([np.nan if value is None else float(value) for value in values], dtype=float)


def column(rows: Rows, name: str) -> np.ndarray:
    """The answers of a built-in question. Those whose condition does not hold any more are blank."""
    found = numbers(rows[name])
    field = DailyLog._meta.get_field(name)
    if field.shown_when:
        condition, wanted = field.shown_when
        found[[value != wanted for value in rows[condition]]] = np.nan
    return found


def coping_used(rows: Rows) -> np.ndarray:
    pairs = zip(rows["had_emotional_event"], rows["coping_strategies"], strict=True)
    return numbers([bool(WAYS_TO_COPE & {*used}) if used and had_event else None for had_event, used in pairs])


def written_down(rows: Rows, name: str) -> np.ndarray:
    """Whether there is a text; no, only if the check-in is done and asked it."""
    part = PART_OF_COLUMN[name]
    number = rows.parts.index(part)
    naming = {key for key, names in rows.asked.items() if name in names} | ({None} if name in part.usual else set())
    is_asked = rows.by_what_was_asked(lambda keys: keys[number] in naming)
    facts = zip(rows[is_written(name)], rows[is_done(name)], is_asked, strict=True)
    return numbers([True if written else False if done and asked else None for written, done, asked in facts])


def names_recalled(rows: Rows) -> dict[str, list[int]]:
    """The rows in which a question was answered when the day was over, by its name."""
    found: dict[str, list[int]] = {}
    for part in rows.parts:
        for place, text in enumerate(rows[part.recalled]):
            for name in of_list(text) if text else ():
                found.setdefault(name, []).append(place)
    return found


def recalled_values(values: Mapping[str, np.ndarray], places: Mapping[str, Sequence[int]]) -> dict[str, np.ndarray]:
    """Of each value with any, whether an answer behind it was recalled.

    That nothing is written down is known from the answers that made the check-in done.
    """
    found = {}
    for name, each in values.items():
        is_recalled = np.zeros(len(each), dtype=bool)
        for behind in answers_behind(name):
            is_recalled[places.get(behind, [])] = True
        if name in WRITTEN_DOWN:
            done_later = np.zeros(len(each), dtype=bool)
            for behind in STAGE_OF[name].required_names:
                done_later[places.get(behind, [])] = True
            is_recalled |= done_later & (each == 0)
        is_recalled &= ~np.isnan(each)
        if is_recalled.any():
            found[name] = is_recalled
    return found


# ── Doses ────────────────────────────────────────────────────────────────────────────────────────


def values_of_doses(person, rows: Rows) -> tuple[dict[str, np.ndarray], int | None, str | None, tuple[int, ...]]:
    """What the doses of the days say; the main medication, its unit, and the further ones, as Answers has them."""
    nothing = {name: np.full(len(rows.dates), np.nan) for name in ("dose_amount", "dose_time")}
    if not rows.dates:
        return nothing, None, None, ()
    taken = read_taken(person, rows.dates[0], rows.dates[-1])
    days = {key: len(totals) for key, totals in taken.totals.items()}
    main, *others = sorted(days, key=lambda key: (-days[key], key)) or [None]
    if main is None:
        return nothing, None, None, ()
    amounts, unit = amounts_of(taken, main)
    times = times_of(taken, main, person.day_ends_at)
    found = {
        "dose_amount": numbers([amounts.get(date) for date in rows.dates]),
        "dose_time": numbers([times.get(date) for date in rows.dates]),
    }
    # Only days with the main one: on days without any, the others would go with whatever that one does.
    for key in others:
        of_day = taken.totals[key]
        is_taken = [(date in of_day) if date in taken.totals[main] else None for date in rows.dates]
        found[f"{MEDICATION}{key}"] = numbers(is_taken)
    return found, main, unit, tuple(others)


def amounts_of(taken: Taken, key: int) -> tuple[dict[datetime.date, float], str | None]:
    """What each day adds up to in the commonest unit, which is returned too. Days with another one are left out."""
    known = {date: total[0] for date, total in taken.totals[key].items() if len(total) == 1 and total[0][0] is not None}
    units = Counter(unit for _, unit in known.values())
    unit = min(units, key=lambda each: (-units[each], each or ""), default=None)
    return {date: float(amount) for date, (amount, each) in known.items() if each == unit}, unit


def times_of(taken: Taken, key: int, day_ends_at: int) -> dict[datetime.date, float]:
    """When the first dose of each day was taken, in hours. After midnight the hours of a day go on from 24."""
    times = taken.times.get(key, {})
    return {date: min(hours(time, day_ends_at) for time in of_day) for date, of_day in times.items()}


def hours(time: datetime.time, day_ends_at: int) -> float:
    found = time.hour + time.minute / 60
    return found + 24 if time.hour < day_ends_at else found


def own_values(question: RowQuestion, answers: Sequence, day_ends_at: int) -> np.ndarray:
    """The answers to an own question that is a number, yes or no, or a time of day."""
    if question.own.kind == "time":
        answers = [None if each in (None, NOT_NOTICED) else hours(each, day_ends_at) for each in answers]
    return numbers(answers)
