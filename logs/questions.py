"""What a check-in or a week asks a person, and how each answer is read from its row and written to it.

Built-in questions are declared in logs/stages.py and reflections/models.py; this module has no list of them. Forms,
pages, numbers, the admin and the download ask for questions, and know nothing of the columns or tables behind them.
A row is a DailyLog or a WeeklyReflection.
"""

import datetime
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from types import NoneType

from django import forms
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from logs.doses import facts_of, pack_doses, save_doses, unpack_doses
from logs.doses_field import DosesField
from logs.fields import Answer, Direction
from logs.kinds import Kind
from logs.models import DailyLog, Dose, OwnAnswer, OwnAnswerColumns, OwnQuestion, own_questions_of
from logs.own_kinds import NOT_NOTICED
from logs.parts import Part
from logs.question_choices import Choices, Place, arranged
from logs.recording import Record, Recorder
from logs.stages import STAGES, Stage

DIGEST_LENGTH = 6


def without_zeros(value):
    """A number, or several, without zeros at its end: 7.5 is 7.50. Anything else as it is."""
    if isinstance(value, tuple):
        return tuple(map(without_zeros, value))
    return value.normalize() if isinstance(value, Decimal) else value


class Question:
    """One question. An answer that was not given is None.

    `place`: above the fold, folded away, or not asked.
    `shown_when=(question, answer)`: asked only after that answer to a question of the same form.
    `left_out_when=(question, answer)`: not asked, and of no effect, after that answer elsewhere on the row.
    """

    name: str
    label: str
    help_text: str = ""
    kind: Kind | None = None
    direction = Direction.NEITHER
    place = Place.FOLDED
    is_note = False  # Read out on lines of its own.
    shown_when: tuple[str, object] | None = None
    left_out_when: tuple[str, object] | None = None
    columns: tuple[str, ...] = ()  # of the row

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"

    @property
    def is_first(self) -> bool:
        return self.place == Place.FIRST

    @property
    def is_asked(self) -> bool:
        return self.place != Place.OFF

    @property
    def is_needed(self) -> bool:
        """Whether the check-in or week is not done without its answer."""
        return self.is_first

    def placed(self, place: Place) -> "Question":
        """The same question, asked there."""
        if place == self.place:
            return self
        question = copy(self)
        question.place = place
        return question

    def form_field(self, row) -> forms.Field:
        """The form field that asks about this row."""
        field = self.make_field(row)
        field.shown_when = ""  # Templates ask each field for it, see brainlog.forms.BoundField.
        if self.shown_when:
            # For the page's script: the question's input, and the value that shows this one.
            question, answer = self.shown_when
            field.shown_when = f"{question}={str(answer).lower()}"
        return field

    def make_field(self, row) -> forms.Field:
        return self.kind.form_field(label=capfirst(self.label), help_text=self.help_text)

    def typed(self, field: forms.Field, data):
        """What was typed, as the initial value of its form field."""
        return field.widget.value_from_datadict(data, {}, self.name)

    def read_as(self, field: forms.BoundField, answers: Mapping) -> str:
        """A sentence that says how what was typed was read. Empty where that is plain."""
        value = answers[self.name]
        if self.kind is None or value is None or not isinstance(field.data, str):
            return ""
        return self.kind.read_as(field.field, field.data, value)

    def prepare_to_save(self, field: forms.BoundField, value):
        """The last check of an answer, with what it needs locked. Raises ValidationError."""

    def read(self, row):
        """The answer on a row."""
        raise NotImplementedError

    def write(self, row, value):
        """Give the answer to a row that is not saved yet."""
        raise NotImplementedError

    def save(self, row, value, before):
        """Store what of the answer is no column of the row. The row is saved, and `before` was stored so far."""

    def pack(self, row):
        """The answer on a row in the types of JSON, private texts encrypted as they are stored."""
        raise NotImplementedError

    def unpack(self, row, packed):
        """The answer that was packed, for write() and save() of a row of the same person and day or week."""
        raise NotImplementedError

    def is_answered(self, row) -> bool:
        return self.read(row) is not None

    def answered(self) -> Q:
        """The condition that a stored row has an answer; empty if one of another question always goes with it."""
        return Q()

    def is_left_out(self, row) -> bool:
        """Whether another answer of the row says that this one is not asked, and counts for nothing."""
        return self.left_out_when is not None and getattr(row, self.left_out_when[0]) == self.left_out_when[1]

    def is_left_out_of(self, answers: Mapping) -> bool:
        """The same, where the answers are given by name."""
        return self.left_out_when is not None and answers[self.left_out_when[0]] == self.left_out_when[1]

    def are_same(self, value, other) -> bool:
        return value == other

    def fingerprint(self, value) -> str:
        """Equal for equal answers, no matter when they were saved."""
        return str(without_zeros(value))

    def digest(self, value) -> str:
        """The fingerprint, also of no answer, in DIGEST_LENGTH characters, for pages to send back.

        Keyed and with the question's name: an answer cannot be guessed from it, and no other question has the same.
        """
        answer = "" if value is None else f"={self.fingerprint(value)}"
        hashed = salted_hmac("logs.questions", f"{self.name}{answer}", algorithm="sha256").digest()
        return urlsafe_b64encode(hashed)[:DIGEST_LENGTH].decode()

    def display(self, value) -> str:
        """The answer in words. `value` is not None."""
        return self.kind.display(value)

    def in_one_line(self, value) -> str:
        """The answer in words, or that there is none."""
        return gettext("no answer") if value is None else self.display(value)


