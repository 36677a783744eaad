"""A year in pixels: one cell for each day, in the colour of the answer to one question."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.dateformat import format as format_date
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import get_format
from django.utils.functional import cached_property
from django.utils.translation import gettext

from insights.charts import Cell, Cells, Row
from insights.charts.scales import LEAST_SHARE
from insights.events import EventMark
from insights.series import DayState, Series, drawable, is_weekly
from logs.addresses import address_of_day
from logs.fields import Direction
from logs.gallery import ENTRY_BY_KEY
from logs.kinds import Hours, Number, Score, TwoNumbers, YesNo
from logs.periods import Year
from logs.questions import Question, RowQuestion
from logs.widgets import number_in_words

HEADLINE = "day_rating"  # What is shown until the person chooses.
STEPS = 10  # colours
MIDDLE = 5  # of values that are all the same
DAYS_IN_MONTH = range(1, 32)


def questions_shown(person) -> list[Question]:
    """The questions that a year can show, in the order of the check-ins: scores, numbers, and yes or no, by day."""
    return [question for question in drawable(person) if is_of_colours(question) and not is_weekly(question)]


def is_of_colours(question: Question) -> bool:
    kind = question.kind
    return isinstance(kind, Score | Number | Hours | YesNo) and not isinstance(kind, TwoNumbers)


def question_named(name: str, questions: Iterable[Question]) -> Question | None:
    return next((question for question in questions if question.name == name), None)


def question_to_show(person, questions: Sequence[Question]) -> Question | None:
    """The one that the person chose, else the rating of the day, else the first. None if there is none at all."""
    return (
        question_named(person.year_question, questions)
        or question_named(HEADLINE, questions)
        or next(iter(questions), None)
    )


@dataclass(frozen=True, slots=True)
class Colours:
    """From answers to steps of the palette: a score is its own step; others go from `low` to `high`."""

    kind: object
    low: float = 1.0
    high: float = 10.0

    @classmethod
    def of(cls, question: Question, values: Iterable) -> "Colours":
        """A number is coloured within its bounds, where one is missing, from the least or to the most shown."""
        kind = question.kind
        if isinstance(kind, Score | YesNo):
            return cls(kind)
        shown = [float(value) for value in values if value is not None]
        least, most = bounds_of(question, shown)
        low = min(shown, default=0.0) if least is None else float(least)
        high = max(shown, default=0.0) if most is None else float(most)
        return cls(kind, low, high)

    def step(self, value) -> int:
        """1 to 10. A value beyond an end, which was stored under earlier bounds, has the colour of the end."""
        if isinstance(self.kind, YesNo):
            return STEPS if value else 1
        if isinstance(self.kind, Score):
            return value
        if self.high <= self.low:
            return MIDDLE
        share = (float(value) - self.low) / (self.high - self.low)
        return min(STEPS, max(1, 1 + int(share * STEPS)))

    def text(self, value) -> str:
        """What is written into the cell."""
        if isinstance(self.kind, YesNo):
            return "✓" if value else "✕"
        return number_in_words(Decimal(value))


def bounds_of(question: Question, shown: Sequence[float]) -> tuple:
    """The least and the most that a number may be; None where there is no bound.

    Bounds that came with an entry of the gallery, such as 50 cups of coffee, say what can be typed. They do not count
    where what is shown takes less than a quarter of the room between them: it would all have one colour.
    """
    least, most = getattr(question.kind, "least", None), getattr(question.kind, "most", None)
    entry = ENTRY_BY_KEY.get(question.own.gallery) if isinstance(question, RowQuestion) else None
    is_of_gallery = entry and (entry.least, entry.most) == (least, most) and None not in (least, most)
    if is_of_gallery and shown and (max(shown) - min(shown)) * LEAST_SHARE < float(most - least):
        return None, None
    return least, most


@dataclass(frozen=True, slots=True)
class Swatch:
    """An entry of the legend: a cell and its words."""

    css_class: str
    text: str = ""
    words: str = ""


class YearInPixels:
    """The cells of a year for one question, with the legend and a sentence. For templates."""

    def __init__(self, year: Year, series: Series, today: datetime.date, marks: Sequence[EventMark] = ()):
        self.year, self.series, self.today, self.marks = year, series, today, marks
        self.question = series.question
        self.colours = Colours.of(series.question, series.values)

    @property
    def label(self) -> str:
        return str(self.question.label)

    @property
    def days_answered(self) -> int:
        return self.series.count(DayState.ANSWERED)

    @property
    def days(self) -> int:
        """The days that asked it or would have, with those that are marked as not tracked."""
        return self.series.days_expected + self.days_not_tracked

    @property
    def days_not_tracked(self) -> int:
        return self.series.count(DayState.NOT_TRACKED)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn: no day of the year asked the question, and none is marked."""
        return self.series.count(DayState.NOTHING) == len(self.series.states)

    @property
    def markup(self) -> str:
        title = gettext("%(question)s, each day of %(year)s") % {"question": self.label, "year": self.year}
        cells = iter(self.cells())
        rows = []
        for month in range(1, 13):
            name, length = str(MONTHS[month]), days_of_month(self.year.first.year, month)
            shown = [next(cells) if day <= length else None for day in DAYS_IN_MONTH]
            rows.append(Row(name, name[:1], shown))
        return Cells("days", title, [str(day) for day in DAYS_IN_MONTH], rows).markup

    def cells(self) -> list[Cell]:
        """One for each day of the year, in order."""
        date_as, weekdays = get_format("DATE_FORMAT"), [str(name) for name in WEEKDAYS.values()]
        later, series = gettext("%(answer)s, answered later"), self.series
        no_answer, not_tracked, not_asked = gettext("no answer"), gettext("not tracked"), gettext("not asked")
        with_events, texts_of_events = gettext("%(words)s. What happened: %(texts)s"), texts_by_day(self.marks)
        texts, found = {}, []
        days = zip(series.days, series.values, series.states, series.recalled, strict=True)
        for day, value, state, is_recalled in days:
            look, text, words = "", "", ""
            if state == DayState.ANSWERED:
                if value not in texts:
                    texts[value] = self.colours.text(value), self.question.display(value)
                look, (text, words) = f"score-{self.colours.step(value)}", texts[value]
                words = later % {"answer": words} if is_recalled else words
            elif state == DayState.NOT_TRACKED:
                look, text, words = "not-tracked", "–", not_tracked
            elif state == DayState.NO_ANSWER:
                look, words = "no-answer", no_answer
            happened = texts_of_events.get(day)
            if not look and not happened:
                found.append(NOTHING)
                continue
            words = f"{weekdays[day.weekday()]}, {format_date(day, date_as)}: {words or not_asked}"
            words = with_events % {"words": words, "texts": ", ".join(happened)} if happened else words
            look, is_today = look or "not-asked", day == self.today
            address = address_of_day(day) if day <= self.today or value is not None else ""
            found.append(Cell(look, text, words, address, is_recalled, is_today, bool(happened)))
        return found

    @cached_property
    def swatches(self) -> list[Swatch]:
        """The colours, from one end to the other."""
        kind = self.question.kind
        if isinstance(kind, YesNo):
            ends = [(1, False), (STEPS, True)]
            return [
                Swatch(f"score-{step}", self.colours.text(value), self.question.display(value)) for step, value in ends
            ]
        is_score = isinstance(kind, Score)
        return [Swatch(f"score-{step}", str(step) if is_score else "") for step in range(1, STEPS + 1)]

    @property
    def is_scale(self) -> bool:
        """Whether the colours go from one end to another: not for yes and no."""
        return not isinstance(self.question.kind, YesNo)

    @property
    def ends(self) -> tuple[str, str]:
        """The words at both ends of the colours."""
        kind, colours = self.question.kind, self.colours
        if isinstance(kind, Score):
            return tuple(str(end) for end in kind.ends)
        return tuple(kind.display(Decimal(str(end))) for end in (colours.low, colours.high))

    @property
    def direction_in_words(self) -> str:
        """Which end is better."""
        direction = self.question.direction
        if isinstance(self.question.kind, YesNo):
            if direction == Direction.NEITHER:
                return gettext("Neither answer is better than the other.")
            better = self.question.display(direction == Direction.BETTER)
            return gettext("“%(answer)s” is the better answer.") % {"answer": better}
        return {
            Direction.BETTER: gettext("A higher number is better. Yellow is the high end, dark blue the low one."),
            Direction.WORSE: gettext("A lower number is better. Yellow is the high end, dark blue the low one."),
            Direction.NEITHER: gettext("Neither end is better. Yellow is the high end, dark blue the low one."),
        }[direction]


NOTHING = Cell()


def texts_by_day(marks: Iterable[EventMark]) -> dict[datetime.date, list[str]]:
    """What happened on each day of events."""
    found: dict[datetime.date, list[str]] = {}
    for mark in marks:
        for number in range((mark.last - mark.date).days + 1):
            found.setdefault(mark.date + datetime.timedelta(days=number), []).append(mark.text)
    return found


def days_of_month(year: int, month: int) -> int:
    first = datetime.date(year, month, 1)
    return ((first + datetime.timedelta(days=31)).replace(day=1) - first).days
