"""What a person is asked: the built-in questions and their own, in the order and the places they chose."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django import forms

from logs.models import OwnAnswer, OwnAnswerColumns, OwnQuestion, own_questions_of
from logs.parts import Part
from logs.question_choices import Choices, arranged
from logs.questions import NOT_TRACKED, ONE_QUESTION_ONLY, DosesQuestion, Question, RowQuestion, questions_on
from logs.stages import STAGES, Stage


@dataclass(frozen=True)
class QuestionList:
    """The questions of a check-in, or of the week.

    `built_in` are in the usual order. `answers` is the model of answers to own questions.
    """

    slug: str
    title: str
    built_in: tuple[Question, ...]
    answers: type[OwnAnswerColumns] = OwnAnswer

    def count_answers(self, question: OwnQuestion) -> int:
        """How many days or weeks have an answer to it."""
        return self.answers.objects.filter(user=question.user_id, question=question).count()


def built_in(stage: Stage) -> tuple[Question, ...]:
    """What a check-in asks everyone: the questions asked first, then the others."""
    questions = [*questions_on(stage.fields), *([DosesQuestion()] if stage.asks_doses else [])]
    return tuple(sorted(questions, key=lambda question: not question.is_first))


# By slug. The app of weekly reflections adds its own.
QUESTION_LISTS = {stage.slug: QuestionList(stage.slug, stage.title, built_in(stage)) for stage in STAGES}


class PersonQuestions:
    """The questions of one person, arranged as they chose."""

    def __init__(self, person):
        self.choices = Choices.from_json(person.question_choices)
        self.own = [RowQuestion(own) for own in own_questions_of(user=person)] if person.has_own_questions else []
        self.arranged: dict[str, tuple[Question, ...]] = {}

    def of(self, slug: str) -> tuple[Question, ...]:
        """All questions of a list: those asked first, those folded away, and those left out or archived."""
        if slug not in self.arranged:
            own = [question for question in self.own if question.own.check_in == slug]
            self.arranged[slug] = arranged([*QUESTION_LISTS[slug].built_in, *own], self.choices, slug)
        return self.arranged[slug]


def questions_for(person) -> PersonQuestions:
    """The questions of a person, read once for each instance of the person."""
    known = getattr(person, "arranged_questions", None)
    if known is None or known[0] != (person.question_choices, person.has_own_questions):
        known = (person.question_choices, person.has_own_questions), PersonQuestions(person)
        person.arranged_questions = known
    return known[1]


def read_questions_again(person):
    """Read the person's questions anew on next use: another request may have deleted one since."""
    person.arranged_questions = None


def questions_of(slug: str, person) -> tuple[Question, ...]:
    """All questions of a check-in or of the week, those left out at the end. Of no person: the built-in ones."""
    if person is None or not (person.question_choices or person.has_own_questions):
        return QUESTION_LISTS[slug].built_in
    return questions_for(person).of(slug)


def questions_to_ask(slug: str, person, data: Mapping | None = None) -> list[Question]:
    """What a page asks, and what the data of a form speaks of besides: it was asked when its page was opened.

    An own question may have been moved to another check-in of the day since, or archived.
    """
    questions = questions_of(slug, person)
    asked = [question for question in questions if question.is_asked]
    if not data or not (person.question_choices or person.has_own_questions):
        return asked
    answers = QUESTION_LISTS[slug].answers
    known = dict.fromkeys(questions) | dict.fromkeys(
        question for question in questions_for(person).own if QUESTION_LISTS[question.own.check_in].answers is answers
    )
    spoken_of = names_in(data, "asked-names")
    others = [
        question
        for question in known
        if question not in asked and (question.name in spoken_of or question.name in data)
    ]
    heads = {question.shown_when[0] for question in others if question.shown_when}
    # Below a question that the page did not ask, nothing can be answered.
    missing = heads - {question.name for question in [*asked, *others]}
    return [*asked, *others, *(question for question in questions if question.name in missing)]


def names_in(data, key: str) -> set[str]:
    """The names of questions, with spaces between them, that came in under a key, once or several times."""
    texts = forms.MultipleHiddenInput().value_from_datadict(data, {}, key) or []
    return set(" ".join(texts).split())


def questions_of_day(person) -> tuple[Question, ...]:
    """All questions of all check-ins of a day."""
    return tuple(question for stage in STAGES for question in stage.questions(person))


def still_open(questions: Iterable[Question], answer_to: Callable[[Question], object]) -> list[Question]:
    """The questions whose answers are missing for the check-in or week to be done.

    One that depends on an answer that was not given counts as answered.
    """
    by_name = {question.name: question for question in questions}

    def is_reached(question) -> bool:
        if not question.shown_when:
            return True
        condition, wanted = question.shown_when
        return condition in by_name and answer_to(by_name[condition]) == wanted

    return [
        question
        for question in by_name.values()
        if question.is_needed and answer_to(question) is None and is_reached(question)
    ]


def is_done(questions: Sequence[Question], answer_to: Callable[[Question], object]) -> bool:
    """Whether a check-in or week is done: all that is asked first is answered, or, if that is nothing, anything is."""
    return any(answer_to(question) is not None for question in questions) and not still_open(questions, answer_to)


def parts_of_day(person) -> dict[Part | None, tuple[Question, ...]]:
    """All that a day has of this person: the questions of each check-in, and the marks, which are of none."""
    return {stage.part: stage.questions(person) for stage in STAGES} | {None: (NOT_TRACKED, ONE_QUESTION_ONLY)}
