"""The colours of scores and lines: numbers on them can be read, and all kinds of colour vision tell them apart."""

from itertools import combinations, pairwise

import pytest

from insights.tests.palette import MACHADO, ciede2000, contrast, difference, lab, linear, tokens

pytestmark = pytest.mark.once

COLOURS = tokens()
SCORES = [COLOURS[f"score-{score}"][0] for score in range(1, 11)]
LINES = [COLOURS[f"line-{number}"] for number in range(1, 5)]
PAGES = ("paper", "surface")


def test_the_arithmetic_is_that_of_published_values():
    """CIEDE2000: pairs of Sharma, Wu and Dalal (2005)."""
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387)) == pytest.approx(1.2644, abs=1e-4)
    assert ciede2000((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514)) == pytest.approx(0.9082, abs=1e-4)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert linear("oklch(62.8% 0.2577 29.23)") == pytest.approx((1, 0, 0), abs=0.01)


def test_scores_are_the_same_in_both_themes_and_go_from_dark_to_light():
    assert all(light == dark for light, dark in (COLOURS[f"score-{score}"] for score in range(1, 11)))
    lightness = [lab(linear(colour))[0] for colour in SCORES]
    assert lightness == sorted(lightness)


@pytest.mark.parametrize("score", range(1, 11))
def test_the_number_on_each_score_can_be_read(score):
    ink = COLOURS["score-ink-low" if score <= 5 else "score-ink-high"][0]

    assert contrast(ink, SCORES[score - 1]) >= 4.5


@pytest.mark.parametrize("vision", MACHADO)
def test_neighbours_can_be_told_apart_and_the_ends_never_be_confused(vision):
    assert min(difference(one, other, vision) for one, other in pairwise(SCORES)) > 5
    assert all(difference(SCORES[one], SCORES[other], vision) > 5 for one, other in combinations(range(10), 2))
    assert difference(SCORES[0], SCORES[9], vision) > 60


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edges_and_lines_are_seen_on_pages_and_cards(theme):
    for page in PAGES:
        ground = COLOURS[page][theme]
        assert contrast(COLOURS["score-edge"][theme], ground) >= 3
        assert all(contrast(line[theme], ground) >= 3 for line in LINES)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("vision", MACHADO)
def test_lines_of_one_chart_differ(vision, theme):
    """Their dashes differ too."""
    assert all(difference(one[theme], other[theme], vision) > 15 for one, other in combinations(LINES, 2))
