"""Pages for a bad day and the day after: one question alone, and yesterday's missing scores on one page."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from logs import undo, which_day
from logs.answer_form import store
from logs.calendar_days import full_name_of, name_of_day
from logs.one_question import ask_everything, ask_one_question, score_named
from logs.question_lists import read_questions_again
from logs.questions import OWN_NAME
from logs.receipts import say_partly_saved, say_saved
from logs.some_questions import CatchUpForm, OneQuestionForm, address_of_question
from logs.views import CATCH_UP, day_or_404, is_of_one, is_open, log_of, page_after, undo_address
from logs.waiting_saves import takes_waiting_saves


@require_POST
def ask_one(request):
    """Ask one question only until the person's day ends, or everything again."""
    person, asks = request.user, request.POST.get("asks")
    if asks == "one":
        ask_one_question(person, person.today())
        messages.success(request, _("Just one question today. Everything else can wait."))
    elif asks == "all":
        ask_everything(person, person.today())
        messages.success(request, _("All your check-ins are there again."))
    else:
        messages.error(request, _("Please choose between one question and all of them."))
    return redirect("today")


@takes_waiting_saves
def one_question(request, day, name):
    """One question of a day, asked and saved as by its check-in."""
    person = request.user
    choices = which_day.days_to_choose(request, day, lambda each: address_of_question(each, name))
    if choices and request.method != "POST":
        return which_day.follow_link(request, choices, _("One question"), is_open=is_open(person, day))
    if is_save := request.method == "POST" and not choices:
        form = store(lambda: opened_question(person, day, name, request.POST))
        if form.is_accepted:
            return redirect(after_one_question(request, form))
    else:
        form = OneQuestionForm(day_or_404(person, day, request.POST), name, question_or_404(person, name))
        if request.method == "POST":
            form.fill_in(request.POST)
    context = which_day.form_context(request, day, choices, is_save=is_save) | {
        "form": form,
        "address": address_of_question(day, name),
        **names_of(day, person.today()),
    }
    return render(request, "logs/one_question.html", context, status=form.status)


def names_of(day, today) -> dict:
    """A day as the heading of a page names it."""
    return {
        "day": day,
        "day_name": name_of_day(day, today),
        "weekday": date_format(day, "l"),
        "date": date_format(day),
    }


def question_or_404(person, name):
    """The person's question with a score of this name. None for an own one that may have been deleted since."""
    question = score_named(person, name)
    if question is None and not OWN_NAME.fullmatch(name):
        raise Http404
    return question


def opened_question(person, day, name, data) -> OneQuestionForm:
    """The form that a save came in for, its day locked, with what was typed on the page of another day moved to it."""
    read_questions_again(person)
    question = question_or_404(person, name)
    form = OneQuestionForm(day_or_404(person, day, data, lock=True), name, question, data)
    if typed_on := which_day.moved_from(data, day):
        form.move_from(OneQuestionForm(log_of(person, typed_on), name, question, data))
    return form


def after_one_question(request, form) -> str:
    """Say what was saved, offer to undo it, and return the address to go on to."""
    person, log = request.user, form.instance
    [stage] = form.stages
    if not any(form.answer_to(question) is not None for question in form.questions):
        text = _("Nothing is stored for this question.")
    elif is_of_one(person, log.date):
        text = _("Saved. That is enough for today.")
    else:
        text = _("Saved.")
    days = filter(None, [log.date, which_day.moved_from(request.POST, log.date)])
    saved = ",".join(f"{person.pk}/{day}/one-question/{form.name}" for day in days)
    say_saved(request, text, form, saved=saved, address=undo_address(log.date), about=stage.slug)
    return page_after(person, log.date)


@takes_waiting_saves
def catch_up(request, day):
    """The scores that a day misses, of all its check-ins. The day is that of the address, whatever day it is by now."""
    person = request.user
    if request.method == "POST":
        form = store(lambda: opened_catch_up(person, day, request.POST))
        if form.is_accepted:
            return redirect(after_catch_up(request, form))
        say_partly_saved(request, form, address=undo_address(day), about=CATCH_UP)
    else:
        form = CatchUpForm(day_or_404(person, day, request.POST))
    called_today = which_day.day_in(request.POST, "today") or person.today()
    context = {"form": form, "called_today": called_today, **names_of(day, person.today())}
    return render(request, "logs/catch_up.html", context, status=form.status)


def opened_catch_up(person, day, data) -> CatchUpForm:
    read_questions_again(person)
    return CatchUpForm(day_or_404(person, day, data, lock=True), data)


def after_catch_up(request, form) -> str:
    """Say what was saved, offer to undo it, and return the address to go on to. What was left blank stays so."""
    person, day = request.user, form.instance.date
    person.decline_catch_up(day)
    text = (_("Saved for %(day)s.") if form.change else _("%(day)s stays as it is.")) % {"day": full_name_of(day)}
    saved = f"{person.pk}/{day}/{CATCH_UP}"
    say_saved(request, text, form, saved=saved, address=undo_address(day), about=CATCH_UP)
    return reverse("today")


@require_POST
def decline_catch_up(request, day):
    """Offer no more to fill in the scores of this day."""
    if day > request.user.today():
        raise Http404
    request.user.decline_catch_up(day)
    text = _("%(day)s stays as it is.") % {"day": full_name_of(day)}
    link = _("Fill it in after all")
    text = format_html('{} <a href="{}">{}</a>', text, reverse("logs:catch_up", args=[day]), link)
    undo.say(request, text, saved=f"{request.user.pk}/{day}/{CATCH_UP}/*")
    return redirect("today")
