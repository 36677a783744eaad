import datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from brainlog.body_size import max_body_size
from brainlog.database.retry import retry_on_conflict
from logs import doses_field, undo, which_day
from logs.addresses import address_of_check_in, address_of_day
from logs.answer_form import CheckInForm, store
from logs.calendar_days import full_name_of, name_of_day, stretches_in_words
from logs.check_in_times import hours_chosen
from logs.forms import NotTrackedDaysForm
from logs.models import DailyLog, logs_carried_on, logs_of_day
from logs.not_tracked import MOST_DAYS, mark_days, take_marks_off
from logs.periods import FIRST_DAY
from logs.question_lists import parts_of_day, read_questions_again
from logs.questions import NOT_TRACKED, shown_answers
from logs.receipts import say_partly_saved, say_saved
from logs.saving import Change, save_answers
from logs.stages import MORNING, STAGE_BY_SLUG, STAGES
from logs.waiting_saves import takes_waiting_saves

ONE_DAY = datetime.timedelta(days=1)


@max_body_size(settings.MAX_LONG_TEXT_BODY)
@takes_waiting_saves
def check_in(request, day, stage):
    person = request.user
    choices = which_day.days_to_choose(request, day, lambda each: address_of_check_in(each, stage.slug))
    if choices and request.method != "POST":
        return which_day.follow_link(request, choices, stage.title, is_open=is_open(person, day))
    if is_save := request.method == "POST" and not choices and not request.POST.keys() & doses_field.BUTTONS:
        form = store(lambda: opened_form(person, day, stage, request.POST))
        if form.is_accepted:
            return redirect(after_check_in(request, form, stage))
        say_partly_saved(request, form, address=undo_address(day), about=stage.slug)
    else:
        form = CheckInForm(stage, day_or_404(person, day, request.POST), speaks_of=request.POST)
        if request.method == "POST":
            form.fill_in(doses_field.with_medication_taken(request.POST))
    context = which_day.form_context(request, day, choices, is_save=is_save) | shown_with(request, form, stage)
    return render(request, "logs/check_in.html", context, status=form.status)


def shown_with(request, form, stage) -> dict:
    """What the page of a check-in shows around its form."""
    person, day = request.user, form.instance.date
    return {
        "form": form,
        "stage": stage,
        "log": form.instance,
        "steps": steps_of(form.instance, now=stage, today=person.today()),
        "day_name": name_of_day(day, person.today()),
        "has_next": has_next(person, day, stage),
        "weekday": date_format(day, "l"),
        "date": date_format(day),
        "carried": carried_into(person, day) if stage is MORNING else None,
        "goes_on": goes_on(request.POST),
    }


def has_next(person, day, stage) -> bool:
    """Whether another check-in follows. None does on a day of one question."""
    return not is_of_one(person, day) and any(each.is_on(person) for each in STAGES[STAGES.index(stage) + 1 :])


def is_of_one(person, day) -> bool:
    """Whether the day is still one of one question, so that nothing else is to be named as open."""
    return person.is_asked_one_question and day == person.one_question_on


def goes_on(data) -> bool:
    """Whether the next check-in is to follow the save.

    The button says so or, where a page has asked something before it saves (`then`), the button of the save before.
    """
    return "next" in data or ("then" in data and "save" not in data)


def opened_form(person, day, stage, data) -> CheckInForm:
    """The form that a save came in for, its day locked, with what was typed on the page of another day moved to it."""
    read_questions_again(person)
    form = CheckInForm(stage, day_or_404(person, day, data, lock=True), data)
    if typed_on := which_day.moved_from(data, day):
        form.move_from(CheckInForm(stage, log_of(person, typed_on), data))
    return form


def day_or_404(person, day, sent, *, lock=False) -> DailyLog:
    """The person's log of a day, or an unsaved one. A day that has not begun for them is a 404.

    After a flight west the newest log may lie ahead of the clock; it stays open. One without a log is open to what was
    `sent` by a page that was made when the day had begun for them.
    """
    log = log_of(person, day, lock=lock)
    if log._state.adding and not which_day.has_begun(person, day, sent):
        raise Http404
    return log


def is_open(person, day) -> bool:
    """Whether a day has pages. A query only for one that is ahead of the clock."""
    return day <= person.today() or person.daily_logs.filter(date=day).exists()


def log_of(person, day, *, lock=False) -> DailyLog:
    if lock:
        log = person.daily_logs.select_for_update().filter(date=day).first()
    else:
        log = next(iter(logs_of_day(user=person, date=day)), None)
    return log or DailyLog(user=person, date=day)