class Column(Question):
    """A column of a row."""

    def __init__(self, name: str):
        self.name = name
        self.columns = (name,)

    def read(self, row):
        value = getattr(row, self.name)
        return None if value == "" else value

    def write(self, row, value):
        setattr(row, self.name, value)

    def pack(self, row):
        column = row._meta.get_field(self.name)
        value = column.value_from_object(row)
        return value if isinstance(value, int | NoneType) else column.value_to_string(row)

    def unpack(self, row, packed):
        return row._meta.get_field(self.name).to_python(packed)


class ColumnQuestion(Column):
    """A question whose answer is a column of the row."""

    def __init__(self, column: Answer):
        super().__init__(column.name)
        self.label = column.verbose_name
        self.help_text = column.help_text
        self.kind = column.kind
        self.direction = column.direction
        self.place = Place.FOLDED if column.blank else Place.FIRST
        self.is_note = column.kind.is_note
        self.shown_when = column.shown_when
        self.left_out_when = column.left_out_when

    def answered(self):
        return Q(**{f"{self.name}__isnull": False})


class DosesQuestion(Question):
    """Which medication was taken, how much and when: a list of doses, which are rows beside the day."""

    name = "doses"
    label = _("Doses")
    place = Place.FIRST
    is_needed = False  # A person can log that they took something, and not what.
    is_note = True
    shown_when = ("medication_taken", True)

    def make_field(self, row):
        return DosesField(row, label=self.label)

    def typed(self, field, data):
        return field.rows_typed(data)

    def prepare_to_save(self, field, value):
        field.field.settle_new_medications(field.rows, value)

    def read(self, row: DailyLog) -> list[Dose] | None:
        return row.doses_taken or None

    def write(self, row, value):
        row.doses_taken = value or []

    def save(self, row, value, before):
        save_doses(row, value or [], before or [])

    def pack(self, row):
        return pack_doses(row.doses_taken)

    def unpack(self, row, packed):
        return unpack_doses(row, packed)

    def are_same(self, value, other):
        return [facts_of(dose) for dose in value or ()] == [facts_of(dose) for dose in other or ()]

    def fingerprint(self, value):
        return str([[str(without_zeros(fact)) for fact in facts_of(dose)] for dose in value])

    def display(self, value):
        return "\n".join(dose.in_words for dose in value)

    def in_one_line(self, value):
        return ", ".join(dose.in_words for dose in value) if value else gettext("no dose")


class RowQuestion(Question):
    """A question of a person's own: its answer is a row beside the day or the week."""

    def __init__(self, own: OwnQuestion):
        self.own = own
        self.name = own.name
        self.label = own.label_in_words
        self.help_text = str(own.choices_json) if own.has_unreadable_choices else ""
        self.kind = own.kind_of_answer
        self.direction = Direction(own.direction)
        self.place = Place.OFF if own.archived_at else Place(own.place)
        self.is_note = self.kind.is_note

    def make_field(self, row):
        """Takes the stored answer too, so that a day can be saved again after its question was reworded."""
        return self.kind.accepting(self.read(row)).form_field(label=self.label, help_text=self.help_text)

    def read(self, row):
        answer = row.own_answers_by_question.get(self.own.pk)
        return None if answer is None else self.value_of(answer)

    def value_of(self, answer: OwnAnswerColumns):
        """The answer in the type of its kind."""
        return value_in(self.own.kind, answer)

    def are_same(self, value, other):
        return in_one_order(value) == in_one_order(other)

    def fingerprint(self, value):
        return super().fingerprint(in_one_order(value))

    def write(self, row, value):
        row.set_own_answer(self.own, None if value is None else columns_for(self.own.kind, value))

    def pack(self, row):
        answer = row.own_answers_by_question.get(self.own.pk)
        if answer is None:
            return None
        columns = [answer._meta.get_field(name) for name in OwnAnswerColumns.COLUMNS]
        return {
            column.name: column.value_to_string(answer)
            for column in columns
            if column.value_from_object(answer) is not None
        }

    def unpack(self, row, packed):
        if packed is None:
            return None
        fields = OwnAnswer._meta
        values = {name: fields.get_field(name).to_python(value) for name, value in packed.items()}
        return self.value_of(row.new_own_answer(self.own, values))


def in_one_order(value):
    """Several choices in the order of their ids: the same ones are the same answer when their list is rearranged."""
    return sorted(value) if isinstance(value, list) else value


