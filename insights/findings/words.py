"""What the two sides of a comparison are called: the exposures and the outcomes of the family, and own questions.

A result knows names alone. A sentence needs more of them: what a day with the exposure is ("with medication", "when you
moved as much as you wanted"), what an amount is counted in ("for each hour of sleep"), and how an outcome is measured
and which end of it is better. The words of a person's own questions, and of an outcome of yes or no,
stand in quotation marks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from insights.findings.family import MEDICATION
from insights.findings.results import Result
from insights.trends.sentences import number_in_words
from logs.fields import Direction
from logs.kinds import Hours, Kind, Number, Score, Time, YesNo
from logs.models import Unit
from logs.question_lists import questions_of_day
from logs.questions import Question


class Measure(StrEnum):
    """What a difference in an outcome is counted in."""

    POINTS = "points"
    HOURS = "hours"
    CLOCK = "clock"  # hours by which a time is later
    SHARE = "share"  # of the days, from 0 to 1, that a yes or no was yes
    NUMBER = "number"  # in the unit of the question, if it has one


@dataclass(frozen=True, slots=True)
class Exposure:
    """What days differ in. `which` says of days what they have; `each` and `several` say how an amount is counted.

    `several` has a place for the number, `per`. A yes or no has `which` alone, an amount the other two, and what it is
    measured in.
    """

    name: str
    which: str = ""
    each: str = ""
    several: str = ""
    measure: Measure = Measure.POINTS
    unit: str = ""

    def for_each(self, per: float) -> str:
        """`for each hour of sleep`."""
        return str(self.each) if per == 1 else str(self.several) % {"per": number_in_words(per)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is compared. `later` is its name if it is that of the day after."""

    name: str
    later: str
    measure: Measure = Measure.POINTS
    direction: Direction = Direction.BETTER
    unit: str = ""
    scale: tuple[float, float] | None = (1, 10)
    ends: tuple[str, str] = ("", "")

    def named(self, lag: int) -> str:
        return str(self.later if lag else self.name)


OUTCOMES = {
    "focus_level": Outcome(_("Focus"), _("Focus the next day")),
    "energy_level": Outcome(_("Energy"), _("Energy the next day")),
    "rumination_level": Outcome(_("Rumination"), _("Rumination the next day"), direction=Direction.WORSE),
    "anxiety_level": Outcome(_("Anxiety"), _("Anxiety the next day"), direction=Direction.WORSE),
    "sleepiness": Outcome(_("Sleepiness"), _("Sleepiness the next day"), direction=Direction.WORSE),
    "overall_mood": Outcome(_("Mood over the whole day"), _("Mood over the next day")),
    "morning_mood": Outcome(_("Mood in the morning"), _("Mood the next morning")),
    "day_rating": Outcome(_("The day as a whole"), _("The next day as a whole")),
    "sleep_quality": Outcome(_("Sleep quality the night before"), _("Sleep quality the next night")),
    "sleep_hours": Outcome(
        *(_("Sleep the night before"), _("Sleep the next night"), Measure.HOURS, Direction.NEITHER), scale=None
    ),
}


def amount(name: str, each: str, several: str, measure: Measure = Measure.POINTS) -> Exposure:
    return Exposure(name, each=each, several=several, measure=measure)


