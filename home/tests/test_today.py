"""The page Today: the check-ins of the day, and the other parts of the page."""

import datetime
import re

import pytest
import time_machine

from accounts.tests.factories import make_person
from logs.models import DailyLog
from logs.stages import STAGES
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import DAY, make_full_log, make_log
from logs.tests.pages import check_in_url, day_url
from logs.which_day import FOR_TODAY
from reflections.tests.factories import make_reflection

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

TODAY = DAY + datetime.timedelta(days=1)  # a Tuesday


def days_ago(count):
    return TODAY - datetime.timedelta(days=count)


def test_visitors_see_the_welcome_page(db, client):
    response = client.get("/")

    assert response.status_code == 200
    assert "/accounts/signup/" in response.content.decode()
    assert "check_in" not in response.content.decode()


def test_the_picture_on_the_welcome_page_shows_what_the_pages_have(db, client):
    picture = client.get("/").content.decode().split('<figure class="picture">')[1].split("</figure>")[0]

    energy = DailyLog._meta.get_field("energy_level")
    words = [stage.title for stage in STAGES] + [energy.verbose_name, *energy.kind.ends]
    assert [word for word in map(str, words) if f">{word}<" not in picture and f" {word}<" not in picture] == []
    assert 'role="img" aria-label="A picture of' in picture
    assert "<a " not in picture
    assert "<input" not in picture


def test_the_five_check_ins_are_one_tap_away_in_order(as_person):
    check_ins = as_person.get("/").content.decode().split('<ol class="check-ins">')[1].split("</ol>")[0]

    places = [check_ins.index(f'href="{check_in_url(stage, TODAY)}{FOR_TODAY}"') for stage in STAGES]
    assert places == sorted(places)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_refused(as_person, method):
    assert getattr(as_person, method)("/").status_code == 405


def test_it_shows_only_the_persons_own_day(as_person):
    make_full_log(make_person(), TODAY, thought_for_tomorrow="theirs")
    make_full_log(make_person(), DAY, thought_for_tomorrow="theirs")

    response = as_person.get("/")

    assert {step["state"] for step in response.context["steps"]} == {"not-started"}
    assert "theirs" not in response.content.decode()


def test_each_check_in_says_its_state(as_person, person):
    as_person.post(check_in_url("morning", TODAY), {"sleep_hours": "7", "sleep_quality": "5", "morning_mood": "5"})
    as_person.post(check_in_url("midday", TODAY), {"lunch": "Soup"})

    response = as_person.get("/")

    states = {str(step["stage"]): step["state"] for step in response.context["steps"]}
    assert states == {
        "morning": "done",
        "medication": "not-started",
        "midday": "begun",
        "afternoon": "not-started",
        "evening": "not-started",
    }
    page = response.content.decode()
    assert "1 of 5 done" in page
    assert '<progress max="5" value="1"' in page


def test_a_complete_day_is_acknowledged(as_person, person):
    make_full_log(person, TODAY)

    page = as_person.get("/").content.decode()

    assert "5 of 5 done" in page
    assert "All check-ins are done." in page


@pytest.mark.parametrize(
    ("hour", "stage"),
    [
        (4, "morning"),
        (8, "morning"),
        (9, "medication"),
        (12, "midday"),
        (16, "afternoon"),
        (21, "evening"),
        (1, "evening"),
    ],
)
def test_the_check_in_of_the_hour_is_marked(as_person, hour, stage):
    with time_machine.travel(datetime.datetime(2026, 5, 5, hour, tzinfo=NEW_YORK), tick=False):
        response = as_person.get("/")

    assert [str(step["stage"]) for step in response.context["steps"] if step["is_now"]] == [stage]
    assert response.content.decode().count('<span class="badge">now</span>') == 1


def test_the_last_seven_days_each_lead_to_their_page(as_person, person):
    make_log(person, days_ago(6), day_rating=9)
    make_log(person, days_ago(7), day_rating=8)

    response = as_person.get("/")

    assert [square.date for square in response.context["strip"]] == [days_ago(n) for n in range(6, -1, -1)]
    assert response.context["strip"][0].log.day_rating == 9
    strip = response.content.decode().split('<ol class="strip">')[1].split("</ol>")[0]
    assert [day_url(days_ago(n)) in strip for n in range(8)] == [True] * 7 + [False]


