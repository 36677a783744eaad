"""Findings as sentences: what each comparison says, with its size, its interval and its days."""

import datetime
import re

import pytest
from django.utils.formats import date_format, time_format
from hypothesis import given, strategies as st

from brainlog.tests.test_words_to_avoid import avoided_in
from insights.findings.cards import FindingsPage, chart_of
from insights.findings.family import AMOUNTS, FAMILY, OUTCOMES, YES_OR_NO, YES_OR_NO_OUTCOMES
from insights.findings.results import Later, Noise
from insights.findings.sentences import (
    Held,
    days_in_words,
    guard_in_words,
    held,
    held_in_words,
    interval_of,
    less_on_bad_days_in_words,
    means_in_words,
    name_of,
    noise_in_words,
    not_kept_in_words,
    rests_on,
    sentence_of,
    tried_in_words,
)
from insights.findings.words import EXPOSURES, OUTCOMES as NAMED, Words
from insights.tests.findings import (
    all_of_the_family,
    estimate,
    findings,
    later,
    less_on_bad_days,
    points,
    result,
    too_few,
    unclear,
)
from logs.fields import Direction
from logs.kinds import Number, Score, Time, YesNo
from logs.question_lists import questions_of_day
from logs.questions import Question

pytestmark = pytest.mark.once

WORDS = Words.of(questions_of_day(None), {7: "Concerta <b>"})


def own(name, label, kind, direction=Direction.NEITHER) -> Question:
    question = Question()
    question.name, question.label, question.kind, question.direction = name, label, kind, direction
    return question


OWN = Words.of(
    [
        own("own-1", "were you outside before noon?", YesNo()),
        own("own-2", "Coffee", Number(unit="100 % cups")),
        own("own-3", "Calm", Score(("none", "very")), Direction.BETTER),
        own("own-4", "In bed", Time()),
        own("own-5", "Headache", YesNo(), Direction.WORSE),
    ]
)


@pytest.mark.parametrize(
    ("given", "facts", "words", "sentence"),
    [
        (("medication_taken", "focus_level", 0), {}, WORDS, "Focus was 0.8 points higher on days with medication."),
        (
            ("met_physical_activity_goals", "overall_mood", 1),
            {"estimate": estimate(1)},
            WORDS,
            "Mood over the next day was 1 point higher after days when you moved as much as you wanted.",
        ),
        (
            ("lunch", "anxiety_level", 0),
            {"estimate": estimate(-1.2)},
            WORDS,
            "Anxiety was 1.2 points lower on days with lunch written down. Lower is better.",
        ),
        (
            ("sleep_hours", "focus_level", 0),
            {"is_amount": True, "estimate": estimate(0.5, 0.04, 0.96)},
            WORDS,
            "Focus was 0.5 points higher for each hour of sleep.",
        ),
        (
            ("dose_time", "sleep_hours", 1),
            {"is_amount": True, "estimate": estimate(-0.31)},
            WORDS,
            "Sleep the next night was 0.3 hours shorter for each hour that the first dose was later.",
        ),
        (
            ("dose_amount", "focus_level", 0),
            {"is_amount": True, "per": 10, "medication": 7, "unit": "mg"},
            WORDS,
            "Focus was 0.8 points higher for each 10 mg of Concerta <b>.",
        ),
        (
            ("medication-7", "sleep_quality", 1),
            {},
            WORDS,
            "Sleep quality the next night was 0.8 points higher after days with Concerta <b>.",
        ),
        (
            ("own-1", "own-3", 0),
            {},
            OWN,
            "“Calm” was 0.8 points higher on days with “Yes” to “Were you outside before noon?”.",
        ),
        (
            ("own-2", "own-2", 1),
            {"is_amount": True, "per": 2.5},
            OWN,
            "“Coffee” the next day was 0.8 100 % cups higher for each 2.5 100 % cups more in “Coffee”.",
        ),
        (
            ("own-4", "own-3", 0),
            {"is_amount": True},
            OWN,
            "“Calm” was 0.8 points higher for each hour later in “In bed”.",
        ),
        (
            ("own-3", "own-5", 0),
            {"is_amount": True, "estimate": estimate(0.12, 0.02, 0.22)},
            OWN,
            "The answer to “Headache” was “Yes” more often for each point of “Calm”, by 12 in 100 days. "
            "Less often is better.",
        ),
        (
            ("own-8", "own-9", 0),
            {},
            OWN,
            "A question that is not there any more was 0.8 points higher "
            "on days with an answer that is not there any more.",
        ),
    ],
)
def test_a_finding_is_one_sentence_with_its_size(given, facts, words, sentence):
    assert sentence_of(result(*given, **facts), words) == sentence


