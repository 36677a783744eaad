from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.known_browsers import ended_person_ids
from logs.calendar_days import Squares, full_name_of
from logs.medication_list import MedicationList
from logs.models import DailyLog, logs_between
from logs.stages import stage_for_hour
from logs.views import ONE_DAY, steps_of
from reflections.models import reflections_around

MOST_MEDICATIONS = 6  # offered for one tap


@login_not_required
@require_safe
def today(request):
    if not request.user.is_authenticated:
        return render(request, "home/welcome.html", {"ended_person_ids": ended_person_ids(request)})
    person = request.user
    day = person.today()
    logs = {log.date: log for log in logs_between(user=person, first=day - 7 * ONE_DAY, last=day)}
    log = logs.get(day) or DailyLog(user=person, date=day)
    reflections = reflections_around(person, day)
    squares = Squares(day, person.first_day)
    strip = [squares.square(date, logs.get(date)) for date in (day - n * ONE_DAY for n in range(6, -1, -1))]
    medications = MedicationList.of_day(log)
    now = check_in_of_the_hour(log)
    context = {
        "day": day,
        "day_in_full": full_name_of(day),
        "log": log,
        "steps": steps_of(log, now=now, today=day, stages=log.stages_counted),
        "strip": strip,
        "shows_moods": any(square.score and square.sign for square in strip),
        "yesterday": logs.get(day - ONE_DAY),
        "medications": medications.lines(MOST_MEDICATIONS),
        "more_medications": len(medications.offered) > MOST_MEDICATIONS,
        "focus": next((r.next_week_focus for r in reflections if r.week_end < day), None),
        "reflection": next((r for r in reflections if r.week_end >= day), None),
    }
    return render(request, "home/today.html", context)


def check_in_of_the_hour(log):
    """The first check-in from this hour on that is switched on and not done. None, if there is none."""
    person = log.user
    return log.next_open(stage_for_hour(person.local_time().hour, person.day_ends_at))
