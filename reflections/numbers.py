"""What a week's logs add up to. Pure functions: rows in, numbers out, each with the days it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from django.template.defaultfilters import floatformat

from logs.fields import HoursField, ScoreField
from logs.stages import STAGES

MEASURES = tuple(field for stage in STAGES for field in stage.fields if isinstance(field, ScoreField | HoursField))
COLUMNS = ("is_answered", *(field.name for field in MEASURES), "medication_taken", "medication_effectiveness")


@dataclass(frozen=True)
class Mean:
    """The mean of one measure over a week, on its own scale. `change` is against the week before."""

    label: str
    value: float
    days: int
    change: float | None

    @property
    def change_in_words(self) -> str | None:
        """`+0.8`, `−1.2`, `±0`, or None if the week before has nothing to compare with."""
        if self.change is None:
            return None
        if abs(self.change) < 0.05:
            return "±0"
        return ("+" if self.change > 0 else "−") + floatformat(abs(self.change), 1)


@dataclass(frozen=True)
class WeekNumbers:
    """What a week's seven days say."""

    days_logged: int
    days_not_tracked: int
    means: list[Mean]
    medication_days: int
    medication_asked_days: int
    net_positive_days: int
    net_positive_asked_days: int


def week_numbers(week: Sequence[dict], week_before: Sequence[dict]) -> WeekNumbers:
    """From rows of COLUMNS, a day each. A day that was only marked as not tracked is no day of zeros."""
    logged = [row for row in week if row["is_answered"]]
    taken = [row["medication_taken"] for row in logged if row["medication_taken"] is not None]
    # An effect stated before the medication turned out not to be taken is no effect.
    effects = [
        row["medication_effectiveness"]
        for row in logged
        if row["medication_effectiveness"] is not None and row["medication_taken"] is not False
    ]
    return WeekNumbers(
        days_logged=len(logged),
        days_not_tracked=len(week) - len(logged),
        means=[mean for field in MEASURES if (mean := mean_of(field, logged, week_before))],
        medication_days=sum(taken),
        medication_asked_days=len(taken),
        net_positive_days=effects.count("yes"),
        net_positive_asked_days=len(effects),
    )


def mean_of(field, week: Sequence[dict], week_before: Sequence[dict]) -> Mean | None:
    """The mean of one measure, or None if it was never answered in the week."""
    values = [float(row[field.name]) for row in week if row[field.name] is not None]
    if not values:
        return None
    before = [float(row[field.name]) for row in week_before if row[field.name] is not None]
    return Mean(
        label=field.verbose_name,
        value=fmean(values),
        days=len(values),
        change=fmean(values) - fmean(before) if before else None,
    )
