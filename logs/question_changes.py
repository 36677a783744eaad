"""Changes of what a person is asked. Each locks the person, so that two at once do not undo one another.

Stored answers are never touched, but by delete_question(). The person is locked before the rows of their questions: a
save of a day locks the person last, and refers to questions when it commits.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.dispatch import Signal
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext

from brainlog.database.retry import retry_on_conflict
from logs.gallery import Entry
from logs.models import OwnQuestion
from logs.one_question import scores_asked
from logs.question_choices import Choices, Place, moved
from logs.question_lists import QUESTION_LISTS, questions_for
from logs.stages import STAGE_BY_SLUG

# After the choices of a person were stored, in the same transaction: which check-ins are on may have changed.
check_ins_changed = Signal()

MOVES = {"up": -1, "down": 1}


@dataclass(frozen=True)
class QuestionChanges:
    """What a person asks for on the page of their questions, by names of questions and slugs of check-ins."""

    places: dict[str, Place]
    check_ins: dict[str, bool]
    moves: list[tuple[str, int]]  # a name, and by how many places
    resets: bool = False
    one: str | None = None  # the question of a day of one question; empty for the usual one, None if nothing came in


def locked(person):
    """The person as stored now, which no other transaction changes until this one ends."""
    return get_user_model().objects.select_for_update(no_key=True).get(pk=person.pk)


def choose(person, choices: Choices):
    """Give a locked person other choices. Stored by store_choices()."""
    person.question_choices = choices.to_json()


def choices_of(person) -> Choices:
    return Choices.from_json(person.question_choices)


def store_choices(person):
    get_user_model().objects.filter(pk=person.pk).update(question_choices=person.question_choices)
    check_ins_changed.send(sender=None, person=person)


@retry_on_conflict
def arrange(person, wanted: QuestionChanges):
    """Ask, order, leave out. Raises Http404 for an own question that is not there any more."""
    person_now = locked(person)
    if wanted.resets:
        choose(person_now, Choices())
    for name, place in wanted.places.items():
        place_question(person_now, name, place)
    for slug, is_on in wanted.check_ins.items():
        choose(person_now, choices_of(person_now).with_check_in(slug, is_on=is_on))
    for name, by in wanted.moves:
        slug = slug_of(person_now, name)
        order = moved(questions_for(person_now).of(slug), name, by=by)
        choose(person_now, choices_of(person_now).with_order(slug, order))
    if wanted.one is not None:
        choose_one(person_now, wanted.one)
    switch_off_where_nothing_is_asked(person_now)
    store_choices(person_now)
    forget(person, person_now)


def choose_one(person, name: str):
    """Ask this question on a day of one question. One that is not asked any more is left as it was."""
    if not name or name in scores_asked(person):
        choose(person, choices_of(person).with_one(name or None))


def place_question(person, name: str, place: Place):
    """Ask a question there. A check-in that is off is on again with a question that is asked in it."""
    slug = slug_of(person, name)
    usual = {question.name: question.place for question in QUESTION_LISTS[slug].built_in}
    if name in usual:
        choose(person, choices_of(person).with_place(name, place, usual[name]))
    else:
        person.own_questions.filter(pk=name.removeprefix("own-")).update(place=place)
        person.arranged_questions = None
    if place != Place.OFF:
        choose(person, choices_of(person).with_check_in(slug, is_on=True))


def switch_off_where_nothing_is_asked(person):
    for slug in STAGE_BY_SLUG:
        if not any(question.is_asked for question in questions_for(person).of(slug)):
            choose(person, choices_of(person).with_check_in(slug, is_on=False))


def forget(person, person_now):
    """Let the instance of this request see what was stored."""
    person.question_choices, person.has_own_questions = person_now.question_choices, person_now.has_own_questions
    person.arranged_questions = None


def slug_of(person, name: str) -> str:
    """The list that a question is in. Raises Http404 if there is no such question any more."""
    found = {question.name: slug for slug in QUESTION_LISTS for question in questions_for(person).of(slug)}
    if name not in found:
        raise Http404
    return found[name]


# ── Own questions ────────────────────────────────────────────────────────────────────────────────


def require_room(person, check_in: str, *, but: OwnQuestion | None = None):
    """Raise ValidationError if the person asks as many own questions as pages have room for."""
    asked = [each for each in person.own_questions.exclude(pk=but and but.pk) if each.archived_at is None]
    in_check_in = [each for each in asked if each.check_in == check_in]
    if len(asked) >= OwnQuestion.MOST_ASKED:
        message = gettext("You ask %(most)d questions of your own already: plenty for a day. Archive one to make room.")
        raise ValidationError(message % {"most": OwnQuestion.MOST_ASKED}, code="too_many")
    if len(in_check_in) >= OwnQuestion.MOST_IN_A_CHECK_IN:
        message = gettext(
            "%(most)d questions of your own are asked there already. Choose another check-in, or archive one."
        )
        raise ValidationError(message % {"most": OwnQuestion.MOST_IN_A_CHECK_IN}, code="too_many")


WRITTEN = ("label", "check_in", "ends_low", "ends_high", "direction", "unit", "least", "most", "step", "place")


def fill(question: OwnQuestion, facts: dict):
    for name in WRITTEN:
        if name in facts:
            setattr(question, name, facts[name])
    if "choices" in facts:
        retired = facts.get("retired", ())
        if len(retired) > OwnQuestion.MOST_RETIRED_CHOICES:
            message = gettext("This list was changed very often. Make a new question for the choices of now.")
            raise ValidationError({"choices": message}, code="too_many")
        question.set_choices(facts["choices"], retired)


@retry_on_conflict
def add_question(person, facts: dict) -> OwnQuestion:
    """Store a new own question, last of its check-in. Raises ValidationError if there is no room."""
    person_now = locked(person)
    question = insert_question(person_now, facts)
    forget(person, person_now)
    return question


def insert_question(person, facts: dict, gallery: str | None = None) -> OwnQuestion:
    """Store a question of a person who is locked."""
    if person.own_questions.count() >= OwnQuestion.MOST_STORED:
        message = gettext("There is no room for more. Delete an archived question that you no longer need.")
        raise ValidationError(message, code="too_many")
    require_room(person, facts["check_in"])
    question = OwnQuestion(user=person, kind=facts["kind"], gallery=gallery)
    fill(question, facts)
    question.save(force_insert=True)
    get_user_model().objects.filter(pk=person.pk).update(has_own_questions=True)
    person.has_own_questions = True
    switch_on(person, question)
    return question


@retry_on_conflict
def add_from_gallery(person, entry: Entry) -> OwnQuestion:
    """Store a question of the gallery. One that the person has already is asked again, if it was archived."""
    person_now = locked(person)
    question = person_now.own_questions.filter(gallery=entry.key).order_by("pk").first()
    if question is None:
        question = insert_question(person_now, facts_of(entry), gallery=entry.key)
    elif question.archived_at:
        ask_again(question, person_now)
    forget(person, person_now)
    return question


def facts_of(entry: Entry) -> dict:
    """An entry of the gallery by the columns of a question."""
    choices = [[number, str(label)] for number, label in enumerate(entry.choices, start=1)]
    return {
        "kind": entry.kind,
        "label": str(entry.label),
        "check_in": entry.check_in,
        "ends_low": str(entry.ends[0]),
        "ends_high": str(entry.ends[1]),
        "direction": entry.direction.value,
        "unit": str(entry.unit),
        "least": entry.least,
        "most": entry.most,
        "step": entry.step,
        "choices": choices,
        "place": Place.FIRST if entry.is_first else Place.FOLDED,
    }


def switch_on(person, question: OwnQuestion):
    """A check-in that is off is on again with a question that is asked in it."""
    if question.check_in in STAGE_BY_SLUG and question.place != Place.OFF:
        choose(person, choices_of(person).with_check_in(question.check_in, is_on=True))
        store_choices(person)


def change_question(
    person, pk: int, facts_for: Callable[[OwnQuestion], dict | None], *, moves: bool = False
) -> OwnQuestion:
    """Reword an own question, or, if it `moves`, ask it in another check-in. Its answers stay. Raises ValidationError.

    `facts_for` gets the question as it is stored now, which another request may just have changed, and returns what to
    write; None, to write nothing.
    """

    def change(question, person_now):
        if (facts := facts_for(question)) is not None:
            reword(question, person_now, facts)

    return changed(person, pk, change, changes_rows=moves)


def reword(question: OwnQuestion, person, facts: dict):
    check_in, place = question.check_in, question.place
    if facts["check_in"] != check_in and question.archived_at is None:
        require_room(person, facts["check_in"], but=question)
    fill(question, facts)
    question.save()
    if question.check_in != check_in:
        move_records(question, check_in)
    if question.archived_at is None and (question.check_in, question.place) != (check_in, place):
        switch_on(person, question)


def move_records(question: OwnQuestion, before: str):
    """Let each day with an answer to a question that was moved say that the other check-in has answers."""
    rows = rows_answered(question)
    rows.move_records(STAGE_BY_SLUG[before], STAGE_BY_SLUG[question.check_in])
    rows.forget_unanswered_parts()


def rows_answered(question: OwnQuestion):
    """The days or weeks with an answer to it, as they are when this is called."""
    answers = QUESTION_LISTS[question.check_in].answers
    stored = answers.objects.filter(user=question.user_id, question=question)
    return answers.row_model().objects.filter(
        user=question.user_id, pk__in=list(stored.values_list(f"{answers.ROW}_id", flat=True))
    )


def archive_question(person, pk: int) -> OwnQuestion:
    """Ask it no more, and keep all answers."""

    def archive(question, person_now):
        question.archived_at = question.archived_at or timezone.now()
        question.save(update_fields=["archived_at"])

    return changed(person, pk, archive)


def restore_question(person, pk: int) -> OwnQuestion:
    """Ask an archived question again. Raises ValidationError if there is no room."""
    return changed(person, pk, ask_again)


def ask_again(question: OwnQuestion, person):
    if question.archived_at:
        require_room(person, question.check_in, but=question)
    question.archived_at = None
    question.place = Place.FOLDED if question.place == Place.OFF else question.place
    question.save(update_fields=["archived_at", "place"])
    switch_on(person, question)


@retry_on_conflict
def changed(person, pk: int, change, *, changes_rows: bool = False) -> OwnQuestion:
    """Change an own question under lock. `changes_rows`: days or weeks with answers to it are changed too.

    These are locked first, as by a save, which locks the person last. One that gets its first answer just now is not
    among them: should both wait for each other, the database ends one, which begins again.
    """
    if changes_rows:
        question = get_object_or_404(person.own_questions, pk=pk)
        list(rows_answered(question).select_for_update().order_by("pk").values_list("pk"))
    person_now = locked(person)
    question = get_object_or_404(person_now.own_questions.select_for_update(), pk=pk)
    change(question, person_now)
    person_now.arranged_questions = None
    switch_off_where_nothing_is_asked(person_now)
    store_choices(person_now)
    forget(person, person_now)
    return question


def delete_question(person, pk: int) -> OwnQuestion:
    """Delete an own question with all its answers. A day or week without any other answer goes with them."""

    def delete(question, person_now):
        rows = rows_answered(question)
        # Locked before it is looked what else they say: a save may just be adding an answer to one.
        list(rows.select_for_update().order_by("pk").values_list("pk"))
        question.delete()  # With its answers.
        rows.forget_unanswered_parts()
        person_now.has_own_questions = person_now.own_questions.exists()
        get_user_model().objects.filter(pk=person.pk).update(has_own_questions=person_now.has_own_questions)
        person_now.answers_changed()

    return changed(person, pk, delete, changes_rows=True)
