"""The charts of the trends: which questions are drawn together, and which chart an address names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import Http404
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from logs.questions import Question, RowQuestion
from logs.schedules import TAKEN

DOSES = "doses"


@dataclass(frozen=True)
class Group:
    """A chart: its key in addresses and ids, its title, and its questions.

    `has_second_scale`: the second question is drawn on a scale of its own.
    """

    key: str
    title: str
    questions: Sequence[Question]
    has_second_scale: bool = False

    @property
    def heading(self) -> str:
        return capfirst(str(self.title))

    @property
    def is_of_doses(self) -> bool:
        return self.key == DOSES

    @property
    def is_own(self) -> bool:
        return isinstance(self.questions[0], RowQuestion)


# The key, the title and the questions of the charts that everyone has.
BUILT_IN = (
    ("mood", _("Mood"), ("morning_mood", "overall_mood")),
    ("sleep", _("Sleep"), ("sleep_hours", "sleep_quality")),
    ("focus", _("Focus, energy and rumination"), ("focus_level", "energy_level", "rumination_level")),
    ("anxiety", _("Anxiety and sleepiness"), ("anxiety_level", "sleepiness")),
    ("day", _("The day as a whole"), ("day_rating",)),
    (DOSES, _("Medication"), (TAKEN,)),
)
SECOND_SCALE = "sleep"


def groups_of(questions: Iterable[Question]) -> tuple[list[Group], list[Group], list[Group]]:
    """The charts of these questions: those that everyone has, those of own questions, and all others."""
    by_name = {question.name: question for question in questions}
    built_in = []
    for key, title, names in BUILT_IN:
        found = [by_name.pop(name) for name in names if name in by_name]
        if found:
            is_double = key == SECOND_SCALE and len(found) == len(names)
            # What is left of a chart has the name of what is left.
            title = title if len(found) == len(names) or key == DOSES else ", ".join(str(each.label) for each in found)
            built_in.append(Group(key, title, found, has_second_scale=is_double))
    alone = [Group(question.name, question.label, [question]) for question in by_name.values()]
    return built_in, [each for each in alone if each.is_own], [each for each in alone if not each.is_own]


def group_named(key: str, questions: Iterable[Question]) -> Group:
    """The chart of an address. Raises Http404."""
    built_in, own, others = groups_of(questions)
    found = next((group for group in (*built_in, *own, *others) if group.key == key), None)
    if found is None:
        raise Http404
    return found
