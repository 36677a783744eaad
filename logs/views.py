import datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from brainlog.body_size import max_body_size
from brainlog.database.retry import retry_on_conflict
from brainlog.database.router import reads_only
from brainlog.pagination import page_number, page_of
from logs import doses, undo
from logs.addresses import address_of_check_in
from logs.answer_form import CheckInForm, store
from logs.calendar_days import Squares, full_name_of, lines_of, month_grid, month_of, name_of_day
from logs.models import DailyLog
from logs.questions import shown_answers
from logs.stages import MORNING, STAGES

ONE_DAY = datetime.timedelta(days=1)


@max_body_size(settings.MAX_LONG_TEXT_BODY)
def check_in(request, day, stage):
    person = request.user
    if request.method == "POST" and not request.POST.keys() & doses.BUTTONS:
        form = store(lambda: CheckInForm(stage, day_or_404(person, day, lock=True), request.POST))
        if form.is_valid():
            return redirect(after_check_in(request, form.instance, stage))
    else:
        form = CheckInForm(stage, day_or_404(person, day))
        if request.method == "POST":
            form.fill_in(doses.with_medication_taken(request.POST))
    context = {
        "form": form,
        "stage": stage,
        "log": form.instance,
        "steps": steps_of(form.instance, now=stage),
        "day_name": name_of_day(day, person.today()),
        "carried": carried_into(person, day) if stage is MORNING else None,
    }
    return render(request, "logs/check_in.html", context)


def day_or_404(person, day, *, lock=False) -> DailyLog:
    """The person's log of a day, or an unsaved one. A day that has not begun for them is a 404.

    After a flight west the newest log may lie ahead of the clock; it stays open.
    """
    rows = person.daily_logs.select_for_update() if lock else person.daily_logs
    log = rows.filter(date=day).first()
    if log is None and day > person.today():
        raise Http404
    return log or DailyLog(user=person, date=day)


def steps_of(log, now=None):
    """The check-ins as a page lists them."""
    words = {"done": _("done"), "begun": _("begun"), "not-started": _("not started")}
    return [
        {
            "stage": stage,
            "slug": stage.slug,
            "title": str(stage.title),
            "address": address_of_check_in(log.date, stage.slug),
            "state": state,
            "state_in_words": words[state],
            "is_now": stage is now,
        }
        for stage, state in ((stage, log.state_of(stage)) for stage in STAGES)
    ]


def carried_into(person, day):
    """What the person wrote the evening before for this morning. One query."""
    names = ("user_id", "date", "thought_for_tomorrow", "tomorrow_plan")
    return person.daily_logs.filter(date=day - ONE_DAY).only(*names).first()


def after_check_in(request, log, stage) -> str:
    """Say what was saved, offer the next check-in, and return the address to go on to."""
    upcoming = next((s for s in STAGES[STAGES.index(stage) + 1 :] if not log.is_done(s)), None)
    if not log.is_begun(stage):
        text = _("%(check_in)s is empty: nothing is stored for it.")
    elif log.is_done(stage):
        text = _("%(check_in)s saved.")
    else:
        text = _("%(check_in)s saved. It counts as done once its first questions are answered.")
    text = text % {"check_in": stage.title}
    if upcoming and "next" not in request.POST:
        address = reverse("logs:check_in", args=[log.date, upcoming])
        offer = _("Next: %(check_in)s") % {"check_in": upcoming.title}
        text = format_html('{} <a href="{}">{}</a>', text, address, offer)
    # The page that shows this message also clears what the browser kept of the check-in.
    messages.success(request, text, extra_tags=f"{log.user_id}/{log.date}/{stage}")
    if upcoming and "next" in request.POST:
        return reverse("logs:check_in", args=[log.date, upcoming])
    return reverse("today") if log.date == request.user.today() else log.get_absolute_url()


