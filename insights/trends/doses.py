"""What was taken of each medication, as columns of the tables of trends: the amounts of a day or of a week."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext, ngettext

from insights.dose_periods import Doses, Taken, Total, total_in_words
from logs.models import Medication


@dataclass(frozen=True)
class Medicine:
    """The days of a period with a dose of one medication, and those on which one was missed or late."""

    name: str
    totals: dict[datetime.date, Total]
    missed: frozenset[datetime.date]
    late: frozenset[datetime.date]

    @cached_property
    def units(self) -> list[str | None]:
        """Of the amounts that are known, in their order."""
        found = {unit for total in {*self.totals.values()} for amount, unit in total if amount is not None}
        return sorted(found, key=lambda unit: unit or "")

    def on_day(self, day: datetime.date) -> str:
        """`36 mg`, `36 mg, late`, `missed`; a dash where nothing is recorded."""
        said = [self.amount_on(day)] if day in self.totals else []
        said += [word for word, days in ((gettext("missed"), self.missed), (gettext("late"), self.late)) if day in days]
        return ", ".join(said) or "–"

    def amount_on(self, day: datetime.date) -> str:
        return total_in_words(self.totals[day]) or gettext("taken")

    def in_week(self, days: Sequence[datetime.date]) -> str:
        """`18 mg, 36 mg (6 days), missed on 1 day`."""
        said, taken = [], [day for day in days if day in self.totals]
        if taken:
            count = ngettext("%(count)d day", "%(count)d days", len(taken)) % {"count": len(taken)}
            amounts = ", ".join(dict.fromkeys(self.amount_on(day) for day in taken))
            said.append(gettext("%(mean)s (%(days)s)") % {"mean": amounts, "days": count})
        if missed := len(self.missed.intersection(days)):
            said.append(ngettext("missed on %(count)d day", "missed on %(count)d days", missed) % {"count": missed})
        if late := len(self.late.intersection(days)):
            said.append(ngettext("late on %(count)d day", "late on %(count)d days", late) % {"count": late})
        return ", ".join(said) or "–"


def medicines_of(taken: Taken, doses: Doses, first: datetime.date, last: datetime.date) -> list[Medicine]:
    """Those of which anything is recorded in the period, in the order of their names."""
    found = []
    for medication in sorted(taken.medications, key=Medication.sort_key):
        key = medication.pk
        totals = {day: total for day, total in taken.totals.get(key, {}).items() if first <= day <= last}
        missed, late = (
            frozenset(day for day in days.get(key, ()) if first <= day <= last) for days in (doses.missed, doses.late)
        )
        if totals or missed or late:
            found.append(Medicine(medication.name_in_words, totals, missed, late))
    return found
