"""When people logged, and how complete their days are: dates and counts, no answers. For the admin's lists."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from logs.models import DailyLog, stages_counted, stages_done_of
from logs.stages import STAGES, Stage

WEEK, MONTH = 7, 30  # days, today included


def is_done_or_off(stage: Stage) -> Q:
    """The condition that a check-in is done, or switched off by the person and without answers."""
    is_off = {f"user__question_choices__off__{stage}": True, f"{stage.part.asked}__isnull": True}
    return Q(**{f"{stage.completed_at}__isnull": False}) | Q(**is_off)


IS_COMPLETE = reduce(and_, map(is_done_or_off, STAGES))
IS_MARKED = Q(not_tracked__isnull=False)
# A row without a mark has answers. A day that is marked as not tracked counts as logged once a check-in is done.
IS_LOGGED = ~IS_MARKED | reduce(or_, (Q(**{f"{stage.completed_at}__isnull": False}) for stage in STAGES))


def is_logged(day) -> bool:
    """IS_LOGGED, of a row that is read already."""
    return day.not_tracked is None or stages_done_of(day) > 0


@dataclass(frozen=True)
class Activity:
    """What a person logged in the 7 and the 30 days up to today.

    Possible are the check-ins that count for each of the 30 days, but for days marked as not tracked, and for days
    before the person joined or logged something.
    """

    days_in_week: int
    days_in_month: int
    check_ins_done: int
    check_ins_possible: int


def activity_of(days, person, joined: datetime.date, today: datetime.date) -> Activity:
    """Count the check-ins of one person. `days` are rows of DailyLog, or named tuples with the same columns."""
    days = [day for day in days if today - datetime.timedelta(days=MONTH) < day.date <= today]
    logged = [day for day in days if is_logged(day)]
    first = max(today - datetime.timedelta(days=MONTH - 1), min([joined, *(day.date for day in days)]))
    days_asked = (today - first).days + 1 - (len(days) - len(logged))
    counted = [(day, stages_counted(day, person, today)) for day in logged]
    switched_on = sum(stage.is_on(person) for stage in STAGES)
    return Activity(
        days_in_week=sum(today - datetime.timedelta(days=WEEK) < day.date for day in logged),
        days_in_month=len(logged),
        check_ins_done=sum(stages_done_of(day, stages) for day, stages in counted),
        check_ins_possible=sum(len(stages) for _day, stages in counted) + switched_on * (days_asked - len(logged)),
    )


def with_activity(people: QuerySet) -> list:
    """The people, each with `last_day_logged`, `activity` and `days_since`, by their own calendars. Two queries."""
    last_day = logged_days().order_by("-date").values("date")[:1]
    people = list(people.annotate(last_day_logged=Subquery(last_day)))
    todays = {person: person.today() for person in people}
    days_of = recent_days(todays)
    for person, today in todays.items():
        person.activity = activity_of(days_of[person.pk], person, person.today(person.date_joined), today)
        person.days_since = person.last_day_logged and (today - person.last_day_logged).days
    return people


def recent_days(todays: dict) -> dict[int, list]:
    """The days of these people, by the person's key, as named tuples without answers. One query."""
    days_of = defaultdict(list)
    if todays:
        first, last = min(todays.values()) - datetime.timedelta(days=MONTH), max(todays.values())
        days = DailyLog.objects.filter(user__in=todays, date__gt=first, date__lte=last).order_by()
        stamps = [name for stage in STAGES for name in (stage.completed_at, stage.part.asked_id)]
        columns = ("user_id", "date", "not_tracked", "one_question_only", *stamps)
        for day in days.values_list(*columns, named=True):
            days_of[day.user_id].append(day)
    return days_of


def logged_days() -> QuerySet:
    """The logged days of the person in the query around this one."""
    return DailyLog.objects.filter(IS_LOGGED, user=OuterRef("pk")).order_by()


def never_logged(people: QuerySet) -> QuerySet:
    return people.filter(~Exists(logged_days()))


def stopped_logging(people: QuerySet, last: datetime.date) -> QuerySet:
    """The people who logged until the day `last` at the latest."""
    return people.filter(Exists(logged_days()), ~Exists(logged_days().filter(date__gt=last)))
