"""Rows of days or weeks, read as columns, and the answers to own questions of these rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from django.db.models import Value
from django.db.models.functions import Coalesce

from insights.texts_of_columns import (
    LINE_BREAK,
    DateAsText,
    Lines,
    as_text,
    joined,
    of_date,
    of_flag,
    of_list,
    of_number,
    of_time,
    reader_of,
)
from logs.own_kinds import NOT_NOTICED
from logs.parts import Part
from logs.questions import Question, RowQuestion

# An own answer, which has one column, and two numbers have two; and how one of each kind is read from this text.
ANSWER_AS_TEXT = Coalesce(
    joined(as_text("number"), Coalesce(joined(Value(" "), as_text("number_2")), Value(""))),
    *map(as_text, ("flag", "chosen", "time")),
)
READERS: dict[str, Callable] = {
    "score": lru_cache(4096)(lambda text: int(Decimal(text))),
    "number": of_number,
    "two_numbers": lru_cache(4096)(lambda text: tuple(map(of_number, text.split(" ")))),
    "yes_no": of_flag,
    "choice": lru_cache(1024)(lambda text: of_list(text)[0]),
    "several": lambda text: [*of_list(text)],
    "time": lru_cache(24 * 60)(lambda text: of_time(text) if ":" in text else NOT_NOTICED),
}


class Rows:
    """Rows of days or weeks, read as columns: the values of each by its name, in the order of the dates.

    `asked` are the names in each set of questions, by its key.
    """

    def __init__(
        self, columns: Mapping[str, Sequence], keys: Sequence, dates: Sequence, parts: Sequence[Part], asked: Mapping
    ):
        self.columns = columns
        self.keys, self.dates = keys, dates
        self.parts = parts
        self.asked = asked
        # Many rows asked the same: each has the number of what its parts asked, of which there are few.
        numbers: dict[tuple, int] = {}
        keys_of_rows = zip(*(self.columns[part.asked_id] for part in parts), strict=True)
        self.numbers = [numbers.setdefault(keys, len(numbers)) for keys in keys_of_rows]
        self.what_was_asked = [*numbers]

    def __getitem__(self, name: str) -> Sequence:
        return self.columns[name]

    def by_what_was_asked(self, test: Callable[[tuple], bool]) -> list[bool]:
        """Of each row, whether the keys of the sets that its parts asked pass a test."""
        passed = [test(keys) for keys in self.what_was_asked]
        return [passed[number] for number in self.numbers]


def read_rows(rows, date: str, names: Iterable[str], parts: Sequence[Part], sets) -> Rows:
    """Two queries: the rows, and the names in their sets of questions, which are among `sets`."""
    names = list(dict.fromkeys(["pk", *names]))
    asked, recalled = [part.asked_id for part in parts], [part.recalled for part in parts]
    plain = [name for name in names if name not in rows.query.annotations]
    readers = {name: read for name in plain if (read := reader_of(rows.model, name))}
    read_as_they_are = [name for name in names if name not in readers]
    texts = [*readers, *recalled, *asked]
    expressions = [*read_as_they_are, *map(as_text, texts), DateAsText(date)]
    found = list(rows.order_by(date).values_list(*expressions))
    names = [*read_as_they_are, *texts, date]
    columns = dict(zip(names, zip(*found, strict=True) if found else [()] * len(names), strict=True))
    columns |= {name: [*map(read, columns[name])] for name, read in readers.items()}
    keys = set().union(*map(columns.get, asked)) - {None}
    named = sets.filter(pk__in=keys).values_list(as_text("pk"), "names") if keys else ()
    return Rows(columns, columns["pk"], [*map(of_date, columns[date])], parts, dict(named))


def own_answers(answers, key: str, questions: Sequence[Question], rows: Rows) -> dict[str, list]:
    """The answers to own questions, by name, one for each row. One query, without texts; none without own questions.

    `key` is the column with the key of the row. `answers` are all of these days: of chosen questions, PostgreSQL would
    read those of other years as well.
    """
    own = {question.own.pk: question.own for question in questions if isinstance(question, RowQuestion)}
    found = {each.name: [None] * len(rows.dates) for each in own.values()}
    if not own or not rows.dates:
        return found
    keys = [*map(str, rows.keys)]
    lines = Lines(joined(as_text(key), Value(LINE_BREAK), ANSWER_AS_TEXT))
    for question, text in answers.order_by().values_list("question_id").annotate(lines=lines):
        if question in own and text:
            keys_and_answers = text.split(LINE_BREAK)
            read = map(READERS[own[question].kind], keys_and_answers[1::2])
            # A day that was stored since the rows were read is not among them.
            found[own[question].name] = [*map(dict(zip(keys_and_answers[::2], read, strict=True)).get, keys)]
    return found
