"""Marks of a stretch of days as not tracked, such as a holiday. Days with answers are left as they are."""

import datetime
from dataclasses import dataclass, field

from django.utils import timezone

from brainlog.database.retry import retry_on_conflict
from logs.models import DailyLog
from logs.question_lists import questions_of_day

MOST_DAYS = 92  # at once: three months
ONE_DAY = datetime.timedelta(days=1)


@dataclass
class Marked:
    """What became of a stretch of days."""

    days: int = 0  # that carry the mark now
    left: list[datetime.date] = field(default_factory=list)  # as they are, because they have answers; the oldest first


def days_from(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    return [first + number * ONE_DAY for number in range((last - first).days + 1)]


def locked_rows(person, first: datetime.date, last: datetime.date):
    """The days of a stretch that have a row, locked, each with whether it has answers. One query."""
    rows = person.daily_logs.between(first, last).select_for_update()
    return rows.with_is_kept(questions_of_day(person)).values_list("pk", "date", "not_tracked", "is_kept")


@retry_on_conflict
def mark_days(person, first: datetime.date, last: datetime.date, reason: str) -> Marked:
    """Mark each day without answers. The number of queries does not depend on that of the days."""
    rows = list(locked_rows(person, first, last))
    left = sorted(date for _pk, date, _mark, is_answered in rows if is_answered)
    to_change = [pk for pk, _date, mark, is_answered in rows if not is_answered and mark != reason]
    stored = {date for _pk, date, _mark, _is_answered in rows}
    # In order: two requests that make the same rows then wait for one another instead of blocking one another.
    new = [
        DailyLog(user=person, date=date, not_tracked=reason) for date in days_from(first, last) if date not in stored
    ]
    if to_change:
        person.daily_logs.filter(pk__in=to_change).update(not_tracked=reason, updated_at=timezone.now())
    DailyLog.objects.bulk_create(new)
    if to_change or new:
        person.answers_changed()
    return Marked(days=(last - first).days + 1 - len(left), left=left)


@retry_on_conflict
def take_marks_off(person, first: datetime.date, last: datetime.date) -> int:
    """Take the mark off each day that has one; a row that says nothing else is deleted. Returns how many had one."""
    rows = [row for row in locked_rows(person, first, last) if row[2] is not None]
    answered = [pk for pk, _date, _mark, is_answered in rows if is_answered]
    empty = [pk for pk, _date, _mark, is_answered in rows if not is_answered]
    if answered:
        person.daily_logs.filter(pk__in=answered).update(not_tracked=None, updated_at=timezone.now())
    if empty:
        person.daily_logs.filter(pk__in=empty).delete()
    if rows:
        person.answers_changed()
    return len(rows)
