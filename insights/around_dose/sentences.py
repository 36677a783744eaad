"""The numbers around a dose in words. They say what was recorded; doses are never compared, and none is suggested."""

from collections.abc import Iterator

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from insights.around_dose.hours import FEWEST, LAST_HOUR, Hour, Turns
from insights.around_dose.numbers import AfterDose, Answers, AroundDoses, LeftOut
from insights.dose_periods import total_in_words
from insights.trends.sentences import number_in_words
from logs.fields import Direction
from logs.models import Medication
from logs.questions import Question


def dose_in_words(medication: Medication, dose: AfterDose) -> str:
    """`Concerta, 36 mg`."""
    return ", ".join(filter(None, [medication.name_in_words, total_in_words(dose.total)]))


def label_of(question: Question) -> str:
    return capfirst(str(question.label))


def hours_in_words(first: int, last: int) -> str:
    return gettext("%(first)d to %(last)d") % {"first": first, "last": last}


def sentences_of(question: Question, answers: Answers) -> list[str]:
    """What a chart rests on, and the hours that stand out in it."""
    found = [count_in_words(answers)]
    if answers.shown:
        found += turns_in_words(question, answers.turns)
    if answers.shown and answers.after_others:
        text = ngettext(
            "Before %(count)d of these answers, an earlier dose of the same day was taken too.",
            "Before %(count)d of these answers, an earlier dose of the same day was taken too.",
            answers.after_others,
        )
        found.append(text % {"count": answers.after_others})
    return found


def count_in_words(answers: Answers) -> str:
    """`143 answers up to 14 hours after the dose; 139 of them in hours with 8 or more, which are shown.`"""
    if not answers.count:
        return gettext("No answer up to %(last)d hours after the dose.") % {"last": LAST_HOUR}
    text = ngettext(
        "%(count)d answer up to %(last)d hours after the dose",
        "%(count)d answers up to %(last)d hours after the dose",
        answers.count,
    )
    said = text % {"count": answers.count, "last": LAST_HOUR}
    if answers.not_shown and answers.shown:
        rest = gettext("%(said)s; %(shown)d of them in hours with %(fewest)d or more, which are shown.")
        return rest % {"said": said, "shown": answers.count - answers.not_shown, "fewest": FEWEST}
    if answers.shown:
        return gettext("%(said)s.") % {"said": said}
    text = gettext("%(said)s. An hour is shown from %(fewest)d answers on; %(fullest)s.")
    return text % {"said": said, "fewest": FEWEST, "fullest": fullest_in_words(answers.fullest)}


def fullest_in_words(hour: Hour) -> str:
    text = gettext("the hour with the most, %(hours)s hours after the dose, has %(count)d")
    return text % {"hours": hours_in_words(hour.hour, hour.hour + 1), "count": hour.count}


def turns_in_words(question: Question, turns: Turns) -> Iterator[str]:
    """Onset, best hours and wear-off, or that the intervals support none of them."""
    is_more_better = question.direction == Direction.BETTER
    label = label_of(question)
    if turns.onset:
        yield onset_in_words(label, turns.onset, is_more_better=is_more_better)
    if turns.best:
        yield best_in_words(label, turns.best, is_more_better=is_more_better)
    if turns.wear_off:
        yield wear_off_in_words(label, turns.wear_off, is_more_better=is_more_better)
    if not turns.is_any:
        yield gettext("No hours stand out: the intervals do not support an onset, best hours or a wear-off.")


def onset_in_words(label: str, turn: tuple[int, int], *, is_more_better: bool) -> str:
    if is_more_better:
        text = gettext("Onset: %(label)s became higher between %(first)d and %(last)d hours after the dose.")
    else:
        text = gettext("Onset: %(label)s became lower between %(first)d and %(last)d hours after the dose.")
    return text % {"label": label, "first": turn[0], "last": turn[1]}


def best_in_words(label: str, hours: tuple[int, int], *, is_more_better: bool) -> str:
    if is_more_better:
        text = gettext("Best hours: %(label)s was highest from %(first)d to %(last)d hours after the dose.")
    else:
        text = gettext("Best hours: %(label)s was lowest from %(first)d to %(last)d hours after the dose.")
    return text % {"label": label, "first": hours[0], "last": hours[1]}


def wear_off_in_words(label: str, turn: tuple[int, int], *, is_more_better: bool) -> str:
    if is_more_better:
        text = gettext("Wear-off: %(label)s became lower again between %(first)d and %(last)d hours after the dose.")
    else:
        text = gettext("Wear-off: %(label)s became higher again between %(first)d and %(last)d hours after the dose.")
    return text % {"label": label, "first": turn[0], "last": turn[1]}


def row_of(hour: Hour) -> tuple[str, str, str, int]:
    """A row of the table: the hours, the median, its interval, and how many answers it is of."""
    hours = hours_in_words(hour.hour, hour.hour + 1)
    interval = gettext("%(low)d to %(high)d") if hour.low != hour.high else "%(low)d"
    return hours, number_in_words(hour.middle), interval % {"low": hour.low, "high": hour.high}, hour.count


def lacking_in_words(name: str, dose: AfterDose, labels: dict[str, str]) -> str:
    """What a dose lacks that no hour is shown of: `Concerta, 18 mg: 5 of 8 answers, in Focus, 3 to 4 hours after`."""
    fullest = max(dose.answers, key=lambda each: each.fullest.count if each.fullest else 0)
    if fullest.fullest is None:
        return gettext("%(dose)s: no answer within %(last)d hours after it.") % {"dose": name, "last": LAST_HOUR}
    text = gettext("%(dose)s: at most %(count)d of %(fewest)d answers in one hour (%(label)s, %(hours)s hours after).")
    hour = fullest.fullest
    said = {"dose": name, "count": hour.count, "fewest": FEWEST, "label": labels[fullest.name]}
    return text % (said | {"hours": hours_in_words(hour.hour, hour.hour + 1)})


def left_out_in_words(numbers: AroundDoses, names: dict[int, str]) -> list[str]:
    """What is left out, and why, in the order of the names of medications."""
    found = []
    if numbers.recalled:
        text = ngettext(
            "%(count)d answer was given later, from memory.",
            "%(count)d answers were given later, from memory.",
            numbers.recalled,
        )
        found.append(text % {"count": numbers.recalled})
    if numbers.untimed:
        text = ngettext(
            "The time of %(count)d answer is not known.", "The time of %(count)d answers is not known.", numbers.untimed
        )
        found.append(text % {"count": numbers.untimed})
    by_key = {each.medication: each for each in numbers.left_out}
    for key, name in names.items():
        if key in by_key and (facts := [*facts_left_out(by_key[key])]):
            found.append(gettext("%(medication)s: %(facts)s.") % {"medication": name, "facts": ", ".join(facts)})
    return found


def facts_left_out(left_out: LeftOut) -> Iterator[str]:
    if count := left_out.before:
        text = ngettext(
            "%(count)d answer before the first dose of its day",
            "%(count)d answers before the first dose of their day",
            count,
        )
        yield text % {"count": count}
    if count := left_out.long_after:
        text = ngettext(
            "%(count)d answer more than %(last)d hours after a dose",
            "%(count)d answers more than %(last)d hours after a dose",
            count,
        )
        yield text % {"count": count, "last": LAST_HOUR}
    if count := left_out.days_untimed:
        text = ngettext("%(count)d day with a dose without a time", "%(count)d days with a dose without a time", count)
        yield text % {"count": count}
    if count := left_out.days_recalled:
        text = ngettext(
            "%(count)d day whose doses were noted later", "%(count)d days whose doses were noted later", count
        )
        yield text % {"count": count}
