"""Findings of the demo person: which planted effects are kept at 400 days, and how often a control is."""

import re
from statistics import fmean, stdev

import pytest

from insights.findings.computing import findings_of
from insights.findings.sentences import means_in_words, sentence_of
from insights.findings.words import words_for
from insights.management.commands.findings import line_of
from insights.models import Guess
from operations.demo import effects
from operations.demo.load import load_demo_data

pytestmark = pytest.mark.once

# What the demo plants, by the keys of comparisons, in points for each `per` of an amount. See docs/findings.md.
KEPT = {
    "sleep_hours.focus_level.0": effects.SLEEP_ON_FOCUS,
    "sleep_hours.energy_level.0": effects.SLEEP_ON_ENERGY,
    "medication_taken.focus_level.0": effects.LOW_DOSE_ON_FOCUS + effects.HIGH_DOSE_ON_FOCUS * 180 / 400,
    "had_emotional_event.rumination_level.0": effects.EVENT_ON_RUMINATION,
    "is_crashing.anxiety_level.0": effects.CRASH_ON_ANXIETY,
    "met_physical_activity_goals.overall_mood.0": effects.EXERCISE_ON_MOOD,
}
# Hours of sleep are behind both sides: the estimates have no planted size.
KEPT_THROUGH_HOURS = {"sleep_quality.focus_level.0", "sleep_quality.energy_level.0"}
NOT_KEPT = {
    # It changed once, in the middle: the columns of slow changes take up most of it.
    "dose_amount.focus_level.0": 10 * effects.HIGH_DOSE_ON_FOCUS / float(effects.HIGH_DOSE - effects.LOW_DOSE),
    # Both through the crash alone, and small beside the spread of anxiety.
    "medication_taken.anxiety_level.0": effects.CRASH_ON_ANXIETY
    * (0.8 * effects.CRASH_CHANCE + 0.2 * effects.CRASH_CHANCE_WITHOUT_LUNCH),
    "lunch.anxiety_level.0": -0.88
    * effects.CRASH_ON_ANXIETY
    * (effects.CRASH_CHANCE_WITHOUT_LUNCH - effects.CRASH_CHANCE),
}
PLANTED = {*KEPT, *KEPT_THROUGH_HOURS, *NOT_KEPT}
OTHER_SEEDS = range(1, 13)


def test_planted_effects_are_kept_and_controls_are_not(demo_person):
    found = findings_of(demo_person)

    assert {result.key for result in found.kept} == {*KEPT, *KEPT_THROUGH_HOURS}
    assert all(not result.guard for result in found.kept)
    results = {result.key: result for result in found.results}
    for key, size in (KEPT | NOT_KEPT).items():
        assert results[key].estimate.low < size < results[key].estimate.high, line_of(results[key])
    assert len(found.compared) - len(PLANTED) > 20  # controls


def test_a_planted_link_with_a_yes_or_no_is_found_as_a_guess(demo_person):
    """Fewer days of the medication wearing off with lunch: 20 in 100, and 60 in 100 without."""
    guess = Guess(user=demo_person, exposure="lunch", outcome="is_crashing", lag=0, asked_on=demo_person.today())

    found = {result.key: result for result in findings_of(demo_person, guesses=[guess]).kept}

    result = found["lunch.is_crashing.0"]
    size = effects.CRASH_CHANCE - effects.CRASH_CHANCE_WITHOUT_LUNCH
    assert result.estimate.low < size < result.estimate.high < 0, line_of(result)
    words = words_for(demo_person, [result])
    assert re.fullmatch(
        r"The answer to “Is your medication wearing off\?” was “Yes” less often on days with lunch written down, "
        r"by \d\d in 100 days\.",
        sentence_of(result, words),
    )
    assert re.search(r": \d\d % on the \d+ days with it, \d\d % on the \d+ without", means_in_words(result, words))


@pytest.mark.thorough
def test_a_control_is_kept_at_the_stated_rate(demo_person, monkeypatch):
    """Of what is kept of demo persons with other random numbers, at most 10 in 100 are controls, within the error."""
    shares = []
    for seed in OTHER_SEEDS:
        monkeypatch.setattr(effects, "SEED", seed)
        load_demo_data(demo_person)
        kept = {result.key for result in findings_of(demo_person).kept}
        shares.append(len(kept - PLANTED) / max(1, len(kept)))

    assert fmean(shares) - 1.96 * stdev(shares) / len(shares) ** 0.5 <= 0.10, shares
