"""What a search looks for, and what it finds."""

import datetime
import re
from dataclasses import dataclass, field
from decimal import Decimal

from logs.converters import DayConverter
from logs.folding import Piece
from logs.question_lists import QUESTION_LISTS, questions_of
from logs.questions import Question


@dataclass(frozen=True)
class Asked:
    """A question, and the check-in that asks it, or `week`."""

    slug: str
    question: Question

    @property
    def has_range(self) -> bool:
        return self.question.kind is not None and self.question.kind.has_mean


def asked_of(person) -> dict[str, Asked]:
    """All questions of a person's days and weeks by name, those that are not asked any more included."""
    return {question.name: Asked(slug, question) for slug in QUESTION_LISTS for question in questions_of(slug, person)}


@dataclass(frozen=True)
class SearchQuery:
    """What is searched for. All of it has to be true of a hit.

    `words` are folded, and all have to be in the texts of one check-in or week. `answered` and `measured`, which is
    from `least` to `most`, have to be true of the same day or week.
    """

    words: tuple[str, ...] = ()
    check_in: str | None = None
    first: datetime.date | None = None
    last: datetime.date | None = None
    answered: Asked | None = None
    measured: Asked | None = None
    least: Decimal | None = None
    most: Decimal | None = None

    @property
    def conditions(self) -> list[Asked]:
        return list(dict.fromkeys(filter(None, [self.answered, self.measured])))

    @property
    def is_of_words_alone(self) -> bool:
        return bool(self.words) and self == SearchQuery(words=self.words)


@dataclass(frozen=True, order=True)
class Position:
    """A place among the hits: `2026-05-04.evening`. A later check-in of a day comes first, and a week by its end."""

    day: datetime.date
    rank: int

    @classmethod
    def of(cls, day: datetime.date, slug: str) -> "Position":
        return cls(day, [*QUESTION_LISTS].index(slug))

    @classmethod
    def from_text(cls, text: str) -> "Position":
        """Raises ValueError."""
        if not (match := re.fullmatch(rf"({DayConverter.regex})\.([a-z]+)", text)) or match[2] not in QUESTION_LISTS:
            raise ValueError(text)
        return cls.of(DayConverter().to_python(match[1]), match[2])

    def __str__(self):
        return f"{self.day}.{[*QUESTION_LISTS][self.rank]}"


@dataclass(frozen=True)
class Passage:
    """A text with the words marked, or another answer, below its question."""

    label: str
    pieces: list[Piece]


@dataclass
class Hit:
    """A check-in of a day, or a week."""

    position: Position
    key: int  # of the row
    name: str
    title: str  # of the check-in; empty for a week
    address: str
    passages: list[Passage] = field(default_factory=list)
