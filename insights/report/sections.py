"""The sections of a report, in order, and a report made of those that a person wants.

A section that is not wanted is not computed: nothing of it is in the contents, nor in other sections.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.formats import time_format
from django.utils.translation import get_language, gettext, gettext_lazy as _

from brainlog.purpose import PURPOSE
from insights.events import EventMark, marks_for
from insights.report import (
    axes,
    blanks,
    doses,
    happened,
    measurements,
    own_questions,
    panels,
    passages,
    shape,
    side_effects,
    sleep,
    taken,
    too_few,
    wording,
)
from insights.report.contents import Axis, Block, Contents, Header, Items, Label, Section, Sentences
from insights.report.findings import kept_findings
from insights.report.logged import Logged
from insights.report.selection import ReportSelection
from insights.trends.statistics import LEAST_IN_WINDOW, WINDOW

DETAILS = "-details"


class Draft:
    """A report while it is made: what was logged, what is wanted, and what several sections share."""

    def __init__(self, person, selection: ReportSelection):
        self.person, self.selection = person, selection
        self.logged = Logged(person, selection.period)

    def wants(self, group: str) -> bool:
        return group in self.selection.groups

    @cached_property
    def axis(self) -> Axis:
        return axes.axis_of(self.selection.period)

    @cached_property
    def marks(self) -> tuple[Label, ...]:
        """The numbers of life events, if these are wanted."""
        if not self.wants("events"):
            return ()
        return tuple(Label(each.date, str(each.number), each.days_in_words) for each in self.happened)

    @cached_property
    def happened(self) -> list[EventMark]:
        period = self.selection.period
        return marks_for(self.person, period.first, period.last)

    def events(self) -> list[Block]:
        return happened.blocks(self.happened)

    def events_details(self) -> list[Block]:
        return happened.details(self.happened)

    @cached_property
    def due(self) -> list[taken.DueDays]:
        return taken.due_days(self.logged)

    def questions(self) -> list[Block]:
        return [Items(self.selection.questions)] if self.selection.questions else []

    def doses(self) -> list[Block]:
        missed = {each.medication: each.missed for each in self.due} if self.wants("taken") else {}
        return doses.blocks(self.logged, self.axis, self.marks, missed)

    def taken(self) -> list[Block]:
        return taken.blocks(self.logged, self.due)

    def panels(self) -> list[Block]:
        chosen = [each for each in panels.scores(self.logged) if each.name in self.selection.panels]
        changes = doses.changes(self.logged) if self.wants("doses") else []
        found = [panels.panel_of(self.logged, each, self.axis, self.marks, changes) for each in chosen]
        return [*found[: panels.MOST_PANELS]]

    def side_effects(self) -> list[Block]:
        return side_effects.blocks(self.logged, with_doses=self.wants("doses"))

    def side_effects_details(self) -> list[Block]:
        return side_effects.details(self.logged, with_doses=self.wants("doses"))

    def own(self) -> list[Block]:
        return own_questions.blocks(
            self.logged, [each for each in self.logged.own_questions if each.name in self.selection.own]
        )

    def findings(self) -> list[Block]:
        kept = kept_findings(self.person) if self.selection.findings else None
        return kept.blocks(self.selection.findings) if kept else []

    def words(self) -> list[Block]:
        return passages.blocks(passages.picked(self.person, self.selection.period, self.selection.words))

    def few(self) -> list[Block]:
        return too_few.blocks(self.logged)

    def reading(self, shown: set[str]) -> Section:
        """`shown`: the keys of the sections that there are."""
        lines = how_to_read(self.selection, shown, has_marks=bool(self.marks))
        return Section("reading", gettext("How to read this page"), (Sentences(lines, is_note=True),))


@dataclass(frozen=True)
class Group:
    """What is wanted or redacted as a whole: a section of the first page, its details, or both."""

    key: str
    title: str
    blocks: Callable[[Draft], list[Block]] | None = None
    details: Callable[[Draft], list[Block]] | None = None
    details_title: str = ""

    def sections(self, draft: Draft) -> list[Section]:
        """Those that have anything to say."""
        found = []
        if self.blocks and (blocks := self.blocks(draft)):
            found.append(Section(self.key, str(self.title), tuple(blocks)))
        if self.details and (blocks := self.details(draft)):
            title = str(self.details_title or self.title)
            found.append(Section(self.key + DETAILS, title, tuple(blocks), is_detail=True))
        return found


GROUPS = (
    Group("questions", _("My questions"), Draft.questions),
    Group("doses", _("What I recorded as taken"), Draft.doses),
    Group(
        *("taken", _("Taken and missed"), Draft.taken),
        details=lambda draft: taken.details(draft.logged, draft.due),
        details_title=_("Days with a missed dose"),
    ),
    Group("panels", _("The period in numbers"), Draft.panels),
    Group("sleep", _("Sleep"), lambda draft: sleep.blocks(draft.logged)),
    Group("wearing_off", _("Wearing off"), lambda draft: side_effects.wearing_off(draft.logged)),
    Group(
        *("side_effects", _("Side effects"), Draft.side_effects),
        details=Draft.side_effects_details,
        details_title=_("All side effects"),
    ),
    Group(
        *("body", _("Weight, blood pressure and pulse"), lambda draft: measurements.blocks(draft.logged)),
        details=lambda draft: measurements.details(draft.logged),
        details_title=_("All entries of weight, blood pressure and pulse"),
    ),
    Group(*("events", _("What happened"), Draft.events), details=Draft.events_details),
    Group("shape", _("The shape of the day"), details=lambda draft: shape.blocks(draft.logged)),
    Group("own", _("My own questions about days and weeks"), details=Draft.own),
    Group("findings", _("Findings that I chose"), details=Draft.findings),
    Group("blanks", _("Days without an answer"), details=lambda draft: blanks.blocks(draft.logged)),
    Group("words", _("In my own words"), details=Draft.words),
)
FEW = Group("few", _("Few days"), Draft.few)
# The sections with medians, and those with the period before.
WITH_MEDIANS = {"panels", "sleep", "wearing_off", "side_effects", "shape-details", "own-details"}
WITH_BEFORE = {"panels", "sleep", "own-details"}


def report_for(person, selection: ReportSelection) -> Contents:
    """The report, in the active language and formats, of what is stored now."""
    draft = Draft(person, selection)
    wanted = [group for group in GROUPS if draft.wants(group.key)]
    sections = [section for group in wanted for section in group.sections(draft)]
    reading = draft.reading({section.key for section in sections})
    sections = in_order([*FEW.sections(draft), *sections, reading])
    period = selection.period
    return Contents(get_language() or "en", period.first, period.last, header_of(draft), tuple(sections))


def in_order(sections: Sequence[Section]) -> list[Section]:
    """Those of the first page, how to read it at its end, then the details."""
    return sorted(sections, key=lambda section: section.is_detail)


def header_of(draft: Draft) -> Header:
    selection, now = draft.selection, draft.person.local_time()
    made = gettext("Made on %(date)s at %(time)s") % {"date": wording.day(now.date()), "time": time_format(now.time())}
    return Header(
        title=gettext("Report for an appointment"),
        period=wording.days_from(selection.period.first, selection.period.last),
        made=made,
        status=status_of(draft.logged),
        purpose=str(PURPOSE),
        name=selection.name,
        appointment=selection.appointment,
    )


def status_of(logged: Logged) -> str:
    """`Self-reported by the user. … Answered 74 of 90 days, 9 marked not tracked, 6 filled in later.`"""
    text = gettext(
        "Self-reported by the user. Not a clinical measurement. "
        "Answered %(answered)s, %(marked)d marked not tracked, %(recalled)d filled in later."
    )
    return text % {
        "answered": wording.of_days(len(logged.days), logged.period.days),
        "marked": len(blanks.marked_days(logged)),
        "recalled": len(blanks.recalled_days(logged)),
    }


def how_to_read(selection: ReportSelection, shown: set[str], *, has_marks: bool) -> tuple[str, ...]:
    """A few lines, on what is there alone. `shown`: the keys of the sections."""
    lines = [panels_in_words(selection)] if "panels" in shown else []
    if has_marks and shown & {"panels", "doses"}:
        lines = [" ".join([*lines, gettext("Dotted lines mark what happened, in its order.")])]
    if shown & WITH_MEDIANS:
        lines.append(
            gettext(
                "The median is the middle answer; half of all answers lie in the middle half. A day without an answer "
                "counts nowhere."
            )
        )
    last = gettext("All of it is what one person noted.")
    if shown & WITH_BEFORE:
        before = selection.period.before
        text = gettext(
            "The period before is %(before)s. Two periods differ in more than one thing: this page cannot say why an "
            "answer changed."
        )
        last = f"{last} {text % {'before': wording.days_from(before.first, before.last)}}"
    return (*lines, last)


def panels_in_words(selection: ReportSelection) -> str:
    """What is drawn of the answers."""
    if selection.period.days > panels.MOST_POINTS_OF_DAYS:
        return gettext("A dot is the median of a week, its line goes from the lowest answer to the highest.")
    text = gettext(
        "A dot is a day. The line is the mean of %(days)d days, drawn where %(fewest)d of them have an answer."
    )
    text %= {"days": WINDOW, "fewest": LEAST_IN_WINDOW}
    return f"{text} {gettext('It starts anew when a dose changes.')}" if "doses" in selection.groups else text
