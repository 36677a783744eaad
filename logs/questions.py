"""Questions: how each is asked, and how its answer is read from a row and written to it.

Built-in questions are declared in logs/stages.py and reflections/models.py; this module has no list of them. Forms,
pages, numbers, the admin and the download ask for questions, and know nothing of the columns or tables behind them.
A row is a DailyLog or a WeeklyReflection.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
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
from logs.models import DailyLog, Dose, OwnAnswer, OwnAnswerColumns, OwnQuestion
from logs.own_kinds import NOT_NOTICED
from logs.question_choices import Place

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


# The name of an own question, see OwnQuestion.name.
OWN_NAME = re.compile(r"own-\d+")


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


# What a person changes of an entry of their list of medications.
MEDICATION_COLUMNS = tuple(
    Column(name)
    for name in (
        *("name", "usual_amount", "unit", "schedule", "usual_times", "since", "until"),
        *("note", "is_active"),
    )
)
# The marks of a day.
NOT_TRACKED = ColumnQuestion(DailyLog._meta.get_field("not_tracked"))
ONE_QUESTION_ONLY = ColumnQuestion(DailyLog._meta.get_field("one_question_only"))


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