EXPOSURES = {
    "sleep_hours": amount(
        *(_("hours of sleep"), _("for each hour of sleep"), _("for each %(per)s hours of sleep")), measure=Measure.HOURS
    ),
    "sleep_quality": amount(
        *(_("sleep quality"), _("for each point of sleep quality"), _("for each %(per)s points of sleep quality"))
    ),
    "morning_mood": amount(
        *(_("mood in the morning"), _("for each point of mood in the morning")),
        _("for each %(per)s points of mood in the morning"),
    ),
    "focus_level": amount(_("focus"), _("for each point of focus"), _("for each %(per)s points of focus")),
    "energy_level": amount(_("energy"), _("for each point of energy"), _("for each %(per)s points of energy")),
    "rumination_level": amount(
        *(_("rumination"), _("for each point of rumination"), _("for each %(per)s points of rumination"))
    ),
    "anxiety_level": amount(_("anxiety"), _("for each point of anxiety"), _("for each %(per)s points of anxiety")),
    "overall_mood": amount(
        *(_("mood over the whole day"), _("for each point of mood over the whole day")),
        _("for each %(per)s points of mood over the whole day"),
    ),
    "sleepiness": amount(
        *(_("sleepiness"), _("for each point of sleepiness"), _("for each %(per)s points of sleepiness"))
    ),
    "day_rating": amount(
        *(_("the day as a whole"), _("for each point of the day as a whole")),
        _("for each %(per)s points of the day as a whole"),
    ),
    "dose_amount": amount(
        *(_("the amount taken"), _("for each 1 of the amount taken"), _("for each %(per)s of the amount taken")),
        measure=Measure.NUMBER,
    ),
    "dose_time": amount(
        *(_("the time of the first dose"), _("for each hour that the first dose was later")),
        _("for each %(per)s hours that the first dose was later"),
        Measure.CLOCK,
    ),
    "medication_taken": Exposure(_("medication"), _("with medication")),
    "ate_within_hour": Exposure(
        _("eating within an hour of the first dose"), _("when you ate within an hour of the first dose")
    ),
    "met_physical_activity_goals": Exposure(
        _("moving as much as you wanted"), _("when you moved as much as you wanted")
    ),
    "met_dietary_goals": Exposure(_("eating the way you wanted"), _("when you ate the way you wanted")),
    "never_felt_isolated": Exposure(_("never feeling isolated"), _("when you never felt isolated")),
    "is_crashing": Exposure(_("medication wearing off"), _("when you noticed your medication wearing off")),
    "had_emotional_event": Exposure(_("an emotional event"), _("with an emotional event")),
    "had_triggering_interaction": Exposure(
        _("an interaction that triggered you"), _("with an interaction that triggered you")
    ),
    "coping_used": Exposure(
        _("talking, writing or turning to something else after an emotional event"),
        _("when you talked, wrote or turned to something else after an emotional event"),
    ),
    "breakfast": Exposure(_("breakfast written down"), _("with breakfast written down")),
    "lunch": Exposure(_("lunch written down"), _("with lunch written down")),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words for the comparisons of one person: their questions by name, and the names of medications by key."""

    questions: Mapping[str, Question]
    medications: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, questions: Iterable[Question], medications: Mapping[int, str] | None = None) -> "Words":
        return cls({question.name: question for question in questions}, medications or {})

    def exposure_of(self, result: Result) -> Exposure:
        """The exposure of a result; that of doses with the name and the unit of their medication."""
        if result.medication is None or result.exposure not in OF_DOSES:
            return self.exposure(result.exposure)
        return of_doses(result, self.medications.get(result.medication) or gettext("a medication"))

    def exposure(self, name: str) -> Exposure:
        if name in EXPOSURES:
            return EXPOSURES[name]
        if name in self.questions:
            return exposure_of(self.questions[name])
        if name.startswith(MEDICATION) and (key := name.removeprefix(MEDICATION)).isdecimal():
            medication = self.medications.get(int(key)) or gettext("a medication that is not there any more")
            return Exposure(medication, gettext("with %(medication)s") % {"medication": medication})
        return UNKNOWN_EXPOSURE

    def outcome(self, name: str) -> Outcome:
        """Its words; the ends of its scale are those of the question."""
        question = self.questions.get(name)
        if name not in OUTCOMES and question is None:
            return UNKNOWN_OUTCOME
        found = OUTCOMES[name] if name in OUTCOMES else outcome_of(question)
        if question and isinstance(question.kind, Score):
            return replace(found, ends=tuple(map(str, question.kind.ends)))
        return found


def words_for(person, results: Iterable[Result] = ()) -> Words:
    """The words for a person's results. Up to two queries: own questions, and medications if a result is of one."""
    names_medications = any(each.medication or each.exposure.startswith(MEDICATION) for each in results)
    listed = person.medications.defer("note") if names_medications else ()
    return Words.of(questions_of_day(person), {each.pk: each.name_in_words for each in listed})


OF_DOSES = ("dose_amount", "dose_time")


def of_doses(result: Result, medication: str) -> Exposure:
    """`for each 10 mg of Concerta`, or `for each hour that the first dose of Concerta was later`."""
    said = {"medication": medication, "unit": str(dict(Unit.choices).get(result.unit, "")), "per": "%(per)s"}
    if result.exposure == "dose_time":
        name = gettext("the time of the first dose of %(medication)s")
        each = gettext("for each hour that the first dose of %(medication)s was later")
        several = gettext("for each %(per)s hours that the first dose of %(medication)s was later")
    else:
        name = gettext("the amount of %(medication)s")
        each = gettext("for each 1 %(unit)s of %(medication)s")
        several = gettext("for each %(per)s %(unit)s of %(medication)s")
    measure = Measure.CLOCK if result.exposure == "dose_time" else Measure.NUMBER
    return Exposure(name % said, "", each % said, several % escaped(said), measure, said["unit"])


def quoted(question: Question) -> str:
    """The words of a question, as a quotation."""
    return gettext("“%(question)s”") % {"question": capfirst(str(question.label))}


def exposure_of(question: Question) -> Exposure:
    """Of a question that no phrase is declared for, such as an own one."""
    name, kind = quoted(question), question.kind
    if isinstance(kind, YesNo):
        answer = dict(kind.answers)[True]
        return Exposure(name, gettext("with “%(answer)s” to %(question)s") % {"answer": answer, "question": name})
    said = {"question": name, "unit": unit_of(kind), "per": "%(per)s"}
    if isinstance(kind, Score):
        each, several = gettext("for each point of %(question)s"), gettext("for each %(per)s points of %(question)s")
    elif isinstance(kind, Time):
        each = gettext("for each hour later in %(question)s")
        several = gettext("for each %(per)s hours later in %(question)s")
    elif isinstance(kind, Hours):
        each, several = gettext("for each hour of %(question)s"), gettext("for each %(per)s hours of %(question)s")
    elif said["unit"]:
        each = gettext("for each 1 %(unit)s more in %(question)s")
        several = gettext("for each %(per)s %(unit)s more in %(question)s")
    else:
        each, several = gettext("for each 1 more in %(question)s"), gettext("for each %(per)s more in %(question)s")
    return Exposure(name, "", each % said, several % escaped(said), measure_of(kind), said["unit"])


def escaped(said: Mapping[str, str]) -> dict[str, str]:
    """Words that a place for a number is filled in beside: a per cent sign in them is one."""
    return {key: text if key == "per" else text.replace("%", "%%") for key, text in said.items()}


def outcome_of(question: Question) -> Outcome:
    name, kind = quoted(question), question.kind
    later = gettext("%(question)s the next day") % {"question": name}
    direction = question.direction
    if isinstance(kind, Score):
        return Outcome(name, later, Measure.POINTS, direction)
    if isinstance(kind, YesNo):
        no, yes = (str(dict(kind.answers)[answer]) for answer in (False, True))
        return Outcome(name, later, Measure.SHARE, direction, unit=yes, scale=(0, 1), ends=(no, yes))
    return Outcome(name, later, measure_of(kind), direction, unit=unit_of(kind), scale=None)


def measure_of(kind: Kind | None) -> Measure:
    """That of an amount."""
    if isinstance(kind, Score):
        return Measure.POINTS
    return Measure.HOURS if isinstance(kind, Hours) else Measure.CLOCK if isinstance(kind, Time) else Measure.NUMBER


def unit_of(kind: Kind | None) -> str:
    return str(kind.unit) if isinstance(kind, Number) and kind.unit else ""


GONE = _("a question that is not there any more")
UNKNOWN_EXPOSURE = Exposure(
    GONE, _("with an answer that is not there any more"), _("for each 1 more"), _("for each %(per)s more")
)
UNKNOWN_OUTCOME = Outcome(
    _("A question that is not there any more"), _("A question that is not there any more"), scale=None
)
