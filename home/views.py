from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from accounts.known_browsers import ended_person_ids
from brainlog.purpose import PURPOSE
from home.worth_it import asks_if_worth_it
from logs.calendar_days import Squares, full_name_of
from logs.check_in_times import stage_now
from logs.medication_list import MedicationList
from logs.models import DailyLog, logs_between
from logs.one_question import one_question
from logs.some_questions import OneQuestionForm, address_of_question, offers_catch_up
from logs.views import ONE_DAY, log_of, steps_of
from logs.which_day import FOR_TODAY
from reflections.models import reflections_around
from reminders.badge import due_today

MOST_MEDICATIONS = 6  # offered for one tap


@login_not_required
@require_safe
def today(request):
    if not request.user.is_authenticated:
        context = {"purpose": PURPOSE, "ended_person_ids": ended_person_ids(request)}
        return render(request, "home/welcome.html", context)
    if request.user.is_asked_one_question:
        return render(request, "home/one_question.html", day_of_one_question(request.user))
    return render(request, "home/today.html", day_of_check_ins(request.user))


def day_of_check_ins(person) -> dict:
    """What Today shows: the check-ins of the day, what the days before left for it, and the week."""
    day = person.today()
    logs = {log.date: log for log in logs_between(user=person, first=day - 7 * ONE_DAY, last=day)}
    log = logs.get(day) or DailyLog(user=person, date=day)
    reflections = reflections_around(person, day)
    squares = Squares(day, person.first_day)
    strip = [squares.square(date, logs.get(date)) for date in (day - n * ONE_DAY for n in range(6, -1, -1))]
    upcoming = next_check_in(log)
    yesterday = logs.get(day - ONE_DAY) or DailyLog(user=person, date=day - ONE_DAY)
    return named(log) | {
        "steps": steps_of(log, now=upcoming, today=day, stages=log.stages_counted),
        "is_of_the_hour": upcoming is stage_now(person),
        "due": due_today(log, reflections),
        "strip": strip,
        "shows_moods": any(square.score and square.sign for square in strip),
        "yesterday": yesterday,
        "catch_up": yesterday.date if offers_catch_up(yesterday) else None,
        "focus": next((r.next_week_focus for r in reflections if r.week_end < day), None),
        "reflection": next((r for r in reflections if r.week_end >= day), None),
        "asks_if_worth_it": asks_if_worth_it(person),
    }


def day_of_one_question(person) -> dict:
    """What Today shows on a day of one question: this, its answer, and medication for one tap."""
    log = log_of(person, person.today())
    question = one_question(log)
    context = named(log) | {"question": question, "called_today": log.date, "for_today": FOR_TODAY}
    if question is None:
        return context
    answer = question.read(log)
    return context | {
        "address": address_of_question(log.date, question.name),
        "date": date_format(log.date),
        "answer": None if answer is None else question.display(answer),
        "form": OneQuestionForm(log, question.name, question),
    }


def named(log: DailyLog) -> dict:
    """The day, and the medications that Today offers."""
    medications = MedicationList.of_day(log)
    return {
        "day": log.date,
        "day_in_full": full_name_of(log.date),
        "log": log,
        "medications": medications.lines(MOST_MEDICATIONS),
        "more_medications": len(medications.offered) > MOST_MEDICATIONS,
    }


def next_check_in(log: DailyLog):
    """The first check-in from this hour on that is switched on and not done. None, if there is none."""
    return log.next_open(stage_now(log.user))
