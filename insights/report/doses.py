"""What was taken, as bands over the days: what the person recorded on each dose. No dose is compared with another."""

import datetime
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext, ngettext

from insights.dose_periods import LONGEST_GAP, Stretch, doses_from, stretches_within, total_in_words
from insights.report import wording
from insights.report.contents import Axis, Bands, Block, DoseBand, Label, Sentences, Track
from insights.report.logged import Logged
from logs.models import Medication

MOST_TRACKS, MOST_BANDS_IN_WORDS, MOST_OTHERS = 5, 4, 5


def stretches_of_period(logged: Logged) -> dict[int, list[Stretch]]:
    """The stretches of each medication that was taken in the period, those with the most days first."""
    first, last = logged.period.first, logged.period.last
    found = {
        pk: stretches_within(logged.taken.stretches.get(pk, ()), logged.taken.totals.get(pk, {}), first, last)
        for pk in logged.medications
    }
    found = {pk: stretches for pk, stretches in found.items() if sum(each.days_taken for each in stretches)}
    # sorted() keeps the order of the names among equals.
    in_order = sorted(found, key=lambda pk: -sum(each.days_taken for each in found[pk]))
    return {pk: found[pk] for pk in in_order}


def bands_of(stretches: Sequence[Stretch]) -> tuple[DoseBand, ...]:
    """Equal amounts have equal patterns. A dose whose amount is not known has a label that says so."""
    patterns: dict[str, int] = {}
    bands = []
    for each in stretches:
        label = amount_of(each)
        bands.append(DoseBand(each.first, each.last, label, patterns.setdefault(label, len(patterns))))
    return tuple(bands)


def amount_of(stretch: Stretch) -> str:
    return total_in_words(stretch.total) or gettext("amount not noted")


def changes(logged: Logged) -> list[datetime.date]:
    """The days on which a mean over days starts anew, of both periods: the dose changed, or a medication ended."""
    return list(doses_from(logged.taken, logged.period.before.first, logged.period.last).changes)


def blocks(
    logged: Logged, axis: Axis, marks: tuple[Label, ...], missed: Mapping[int, Sequence[datetime.date]]
) -> list[Block]:
    """The section's blocks. `missed`: the days on which each daily medication was not taken."""
    stretches = stretches_of_period(logged)
    shown = list(stretches)[:MOST_TRACKS]
    found: list[Block] = []
    if shown:
        tracks = tuple(Track(name_of(logged, pk), bands_of(stretches[pk]), tuple(missed.get(pk, ()))) for pk in shown)
        sentences = [in_words(logged.medications[pk], stretches[pk]) for pk in shown]
        others = [name_of(logged, pk) for pk in list(stretches)[MOST_TRACKS:]]
        if others:
            sentences.append(gettext("Also taken: %(names)s.") % {"names": wording.listed(others, MOST_OTHERS)})
        found.append(Bands(gettext("What I recorded as taken"), axis, tracks, marks, (*sentences, how_made(missed))))
    others = remarks(logged, set(stretches))
    return [*found, Sentences(tuple(others))] if others else found


def name_of(logged: Logged, pk: int) -> str:
    """The medication's name as it is now."""
    return logged.medications[pk].name_in_words


def in_words(medication: Medication, stretches: Sequence[Stretch]) -> str:
    """`Concerta (daily): 27 mg Feb 1 – Mar 12 (38 days); 36 mg Mar 13 – May 1 (50 days).`"""
    name = medication.name_in_words
    if medication.schedule:
        name = f"{name} ({medication.get_schedule_display()})"
    if len(stretches) > MOST_BANDS_IN_WORDS:
        amounts = dict.fromkeys(amount_of(each) for each in stretches)
        facts = {
            "name": name,
            "amounts": wording.listed(amounts, MOST_BANDS_IN_WORDS),
            "days": wording.days(sum(each.days_taken for each in stretches)),
            "last": wording.day(stretches[-1].last),
        }
        return gettext("%(name)s: %(amounts)s, taken on %(days)s, last on %(last)s.") % facts
    parts = [f"{amount_of(each)}, {days_in_words(each)} ({taken_in_words(each)})" for each in stretches]
    return f"{name}: {'; '.join(parts)}."


def days_in_words(stretch: Stretch) -> str:
    """`March 13, 2026 – May 1, 2026`. A first day that is the period's alone is not said to be that of the dose."""
    if stretch.is_earlier:
        return gettext("since before this period, up to %(day)s") % {"day": wording.day(stretch.last)}
    return wording.days_from(stretch.first, stretch.last)


def taken_in_words(stretch: Stretch) -> str:
    """`taken on 38 days, 2 of them with another amount`"""
    taken = gettext("taken on %(days)s") % {"days": wording.days(stretch.days_taken)}
    if not stretch.other_days:
        return taken
    others = gettext("%(count)d of them with another amount") % {"count": len(stretch.other_days)}
    return f"{taken}, {others}"


def remarks(logged: Logged, shown: set[int]) -> list[str]:
    """What the bands do not show: days without a dose, and medications without one in this period."""
    found = []
    if not shown:
        found.append(gettext("No dose is recorded in this period."))
    with_dose = {date for days in logged.taken.totals.values() for date in days}
    answers = logged.taken.answers
    unnamed = sum(answers[date] and date in logged.period and date not in with_dose for date in answers)
    if unnamed:
        text = ngettext(
            "On %(count)d day, medication was taken and no dose was noted.",
            "On %(count)d days, medication was taken and no dose was noted.",
            unnamed,
        )
        found.append(text % {"count": unnamed})
    others = [past_in_words(each) for pk, each in logged.medications.items() if pk not in shown]
    if others:
        text = gettext("On the list without a dose in this period: %(names)s.")
        found.append(text % {"names": wording.listed(others, MOST_OTHERS)})
    return found


def past_in_words(medication: Medication) -> str:
    """The name, and until when it was taken, if that is known."""
    if medication.until is None:
        return medication.name_in_words
    facts = {"name": medication.name_in_words, "date": wording.day(medication.until)}
    return gettext("%(name)s (until %(date)s)") % facts


def how_made(missed: Mapping) -> str:
    text = gettext("A band goes on over up to %(days)d days without a dose.") % {"days": LONGEST_GAP}
    if any(missed.values()):
        text = f"{text} {gettext('Ticks below it are missed days.')}"
    return text
