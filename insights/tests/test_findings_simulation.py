"""Findings on simulated people: how often they err, and that the simulation would show it if they erred more."""

from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from insights.findings.arithmetic import np
from insights.findings.family import FAMILY
from insights.findings.pairs import pairs_of
from insights.findings.simulation import gates
from insights.findings.simulation.measures import Share, Tally
from insights.findings.simulation.people import Kind, Truth, simulate
from insights.findings.simulation.rivals import OfFindings, Verdict
from insights.findings.simulation.run import run, scenarios_over
from insights.findings.simulation.scenarios import PLANTED, SCENARIO_BY_NAME, SCENARIOS, SPREAD

pytestmark = pytest.mark.once

SEED = 15


def person_of(name: str, days=180, number=0):
    return simulate(np.random.default_rng([SEED, number]), SCENARIO_BY_NAME[name].over(days), FAMILY)


def next_day_correlation(course) -> float:
    before, after = course[:-1], course[1:]
    both = ~np.isnan(before) & ~np.isnan(after)
    return float(np.corrcoef(before[both], after[both])[0, 1])


# ── The gates ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "people"), [("null", 30), ("null-bad-days", 15), ("one", 30), ("reversed", 15)])
def test_findings_keep_their_promise(name, people):
    [tally] = run(SCENARIO_BY_NAME[name], people, SEED)

    assert [*gates.missed(tally)] == []
    assert tally.covered.of > people * 10


@pytest.mark.thorough
@pytest.mark.parametrize("scenario", scenarios_over([], [180]), ids=lambda each: each.name)
def test_findings_keep_their_promise_to_many_people(scenario):
    [tally] = run(scenario, 300, SEED + 1)

    assert [*gates.missed(tally)] == []


def test_other_rules_show_links_to_most_people_without_any():
    _findings, correlation, means, permutation = run(SCENARIO_BY_NAME["null"], 15, SEED, with_rivals=True)

    assert correlation.people_with_any.value > 0.4
    assert means.people_with_any.value > 0.9
    assert permutation.people_with_any.value > 0.3
    assert [*gates.missed(permutation)]


def test_each_gate_is_a_sentence():
    null, one, reverse = (Tally(SCENARIO_BY_NAME[name], OfFindings()) for name in ("null", "one", "reversed"))
    one.false_shares = reverse.false_shares = [0.0, 0.2]
    reverse.marked_of_all = Share([(9, 10), (9, 10)])
    null.false_shares, null.covered = [1.0, 1.0, 0.8, 1.0], Share([(90, 100), (92, 100)])
    one.power, reverse.marked = Share([(2, 3), (1, 3)]), Share([(1, 2), (5, 9), (5, 9)])

    texts = [text for tally in (null, one, reverse) for text in gates.missed(tally)]

    assert [text.split(": ", 1)[1] for text in texts] == [
        "the false discovery rate is 95.0% (standard error 25.0%), above 10%.",
        "91.0% of the intervals hold the truth, fewer than 93%.",
        "50.0% of the effects are shown, fewer than 85%.",
        "90.0% of all reversed links are marked, fewer than 95%.",
        "11 of 20 reversed links that are shown are marked, fewer than 95%.",
    ]


def test_what_follows_from_an_effect_counts_as_neither_right_nor_wrong():
    kinds = [Kind.PLANTED, Kind.NULL, Kind.RELATED, Kind.RELATED, Kind.NULL]
    family = [SimpleNamespace(comparison=each, y=np.arange(9.0)) for each in FAMILY[: len(kinds)]]
    truths = {each.key: Truth(kind) for each, kind in zip(FAMILY, kinds, strict=False)}
    tally, quiet = (Tally(SCENARIO_BY_NAME["one"], OfFindings()) for _ in range(2))

    tally.add(family, truths, [*[Verdict(is_shown=True)] * 4, Verdict(is_shown=False)])
    quiet.add(family, truths, [Verdict(kind is Kind.RELATED) for kind in kinds])

    assert tally.false_discoveries == 1 / 2
    assert (quiet.false_discoveries, quiet.people_with_any.number) == (0, 0)


# ── The people ───────────────────────────────────────────────────────────────────────────────────