def test_every_comparison_has_words_of_its_own():
    """No exposure and no outcome falls back to the words of its question, and no two are called the same."""
    assert {*AMOUNTS, *YES_OR_NO} == set(EXPOSURES)
    assert set(OUTCOMES) == set(NAMED)
    for name in EXPOSURES:
        exposure = EXPOSURES[name]
        assert bool(exposure.which) == (name in YES_OR_NO)
        assert "%(per)s" in str(exposure.several) or name in YES_OR_NO
    names = [name_of(each, WORDS) for each in all_of_the_family().results]
    assert len(set(names)) == len(names) == len(FAMILY)
    directions = {question.name: question.direction for question in questions_of_day(None)}
    assert {name: NAMED[name].direction for name in OUTCOMES} == {name: directions[name] for name in OUTCOMES}


@pytest.mark.parametrize("name", YES_OR_NO_OUTCOMES)
def test_a_built_in_outcome_of_yes_or_no_is_said_in_its_question_and_its_answer(name):
    question = WORDS.questions[name]
    found = result("sleep_hours", name, 1, is_amount=True, estimate=estimate(-0.12, -0.22, -0.02), points=((7, 1),))
    answers = dict(question.kind.answers)

    assert sentence_of(found, WORDS) == (
        f"The answer to “{question.label}” the next day was “{answers[True]}” less often for each hour of sleep, "
        "by 12 in 100 days."
    )
    assert interval_of(found, WORDS).startswith("Anything from 2 to 22 in 100 days less often fits")
    assert chart_of("one", found, WORDS).scale.words == (answers[False], answers[True])


def test_an_interval_says_what_fits_and_shows_no_reason():
    assert interval_of(result(estimate=estimate(-1.2, -1.9, -0.5)), WORDS) == (
        "Anything from 0.5 to 1.9 points lower fits your days. This does not show that one is the reason for the other."
    )
    # No end that differs from 0 is written as 0.
    assert interval_of(result(estimate=estimate(0.8, 0.03, 1.57)), WORDS).startswith(
        "Anything from 0.03 to 1.57 points"
    )
    assert interval_of(result(estimate=estimate(0.8, -0.1, 1.7)), WORDS).startswith(
        "Anything from 0.1 points lower to 1.7 points higher"
    )


def test_what_was_not_kept_says_why():
    assert not_kept_in_words(unclear(), WORDS) == (
        "Anything from 0.4 points lower to 0.9 points higher fits your 41 days."
    )
    assert not_kept_in_words(unclear(low=0.1), WORDS) == (
        "Anything from 0.1 to 0.9 points higher fits your 41 days. "
        "Among so many comparisons, chance alone can show as much."
    )
    assert not_kept_in_words(too_few(), WORDS) == (
        "Not enough days to compare (6 with, 31 without; 14 of each needed). 12 more days with both answers are needed."
    )
    assert not_kept_in_words(too_few(is_amount=True, days=29, needed=1), WORDS) == (
        "29 days with both answers. 1 more day with both answers is needed."
    )
    # Enough days with and without, and too few of one answer of the outcome.
    assert not_kept_in_words(too_few(days=60, on_days=30, off_days=30, needed=9), WORDS) == (
        "60 days with both answers. 9 more days with both answers are needed."
    )
    assert not_kept_in_words(too_few(needed=0), WORDS) == (
        "Nothing to compare on your 37 days: one of both is always the same, or goes with the weekday."
    )
    assert not_kept_in_words(too_few(days=0, needed=28), WORDS).startswith("0 days with both answers. 28")


def test_days_and_means_are_described():
    assert days_in_words(result()) == "143 of 180 days, 12 not tracked"
    assert rests_on(result(not_tracked=0, recalled=3)) == "Rests on 143 of 180 days, 3 answered later and left out."
    assert means_in_words(result(), WORDS) == (
        "As recorded, on average: 6.4 on the 72 days with it, 5.7 on the 71 without."
    )
    sleep = result("sleep_hours", "focus_level", is_amount=True, on_from=7.5)
    assert means_in_words(sleep, WORDS) == (
        "As recorded, on average: 6.4 on the 72 days with 7.5 hours or more, 5.7 on the 71 with less."
    )
    dose = result("dose_time", "focus_level", is_amount=True, on_from=9.5, medication=7)
    assert means_in_words(dose, WORDS) == (
        f"As recorded, on average: 6.4 on the 72 days from {time_format(datetime.time(9, 30))} on, "
        "5.7 on the 71 earlier."
    )
    assert means_in_words(result("dose_time", "sleep_hours", 1), WORDS).startswith(
        "As recorded, on average: 6.4 hours on"
    )
    assert means_in_words(result(on_mean=None), WORDS) == ""


