"""Side effects and other complaints by name, found by the gallery's keys: on how many of the days asked, how strong.

A day on which a question was not asked says nothing about it: what counts is the set of questions stored with each
check-in.
"""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_lazy as _

from insights.report import spreads, wording
from insights.report.contents import Block, Sentences, Table
from insights.report.logged import WEARING_OFF, Logged
from logs.gallery import ENTRY_BY_KEY, SIDE_EFFECTS
from logs.kinds import Score
from logs.own_kinds import NOT_NOTICED
from logs.questions import RowQuestion

# Short names, used as long as the question is worded as in the gallery.
NAMES = {
    "headache": _("Headache"),
    "dry_mouth": _("Dry mouth"),
    "stomach_ache": _("Stomach ache"),
    "racing_heart": _("Racing heart"),
    "jitteriness": _("Jitteriness"),
    "irritability": _("Irritability"),
    "feeling_flat": _("Feeling flat"),
    "tics": _("Tics"),
    "sweating": _("Sweating"),
    "sexual_difficulty": _("Difficulty with sex or desire"),
    "dizziness": _("Dizziness"),
    "pain": _("Pain"),
    "migraine": _("Migraine"),
    "side_effect_times": _("Hours of side effects"),
    "pain_places": _("Places of pain"),
    "side_effects_in_the_way": _("Side effects in the way (0 to 6, weekly)"),
    "medication_working": _("Medication noticed working"),
    "medication_wearing_off": _("Medication noticed wearing off"),
}
KEYS = tuple(entry.key for entry in SIDE_EFFECTS)
WEEKLY, TIMES = "side_effects_in_the_way", ("medication_working", "medication_wearing_off")
MOST_ON_FIRST_PAGE = 6
NONE = 1  # The id of "none" among the gallery's choices.


@dataclass(frozen=True)
class SideEffect:
    """A complaint with the days of the period that asked about it, and the answers that say that it was there."""

    question: RowQuestion
    asked: tuple[datetime.date, ...]
    present: tuple[tuple[datetime.date, object], ...]

    @property
    def worst(self):
        return max((value for _date, value in self.present), key=lambda value: rank(self.question, value))


def name_of(question: RowQuestion) -> str:
    """The short name of a gallery's entry, or the person's own wording."""
    key = question.own.gallery
    if key in NAMES and question.own.label == str(ENTRY_BY_KEY[key].label):
        return str(NAMES[key])
    return question.label


def rank(question: RowQuestion, value) -> int:
    """How strong an answer is; 0 says that it was not there. Choices are in the order of the person's list.

    A choice that is not offered any more stands where it stood in the gallery.
    """
    if isinstance(question.kind, Score):
        return value - Score.LOWEST
    if question.own.kind == "yes_no":
        return int(value)
    offered = [key for key, _label in question.own.choices]
    return offered.index(value) if value in offered and value != NONE else max(int(value) - NONE, 0)


def side_effects(logged: Logged) -> list[SideEffect]:
    """Those asked in the period, the ones on most days first."""
    found = []
    for question in logged.of_gallery(KEYS):
        if question.own.kind not in ("choice", "score", "yes_no"):
            continue
        asked = logged.days_asked(question.name)
        present = [(date, value) for date, value in logged.dated(question.name) if rank(question, value) > 0]
        if asked:
            found.append(SideEffect(question, tuple(asked), tuple(present)))
    return sorted(found, key=lambda each: -len(each.present))


def blocks(logged: Logged, *, with_doses: bool = True) -> list[Block]:
    """`with_doses`: with what was taken on the first and the last day."""
    found = side_effects(logged)
    lines = [*never_in_words(found), *others_in_words(logged)]
    present = [each for each in found if each.present]
    if not found and not lines:
        return [Sentences((gettext("No side effect was asked about in this period."),))]
    hidden = len(present) - MOST_ON_FIRST_PAGE
    if hidden > 0:
        lines.insert(0, gettext("%(count)d more are in the details.") % {"count": hidden})
    table = [table_of(logged, present[:MOST_ON_FIRST_PAGE], with_doses)] if present else []
    return [*table, *([Sentences(tuple(lines))] if lines else [])]


