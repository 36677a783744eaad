"""What a person wants of a report."""

from dataclasses import dataclass

from insights.report.logged import Span


@dataclass(frozen=True)
class ReportSelection:
    """`groups` are the keys of the sections wanted, `panels` and `own` names of questions, `words` keys of entries,
    `findings` keys of comparisons.

    `questions` are the person's own, to be asked at the appointment. What is empty is not in the report.
    """

    period: Span
    groups: frozenset[str]
    name: str = ""
    appointment: str = ""  # in words
    questions: tuple[str, ...] = ()
    panels: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
