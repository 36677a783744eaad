"""Whether logging is worth it to a person: asked once, after thirty days. docs/decisions/0035-help-and-care.md"""

import datetime

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from logs.one_question import is_score
from logs.question_changes import QuestionChanges, arrange
from logs.question_choices import Place
from logs.stages import STAGES

ASKED_AFTER, PAUSE = datetime.timedelta(days=30), datetime.timedelta(days=14)


def asks_if_worth_it(person: User) -> bool:
    """Whether Today asks: after thirty days, if anything was ever saved and it was not answered. No query."""
    is_answered = person.worth_it_answered_on is not None
    if is_answered or person.are_notices_paused or not person.answers_version:
        return False
    return person.today() >= person.first_day + ASKED_AFTER


def questions_to_fold(person: User) -> list[str]:
    """The names of the questions beside the scores of each check-in. One without scores stays as it is."""
    found = []
    for stage in STAGES:
        first = [each for each in stage.questions(person) if each.is_first and not each.shown_when]
        if stage.is_on(person) and any(map(is_score, first)):
            found += [question.name for question in first if not is_score(question)]
    return found


def ask_fewer(person: User) -> str:
    arrange(person, QuestionChanges(dict.fromkeys(questions_to_fold(person), Place.FOLDED), {}, []))
    text = _("Fewer questions, then: those from 1 to 10 come first, and the others are folded away below them.")
    return with_link(text, reverse("logs:questions"), _("Change these questions"))


def pause(person: User) -> str:
    """Pause notices and hints, and with them reminders. A longer pause stays."""
    until = max(person.today() + PAUSE, person.notices_paused_until or datetime.date.min)
    person.notices_paused_until = until
    person.save(update_fields=["notices_paused_until", "updated_at"])
    text = _("No reminders, notices or hints until %(day)s. Your log stays open.") % {"day": date_format(until)}
    return with_link(text, reverse("logs:not_tracked_days"), _("Leave days out of your numbers"))


def go_on(person: User) -> str:
    return _("All stays as it is.")


def not_now(person: User) -> str:
    text = _("You will not be asked again.")
    return with_link(text, reverse("accounts:profile"), _("Questions and pauses are under “You”"))


def with_link(text: str, address: str, words: str) -> str:
    return format_html('{} <a href="{}">{}</a>', text, address, words)


ANSWERS = {"fewer": ask_fewer, "pause": pause, "go-on": go_on, "not-now": not_now}


@require_POST
def worth_it(request):
    """Store that the question was answered, and do what the answer says. A second tap, in another tab, does it too."""
    answer = ANSWERS.get(request.POST.get("answer"))
    if answer is None:
        messages.error(request, _("Please choose one of the answers."))
    else:
        messages.success(request, answer(request.user))
        request.user.answer_worth_it(request.user.today())
    return redirect("today")