def test_a_seed_makes_one_person_and_numbers_do_not_depend_on_others():
    first, again, other = person_of("one"), person_of("one"), person_of("one", number=1)

    for name, course in first.answers.values.items():
        np.testing.assert_array_equal(course, again.answers.values[name])
    assert first.truths == again.truths != other.truths
    short, long = (run(SCENARIO_BY_NAME["null"], people, SEED)[0] for people in (2, 3))
    assert long.days[: len(short.days)] == short.days


def test_days_are_like_those_of_people():
    people = [person_of("null", number=number) for number in range(30)]
    moods = [person.answers.values["overall_mood"] for person in people]

    for mood in moods:
        given = mood[~np.isnan(mood)]
        assert (given == np.round(given)).all()
        assert given.min() >= 1 and given.max() <= 10
    assert 0.87 < np.mean([(~np.isnan(mood)).mean() for mood in moods]) < 0.89
    assert np.nanmean([np.nanstd(mood) for mood in moods]) == pytest.approx(SPREAD, abs=0.1)
    assert np.mean([next_day_correlation(mood) for mood in moods]) > 0.3
    focus = [person.answers.values["focus_level"] for person in people]
    together = [np.ma.corrcoef(*map(np.ma.masked_invalid, pair))[0, 1] for pair in zip(moods, focus, strict=True)]
    assert np.mean(together) > 0.2


def test_bad_days_are_more_often_blank():
    neighbours, others = [], []
    for number in range(30):
        mood = person_of("null-bad-days", number=number).answers.values["overall_mood"]
        is_blank = np.isnan(mood)
        beside = np.zeros(len(mood), bool)
        beside[1:] |= is_blank[:-1]
        beside[:-1] |= is_blank[1:]
        neighbours.append(np.nanmean(mood[beside & ~is_blank]))
        others.append(np.nanmean(mood[~beside & ~is_blank]))

    assert np.mean(others) - np.mean(neighbours) > 0.1


def test_answers_without_their_condition_are_blank():
    answers = person_of("null").answers.values

    assert np.isnan(answers["dose_time"][answers["medication_taken"] != 1]).all()
    assert np.isnan(answers["coping_used"][answers["had_emotional_event"] != 1]).all()


@pytest.mark.parametrize(
    ("name", "kind", "links"), [("one", Kind.PLANTED, PLANTED), ("reversed", Kind.REVERSED, PLANTED), ("null", None, 0)]
)
def test_what_has_an_effect_is_known(name, kind, links):
    truths = person_of(name).truths.values()

    assert [truth.kind for truth in truths].count(kind) == links
    assert all((truth.slope != 0) == (truth.kind is Kind.PLANTED) for truth in truths)


def test_a_planted_effect_has_its_size():
    """Over many days, the difference of means of one person comes close to what was planted."""
    person = person_of("one-and-half", days=3650)
    planted = [each for each in FAMILY if person.truths[each.key].kind is Kind.PLANTED]

    for comparison in planted:
        pairs = pairs_of(person.answers, comparison)
        slope = np.polyfit(pairs.x, pairs.y, 1)[0]
        true = person.truths[comparison.key].slope
        assert slope == pytest.approx(true, abs=0.25 * abs(true) + 0.05)


# ── The command ──────────────────────────────────────────────────────────────────────────────────


def simulated(*arguments) -> str:
    output = StringIO()
    call_command("simulate_findings", *arguments, stdout=output, stderr=StringIO())
    return output.getvalue()


def test_the_command_prints_tables():
    text = simulated("--people", "12", "--days", "90", "--scenario", "null", "reversed")

    assert "12 people for each row, seed 15." in text
    for words in ("no effect", "reversed causes", "r beyond 0.2", "3 + 3 days", "free permutation", "marked, of all"):
        assert words in text
    assert "All gates are passed." in text


def test_the_command_fails_and_names_the_gate(monkeypatch):
    monkeypatch.setattr(gates, "LEAST_COVERED", 1.01)

    with pytest.raises(CommandError, match="“no effect”, 90 days: .* of the intervals hold the truth"):
        simulated("--people", "2", "--days", "90", "--scenario", "null")


@pytest.mark.parametrize("arguments", [("--people", "1"), ("--days", "5"), ("--seed", "-1")])
def test_the_command_refuses_numbers_that_it_cannot_use(arguments):
    with pytest.raises(CommandError, match="At least 2 people"):
        simulated(*arguments)


def test_each_scenario_has_a_name_and_a_title_of_its_own():
    assert len({each.name for each in SCENARIOS}) == len({each.title for each in SCENARIOS}) == len(SCENARIOS)