@pytest.mark.parametrize(
    ("facts", "verdict", "sentence"),
    [
        ({"later": later()}, Held.HELD, "0.6 points higher, between 0.1 and 1.1: it held up."),
        ({"later": later(low=-0.1)}, Held.TOO_FEW, "between 0.1 points lower and 1.1 points higher: too few days yet."),
        ({"later": later(value=-0.1, low=-0.6, high=0.4)}, Held.NOT_HELD, "it has not held up."),
        ({"later": later(value=-0.1, low=-1.1, high=0.9)}, Held.TOO_FEW, "too few days yet."),
        ({"later": later(value=-0.6, low=-1.1, high=-0.1)}, Held.NOT_HELD, "it has not held up."),
        ({"later": later(value=0.1, low=-0.3, high=0.5)}, Held.NOT_HELD, "it has not held up."),
        ({"later": later(low=-0.1), "kept": False}, Held.NOT_HELD, "it has not held up."),
        ({"later": later(low=-0.1), "estimate": None}, Held.TOO_FEW, "too few days yet."),
        ({"later": Later("2026-03-12", 74, None)}, Held.TOO_FEW, "74 new days: too few days yet."),
        (
            {"later": Later("2026-03-12", 74, None, needed=12)},
            *(Held.TOO_FEW, "74 new days: too few days yet. 12 more days with both answers are needed."),
        ),
    ],
)
def test_a_finding_is_held_against_the_days_since(facts, verdict, sentence):
    found = result(**facts)

    assert held(found) == verdict
    text = held_in_words(found, WORDS)
    assert text.startswith(f"Since {date_format(datetime.date(2026, 3, 12))}, 74 new days: ")
    assert text.endswith(sentence)
    assert held_in_words(result(), WORDS) == ""


def test_the_page_says_how_many_were_tried_and_what_chance_makes():
    many = [unclear(each.exposure, each.outcome, each.lag) for each in FAMILY[:29]]
    assert tried_in_words(findings(result(), result(), *many, too_few())) == (
        "31 comparisons were tried, 2 are shown. With this rule, up to about 10 in 100 links shown over time are "
        "expected to be chance; which ones cannot be known."
    )
    assert tried_in_words(findings(*many)) == ("29 comparisons were tried and none stood out. That is a result too.")
    assert tried_in_words(findings(too_few())).startswith("Nothing can be compared yet")
    assert noise_in_words(Noise(1, 0, 0, 0)) == "Your days are too few to try it."
    assert noise_in_words(Noise(1, 200, 16, 31)) == (
        "By chance alone, your days would show a finding in 8 of 100 tries. "
        "The more often that is, the less one finding says."
    )
    assert less_on_bad_days_in_words(less_on_bad_days(), WORDS) == (
        "Mood over the whole day was 4.8 on average beside 21 days without an answer, and 6.1 elsewhere. "
        "Anything from 0.5 to 2.1 points lower fits your days. Averages then look better than the days were."
    )


def test_what_is_written_as_0_is_no_difference():
    [row] = FindingsPage(findings(unclear(value=0.04, low=-0.004, high=0.6)), WORDS).rows

    assert row.cells[:2] == ["no difference", "between no difference and 0.6 points higher"]


def test_what_comes_afterwards_just_as_much_is_said_first_and_shown_last():
    guarded = result("is_crashing", "anxiety_level", guard="afterwards")
    page = FindingsPage(findings(guarded, result(), unclear("lunch", "anxiety_level")), WORDS)

    assert guard_in_words(guarded) == "Probably not a cause: it comes afterwards just as much."
    assert [bool(card.remark) for card in page.cards] == [False, True]
    assert [line.name for line in page.unclear] == ["Anxiety and lunch written down"]


def test_an_own_guess_says_when_it_was_asked():
    [line] = FindingsPage(findings(unclear(asked_on="2026-05-04")), WORDS).unclear

    assert line.asked == f"Your own guess, asked on {date_format(datetime.date(2026, 5, 4))}."


def test_no_sentence_claims_more_than_a_log_can():
    page = FindingsPage(all_of_the_family(later=later()), WORDS)
    said = [text for card in page.cards for text in (card.sentence, card.interval, card.days, card.means)]

    assert [text for text in said if avoided_in(text)] == []
    assert [text for text in said if re.search(r"[<%{}]|None|nan", text)] == []


def test_texts_of_a_person_are_escaped_in_charts():
    [card] = FindingsPage(findings(result("medication-7", "focus_level")), WORDS).cards

    assert "<b>" in card.sentence, "A template escapes it."
    assert "<b>" not in card.chart and "Concerta &lt;b&gt;" in card.chart


numbers = st.floats(-9, 9) | st.sampled_from([0.0, 0.004, -0.004, 0.05])


@given(numbers, numbers, numbers, st.booleans(), st.sampled_from([*OUTCOMES]))
def test_any_interval_has_words_and_a_chart(one, two, three, is_amount, outcome):
    low, value, high = sorted((one, two, three))
    found = result(
        *("sleep_hours" if is_amount else "lunch", outcome),
        is_amount=is_amount,
        estimate=estimate(value, low, high),
        later=later(value=value, low=low, high=high),
        points=points(round(abs(one) * 10), is_amount=is_amount),
    )
    page = FindingsPage(findings(found), WORDS)

    [card] = page.cards
    assert not re.search(r"\b(nan|inf)\b", card.chart) and page.rows
