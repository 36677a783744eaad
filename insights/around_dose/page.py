"""What the page around a dose shows: for each dose, a chart, a table and sentences for each question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from insights.around_dose import sentences
from insights.around_dose.hours import LAST_HOUR
from insights.around_dose.moments import questions
from insights.around_dose.numbers import AfterDose, Answers, AroundDoses
from insights.charts import SCORES, Median, PointChart, Scale
from logs.models import Medication
from logs.questions import Question

PLACE = 0.1  # hours: where a dot is, of those that are drawn once
MOST_LACKING = 20  # doses named that have too few answers


@dataclass(frozen=True)
class Card:
    """One question after a dose. `chart` is empty and there are no rows where no hour has enough answers."""

    heading: str
    chart: SafeString | str
    sentences: list[str]
    rows: list[tuple[str, str, str, int]]


@dataclass(frozen=True)
class Panel:
    """A dose, with a card for each question."""

    key: str
    heading: str
    cards: list[Card]


class DosePage:
    """The doses of a period, with the person's medications."""

    def __init__(self, numbers: AroundDoses, medications: Sequence[Medication]):
        self.numbers = numbers
        # One that was deleted since the numbers were computed has no name any more.
        self.medications = {each.pk: each for each in sorted(medications, key=Medication.sort_key)}

    @cached_property
    def in_order(self) -> list[AfterDose]:
        """By the name of the medication, then by unit and amount."""
        order = {key: place for place, key in enumerate(self.medications)}
        known = [dose for dose in self.numbers.doses if dose.medication in order]
        return sorted(known, key=lambda dose: order[dose.medication])

    @property
    def doses(self) -> list[AfterDose]:
        """Those of which an hour is shown."""
        return [dose for dose in self.in_order if dose.is_shown]

    @property
    def lacking(self) -> list[str]:
        """What the other doses lack."""
        labels = {question.name: sentences.label_of(question) for question in questions()}
        others = [dose for dose in self.in_order if not dose.is_shown]
        said = [sentences.lacking_in_words(self.name_of(dose), dose, labels) for dose in others[:MOST_LACKING]]
        rest = len(others) - len(said)
        return [*said, gettext("And %(count)d more.") % {"count": rest}] if rest else said

    @property
    def left_out(self) -> list[str]:
        names = {key: medication.name_in_words for key, medication in self.medications.items()}
        return sentences.left_out_in_words(self.numbers, names)

    @property
    def problem(self) -> str:
        """Why nothing is shown; empty if something is."""
        if self.doses:
            return ""
        if not self.numbers.answers:
            return gettext("Focus, energy, anxiety and rumination have no answer in these days.")
        if not self.numbers.left_out:
            return gettext("No dose is noted in these days.")
        return gettext("No hour after a dose has enough answers in these days.")

    def name_of(self, dose: AfterDose) -> str:
        return sentences.dose_in_words(self.medications[dose.medication], dose)

    def panels(self, doses: Sequence[AfterDose]) -> list[Panel]:
        by_name = {question.name: question for question in questions()}
        return [self.panel(f"dose-{place}", dose, by_name) for place, dose in enumerate(doses, 1)]

    def panel(self, key: str, dose: AfterDose, by_name: Mapping[str, Question]) -> Panel:
        heading = self.name_of(dose)
        cards = [card_of(f"{key}-{each.name}", heading, by_name[each.name], each) for each in dose.answers]
        return Panel(key, heading, cards)


def card_of(key: str, dose: str, question: Question, answers: Answers) -> Card:
    label = sentences.label_of(question)
    said = sentences.sentences_of(question, answers)
    chart = ""
    if answers.shown:
        title = gettext("%(question)s after %(dose)s") % {"question": label, "dose": dose}
        chart = chart_of(key, title, " ".join(said), question, answers).markup
    return Card(label, chart, said, [sentences.row_of(hour) for hour in answers.shown])


def chart_of(key: str, title: str, words: str, question: Question, answers: Answers) -> PointChart:
    return PointChart(
        key=key,
        title=title,
        description=words,
        scale=Scale(SCORES.low, SCORES.high, tuple(map(str, question.kind.ends))),
        across=Scale(0, LAST_HOUR, unit=gettext("hours after the dose")),
        points=[((place + 0.5) * PLACE, value) for place, value in answers.dots],
        medians=[Median(hour.hour + 0.5, hour.middle, hour.low, hour.high) for hour in answers.shown],
        step=2,
    )