def details(logged: Logged, *, with_doses: bool = True) -> list[Block]:
    """All of them, if the first page has not room for all."""
    present = [each for each in side_effects(logged) if each.present]
    return [table_of(logged, present, with_doses)] if len(present) > MOST_ON_FIRST_PAGE else []


def table_of(logged: Logged, present: list[SideEffect], with_doses: bool) -> Table:
    header = (
        gettext("Side effect"),
        gettext("Days present of days asked"),
        gettext("Strongest"),
        gettext("First and last day"),
        *([gettext("Recorded dose then")] if with_doses else []),
    )
    return Table("", header, tuple(row_of(logged, each, with_doses) for each in present))


def row_of(logged: Logged, each: SideEffect, with_doses: bool) -> tuple[str, ...]:
    days = dict.fromkeys([each.present[0][0], each.present[-1][0]])
    doses = dict.fromkeys(logged.dose_on(date) or gettext("no dose noted") for date in days)
    return (
        name_of(each.question),
        gettext("%(days)d of %(asked)d") % {"days": len(each.present), "asked": len(each.asked)},
        each.question.display(each.worst),
        ", ".join(wording.day(date) for date in days),
        *([" / ".join(doses)] if with_doses else []),
    )


def never_in_words(found: list[SideEffect]) -> list[str]:
    """`Asked and not present: Dry mouth (60 days).`"""
    never = [f"{name_of(each.question)} ({wording.days(len(each.asked))})" for each in found if not each.present]
    return [gettext("Asked and not present: %(names)s.") % {"names": ", ".join(never)}] if never else []


def others_in_words(logged: Logged) -> list[str]:
    """The hours and places that were chosen most often, and how much all of it got in the way, by week."""
    found = []
    for question in logged.of_gallery(KEYS):
        if question.own.kind == "several" and (answers := logged.dated(question.name)):
            counts = Counter(key for _date, keys in answers for key in keys)
            chosen = (f"{question.kind.label_of(key)} {count}" for key, count in counts.most_common(5))
            facts = {"name": name_of(question), "chosen": ", ".join(chosen), "days": wording.days(len(answers))}
            found.append(gettext("%(name)s, of %(days)s: %(chosen)s.") % facts)
    for question in logged.of_gallery([WEEKLY]):
        if values := logged.values(question.name):
            found.append(f"{name_of(question)}: {weeks_in_words(values)}.")
    return found


def weeks_in_words(values) -> str:
    """The spread of one value a week."""
    spread = spreads.spread_of(values)
    facts = {
        "median": wording.number(spread.median),
        "all": wording.numbers(spread.least, spread.most),
        "weeks": wording.weeks(spread.answered),
    }
    return gettext("median %(median)s, all %(all)s (%(weeks)s)") % facts


def wearing_off(logged: Logged) -> list[Block]:
    """On how many days medication was felt to wear off, and at which times it was noticed."""
    answers = logged.values(WEARING_OFF)
    if answers:
        facts = {"yes": wording.of_days(sum(answers), len(answers))}
        lines = [gettext("Wearing off in the afternoon: yes on %(yes)s answered.") % facts]
    else:
        lines = [gettext("No day of this period says whether medication wore off in the afternoon.")]
    for question in logged.of_gallery(TIMES):
        if values := logged.values(question.name):
            lines.append(f"{name_of(question)}: {times_in_words(values)}.")
    return [Sentences(tuple(lines))]


def times_in_words(values: Sequence) -> str:
    """`median 3:30 p.m., from 2 p.m. to 5 p.m.; not noticed on 4 of 40 days answered`"""
    minutes = [wording.minutes_of(value) for value in values if value != NOT_NOTICED]
    facts = {"unnoticed": wording.of_days(len(values) - len(minutes), len(values))}
    if not minutes:
        return gettext("not noticed on %(unnoticed)s answered") % facts
    spread = spreads.spread_of(minutes)
    facts |= {
        "median": wording.clock(spread.median),
        "low": wording.clock(spread.least),
        "high": wording.clock(spread.most),
    }
    text = gettext("median %(median)s, from %(low)s to %(high)s; not noticed on %(unnoticed)s answered")
    return text % facts
