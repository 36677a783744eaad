"""The days and weeks that a search reads: which rows, in which batches, and what of their texts has the words."""

import datetime
from collections.abc import Iterator
from functools import cached_property, reduce
from operator import or_

from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Value

from encryption.fields import PrivateTextField
from logs.addresses import address_of_day
from logs.calendar_days import full_name_of
from logs.folding import fold, snippet
from logs.kinds import Line
from logs.models import DailyLog, Dose, attach_own_answers
from logs.periods import ONE_DAY
from logs.question_lists import QUESTION_LISTS, questions_of
from logs.questions import DosesQuestion, Question, RowQuestion
from logs.search_query import Hit, Passage, Position, SearchQuery

FIRST_BATCH, LARGEST_BATCH = 60, 120  # rows. Larger ones save little, and are read in vain where time is over.
BOUND = DecimalField(max_digits=15, decimal_places=3)


class Table:
    """The days, or the weeks, of a person."""

    def __init__(self, person, wanted: SearchQuery, model: type, slugs: list[str]):
        self.person, self.wanted, self.model = person, wanted, model
        self.all_slugs = slugs
        self.slugs = [slug for slug in slugs if wanted.check_in in (None, slug)]
        self.answers = QUESTION_LISTS[slugs[0]].answers
        self.unreadable = 0

    @property
    def is_wanted(self) -> bool:
        return bool(self.slugs) and all(each.slug in self.all_slugs for each in self.wanted.conditions)

    @property
    def reads_texts(self) -> bool:
        """Whether hits are check-ins with texts. Without words, a condition alone makes a day or week a hit."""
        return bool(self.wanted.words) or not self.wanted.conditions

    @cached_property
    def texts(self) -> dict[str, list[Question]]:
        """The questions that are answered by a text, by check-in, in order."""
        if not self.reads_texts:
            return {slug: [] for slug in self.slugs}
        return {
            slug: [each for each in questions_of(slug, self.person) if isinstance(each.kind, Line)]
            for slug in self.slugs
        }

    @cached_property
    def columns(self) -> list[str]:
        return [name for questions in self.texts.values() for each in questions for name in each.columns]

    @cached_property
    def own_texts(self) -> list[int]:
        """The keys of own questions among them."""
        return [each.own.pk for questions in self.texts.values() for each in questions if isinstance(each, RowQuestion)]

    @cached_property
    def queryset(self) -> QuerySet:
        """The rows that can be hits, newest first."""
        wanted, date = self.wanted, self.model.answer_date
        rows = self.model.objects.filter(user=self.person.pk).order_by(f"-{date}")
        if wanted.first:
            rows = rows.filter(**{f"{date}__gte": wanted.first - (self.model.answer_days - 1) * ONE_DAY})
        if wanted.last:
            rows = rows.filter(**{f"{date}__lte": wanted.last})
        if wanted.answered:
            rows = rows.filter(self.has_answer([wanted.answered.question]))
        if wanted.measured:
            bounds = {"gte": wanted.least, "lte": wanted.most}
            # As numbers of their own: a column of whole numbers would cut them, one of few digits refuse them.
            bounds = {lookup: Value(bound, BOUND) for lookup, bound in bounds.items() if bound is not None}
            rows = rows.filter(self.has_answer([wanted.measured.question], **bounds))
        if not self.reads_texts and wanted.check_in:
            rows = rows.filter(self.has_answer(questions_of(wanted.check_in, self.person)))
        return rows

    def has_answer(self, questions, **bounds) -> Q:
        """The condition that one of these questions is answered, within bounds if there are any."""
        of_row = {"user": OuterRef("user"), self.answers.ROW: OuterRef("pk")}
        conditions = []
        if own := [each.own.pk for each in questions if isinstance(each, RowQuestion)]:
            numbers = {f"number__{lookup}": bound for lookup, bound in bounds.items()}
            conditions.append(Q(Exists(self.answers.objects.filter(**of_row, question__in=own, **numbers).order_by())))
        for each in questions:
            if isinstance(each, DosesQuestion):
                doses = Dose.objects.filter(user=OuterRef("user"), daily_log=OuterRef("pk")).order_by()
                conditions.append(Q(Exists(doses), medication_taken=True))
            elif not isinstance(each, RowQuestion):
                limits = Q(**{f"{each.name}__{lookup}": bound for lookup, bound in bounds.items()})
                left_out = Q() if each.left_out_when is None else ~Q(**dict([each.left_out_when]))
                conditions.append(each.answered() & limits & left_out)
        return reduce(or_, conditions)

    def rows(self, before: Position | None) -> "Iterator[Row]":
        """The rows that can have hits below a position, newest first, read in batches that grow."""
        date, size = self.model.answer_date, FIRST_BATCH
        rows = self.queryset
        if before:
            rows = rows.filter(**{f"{date}__lte": before.day - (self.model.answer_days - 1) * ONE_DAY})
        while True:
            batch = list(rows.values_list("pk", F(date), *self.columns)[:size])
            own = self.own_texts_of({key: day for key, day, *_columns in batch})
            for key, day, *columns in batch:
                yield Row(self, key, day, dict(zip(self.columns, columns, strict=True)), own.get(key, {}))
            if len(batch) < size:
                return
            rows = self.queryset.filter(**{f"{date}__lt": batch[-1][1]})
            size = min(2 * size, LARGEST_BATCH)

    def own_texts_of(self, rows: dict[int, datetime.date]) -> dict[int, dict[int, tuple]]:
        """The own texts of these rows, by row and by question: date and ciphertext. One query, if there can be any.

        `rows` are the keys with the dates, which lead through an index to these answers and no others.
        """
        found: dict[int, dict[int, tuple]] = {}
        if self.own_texts and rows:
            of_rows = {"question__in": self.own_texts, f"{self.answers.ROW}__in": [*rows]}
            of_rows["date__range"] = min(rows.values()), max(rows.values())
            answers = self.answers.objects.filter(user=self.person.pk, **of_rows).order_by()
            for row, question, day, text in answers.values_list(self.answers.ROW, "question", "date", "text"):
                found.setdefault(row, {})[question] = day, text
        return found

    @cached_property
    def fields(self) -> dict[str, PrivateTextField]:
        """The columns of texts by name, `text` being that of own ones."""
        fields = {name: self.model._meta.get_field(name) for name in self.columns}
        return fields | {"text": self.answers._meta.get_field("text")}

    def decrypt(self, name: str, stored, *owner) -> str | None:
        if not stored:
            return None
        text = self.fields[name].text_in(stored, self.person.pk, *owner)
        self.unreadable += text is None
        return text

    def add_answers(self, hits: list[Hit]):
        """Add to hits of this table the answers that made their day or week a hit. At most three queries."""
        keys = {hit.key for hit in hits if self.has(hit)}
        if not keys or not self.wanted.conditions:
            return
        rows = {row.pk: row for row in self.model.objects.filter(user=self.person.pk, pk__in=keys).for_pages()}
        for row in rows.values():
            row.user = self.person
        attach_own_answers([*rows.values()])
        questions = [each.question for each in self.wanted.conditions]
        if any(isinstance(each, DosesQuestion) for each in questions):
            attach_doses(rows)
        for hit in hits:
            if self.has(hit) and hit.key in rows:  # Not deleted meanwhile.
                hit.passages += self.answers_of(rows[hit.key], questions, {each.label for each in hit.passages})

    def has(self, hit: Hit) -> bool:
        return [*QUESTION_LISTS][hit.position.rank] in self.all_slugs

    def answers_of(self, row, questions: list[Question], shown: set[str]) -> list[Passage]:
        return [
            Passage(str(question.label), snippet(str(question.in_one_line(value)), self.wanted.words))
            for question in questions
            if str(question.label) not in shown and (value := question.read(row)) is not None
        ]


