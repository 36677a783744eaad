"""Findings in words: what was recorded, with its size, its interval and its days. No cause, no advice, no verdict.

Sizes are in the outcome's own points, hours or days. A sign is a word (higher, longer, later); where less is better,
the sentence says so.
"""

import datetime
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from insights.findings.results import Findings, Later, LessOnBadDays, Noise, Result
from insights.findings.sizes import (
    ends_in_words,
    is_on_one_side,
    mean_in_words,
    places_for,
    shortly_between,
    size_in_words,
    sized,
    value_in_words,
    way_in_words,
)
from insights.findings.words import Exposure, Measure, Outcome, Words
from insights.trends.sentences import number_in_words
from logs.fields import Direction

FITS = _("Anything from %(from)s to %(to)s fits your days.")
LEAST_ON_EACH_SIDE = 14  # days with the exposure, and without it


class Held(StrEnum):
    """What the days since a finding was first kept say about it, on their own."""

    TOO_FEW = "too-few"
    HELD = "held"
    NOT_HELD = "not-held"


# ── A comparison ─────────────────────────────────────────────────────────────────────────────────


def name_of(result: Result, words: Words) -> str:
    """`Focus and hours of sleep`: what was compared."""
    return compared_in_words(words.exposure_of(result), words.outcome(result.outcome), result.lag)


def compared_in_words(exposure: Exposure, outcome: Outcome, lag: int) -> str:
    return gettext("%(outcome)s and %(exposure)s") % {"outcome": outcome.named(lag), "exposure": exposure.name}


def when_in_words(result: Result, exposure: Exposure) -> str:
    """`on days with medication`, `after days with medication`, or `for each hour of sleep`."""
    if result.is_amount:
        return exposure.for_each(result.per)
    return (gettext("after days %(which)s") if result.lag else gettext("on days %(which)s")) % {"which": exposure.which}


def sentence_of(result: Result, words: Words) -> str:
    """`Focus was 0.8 points higher on days with medication.` Where less is better, it says so."""
    outcome = words.outcome(result.outcome)
    value = result.estimate.value
    said = {
        "outcome": outcome.named(result.lag),
        "size": size_in_words(value, outcome, places_for(result.estimate)),
        "way": way_in_words(value, outcome.measure),
        "when": when_in_words(result, words.exposure_of(result)),
        "answer": outcome.unit,
    }
    if outcome.measure == Measure.SHARE:
        text = gettext("The answer to %(outcome)s was “%(answer)s” %(way)s %(when)s, by %(size)s.")
    else:
        text = gettext("%(outcome)s was %(size)s %(way)s %(when)s.")
    return " ".join(filter(None, [text % said, direction_in_words(outcome)]))


def direction_in_words(outcome: Outcome) -> str:
    """That less of it is better; empty where that is not so."""
    if outcome.direction != Direction.WORSE:
        return ""
    if outcome.measure == Measure.CLOCK:
        return gettext("Earlier is better.")
    return gettext("Less often is better.") if outcome.measure == Measure.SHARE else gettext("Lower is better.")


def interval_of(result: Result, words: Words) -> str:
    """`Anything from 0.5 to 1.9 points lower fits your days. This does not show that it is the reason.`"""
    fits = FITS % ends_in_words(result.estimate, words.outcome(result.outcome))
    return f"{fits} {gettext('This does not show that one is the reason for the other.')}"


def not_kept_in_words(result: Result, words: Words) -> str:
    """`Anything from 0.4 points lower to 0.9 points higher fits your 41 days.`, or what is missing."""
    if result.estimate is None:
        return missing_in_words(result)
    text = ngettext(
        "Anything from %(from)s to %(to)s fits your %(days)d day.",
        "Anything from %(from)s to %(to)s fits your %(days)d days.",
        result.estimate.days,
    )
    said = text % (ends_in_words(result.estimate, words.outcome(result.outcome)) | {"days": result.estimate.days})
    if is_on_one_side(result.estimate):
        return f"{said} {gettext('Among so many comparisons, chance alone can show as much.')}"
    return said