def value_in(kind: str, answer: OwnAnswerColumns):
    """What a stored answer to an own question of this kind says."""
    match kind:
        case "score":
            return int(answer.number)
        case "number":
            return answer.number
        case "two_numbers":
            return answer.number, answer.number_2
        case "yes_no":
            return answer.flag
        case "choice":
            return answer.chosen[0]
        case "several":
            return answer.chosen
        case "time":
            return NOT_NOTICED if answer.time is None else answer.time
        case _:
            return answer.text


def columns_for(kind: str, value) -> dict:
    """The columns that store an answer of this kind."""
    match kind:
        case "score" | "number":
            return {"number": Decimal(value)}
        case "two_numbers":
            return {"number": value[0], "number_2": value[1]}
        case "yes_no":
            return {"flag": value}
        case "choice":
            return {"chosen": [value]}
        case "several":
            return {"chosen": [*value]}
        case "time":
            return {"flag": False} if value == NOT_NOTICED else {"time": value}
        case _:
            return {"text": value}


def questions_on(columns: Iterable[Answer]) -> tuple[ColumnQuestion, ...]:
    return tuple(ColumnQuestion(column) for column in columns)


# ── What a person is asked ───────────────────────────────────────────────────────────────────────


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


# What a person changes of an entry of their list of medications.
MEDICATION_COLUMNS = tuple(
    Column(name)
    for name in (
        *("name", "usual_amount", "unit", "schedule", "usual_times", "since", "until"),
        *("note", "is_active"),
    )
)
NOT_TRACKED = ColumnQuestion(DailyLog._meta.get_field("not_tracked"))


def parts_of_day(person) -> dict[Part | None, tuple[Question, ...]]:
    """All that a day has of this person: the questions of each check-in, and the mark, which is of none."""
    return {stage.part: stage.questions(person) for stage in STAGES} | {None: (NOT_TRACKED,)}


@dataclass(frozen=True)
class Change:
    """What a save did to the answers of a row.

    `answers` has, by the question's name, the answer before, packed, and the digests of both answers. `times` are the
    row's times before: when it was done and, of a row that was deleted, when it was created and last changed.
    `records` have, by the prefix of a part, what was recorded of it before, packed, and the set of questions after.
    """

    answers: dict[str, tuple[object, str, str]]
    times: dict[str, str | None]
    records: dict[str, tuple[list, str | None]] = field(default_factory=dict)


def save_answers(
    row,
    answers: Mapping[Question, object],
    stamps: Mapping[str, datetime.datetime | None],
    recorders: Sequence[Recorder] = (),
) -> Change:
    """Write answers, and when the row is done by name of column, to a row. A row that then says nothing is deleted.

    There is a recorder for each part that any of the answers belongs to.
    """
    before = {question: question.read(row) for question in answers}
    packed = {question: question.pack(row) for question in answers}
    were_answered = [recorder.is_answered(row) for recorder in recorders]
    records = {recorder.part: Record.of(recorder.part, row) for recorder in recorders}
    created_at, changed_at = (["created_at"], ["updated_at"]) if hasattr(row, "updated_at") else ([], [])
    times = {name: as_text(row, name) for name in (*created_at, *changed_at, *stamps)}
    for question, value in answers.items():
        question.write(row, value)
    columns = [column for question in answers for column in question.columns]
    columns += [name for name, stamp in stamps.items() if getattr(row, name) != stamp]
    for name, stamp in stamps.items():
        setattr(row, name, stamp)
    for recorder, was_answered in zip(recorders, were_answered, strict=True):
        columns += recorder.record(row, before, was_answered=was_answered)
    if row.is_empty:
        if not row._state.adding:
            row.delete()
    elif row._state.adding:
        row.save(force_insert=True)
    elif columns:
        row.save(update_fields=[*columns, *changed_at])
    if row.pk:
        for question, value in answers.items():
            question.save(row, value, before[question])
        if any(isinstance(question, RowQuestion) for question in answers):
            row.save_own_answers()
        times = {name: times[name] for name in stamps}
    changed = {
        question.name: (packed[question], question.digest(before[question]), question.digest(question.read(row)))
        for question in answers
    }
    packed_records = {
        part.prefix: (record.pack(), Record.of(part, row).pack_asked()) for part, record in records.items()
    }
    return Change(changed, times, packed_records)


def as_text(row, name: str) -> str | None:
    """A time of a row, to the microsecond. None if it is not set."""
    return row._meta.get_field(name).value_to_string(row) if getattr(row, name) else None


@dataclass(frozen=True)
class Shown:
    """An answer as a page reads it out."""

    label: str
    text: str
    is_note: bool = False


def shown_answers(questions: Iterable[Question], row: models.Model) -> list[Shown]:
    """What was answered on a row, in words and in order. Leaves out what was not answered, or counts for nothing."""
    return [
        Shown(str(question.label), question.display(value), question.is_note)
        for question in questions
        if not question.is_left_out(row) and (value := question.read(row)) is not None
    ]
