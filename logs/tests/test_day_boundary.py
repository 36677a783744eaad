"""The person's current day depends only on their local time and on the hour at which their day ends."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, strategies as st

from accounts.models import User
from accounts.tests.factories import make_person
from logs.stages import STAGES
from logs.tests.factories import answers, make_log
from logs.tests.pages import check_in_url, day_url

pytestmark = pytest.mark.thorough_on_sqlite

MAY_3, MAY_4, MAY_5, MAY_6 = (datetime.date(2026, 5, day) for day in (3, 4, 5, 6))


def at(text, zone="America/New_York", *, second_time=False) -> datetime.datetime:
    """An instant, given by local time; `second_time`: after the clocks went back."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=second_time)


def someone(zone="America/New_York", day_ends_at=4):
    return User(username="someone", timezone=zone, day_ends_at=day_ends_at)


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        ("2026-05-04 23:30", MAY_4),
        ("2026-05-05 00:30", MAY_4),
        ("2026-05-05 03:59:59", MAY_4),
        ("2026-05-05 04:00", MAY_5),
        ("2026-05-05 12:00", MAY_5),
    ],
)
@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"])
def test_the_night_belongs_to_the_evening_before(clock, day, zone):
    assert someone(zone).today(at(clock, zone)) == day


@pytest.mark.parametrize("hour", range(6))
def test_the_day_ends_when_the_person_says(hour):
    person = someone(day_ends_at=hour)
    end = at(f"2026-05-05 0{hour}:00")

    assert person.today(end - datetime.timedelta(seconds=1)) == MAY_4
    assert person.today(end) == MAY_5


def test_by_default_the_day_ends_at_four_in_new_york():
    assert User().today(at("2026-05-05 03:59")) == MAY_4
    assert User().today(at("2026-05-05 04:00")) == MAY_5


@pytest.mark.parametrize(
    ("zone", "day_ends_at", "moment", "day"),
    [
        # The clocks go from 2:00 to 3:00.
        ("America/New_York", 2, at("2026-03-08 01:59"), "2026-03-07"),
        ("America/New_York", 2, at("2026-03-08 03:00"), "2026-03-08"),
        ("America/New_York", 3, at("2026-03-08 01:59"), "2026-03-07"),
        ("America/New_York", 3, at("2026-03-08 03:00"), "2026-03-08"),
        ("America/New_York", 4, at("2026-03-08 03:59"), "2026-03-07"),
        ("America/New_York", 4, at("2026-03-08 04:00"), "2026-03-08"),
        # From 2:00 back to 1:00.
        ("America/New_York", 1, at("2026-11-01 00:59"), "2026-10-31"),
        ("America/New_York", 1, at("2026-11-01 01:00"), "2026-11-01"),
        ("America/New_York", 1, at("2026-11-01 01:00", second_time=True), "2026-11-01"),
        ("America/New_York", 2, at("2026-11-01 01:59"), "2026-10-31"),
        ("America/New_York", 2, at("2026-11-01 01:59", second_time=True), "2026-10-31"),
        ("America/New_York", 2, at("2026-11-01 02:00"), "2026-11-01"),
        ("America/New_York", 4, at("2026-11-01 03:59"), "2026-10-31"),
        ("America/New_York", 4, at("2026-11-01 04:00"), "2026-11-01"),
        # From 2:00 to 3:00, and from 3:00 back to 2:00.
        ("Europe/Berlin", 4, at("2026-03-29 03:59", "Europe/Berlin"), "2026-03-28"),
        ("Europe/Berlin", 4, at("2026-03-29 04:00", "Europe/Berlin"), "2026-03-29"),
        ("Europe/Berlin", 3, at("2026-10-25 02:30", "Europe/Berlin", second_time=True), "2026-10-24"),
        ("Europe/Berlin", 4, at("2026-10-25 03:59", "Europe/Berlin"), "2026-10-24"),
        ("Europe/Berlin", 4, at("2026-10-25 04:00", "Europe/Berlin"), "2026-10-25"),
        # From midnight to 1:00, and from 1:00 back to midnight.
        ("America/Havana", 0, at("2026-03-07 23:59", "America/Havana"), "2026-03-07"),
        ("America/Havana", 0, at("2026-03-08 01:00", "America/Havana"), "2026-03-08"),
        ("America/Havana", 4, at("2026-03-08 01:00", "America/Havana"), "2026-03-07"),
        ("America/Havana", 0, at("2026-11-01 00:30", "America/Havana"), "2026-11-01"),
        ("America/Havana", 0, at("2026-11-01 00:30", "America/Havana", second_time=True), "2026-11-01"),
        ("America/Havana", 1, at("2026-11-01 00:30", "America/Havana", second_time=True), "2026-10-31"),
        # From midnight back to 23:00.
        ("Asia/Beirut", 0, at("2026-10-24 23:30", "Asia/Beirut", second_time=True), "2026-10-24"),
        ("Asia/Beirut", 0, at("2026-10-25 00:00", "Asia/Beirut"), "2026-10-25"),
    ],
)
def test_when_the_clocks_change_the_wall_clock_counts(zone, day_ends_at, moment, day):
    # As an instant: between two times of one zone Python compares the wall clocks only.
    now = moment.astimezone(datetime.UTC)

    assert someone(zone, day_ends_at).today(now).isoformat() == day


