"""Findings that the person chose for a report: links between answers that the last computation kept.

They are of all days that were computed, not of the period of the report, and say so. Nothing is computed here.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from insights.findings.requests import current
from insights.findings.results import Findings, Result
from insights.findings.sentences import days_in_words, guard_in_words, held_in_words, name_of, sentence_of
from insights.findings.sizes import ends_in_words
from insights.findings.words import Words, words_for
from insights.report import wording
from insights.report.contents import Block, Sentences

MOST_CHOSEN = 6


@dataclass(frozen=True)
class KeptFindings:
    """The findings to choose from, with the words for them."""

    findings: Findings
    words: Words

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The key of each and what it is about, in the order of the page of findings: nothing is ranked."""
        return [(each.key, name_of(each, self.words)) for each in self.findings.kept]

    def blocks(self, keys: Collection[str]) -> list[Block]:
        """A line for each chosen one that is still kept, and once what all of them do not show."""
        chosen = [each for each in self.findings.kept if each.key in keys]
        if not chosen:
            return []
        lines = tuple(self.line(each) for each in chosen)
        return [Sentences(lines), Sentences((self.caution(len(chosen)),), is_note=True)]

    def line(self, result: Result) -> str:
        """The remark that speaks against it, if there is one; its size, interval and days; and whether it held."""
        fits = gettext("Anything from %(from)s to %(to)s fits these days.")
        fits %= ends_in_words(result.estimate, self.words.outcome(result.outcome))
        days = gettext("Rests on %(days)s.") % {"days": days_in_words(result)}
        said = [guard_in_words(result), sentence_of(result, self.words), fits, days]
        return " ".join(filter(None, [*said, held_in_words(result, self.words)]))

    def caution(self, chosen: int) -> str:
        findings = self.findings
        first, last = (datetime.date.fromisoformat(day) for day in (findings.first, findings.last))
        text = ngettext(
            "These are of %(days)s, not of this period alone. %(compared)d comparison was tried, %(kept)d stood out, "
            "and the user chose %(chosen)d for this report. Up to about 10 in 100 links that stand out over time are "
            "expected to be chance, and none shows a reason.",
            "These are of %(days)s, not of this period alone. %(compared)d comparisons were tried, %(kept)d stood out, "
            "and the user chose %(chosen)d for this report. Up to about 10 in 100 links that stand out over time are "
            "expected to be chance, and none shows a reason.",
            len(findings.compared),
        )
        facts = {"compared": len(findings.compared), "kept": len(findings.kept), "chosen": chosen}
        return text % (facts | {"days": wording.days_from(first, last)})


def kept_findings(person) -> KeptFindings | None:
    """Those of the last computation; None if there is none, or it kept nothing. One query, and up to two for words."""
    findings = current(person).result
    if findings is None or not findings.kept:
        return None
    return KeptFindings(findings, words_for(person, findings.kept))
