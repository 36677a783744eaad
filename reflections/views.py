import datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from brainlog.body_size import max_body_size
from brainlog.database.retry import retry_on_conflict
from brainlog.database.router import reads_only
from brainlog.pagination import page_number, page_of
from logs.answer_form import store
from logs.converters import DayConverter
from logs.periods import FIRST_DAY, Month, Week, Year
from logs.summary import numbers_of
from reflections.forms import ReflectionForm
from reflections.models import WeeklyReflection, focus_for

ONE_WEEK = datetime.timedelta(days=7)


@require_safe
@reads_only
def reflections(request):
    page = page_number(request)
    rows, pages = page_of(request.user.weekly_reflections.for_list(), page, by="week_start")
    this_week = request.user.week_of(request.user.today())
    context = pages | {
        "reflections": rows,
        "today": request.user.today(),
        "this_week": this_week,
        "open_weeks": [] if page > 1 else open_weeks(request.user, this_week, rows),
    }
    return render(request, "reflections/list.html", context)


def open_weeks(person, this_week, reflections, most=4):
    """The last few weeks without a reflection, newest first; none from before the person's account."""
    written = {reflection.week_start for reflection in reflections}
    weeks = [this_week - n * ONE_WEEK for n in range(most)]
    first = min(this_week, person.week_of(person.first_day))
    return [week for week in weeks if week not in written and week >= first]


@require_safe
def other_week(request):
    """From a date picked in the list to that week's page."""
    try:
        return redirect("reflections:week", DayConverter().to_python(request.GET.get("day", "")))
    except ValueError:
        messages.error(request, _("Please pick a date."))
        return redirect("reflections:list")


@max_body_size(settings.MAX_LONG_TEXT_BODY)
def week(request, day):
    person = request.user
    if request.method == "POST":
        form = store(lambda: ReflectionForm(week_or_404(person, day, lock=True), request.POST))
        if form.is_valid():
            reflection = form.instance
            text = after_saving(form)
            messages.success(request, text, extra_tags=f"{person.pk}/{reflection.week_start}/week")
            return redirect("reflections:list")
    else:
        form = ReflectionForm(week_or_404(person, day))
    reflection = form.instance
    period = Week(reflection.week_start)
    numbers = numbers_of(person, period)
    days = max(period.days_between(person.first_day, period.last), numbers.days_recorded)
    context = {
        "form": form,
        "reflection": reflection,
        "numbers": numbers,
        "lines": numbers.lines(days),
        "days": days,
        "focus": focus_for(reflection.week_start, person.weekly_reflections.around(reflection.week_start)),
        "week_before": before if (before := reflection.week_start - ONE_WEEK) >= FIRST_DAY else None,
        "week_after": after if (after := reflection.week_start + ONE_WEEK) <= person.today() else None,
    }
    return render(request, "reflections/week.html", context)


def after_saving(form) -> str:
    """What was saved, in words."""
    if not form.instance.pk:
        return _("The page is empty, so nothing is stored for it.")
    if form.open_labels:
        text = _("Your week is saved. Still open, if you like: %(questions)s.")
        text = text % {"questions": ", ".join(form.open_labels)}
    else:
        text = _("Your week is saved.")
    return " ".join([text, *form.readings])


def week_or_404(person, day, *, lock=False) -> WeeklyReflection:
    """The reflection on the week that `day` is in, or an unsaved one.

    A week to come is a 404, and so is the one that begins before the first day an address can name.

    A reflection that starts on just this day comes first: it may be of a time when the person's
    weeks began on another weekday.
    """
    week_start = person.week_of(day)
    rows = person.weekly_reflections.select_for_update() if lock else person.weekly_reflections
    found = {row.week_start: row for row in rows.filter(week_start__in={day, week_start})}
    reflection = found.get(day) or found.get(week_start)
    if reflection is None and not FIRST_DAY <= week_start <= person.today():
        raise Http404
    return reflection or WeeklyReflection(user=person, week_start=week_start)


@require_safe
@reads_only
def month_numbers(request, first):
    return numbers_page(request, Month(first), months=[])


@require_safe
@reads_only
def year_numbers(request, first):
    today, year = request.user.today(), Year(first)
    return numbers_page(request, year, months=[month for month in year.months if month.first <= today])


def numbers_page(request, period, months):
    """What a month's or a year's days say. One that has not begun is a 404."""
    today = request.user.today()
    if period.first > today:
        raise Http404
    numbers = numbers_of(request.user, period)
    # Days before the account and, after a flight west, ahead of the clock count if they have a log.
    days = max(period.days_between(request.user.first_day, today), numbers.days_recorded)
    context = {
        "period": period,
        "numbers": numbers,
        "lines": numbers.lines(days),
        "days": days,
        "is_over": period.last < today,
        "before": before if (before := period.before).first >= FIRST_DAY else None,
        "after": after if (after := period.after).first <= today else None,
        "year": None if months else Year(period.first.replace(month=1)),
        "months": months,
    }
    return render(request, "reflections/numbers.html", context)


def delete(request, day):
    if request.method == "POST":
        delete_reflection(request.user, day)
        messages.success(request, _("The reflection is deleted."))
        return redirect("reflections:list")
    reflection = get_object_or_404(request.user.weekly_reflections, week_start=day)
    return render(request, "confirm_delete.html", {"object": reflection, "name": str(reflection)})


@retry_on_conflict
def delete_reflection(person, day):
    get_object_or_404(person.weekly_reflections.select_for_update(), week_start=day).delete()
    person.answers_changed()
