import datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from brainlog.body_size import max_body_size
from brainlog.database.retry import retry_on_conflict
from brainlog.database.router import reads_only
from brainlog.pagination import page_number, page_of
from logs import undo, which_day
from logs.answer_form import store
from logs.converters import DayConverter
from logs.periods import FIRST_DAY, Month, Week, Year
from logs.question_lists import read_questions_again
from logs.saving import Change
from logs.summary import numbers_of
from logs.waiting_saves import takes_waiting_saves
from reflections.forms import ReflectionForm
from reflections.models import WeeklyReflection, focus_for, parts_of_week, reflections_around, reflections_on

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
@takes_waiting_saves
def week(request, day):
    person = request.user
    choices = weeks_to_choose(request, day)
    if choices and request.method != "POST":
        is_open = not choices[0].is_ahead or find_week(person, day) is not None
        return which_day.follow_link(request, choices, _("Your week"), is_open=is_open, is_week=True)
    if is_save := request.method == "POST" and not choices:
        form = store(lambda: opened_form(person, day, request.POST))
        if form.is_accepted:
            return redirect(after_save(request, form))
        undo.say_partly(request, address=undo_address(form.instance.week_start), change=form.change)
    else:
        form = ReflectionForm(week_or_404(person, day, request.POST), speaks_of=request.POST)
        if request.method == "POST":
            form.fill_in(request.POST)
    context = which_day.form_context(request, form.instance.week_start, choices, is_save=is_save)
    return render(request, "reflections/week.html", context | shown_with(person, form), status=form.status)


def shown_with(person, form) -> dict:
    """What the page of a week shows around its form: the week's numbers, and the weeks beside it."""
    reflection = form.instance
    period = Week(reflection.week_start)
    numbers = numbers_of(person, period)
    days = numbers.days_in(period, person)
    return {
        "form": form,
        "reflection": reflection,
        "numbers": numbers,
        "lines": numbers.lines(days),
        "days": days,
        "focus": focus_for(reflection.week_start, reflections_around(person, reflection.week_start)),
        "week_before": before if (before := reflection.week_start - ONE_WEEK) >= FIRST_DAY else None,
        "week_after": after if (after := reflection.week_start + ONE_WEEK) <= person.today() else None,
    }


def weeks_to_choose(request, day) -> list[which_day.Choice]:
    """The weeks that can be meant; none if there is no need to ask."""
    person = request.user
    week_start, this_week = person.week_of(day), person.week_of(person.today())
    if not which_day.must_ask(request, week_start, person.week_of):
        return []
    names = {this_week: _("This week"), this_week - ONE_WEEK: _("Last week")}

    def name_of(week):
        return names.get(week, _("The week of this page")), str(WeeklyReflection(week_start=week))

    return which_day.choices(week_start, this_week, lambda week: reverse("reflections:week", args=[week]), name_of)


def opened_form(person, day, data) -> ReflectionForm:
    """The form that a save came in for, its week locked, with what was typed on another week's page moved to it."""
    read_questions_again(person)
    form = ReflectionForm(week_or_404(person, day, data, lock=True), data)
    if typed_on := which_day.moved_from(data, form.instance.week_start):
        rows = person.weekly_reflections.filter(week_start=typed_on)
        form.move_from(ReflectionForm(rows.first() or WeeklyReflection(user=person, week_start=typed_on), data))
    return form


def after_save(request, form) -> str:
    """Say what was saved, offer to undo it, and return the address to go on to."""
    reflection = form.instance
    weeks = filter(None, [reflection.week_start, which_day.moved_from(request.POST, reflection.week_start)])
    saved = ",".join(f"{request.user.pk}/{week}/week" for week in weeks)
    address = undo_address(reflection.week_start)
    undo.say(request, text_after_save(form), saved=saved, address=address, change=form.change)
    return reverse("reflections:list")


def text_after_save(form) -> str:
    """What was saved, in words."""
    if not form.instance.pk:
        return _("The page is empty, so nothing is stored for it.")
    if form.open_labels:
        text = _("Your week is saved. Still open, if you like: %(questions)s")
        text = text % {"questions": form.open_labels_at_end}
    else:
        text = _("Your week is saved.")
    return " ".join([text, *form.readings])


def week_or_404(person, day, sent, *, lock=False) -> WeeklyReflection:
    """The reflection on the week that `day` is in, or an unsaved one.

    A week to come is a 404, and so is the one that begins before the first day an address can name. One that had begun
    on the page that has `sent` something is open to it.
    """
    week_start = person.week_of(day)
    reflection = find_week(person, day, lock=lock)
    if reflection is None and not (week_start >= FIRST_DAY and which_day.has_begun(person, week_start, sent)):
        raise Http404
    return reflection or WeeklyReflection(user=person, week_start=week_start)


def find_week(person, day, *, lock=False) -> WeeklyReflection | None:
    """The stored reflection on the week that `day` is in.

    One that starts on just this day comes first: it may be of a time when the person's weeks began on another weekday.
    """
    week_start = person.week_of(day)
    if lock:
        rows = person.weekly_reflections.select_for_update().filter(week_start__in={day, week_start})
    else:
        rows = reflections_on(user=person, first=week_start, day=day)
    found = {row.week_start: row for row in rows}
    return found.get(day) or found.get(week_start)


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
    days = numbers.days_in(period, request.user)
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
        change = delete_reflection(request.user, day)
        envelope = undo.seal(request.user, request.session, undo_address(day), DELETED, change)
        # Shown at once instead of after a redirect: the page itself holds what undo needs.
        return render(request, "deleted.html", deleted(day, envelope))
    reflection = get_object_or_404(request.user.weekly_reflections, week_start=day)
    context = {"object": reflection, "name": str(reflection), "minutes": undo.MINUTES}
    return render(request, "confirm_delete.html", context)


@retry_on_conflict
def delete_reflection(person, day) -> Change:
    reflection = get_object_or_404(person.weekly_reflections.select_for_update(), week_start=day)
    change = undo.delete(reflection, parts_of_week(person))
    person.answers_changed()
    return change


DELETED = "deleted"


def deleted(day, envelope):
    """What the page of a deleted reflection shows and holds."""
    return {
        "name": str(WeeklyReflection(week_start=day)),
        "address": undo_address(day),
        "envelope": envelope,
        "minutes": undo.MINUTES,
        "back": reverse("reflections:list"),
        "back_in_words": _("To your weeks"),
    }


def undo_address(day) -> str:
    return reverse("reflections:undo", args=[day])


@max_body_size(settings.MAX_LONG_TEXT_BODY)
@require_POST
def undo_change(request, day):
    """Undo a save or the deletion of a reflection."""
    about = ""
    try:
        about, change = undo.opened(request)
        change = undo.undo(lambda: locked_week(request.user, day), parts_of_week(request.user), change)
    except undo.CannotUndoError as refusal:
        if about != DELETED:
            messages.error(request, str(refusal))
        elif undo.explain(request, refusal, _("The week has new answers. Delete those first, then undo here.")):
            return render(request, "deleted.html", deleted(day, request.POST["envelope"]))
        return redirect("reflections:list")
    if about == DELETED:
        messages.success(request, _("Your week is back."))
    else:
        undo.say_undone(request, _("Your week"), address=undo_address(day), about=about, change=change)
    return redirect("reflections:list")


def locked_week(person, day) -> WeeklyReflection:
    """The person's reflection on a week that was saved before, or an unsaved one, if it is gone."""
    rows = person.weekly_reflections.select_for_update()
    return rows.filter(week_start=day).first() or WeeklyReflection(user=person, week_start=day)