def missing_in_words(result: Result) -> str:
    """How many days with both answers it has, and how many more it needs; or that more days alone will not do."""
    if not result.needed:
        text = ngettext(
            "Nothing to compare on your %(days)d day: one of both is always the same, or goes with the weekday.",
            "Nothing to compare on your %(days)d days: one of both is always the same, or goes with the weekday.",
            result.days,
        )
        return text % {"days": result.days}
    more = needed_in_words(result.needed)
    is_enough_on_both_sides = min(result.on_days, result.off_days) >= LEAST_ON_EACH_SIDE
    if result.is_amount or not result.days or is_enough_on_both_sides:
        text = ngettext("%(days)d day with both answers.", "%(days)d days with both answers.", result.days)
        return f"{text % {'days': result.days}} {more}"
    said = {"with": result.on_days, "without": result.off_days, "least": LEAST_ON_EACH_SIDE}
    text = gettext("Not enough days to compare (%(with)d with, %(without)d without; %(least)d of each needed).")
    return f"{text % said} {more}"


def needed_in_words(days: int) -> str:
    text = ngettext(
        "%(needed)d more day with both answers is needed.", "%(needed)d more days with both answers are needed.", days
    )
    return text % {"needed": days}


def days_in_words(result: Result) -> str:
    """`143 of 180 days, 12 not tracked, 3 answered later and left out`."""
    text = ngettext("%(days)d of %(span)d day", "%(days)d of %(span)d days", result.span)
    said = [text % {"days": result.days, "span": result.span}]
    if result.not_tracked:
        said.append(gettext("%(count)d not tracked") % {"count": result.not_tracked})
    if result.recalled:
        said.append(gettext("%(count)d answered later and left out") % {"count": result.recalled})
    return ", ".join(said)


def rests_on(result: Result) -> str:
    """The same as a sentence."""
    return gettext("Rests on %(days)s.") % {"days": days_in_words(result)}


def means_in_words(result: Result, words: Words) -> str:
    """`As recorded: 6.4 on average on the 72 days with it, 5.7 on the 71 days without.` Empty without both means."""
    if result.on_mean is None or result.off_mean is None:
        return ""
    outcome = words.outcome(result.outcome)
    said = {
        "more": mean_in_words(result.on_mean, outcome),
        "less": mean_in_words(result.off_mean, outcome),
        "on": result.on_days,
        "off": result.off_days,
    }
    if result.on_from is not None:
        exposure = words.exposure_of(result)
        said["from"] = value_in_words(result.on_from, exposure)
        if exposure.measure == Measure.CLOCK:
            text = gettext(
                "As recorded, on average: %(more)s on the %(on)d days from %(from)s on, "
                "%(less)s on the %(off)d earlier."
            )
        else:
            text = gettext(
                "As recorded, on average: %(more)s on the %(on)d days with %(from)s or more, "
                "%(less)s on the %(off)d with less."
            )
        return text % said
    return (
        gettext("As recorded, on average: %(more)s on the %(on)d days with it, %(less)s on the %(off)d without.") % said
    )


# ── Did it hold? ─────────────────────────────────────────────────────────────────────────────────


def held(result: Result) -> Held:
    """Whether the days since it was first kept show the same, on their own.

    It held if their interval is on the same side of 0. It did not if what all days show is outside of their interval,
    or if all days do not show it any more. Else both fit, whichever way they point: they are too few to tell.
    """
    later = result.later.estimate
    if later is None:
        return Held.TOO_FEW
    now = result.estimate.value if result.estimate else later.value
    is_same_side = later.value * now > 0
    if is_same_side and is_on_one_side(later):
        return Held.HELD
    if not result.kept or not later.low <= now <= later.high:
        return Held.NOT_HELD
    return Held.TOO_FEW