@require_safe
@reads_only
def history(request):
    person = request.user
    day = person.today()
    try:
        first = month_of(request.GET.get("month"), day)
    except ValueError as error:
        raise Http404 from error
    weeks = month_grid(first, 0 if person.week_starts_on == person.FirstWeekday.MONDAY else 6)
    in_month = {log.date: log for log in person.daily_logs.for_list().between(weeks[0][0], weeks[-1][-1])}
    logs, pages = page_of(person.daily_logs.for_list(), page_number(request), by="date")
    squares = Squares(day, first.month)
    context = pages | {
        "first": first,
        "has_begun": first <= day,
        "weeks": [[squares.square(date, in_month.get(date)) for date in week] for week in weeks],
        "month_before": first - ONE_DAY if first.year > 1900 else None,
        "month_after": after if (after := (first + 31 * ONE_DAY).replace(day=1)) <= day else None,
        "lines": lines_of(logs),
    }
    return render(request, "logs/history.html", context)


@require_safe
def day(request, day):
    log = day_or_404(request.user, day)
    context = {
        "log": log,
        "day_name": name_of_day(day, request.user.today()),
        "steps": [
            step | {"answers": shown_answers(step["stage"].questions(request.user), log)} for step in steps_of(log)
        ],
        "reasons": DailyLog.NotTracked.choices,
    }
    return render(request, "logs/day.html", context)


@require_POST
def mark_not_tracked(request, day):
    reason = request.POST.get("reason")
    if reason not in DailyLog.NotTracked:
        messages.error(request, _("Please choose why the day is not tracked."))
        return redirect("logs:day", day)
    mark(request.user, day, reason)
    messages.success(request, _("Marked. The day counts neither as a gap nor as a zero."))
    return redirect("logs:day", day)


@retry_on_conflict
def mark(person, day, reason):
    log = day_or_404(person, day, lock=True)
    if log.not_tracked != reason:
        person.daily_logs.update_or_create(date=log.date, defaults={"not_tracked": reason})
        person.answers_changed()


@require_POST
def mark_tracked(request, day):
    take_mark_off(request.user, day)
    messages.success(request, _("The mark is taken off."))
    return redirect("logs:day", day)


@retry_on_conflict
def take_mark_off(person, day):
    log = get_object_or_404(person.daily_logs.select_for_update(), date=day)
    if log.not_tracked is not None:
        log.not_tracked = None
        if log.is_empty:
            log.delete()
        else:
            log.save(update_fields=["not_tracked", "updated_at"])
        person.answers_changed()


@retry_on_conflict
def delete_day(request, day):
    log = get_object_or_404(request.user.daily_logs.select_for_update(), date=day)
    if request.method == "POST":
        context = deleted(day, undo.sign(log))
        log.delete()
        request.user.answers_changed()
        # Shown at once instead of after a redirect: the page itself holds what undo needs.
        return render(request, "logs/deleted.html", context)
    return render(request, "confirm_delete.html", {"object": log, "name": full_name_of(day), "minutes": undo.MINUTES})


def deleted(day, envelope):
    """What the page of a deleted day shows and holds."""
    return {"day": day, "name": full_name_of(day), "envelope": envelope, "minutes": undo.MINUTES}


@max_body_size(settings.MAX_LONG_TEXT_BODY)
@require_POST
def restore_day(request, day):
    try:
        log = undo.restore(request.POST.get("envelope", ""), request.user)
    except undo.CannotRestoreError:
        messages.error(request, _("This day can no longer be brought back."))
        return redirect("logs:history")
    except (undo.LoggedAgainError, undo.ListFullError) as refusal:
        if isinstance(refusal, undo.ListFullError):
            text = _("Your list of medications is full. Those of this day are not on it any more, so it stays deleted.")
        else:
            text = _("The day has new answers. Delete those first, then undo here.")
        messages.error(request, text)
        # The page holds the only copy of the old ones, so it is shown again.
        return render(request, "logs/deleted.html", deleted(day, request.POST.get("envelope", "")))
    messages.success(request, _("The day is back."))
    return redirect(log)