def steps_of(log, now=None, today=None, stages=None):
    """The check-ins as a page lists them: these, else those switched on or answered, and the one that it is about."""
    if stages is None:
        stages = [each for each in STAGES if each.is_on(log.user) or each is now or log.is_begun(each)]
    is_closed = today is not None and log.date > today and log.pk is None  # Its links lead to today's check-ins.
    meant = which_day.FOR_TODAY if log.date == today or is_closed else ""
    words = {"done": _("done"), "begun": _("begun"), "not-started": _("not started")}
    hours = hours_chosen(log.user)
    return [
        {
            "stage": stage,
            "slug": stage.slug,
            "title": str(stage.title),
            "hours": hours.get(stage.slug),
            "address": address_of_check_in(log.date, stage.slug) + meant,
            "state": state,
            "state_in_words": words[state],
            "is_now": stage is now,
        }
        for stage, state in ((stage, log.state_of(stage)) for stage in stages)
    ]


def carried_into(person, day):
    """What the person wrote the evening before for this morning. One query."""
    return next(iter(logs_carried_on(user=person, date=day - ONE_DAY)), None)


def after_check_in(request, form, stage) -> str:
    """Say what was saved, offer to undo it and the next check-in, and return the address to go on to."""
    log = form.instance
    only_one = is_of_one(request.user, log.date)
    upcoming = log.next_after(stage) if is_open(request.user, log.date) and not only_one else None
    if not log.is_begun(stage):
        text = _("%(check_in)s is empty, so nothing is stored for it.")
    elif log.is_done(stage) or only_one:
        text = _("%(check_in)s saved.")
    else:
        text = _("%(check_in)s saved. Still open, if you like: %(questions)s")
    text = text % {"check_in": stage.title, "questions": form.open_labels_at_end}
    text = " ".join([text, *form.readings])
    is_today = log.date == request.user.today()
    address = upcoming and address_of_check_in(log.date, upcoming.slug) + (which_day.FOR_TODAY if is_today else "")
    if upcoming and not goes_on(request.POST):
        offer = _("Next: %(check_in)s") % {"check_in": upcoming.title}
        text = format_html('{} <a href="{}">{}</a>', text, address, offer)
    # The page that shows this message also clears what the browser kept of the check-in.
    days = filter(None, [log.date, which_day.moved_from(request.POST, log.date)])
    saved = ",".join(f"{log.user_id}/{day}/{stage}" for day in days)
    say_saved(request, text, form, saved=saved, address=undo_address(log.date), about=stage.slug)
    if upcoming and goes_on(request.POST):
        return address
    return page_after(request.user, log.date)


def page_of_day(person, day) -> str:
    """The page of a day, also of today. For a day that is not open any more, Today."""
    return reverse("logs:day", args=[day]) if is_open(person, day) else reverse("today")


def page_after(person, day) -> str:
    """Where a save leads: to Today, or for another day to its page."""
    return reverse("today") if day == person.today() else page_of_day(person, day)


def undo_address(day) -> str:
    return reverse("logs:undo", args=[day])


@require_safe
def day(request, day):
    log, today = day_or_404(request.user, day, request.POST), request.user.today()
    context = {
        "log": log,
        "day_name": name_of_day(day, today),
        "weekday": date_format(day, "l"),
        "date": date_format(day),
        "called_today": today,
        "steps": [
            step | {"answers": shown_answers(step["stage"].questions(request.user), log)}
            for step in steps_of(log, today=today)
        ],
        "reasons": DailyLog.NotTracked.choices,
    }
    return render(request, "logs/day.html", context | days_beside(request.user, day))


def days_beside(person, day) -> dict:
    """The addresses of the day before and the day after, None where there is no such page."""
    before, after = day - ONE_DAY, day + ONE_DAY
    return {
        "day_before": address_of_day(before) if before >= FIRST_DAY else None,
        "day_after": address_of_day(after) if is_open(person, after) else None,
    }


@require_POST
def mark_not_tracked(request, day):
    reason = request.POST.get("reason")
    if reason not in DailyLog.NotTracked:
        messages.error(request, _("Please choose why the day is not tracked."))
        return redirect("logs:day", day)
    if choices := which_day.days_to_choose(request, day, lambda each: reverse("logs:not_tracked", args=[each])):
        hidden = [("reason", reason), ("today", request.POST.get("today", ""))]
        return which_day.ask(request, choices, _("Mark the day as not tracked"), hidden=hidden)
    change = mark(request.user, day, reason, request.POST)
    text = _("Marked. The day is left out of your numbers.")
    undo.say(request, text, address=undo_address(day), about=MARK, change=change)
    return redirect("logs:day", day)


