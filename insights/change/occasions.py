"""What changed on a day, as far as it is known: a dose that began, changed or ended, and what the person noted."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.formats import date_format
from django.utils.translation import gettext

from insights.dose_periods import LONGEST_GAP, Stretch, Taken, read_taken, total_in_words
from insights.events import EventMark, marks_for
from logs.models import Medication
from logs.periods import ONE_DAY

SAME_WEEK = 7 * ONE_DAY
# What offers itself: of the last days, so many at most.
OFFERED_DAYS, MOST_OFFERED = 365, 20


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that changed on a day, in words: `Concerta changes to 27 mg`, or the person's own.

    What took a few days, such as flu, changed on the first of them; `last` is its last.
    """

    date: datetime.date
    text: str
    last: datetime.date

    def is_in_week_of(self, day: datetime.date) -> bool:
        return self.date - SAME_WEEK <= day <= self.last + SAME_WEEK

    @property
    def in_words(self) -> str:
        return gettext("%(what)s (%(day)s)") % {"what": self.text, "day": date_format(self.date, "MONTH_DAY_FORMAT")}


def occasions_of(taken: Taken, marks: Iterable[EventMark], first: datetime.date, last: datetime.date) -> list[Occasion]:
    """Those after the first day up to the last, in order; none of medications that are taken as needed."""
    found = [*changes_of_doses(taken, last), *changes_in_life(marks)]
    return sorted((each for each in found if first < each.date <= last), key=lambda each: each.date)


def changes_of_doses(taken: Taken, last: datetime.date) -> list[Occasion]:
    """The same days as changes_in() of insights/dose_periods.py, with what changed. `last`: the last day read."""
    return [
        occasion
        for medication in sorted(taken.medications, key=Medication.sort_key)
        if medication.schedule != Medication.Schedule.AS_NEEDED
        for occasion in changes_of(medication.name_in_words, taken.stretches[medication.pk], last)
    ]


def changes_of(name: str, stretches: Sequence[Stretch], last: datetime.date) -> list[Occasion]:
    """Of one medication: each stretch begins or follows another, and ends unless another follows or it is too new."""
    found = []
    for before, stretch in pairwise([None, *stretches]):
        amount = total_in_words(stretch.total)
        follows = before is not None and before.last + ONE_DAY == stretch.first
        text = gettext("%(name)s changes to %(amount)s") if follows and amount else gettext("%(name)s begins")
        found.append(Occasion(stretch.first, text % {"name": name, "amount": amount}, stretch.first))
    ends = [one.last + ONE_DAY for one, after in pairwise(stretches) if one.last + ONE_DAY != after.first]
    if stretches and (last - stretches[-1].last).days > LONGEST_GAP:
        ends.append(stretches[-1].last + ONE_DAY)
    return [*found, *(Occasion(day, gettext("%(name)s ends") % {"name": name}, day) for day in ends)]


def changes_in_life(marks: Iterable[EventMark]) -> list[Occasion]:
    """The first day of each event, and the day after one that took longer than a week."""
    found = []
    for mark in marks:
        words = gettext("“%(text)s”") % {"text": mark.text}
        is_long = mark.ended - mark.began > SAME_WEEK
        found.append(Occasion(mark.began, words, mark.began if is_long else mark.ended))
        if is_long:
            after = mark.ended + ONE_DAY
            found.append(Occasion(after, gettext("%(event)s is over") % {"event": words}, after))
    return found


def same_week_in_words(day: datetime.date, occasions: Iterable[Occasion]) -> str:
    """What else changed within a week of the day, which the days cannot tell from what changed on it; empty if nothing.

    Nothing may be known of the day itself: the person chose it.
    """
    near = [each for each in occasions if each.is_in_week_of(day)]
    others = [each for each in near if each.date != day]
    if len(near) > 1:
        text = gettext("In the same week: %(changes)s. These days cannot tell them apart.")
    elif others:
        text = gettext("In the same week: %(changes)s. These days cannot tell it from what changed on this day.")
    else:
        return ""
    return text % {"changes": ", ".join(each.in_words for each in near)}


def offered(person, start: datetime.date | None) -> list[Occasion]:
    """What changed in the last year after `start`, the person's first log, newest first. Three queries."""
    today = person.today()
    if start is None:
        return []
    first = max(start, today - OFFERED_DAYS * ONE_DAY)
    found = occasions_of(read_taken(person, first, today), marks_for(person, first, today), first, today)
    return found[::-1][:MOST_OFFERED]
