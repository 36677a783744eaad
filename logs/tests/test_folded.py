"""Questions that are folded away: the summary says how many are answered, and they are shown if any is."""

import re

import pytest
from django.test import override_settings

from encryption.fields import Unreadable
from logs.tests.factories import answers, make_log
from logs.tests.pages import check_in_url, form_as_shown

pytestmark = pytest.mark.usefixtures("noon")

EVENING = check_in_url("evening")
REST = "More questions, if you like"


def folded(response) -> tuple[bool, str]:
    """Whether the folded questions are open, and what their summary says."""
    [(is_open, summary)] = re.findall(
        r'<details class="more"[^>]*?( open)?>\s*<summary[^>]*>([^<]*)</summary>', response.content.decode()
    )
    return bool(is_open), summary


def test_without_an_answer_they_are_closed(as_person, person):
    assert folded(as_person.get(EVENING)) == (False, REST)
    make_log(person, day_rating=5)
    assert folded(as_person.get(EVENING)) == (False, REST)


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        ({"gratitude": "Sun"}, 1),
        ({"met_dietary_goals": False}, 1),
        ({"gratitude": "Sun", "dinner": "Rice", "sleepiness": 3, "met_physical_activity_goals": True}, 4),
    ],
)
def test_their_answers_are_counted_and_shown(as_person, person, facts, number):
    make_log(person, day_rating=5, **facts)

    assert folded(as_person.get(EVENING)) == (True, f"More questions, {number} answered")


def test_all_of_a_filled_evening_are_counted(as_person, person):
    as_person.post(EVENING, answers("evening"))

    assert folded(as_person.get(EVENING)) == (True, "More questions, 14 answered")


def test_what_was_typed_is_counted_on_a_page_with_errors(as_person, person):
    shown = form_as_shown(as_person.get(EVENING))

    response = as_person.post(EVENING, shown | {"day_rating": "99", "dinner": "Rice", "met_dietary_goals": "false"})

    assert folded(response) == (True, "More questions, 2 answered")


def test_pills_are_counted(as_person, person):
    make_log(person, had_emotional_event=True, coping_strategies=["journaled"])

    assert folded(as_person.get(check_in_url("midday"))) == (True, "More questions, 2 answered")


def test_an_answer_that_cannot_be_read_is_counted(as_person, person):
    with override_settings(FIELD_ENCRYPTION_KEYS={"lost": b"x" * 32}):
        make_log(person, gratitude="Sun")
    assert isinstance(person.daily_logs.get().gratitude, Unreadable)

    assert folded(as_person.get(EVENING)) == (True, "More questions, 1 answered")


def test_the_pages_of_doses_count_what_was_typed(as_person, person):
    """Where another row of doses is asked for without JavaScript."""
    typed = {"add_dose": "1", "medication_taken": "true", "first_hour_feeling": "calm"}

    assert folded(as_person.post(check_in_url("medication"), typed)) == (True, "More questions, 1 answered")
    assert folded(as_person.post(check_in_url("medication"), typed | {"first_hour_feeling": ""})) == (False, REST)