def not_tracked_days(request):
    """Mark a stretch of days as not tracked, or take the marks off."""
    person = request.user
    if request.method == "POST":
        form = NotTrackedDaysForm(person, request.POST)
        if form.is_valid():
            first, last = form.cleaned_data["first"], form.cleaned_data["last"]
            if form.clears:
                messages.success(request, after_clearing(take_marks_off(person, first, last)))
            else:
                marked = mark_days(person, first, last, form.cleaned_data["reason"])
                messages.success(request, after_marking(marked, first, last))
            return redirect(f"{reverse('logs:history')}?month={last:%Y-%m}")
    else:
        form = NotTrackedDaysForm(person, initial={name: request.GET.get(name, "")[:10] for name in ("first", "last")})
    return render(request, "logs/not_tracked_days.html", {"form": form, "most": MOST_DAYS})


def after_marking(marked, first, last) -> str:
    """What was marked and what was left, in words, with a link to change it."""
    text = ngettext("%(days)d day is marked as not tracked.", "%(days)d days are marked as not tracked.", marked.days)
    texts = [text % {"days": marked.days}]
    if marked.left:
        texts.append(_("Left as they are, with their answers: %(days)s.") % {"days": stretches_in_words(marked.left)})
    address = f"{reverse('logs:not_tracked_days')}?first={first}&last={last}"
    return format_html('{} <a href="{}">{}</a>', " ".join(texts), address, _("Change or take back"))


def after_clearing(days: int) -> str:
    if not days:
        return _("None of these days was marked, so nothing has changed.")
    text = ngettext("The mark is taken off %(days)d day.", "The mark is taken off %(days)d days.", days)
    return text % {"days": days}


@require_POST
def mark_tracked(request, day):
    get_object_or_404(request.user.daily_logs, date=day)
    change = mark(request.user, day, None, request.POST)
    undo.say(request, _("The mark is taken off."), address=undo_address(day), about=MARK, change=change)
    return redirect(page_of_day(request.user, day))


@retry_on_conflict
def mark(person, day, reason, sent) -> Change | None:
    """Mark a day as not tracked, or take the mark off. Returns what that changed."""
    log = day_or_404(person, day, sent, lock=True)
    if log.not_tracked == reason:
        return None
    change = save_answers(log, {NOT_TRACKED: reason}, {})
    person.answers_changed()
    return change


def delete_day(request, day):
    if request.method == "POST":
        change = delete_answers(request.user, day)
        envelope = undo.seal(request.user, request.session, undo_address(day), DELETED, change)
        # Shown at once instead of after a redirect: the page itself holds what undo needs.
        return render(request, "deleted.html", deleted(day, envelope))
    log = get_object_or_404(request.user.daily_logs, date=day)
    return render(request, "confirm_delete.html", {"object": log, "name": full_name_of(day), "minutes": undo.MINUTES})


@retry_on_conflict
def delete_answers(person, day) -> Change:
    log = get_object_or_404(person.daily_logs.select_for_update(), date=day)
    change = undo.delete(log, parts_of_day(person))
    person.answers_changed()
    return change


def deleted(day, envelope):
    """What the page of a deleted day shows and holds."""
    return {
        "name": full_name_of(day),
        "address": undo_address(day),
        "envelope": envelope,
        "minutes": undo.MINUTES,
        "back": reverse("logs:history"),
        "back_in_words": _("To the history"),
    }


MARK, DELETED, CATCH_UP = "mark", "deleted", "catch-up"  # What is undone, if it is no check-in.


@max_body_size(settings.MAX_LONG_TEXT_BODY)
@require_POST
def undo_change(request, day):
    """Undo a save of a check-in or of a mark, or the deletion of a day."""
    about = ""
    try:
        about, change = undo.opened(request)
        change = undo.undo(lambda: locked_day(request.user, day), parts_of_day(request.user), change)
    except undo.CannotUndoError as refusal:
        if about != DELETED:
            messages.error(request, str(refusal))
        elif undo.explain(request, refusal, _("The day has new answers. Delete those first, then undo here.")):
            return render(request, "deleted.html", deleted(day, request.POST["envelope"]))
        return redirect(page_after(request.user, day))
    if about == DELETED:
        messages.success(request, _("The day is back."))
        return redirect("logs:day", day)
    subject = about.removeprefix(undo.UNDO)
    if subject == CATCH_UP:
        (request.user.offer_catch_up if about == subject else request.user.decline_catch_up)(day)
    undo.say_undone(request, name_undone(subject), address=undo_address(day), about=about, change=change)
    return redirect((page_of_day if subject == MARK else page_after)(request.user, day))


def name_undone(subject: str) -> str:
    """What was undone, in words."""
    names = {MARK: _("The mark of the day"), CATCH_UP: _("The day")}
    return names.get(subject) or STAGE_BY_SLUG[subject].title


def locked_day(person, day) -> DailyLog:
    """The person's log of a day that was saved before, or an unsaved one, if it is gone."""
    return person.daily_logs.select_for_update().filter(date=day).first() or DailyLog(user=person, date=day)
