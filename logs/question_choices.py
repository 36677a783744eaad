"""What a person chose among the questions: where each is asked, in which order, which check-ins are off, and which
question is the one of a bad day. Pure.

The choices about built-in questions and all orders are one JSON value of the person. It holds only what differs from
the usual set, so a question that a later release adds is asked as it is meant to be. Where an own question is asked
is a column of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Place(StrEnum):
    """Where a question is asked: above the fold, below it, or not at all."""

    FIRST = "first"
    FOLDED = "folded"
    OFF = "off"


PLACES = [*Place]


@dataclass(frozen=True)
class Choices:
    """The choices of one person. `order` has the names of questions by the slug of their list, `off` the check-ins.

    `one` is the name of the question for a day of one question; None, for the mood that suits the hour.
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    order: Mapping[str, Sequence[str]] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    one: str | None = None

    @classmethod
    def from_json(cls, value: dict | None) -> "Choices":
        """The choices as stored. A place that this release does not know is the usual one."""
        value = value or {}
        places = {name: Place(place) for name, place in value.get("places", {}).items() if place in PLACES}
        return cls(places, value.get("order", {}), frozenset(value.get("off", {})), value.get("one"))

    def to_json(self) -> dict | None:
        """As it is stored; None for the usual set. A check-in that is off is a key, which SQL can look up."""
        parts = {
            "places": {name: place.value for name, place in self.places.items()},
            "order": {slug: [*names] for slug, names in self.order.items()},
            "off": dict.fromkeys(sorted(self.off), True),
            "one": self.one,
        }
        return {name: part for name, part in parts.items() if part} or None

    def with_place(self, name: str, place: Place, usual: Place) -> "Choices":
        """Ask a built-in question there. `usual` is its place in the usual set."""
        others = {other: chosen for other, chosen in self.places.items() if other != name}
        return replace(self, places=others if place == usual else others | {name: place})

    def with_order(self, slug: str, names: Iterable[str]) -> "Choices":
        return replace(self, order=dict(self.order) | {slug: [*names]})

    def with_check_in(self, slug: str, *, is_on: bool) -> "Choices":
        return replace(self, off=self.off - {slug} if is_on else self.off | {slug})

    def with_one(self, name: str | None) -> "Choices":
        """Ask this question on a day of one question; None, the mood that suits the hour."""
        return replace(self, one=name)


def arranged(questions: Sequence, choices: Choices, slug: str) -> tuple:
    """The questions of a list in a person's order: those asked first, those folded away, those left out.

    `questions` are in the usual order, own ones after the built-in ones. A question that depends on another one comes
    after it, and is asked where that one is if the person placed that one elsewhere than usual.
    """
    by_name = {question.name: question for question in questions}
    usual = {name: number for number, name in enumerate(by_name)}
    chosen = {name: number for number, name in enumerate(choices.order.get(slug, ()))}

    def head_of(question):
        return by_name[question.shown_when[0]] if question.shown_when else question

    def place_of(question) -> Place:
        head = head_of(question)
        place = choices.places.get(head.name, head.place)
        return question.place if place == head.place else place

    def sort_key(question) -> tuple:
        head = head_of(question).name
        return PLACES.index(question.place), chosen.get(head, len(chosen)), usual[head], usual[question.name]

    return tuple(sorted((question.placed(place_of(question)) for question in questions), key=sort_key))


def moved(questions: Sequence, name: str, *, by: int) -> list[str]:
    """The names of an arranged list's questions once one is moved by so many places among those of its part.

    Questions that depend on others move with them and are not among the names. At the end of its part, a question
    stays where it is.
    """
    heads = [question for question in questions if not question.shown_when]
    part = [head.name for head in heads if head.place == next(each.place for each in heads if each.name == name)]
    names = [head.name for head in heads]
    here = part.index(name)
    there = here + by
    if 0 <= there < len(part):
        first, second = names.index(part[here]), names.index(part[there])
        names[first], names[second] = names[second], names[first]
    return names
