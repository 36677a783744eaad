from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.known_browsers import ended_person_ids
from logs.calendar_days import Squares, full_name_of
from logs.doses import MedicationList
from logs.models import DailyLog
from logs.stages import stage_for_hour
from logs.views import ONE_DAY, steps_of

MOST_MEDICATIONS = 6  # offered for one tap


@login_not_required
@require_safe
def today(request):
    if not request.user.is_authenticated:
        return render(request, "home/welcome.html", {"ended_person_ids": ended_person_ids(request)})
    person = request.user
    day = person.today()
    logs = {log.date: log for log in person.daily_logs.between(day - 7 * ONE_DAY, day)}
    log = logs.get(day) or DailyLog(user=person, date=day)
    reflections = list(person.weekly_reflections.around(day))
    squares = Squares(day)
    medications = MedicationList.of_day(log)
    context = {
        "day": day,
        "day_in_full": full_name_of(day),
        "log": log,
        "steps": steps_of(log, now=stage_for_hour(person.local_time().hour, person.day_ends_at)),
        "strip": [squares.square(date, logs.get(date)) for date in (day - n * ONE_DAY for n in range(6, -1, -1))],
        "yesterday": logs.get(day - ONE_DAY),
        "medications": medications.lines(MOST_MEDICATIONS),
        "more_medications": len(medications.offered) > MOST_MEDICATIONS,
        "focus": next((r.next_week_focus for r in reflections if r.week_end < day), None),
        "reflection": next((r for r in reflections if r.week_end >= day), None),
    }
    return render(request, "home/today.html", context)