def test_yesterdays_thought_and_plan_are_there(as_person, person):
    make_log(person, DAY, thought_for_tomorrow="One thing", tomorrow_plan="Call <b>the bank</b>")
    make_log(person, days_ago(2), thought_for_tomorrow="Too old")

    page = as_person.get("/").content.decode()

    assert "One thing" in page
    assert "Call &lt;b&gt;the bank&lt;/b&gt;" in page
    assert "Too old" not in page


def test_without_a_thought_there_is_no_card_for_it(as_person, person):
    make_log(person, DAY, gratitude="Sun")

    assert "From the evening before" not in as_person.get("/").content.decode()


def test_last_weeks_focus_is_there_all_week(as_person, person):
    make_reflection(person, datetime.date(2026, 4, 26), next_week_focus="Sleep by eleven")
    make_reflection(person, datetime.date(2026, 4, 19), next_week_focus="Too old")
    make_reflection(person, datetime.date(2026, 5, 3), next_week_focus="Too early")
    make_reflection(make_person(), datetime.date(2026, 4, 26), next_week_focus="Theirs")

    for day in range(3, 10):
        with time_machine.travel(datetime.datetime(2026, 5, day, 12, tzinfo=NEW_YORK), tick=False):
            page = as_person.get("/").content.decode()

        assert "Sleep by eleven" in page
        assert "Too old" not in page
        assert "Too early" not in page
        assert "Theirs" not in page


def test_a_day_not_tracked_counts_no_check_ins(as_person, person):
    make_log(person, TODAY, not_tracked="ill")

    assert "<progress" not in as_person.get("/").content.decode()


def test_a_day_not_tracked_says_so(as_person, person):
    make_log(person, TODAY, not_tracked="ill")

    assert "Today is marked as not tracked: ill." in as_person.get("/").content.decode()


def test_it_is_not_cached(as_person):
    assert as_person.get("/").headers["Cache-Control"] == "no-store, private"


# A check-in that is done is not "now"


def steps_now(response) -> list[str]:
    return [str(step["stage"]) for step in response.context["steps"] if step["is_now"]]


def done(*slugs) -> dict:
    """What makes these check-ins done."""
    stages = [stage for stage in STAGES if stage.slug in slugs]
    facts = {name: 5 for stage in stages for name in stage.required_names} | {
        stage.completed_at: datetime.datetime(2026, 5, 5, 12, tzinfo=NEW_YORK) for stage in stages
    }
    return facts | ({"medication_taken": True} if "medication" in slugs else {})


@pytest.mark.parametrize(
    ("slugs", "upcoming", "badge"),
    [
        ([], "midday", "now"),
        (["morning"], "midday", "now"),
        (["midday"], "afternoon", "next"),
        (["midday", "afternoon"], "evening", "next"),
        (["midday", "afternoon", "evening"], None, None),
        (["morning", "medication", "midday", "afternoon", "evening"], None, None),
    ],
)
def test_the_mark_goes_on_to_the_next_open_check_in_and_says_that_its_time_has_not_come(
    as_person, person, slugs, upcoming, badge
):
    make_log(person, TODAY, **done(*slugs))

    response = as_person.get("/")  # At noon.

    assert steps_now(response) == ([upcoming] if upcoming else [])
    badges = re.findall(r'<span class="badge">(\w+)</span>', response.content.decode())
    assert badges == ([badge] if badge else [])


# The last seven days


def test_the_strip_of_a_new_account_shows_no_missing_days(as_person, person):
    person.date_joined = datetime.datetime(2026, 5, 4, 9, tzinfo=NEW_YORK)
    person.save()
    make_log(person, days_ago(3), day_rating=4)

    strip = as_person.get("/").context["strip"]

    assert [square.words for square in strip] == [
        *["before you began"] * 3,
        "of 10 for the day",
        "before you began",
        "nothing logged",
        "nothing logged",
    ]


def test_the_strip_says_so_if_a_number_is_a_mood(as_person, person):
    legend = "a mood: the day has no rating"
    make_log(person, DAY, day_rating=6, morning_mood=3)
    assert legend not in as_person.get("/").content.decode()

    make_log(person, TODAY, morning_mood=3)

    page = as_person.get("/").content.decode()
    assert page.count(legend) == 1
    assert '3<span class="sign" aria-hidden="true">m</span><span class="visually-hidden"> of 10 for mood' in page