def held_in_words(result: Result, words: Words) -> str:
    """`Since May 4, 74 new days: 0.6 points higher, between 0.1 and 1.1: it held up.` Empty if it is not followed.

    While the new days cannot be compared, it says how many more are needed.
    """
    if result.later is None:
        return ""
    later, outcome = result.later, words.outcome(result.outcome)
    verdict = {
        Held.HELD: gettext("it held up"),
        Held.NOT_HELD: gettext("it has not held up"),
        Held.TOO_FEW: gettext("too few days yet"),
    }[held(result)]
    said = {"since": since_in_words(later), "verdict": verdict}
    if later.estimate is None:
        text = gettext("%(since)s: %(verdict)s.") % said
        return f"{text} {needed_in_words(later.needed)}" if later.needed else text
    places = places_for(later.estimate)
    said |= {"size": sized(later.estimate.value, outcome, places), "range": shortly_between(later.estimate, outcome)}
    return gettext("%(since)s: %(size)s, %(range)s: %(verdict)s.") % said


def since_in_words(later: Later) -> str:
    """`Since March 12, 2026, 74 new days`."""
    since = date_format(datetime.date.fromisoformat(later.since))
    text = ngettext("Since %(day)s, %(days)d new day", "Since %(day)s, %(days)d new days", later.days)
    return text % {"day": since, "days": later.days}


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


def guard_in_words(result: Result) -> str:
    """Why a link is probably none of the exposure; empty if nothing says so."""
    return gettext("Probably not a cause: it comes afterwards just as much.") if result.guard else ""


def tried_in_words(findings: Findings) -> str:
    """How many comparisons there were, how many are shown, and how many of those chance is expected to make."""
    tried, kept = len(findings.compared), len(findings.kept)
    if not tried:
        return gettext("Nothing can be compared yet: each comparison needs more days. What is missing stands below.")
    if not kept:
        text = ngettext(
            "%(tried)d comparison was tried and did not stand out. That is a result too.",
            "%(tried)d comparisons were tried and none stood out. That is a result too.",
            tried,
        )
        return text % {"tried": tried}
    text = ngettext(
        "%(tried)d comparison was tried, %(kept)d is shown.",
        "%(tried)d comparisons were tried, %(kept)d are shown.",
        tried,
    )
    rule = gettext(
        "With this rule, up to about 10 in 100 links shown over time are expected to be chance; "
        "which ones cannot be known."
    )
    return f"{text % {'tried': tried, 'kept': kept}} {rule}"


def less_on_bad_days_in_words(found: LessOnBadDays, words: Words) -> str:
    """That days without answers lie beside low ones, with both means."""
    outcome = words.outcome(found.outcome)
    text = ngettext(
        "%(outcome)s was %(beside)s on average beside %(blanks)d day without an answer, and %(elsewhere)s elsewhere.",
        "%(outcome)s was %(beside)s on average beside %(blanks)d days without an answer, and %(elsewhere)s elsewhere.",
        found.blanks,
    )
    said = {
        "outcome": outcome.named(0),
        "beside": mean_in_words(found.beside_blanks, outcome),
        "elsewhere": mean_in_words(found.elsewhere, outcome),
        "blanks": found.blanks,
    }
    so = gettext("Averages then look better than the days were.")
    fits = FITS % ends_in_words(found.estimate, outcome)
    return f"{text % said} {fits} {so}"


def share_in_words(share: int) -> str:
    """How far a computation is, in percent."""
    return gettext("%(progress)s %% done") % {"progress": share}


def noise_in_words(noise: Noise) -> str:
    """`By chance alone, your days would show a finding in 8 of 100 tries.`, and what that means."""
    if not noise.tries:
        return gettext("Your days are too few to try it.")
    text = gettext(
        "By chance alone, your days would show a finding in %(shown)s of 100 tries. "
        "The more often that is, the less one finding says."
    )
    return text % {"shown": number_in_words(round(100 * noise.with_findings / noise.tries))}