@given(
    moments=st.lists(st.integers(946_684_800, 1_893_456_000), min_size=2, max_size=2).map(sorted),
    near=st.integers(0, 48 * 3600),
    zone=st.sampled_from(
        ["America/New_York", "Europe/Berlin", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia"]
    ),
    day_ends_at=st.integers(0, 5),
)
def test_a_day_never_comes_back(moments, near, zone, day_ends_at):
    person = someone(zone, day_ends_at)
    first, second = moments

    for later in (second, first + near):
        days = [person.today(datetime.datetime.fromtimestamp(moment, datetime.UTC)) for moment in (first, later)]
        assert days == sorted(days)


def test_a_zone_missing_on_the_server_still_has_a_day():
    assert someone("Mars/Olympus").today(at("2026-05-05 03:59")) == MAY_4


# Through the pages


@pytest.mark.parametrize(
    ("clock", "day"),
    [
        ("2026-05-04 23:30", MAY_4),
        ("2026-05-05 00:30", MAY_4),
        ("2026-05-05 03:59", MAY_4),
        ("2026-05-05 04:00", MAY_5),
    ],
)
def test_the_today_page_is_about_that_day(as_person, clock, day):
    with time_machine.travel(at(clock), tick=False):
        response = as_person.get("/")

    assert response.context["day"] == day
    for stage in STAGES:
        assert check_in_url(stage, day) in response.content.decode()


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_after_midnight_a_check_in_is_saved_for_the_evening_before(as_person, person, stage):
    with time_machine.travel(at("2026-05-05 00:30"), tick=False):
        page = as_person.get(check_in_url(stage, MAY_4))
        response = as_person.post(check_in_url(stage, MAY_4), answers(stage))

    assert "<b>Today</b>, Monday" in page.content.decode()
    assert response.url == "/"
    assert person.daily_logs.get().date == MAY_4


@pytest.mark.matrix
@pytest.mark.parametrize("clock", ["2026-05-05 00:30", "2026-05-05 03:59"])
@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_a_day_that_has_not_begun_is_not_there(as_person, person, stage, clock):
    with time_machine.travel(at(clock), tick=False):
        responses = [
            as_person.get(check_in_url(stage, MAY_5)),
            as_person.post(check_in_url(stage, MAY_5), answers(stage)),
            as_person.get(day_url(MAY_5)),
            as_person.post(day_url(MAY_5, "not_tracked"), {"reason": "ill"}),
            as_person.get(check_in_url(stage, MAY_6)),
        ]

    assert [response.status_code for response in responses] == [404] * 5
    assert not person.daily_logs.exists()


def test_a_day_begins_at_its_hour(as_person):
    with time_machine.travel(at("2026-05-05 04:00"), tick=False):
        assert as_person.get(check_in_url("morning", MAY_5)).status_code == 200
        assert as_person.get(day_url(MAY_5)).status_code == 200


def test_each_person_has_their_own_day(db, client):
    tokyo = make_person(timezone="Asia/Tokyo")
    honolulu = make_person(timezone="Pacific/Honolulu")

    with time_machine.travel(at("2026-05-05 12:00", "Asia/Tokyo"), tick=False):
        client.force_login(tokyo)
        in_tokyo = client.get("/").context["day"]
        client.force_login(honolulu)
        in_honolulu = client.get("/").context["day"]

    assert (in_tokyo, in_honolulu) == (MAY_5, MAY_4)


def test_a_new_zone_does_not_move_old_logs(as_person, person):
    with time_machine.travel(at("2026-05-05 12:00"), tick=False):
        for stage in STAGES:
            as_person.post(check_in_url(stage, MAY_4), answers(stage))
        before = person.daily_logs.values().get()

        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"):
            person.timezone = zone
            person.save()
            page = as_person.get(day_url(MAY_4))

            assert page.context["log"].date == MAY_4
            assert page.context["log"].is_complete
        assert person.daily_logs.values().get() == before


def test_a_new_end_of_the_day_does_not_move_old_logs(as_person, person):
    with time_machine.travel(at("2026-05-05 00:30"), tick=False):
        as_person.post(check_in_url("evening", MAY_4), answers("evening"))
        person.day_ends_at = 0
        person.save()

        assert as_person.get("/").context["day"] == MAY_5
        assert person.daily_logs.get().date == MAY_4


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_after_a_flight_west_the_day_begun_already_stays_open(as_person, person, stage):
    make_log(person, MAY_5, not_tracked="other")
    person.timezone = "Pacific/Honolulu"
    person.save()

    with time_machine.travel(at("2026-05-05 06:00"), tick=False):
        assert as_person.get("/").context["day"] == MAY_4
        assert as_person.get(day_url(MAY_5)).status_code == 200
        page = as_person.get(check_in_url(stage, MAY_5))
        response = as_person.post(check_in_url(stage, MAY_5), answers(stage))

    assert "<b>Tuesday</b>" in page.content.decode()
    assert response.url == day_url(MAY_5)
    assert person.daily_logs.get().is_done(stage)


@pytest.mark.parametrize(("day", "name"), [(MAY_5, "Today"), (MAY_4, "Yesterday"), (MAY_3, "Sunday")])
def test_a_page_says_which_day_it_is_about(as_person, day, name):
    with time_machine.travel(at("2026-05-05 12:00"), tick=False):
        page = as_person.get(check_in_url("midday", day)).content.decode()
        day_page = as_person.get(day_url(day)).content.decode()

    assert f"<b>{name}</b>" in page
    assert f"<h1>{name}</h1>" in day_page
    assert f"May {day.day}, 2026" in page
    assert f"May {day.day}, 2026" in day_page
