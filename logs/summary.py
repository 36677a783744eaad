"""What a period's logs add up to. Pure functions: rows in, numbers out, each with the days it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext

from brainlog.versioned_cache import cached
from logs.fields import HoursField, ScoreField
from logs.periods import Period
from logs.stages import STAGES

MEASURES = tuple(field for stage in STAGES for field in stage.fields if isinstance(field, ScoreField | HoursField))
LABELS = {field.name: field.verbose_name for field in MEASURES}
# Counted up when the numbers come to mean something else: releases share a cache while one takes over.
FORMAT = "numbers:1"
COLUMNS = ("is_answered", *(field.name for field in MEASURES), "medication_taken", "medication_effectiveness")


@dataclass(frozen=True)
class Mean:
    """The mean of one measure over a period, on its own scale. `change` is against the period before."""

    name: str
    value: float
    days: int
    change: float | None

    @property
    def label(self) -> str:
        return LABELS[self.name]

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
        """Raises KeyError for a measure that another release has, or had."""
        means = [Mean(**mean) for mean in facts["means"]]
        if unknown := {mean.name for mean in means} - LABELS.keys():
            raise KeyError(*unknown)
        return cls(**facts | {"means": means})


def numbers_of(person, period: Period) -> Numbers:
    """A period's numbers, and their change against the one before. One query, or none if they are remembered."""

    def compute():
        logs = person.daily_logs.between(period.before.first, period.last)
        rows = list(logs.with_is_answered().values("date", *COLUMNS))
        first = period.first
        return numbers_from([row for row in rows if row["date"] >= first], [row for row in rows if row["date"] < first])

    return cached(person, f"{FORMAT}:{period.first}:{period.last}", compute, Numbers.unpack)


def numbers_from(days: Sequence[dict], days_before: Sequence[dict]) -> Numbers:
    """From rows of COLUMNS, a day each. A day that was only marked as not tracked is no day of zeros."""
    logged = [row for row in days if row["is_answered"]]
    taken = [row["medication_taken"] for row in logged if row["medication_taken"] is not None]
    # An effect stated before the medication turned out not to be taken is no effect.
    effects = [
        row["medication_effectiveness"]
        for row in logged
        if row["medication_effectiveness"] is not None and row["medication_taken"] is not False
    ]
    return Numbers(
        days_logged=len(logged),
        days_not_tracked=len(days) - len(logged),
        means=[mean for field in MEASURES if (mean := mean_of(field, logged, days_before))],
        medication_days=sum(taken),
        medication_asked_days=len(taken),
        net_positive_days=effects.count("yes"),
        net_positive_asked_days=len(effects),
    )


def mean_of(field, days: Sequence[dict], days_before: Sequence[dict]) -> Mean | None:
    """The mean of one measure, or None if it was never answered on these days."""
    values = [float(row[field.name]) for row in days if row[field.name] is not None]
    if not values:
        return None
    before = [float(row[field.name]) for row in days_before if row[field.name] is not None]
    return Mean(
        name=field.name,
        value=fmean(values),
        days=len(values),
        change=fmean(values) - fmean(before) if before else None,
    )
