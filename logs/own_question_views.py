"""The pages of a person's own questions, and the gallery of ready-made ones."""

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from logs import question_changes
from logs.gallery import ENTRY_BY_KEY, GROUPS
from logs.models import OwnQuestion
from logs.own_question_form import OwnQuestionForm
from logs.question_choices import Place
from logs.question_lists import QUESTION_LISTS, questions_for
from logs.question_views import off_check_ins, page_of_list, said_of_emptied


def new_question(request):
    if request.method == "POST":
        form = OwnQuestionForm(request.POST)
        if form.is_valid() and (question := saved([form], lambda: add(request.user, form))):
            return redirect_to_list(request, question, _("“%(question)s” is asked from now on."))
    else:
        form = OwnQuestionForm(initial={"check_in": request.GET.get("check_in")})
    return render(request, "logs/own_question.html", {"form": form, "question": None})


def add(person, form: OwnQuestionForm):
    choices, _retired = form.choices_with_ids()
    return question_changes.add_question(person, facts_of(form) | {"choices": choices})


def facts_of(form: OwnQuestionForm) -> dict:
    """The form's answers by the columns of a question."""
    facts = {name: form.cleaned_data[name] for name in form.cleaned_data if name not in ("asked", "choices")}
    return facts | {"place": form.cleaned_data["asked"]}


def saved(forms: list[OwnQuestionForm], save):
    """What `save` returns; None, with its error on the last form, if there is no room."""
    try:
        return save()
    except ValidationError as error:
        forms[-1].add_error(None, error)
        return None


def redirect_to_list(request, question, text: str, off_before: set[str] | None = None):
    """Say what was done, and that a check-in is off since, if it asks nothing any more."""
    text = text % {"question": question.label_in_words}
    emptied = said_of_emptied(request.user, off_before) if off_before is not None else ""
    messages.success(request, " ".join(filter(None, [text, emptied])))
    return redirect(page_of_list(question.check_in, question.name))


def own_question(request, pk):
    question, off_before = get_object_or_404(request.user.own_questions, pk=pk), off_check_ins(request.user)
    action = request.POST.get("action", "save") if request.method == "POST" else None
    if action == "archive":
        question = question_changes.archive_question(request.user, pk)
        return redirect_to_list(request, question, _("“%(question)s” is archived. Its answers stay."), off_before)
    if action == "restore":
        return restore(request, question)
    if action == "delete":
        return delete(request, question)
    if action not in (None, "save"):
        raise BadRequest("An unknown action.")
    if action == "save":
        form, question = changed(request.user, question, request.POST)
        if form.is_valid():
            return redirect_to_list(request, question, _("“%(question)s” is saved."), off_before)
    else:
        form = OwnQuestionForm(existing=existing(question))
    return render(request, "logs/own_question.html", {"form": form, "question": question})


def existing(question) -> dict:
    """A question by the names of its form."""
    names = ("label", "kind", "check_in", "ends_low", "ends_high", "unit", "least", "most", "step", "direction")
    facts = {name: getattr(question, name) for name in names}
    choices = question.choices_json if question.has_unreadable_choices else question.choices
    return facts | {"choices": choices, "asked": "" if question.place == Place.OFF else question.place}


def changed(person, question, data) -> tuple[OwnQuestionForm, OwnQuestion]:
    """The form that a change came in for, and the question as it is stored then: changed, if the form has no error."""
    forms = []

    def facts_for(question_now):
        forms.append(form := OwnQuestionForm(data, existing=existing(question_now)))
        return facts_of_change(form, question_now) if form.is_valid() else None

    moves = data.get("check_in", question.check_in) != question.check_in
    question_now = saved(forms, lambda: question_changes.change_question(person, question.pk, facts_for, moves=moves))
    return forms[-1], question_now or question


def facts_of_change(form: OwnQuestionForm, question) -> dict:
    facts = facts_of(form)
    if not question.has_unreadable_choices:
        choices, retired = form.choices_with_ids(question.choices, question.retired_choices)
        facts |= {"choices": choices, "retired": retired}
    if question.place == Place.OFF and not form.data.get("asked"):
        facts["place"] = Place.OFF
    return facts


def restore(request, question):
    try:
        question = question_changes.restore_question(request.user, question.pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("logs:own_question", question.pk)
    return redirect_to_list(request, question, _("“%(question)s” is asked again."))


def delete(request, question):
    if "confirm" not in request.POST:
        answers = QUESTION_LISTS[question.check_in].count_answers(question)
        return render(request, "logs/own_question_delete.html", {"question": question, "answers": answers})
    off_before = off_check_ins(request.user)
    question_changes.delete_question(request.user, question.pk)
    return redirect_to_list(request, question, _("“%(question)s” is deleted."), off_before)


def gallery(request):
    if request.method == "POST":
        entry = ENTRY_BY_KEY.get(request.POST.get("entry"))
        if entry is None:
            raise Http404
        try:
            question = question_changes.add_from_gallery(request.user, entry)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, added_in_words(question))
        return redirect(f"{reverse('logs:question_gallery')}#{entry.key}")
    asked = {each.own.gallery: each.own for each in questions_for(request.user).own if not each.own.archived_at}
    return render(request, "logs/question_gallery.html", {"groups": groups_with(asked)})


def added_in_words(question) -> str:
    text = _("“%(question)s” is asked from now on: %(check_in)s.")
    text = text % {"question": question.label_in_words, "check_in": QUESTION_LISTS[question.check_in].title}
    return format_html('{} <a href="{}">{}</a>', text, question.get_absolute_url(), _("Change it"))


def groups_with(asked: dict) -> list[dict]:
    """The gallery's groups, with what a person asks of them already."""
    return [
        {
            "title": group.title,
            "entries": [
                {"entry": entry, "when": QUESTION_LISTS[entry.check_in].title, "question": asked.get(entry.key)}
                for entry in group.entries
            ],
        }
        for group in GROUPS
    ]