def attach_doses(logs: dict[int, DailyLog]):
    """Read the doses of these days of one person. One query."""
    person = next(iter(logs.values())).user_id
    for log in logs.values():
        log.doses_taken = []
    for dose in Dose.objects.filter(user=person, daily_log__in=[*logs]).select_related("medication"):
        logs[dose.daily_log_id].doses_taken.append(dose)


class Row:
    """A day or a week as the search reads it: its texts are ciphertexts."""

    def __init__(self, table: Table, key: int, day: datetime.date, columns: dict, own: dict[int, tuple]):
        self.table, self.key, self.day = table, key, day
        self.columns, self.own = columns, own
        # A week stands where it ends.
        self.last_day = day + (table.model.answer_days - 1) * ONE_DAY
        self.end = Position.of(self.last_day, table.all_slugs[-1])

    def hits(self) -> list[Hit]:
        """Its check-ins with all words, the last one first."""
        table = self.table
        if not table.reads_texts:
            return [self.hit(table.wanted.check_in or table.wanted.conditions[0].slug, [])]
        return [self.hit(slug, passages) for slug in table.slugs if (passages := self.passages(slug))]

    def hit(self, slug: str, passages: list[Passage]) -> Hit:
        model, is_day = self.table.model, self.table.model is DailyLog
        return Hit(
            position=Position.of(self.last_day, slug),
            key=self.key,
            name=full_name_of(self.day) if is_day else str(model(**{model.answer_date: self.day})),
            title=str(QUESTION_LISTS[slug].title) if is_day else "",
            address=f"{address_of_day(self.day)}#{slug}"
            if is_day
            else model(**{model.answer_date: self.day}).get_absolute_url(),
            passages=passages,
        )

    def passages(self, slug: str) -> list[Passage]:
        """The texts of a check-in that have words, if all words are in them; all texts, if no words are wanted."""
        words = self.table.wanted.words
        texts = [
            (question, text, fold(text) if words else "")
            for question in self.table.texts[slug]
            if (text := self.text_of(question))
        ]
        if not all(any(word in folded for _question, _text, folded in texts) for word in words):
            return []
        return [
            Passage(str(question.label), snippet(text, words))
            for question, text, folded in texts
            if not words or any(word in folded for word in words)
        ]

    def text_of(self, question: Question) -> str | None:
        if isinstance(question, RowQuestion):
            day, stored = self.own.get(question.own.pk, (None, None))
            return self.table.decrypt("text", stored, day, question.own.pk)
        return self.table.decrypt(question.name, self.columns[question.name], self.day)
