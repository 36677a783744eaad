"""The calendar feed: its address, what it contains, and who can read what of it."""

import datetime
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from prometheus_client import generate_latest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import rate_limits
from accounts.models import User, timezone_names
from accounts.tests.factories import make_person
from logs.check_in_times import EVERY_DAY, CheckInTime, to_json
from logs.tests.factories import make_full_log, make_log
from operations.error_reports import PrivateReporter
from operations.log_formatters import JsonFormatter, TextFormatter
from operations.metrics import REGISTRY
from operations.tests.log_capture import lines_during
from reminders import feed_views
from reminders.feed import DAYS, calendar_with, event_of
from reminders.models import Feed, Plan
from reminders.schedule import Rhythm, Window, coming
from reminders.tests.calendars import events_in, read, starts_in
from reminders.tests.factories import make_reminded
from reminders.zone_definitions import zone_definition

PAGE, OFF = reverse("reminders:feed"), reverse("reminders:feed_off")
UTC, ONE_DAY = datetime.UTC, datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 5, 4, 12, 0, 1, tzinfo=UTC)
TIMES = {"morning": "07:30", "medication": "08:00", "evening": "21:15"}
SECRETS = ("medication", "morning", "evening", "mood", "brain", "review")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def person(db):
    return make_reminded(TIMES, channels=0)


@pytest.fixture
def address(person) -> str:
    """The path of the person's feed."""
    return path_of(Feed.objects.renew(person))


def path_of(token: str) -> str:
    return reverse("reminders:calendar", args=[token])


def address_on(response) -> str:
    [path] = re.findall(r"http://testserver(/accounts/reminders/feed/[\w-]+\.ics)", response.content.decode())
    return path


def read_feed(path: str, client=None, **headers):
    response = (client or Client()).get(path, headers=headers)
    assert response.status_code == 200
    return response


# ── The address ───────────────────────────────────────────────────────────────────────────────────


def test_the_address_is_shown_once_and_works_signed_out(as_person, person):
    assertContains(as_person.get(PAGE), "Make an address")

    path = address_on(as_person.post(PAGE))

    assert len(events_in(read_feed(path).content)) == 3 * DAYS
    page = as_person.get(PAGE)
    assertContains(page, "it cannot be shown again")
    assertNotContains(page, ".ics")


def test_the_table_has_a_hash_and_the_token_has_192_bits(person):
    token = Feed.objects.renew(person)

    assert re.fullmatch(r"[\w-]{32}", token)
    assert token not in str(Feed.objects.values().get())


def test_a_new_address_ends_the_former_one(as_person, address):
    path = address_on(as_person.post(PAGE))

    assert Client().get(address).status_code == 404
    assert Client().get(path).status_code == 200
    assert Feed.objects.count() == 1


def test_an_address_that_is_switched_off_is_gone(as_person, address):
    assertRedirects(as_person.post(OFF), PAGE)

    assert Client().get(address).status_code == 404
    assertContains(as_person.get(PAGE), "Make an address")
    assertRedirects(as_person.post(OFF), PAGE)  # once more


@pytest.mark.parametrize("path", [PAGE, OFF])
def test_only_the_person_makes_and_ends_an_address(client, db, path):
    assertRedirects(client.post(path), f"{reverse('accounts:login')}?next={path}", fetch_redirect_response=False)
    assert not Feed.objects.exists()


def test_another_person_changes_no_address_but_their_own(client, address):
    client.force_login(make_person(username="other"))
    client.post(PAGE)
    client.post(OFF)

    assert Client().get(address).status_code == 200


@pytest.mark.parametrize("token", ["x", "é", "../..", "a" * 32, "b" * 5000, "%00", " "], ids=lambda token: token[:5])
def test_every_token_that_there_is_not_gets_the_same_404(client, address, token):
    unknown = Client().get(path_of("b" * 32))

    response = client.get("/accounts/reminders/feed/" + token.replace("/", "%2F") + ".ics")

    assert response.status_code == unknown.status_code == 404
    assert response.content == unknown.content


def test_an_inactive_account_and_a_deleted_one_have_no_feed(client, person, address):
    unknown = client.get(path_of("b" * 32)).content

    User.objects.update(is_active=False)
    response = client.get(address)
    assert (response.status_code, response.content) == (404, unknown)

    User.objects.all().delete()
    assert client.get(address).status_code == 404
    assert not Feed.objects.exists()


# ── The answer ────────────────────────────────────────────────────────────────────────────────────


def test_the_answer_sets_no_cookie_and_is_for_no_shared_cache(address):
    response = read_feed(address)

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, no-cache"
    assert not response.cookies


def test_a_calendar_that_has_the_state_already_gets_a_304(client, address):
    first = read_feed(address)

    again = client.get(address, headers={"if-none-match": first["ETag"]})
    other = client.get(address, headers={"if-none-match": '"other"'})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "private, no-cache" and not again.cookies
    assert (other.status_code, other.content) == (200, first.content)


def test_a_304_works_for_a_compressed_answer_too(client, address):
    first = client.get(address, headers={"accept-encoding": "gzip"})

    assert first["Content-Encoding"] == "gzip"
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304


def test_head_is_answered_without_the_calendar(client, address):
    first, response = read_feed(address), client.head(address)

    assert (response.status_code, response.content) == (200, b"")
    assert (response["ETag"], response["Content-Length"]) == (first["ETag"], first["Content-Length"])
    assert client.post(address).status_code == 405


def test_the_requests_of_one_address_are_limited(client, address, monkeypatch, clock):
    monkeypatch.setattr(rate_limits, "FEED", rate_limits.Limit("feed", 3, 60))
    other = path_of(Feed.objects.renew(make_reminded(TIMES, channels=0)))

    statuses = [client.get(address).status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert int(client.get(address)["Retry-After"]) == 3600
    assert client.get(other).status_code == 200
    clock.shift(3601)
    assert client.get(address).status_code == 200


def test_the_costs_of_an_answer(client, address):
    client.get(address)  # The first one deletes attempts that have expired.
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    tables = ("reminders_feed", "accounts_throttle", "logs_dailylog")
    found = [next(table for table in tables if table in query["sql"]) for query in queries]

    # Two for the rate limit, and two for the calendar.
    assert found == ["reminders_feed", "accounts_throttle", "accounts_throttle", "logs_dailylog"]
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path_of("b" * 32)).status_code == 404
    assert len(queries) == 1


# ── What it contains ──────────────────────────────────────────────────────────────────────────────


def test_an_event_for_each_window_with_its_time_and_an_alarm(address):
    events = events_in(read_feed(address).content)

    first = datetime.datetime(2026, 5, 4, 7, 30, tzinfo=ZoneInfo("America/New_York"))
    assert [each.dtstart.value for each in events[:4]] == [
        first,
        first.replace(hour=8, minute=0),
        first.replace(hour=21, minute=15),
        first + ONE_DAY,
    ]
    assert {each.duration.value for each in events} == {datetime.timedelta(minutes=15)}
    for event in events:
        assert event.valarm.action.value == "DISPLAY" and event.valarm.trigger.value == datetime.timedelta()
    # Only the coming days.
    assert events[-1].dtstart.value.date() == datetime.date(2026, 5, 4) + (DAYS - 1) * ONE_DAY


def test_neutral_words_name_no_check_in(address, person):
    content = read_feed(address).content.decode()

    assert {each.summary.value for each in events_in(content.encode())} == {"Time for your log"}
    for event in events_in(content.encode()):
        assert event.url.value == event.description.value == "http://testserver/"
    [product] = re.findall(r"PRODID:.*\r\n", content)  # No calendar shows it.
    assert [word for word in SECRETS if word in content.replace(product, "").lower()] == []


def test_plain_words_name_the_check_in_and_lead_to_it(address, person):
    Plan.objects.update(words="plain")

    events = events_in(read_feed(address).content)[:3]

    titles = ["Morning check-in", "Time for your check-in", "Evening check-in"]
    assert [each.summary.value for each in events] == titles
    assert events[0].url.value == "http://testserver/logs/2026-05-04/morning/"


def test_not_even_plain_words_say_that_a_person_takes_medication(address, person):
    Plan.objects.update(words="plain")

    content = read_feed(address).content

    assert events_in(content)[1].url.value == "http://testserver/"
    assert b"medication" not in content.lower()


def test_the_reflection_is_in_it_as_well(person, address):
    Plan.objects.update(words="plain")
    times = {"week": CheckInTime(datetime.time(18), frozenset([6]))}
    User.objects.update(check_in_times=to_json(times))

    events = events_in(read_feed(address).content)

    assert [f"{each.dtstart.value:%a %d}" for each in events] == ["Sun 10", "Sun 17"]
    assert events[0].summary.value == "Your week in review"
    assert events[0].url.value == "http://testserver/reflections/2026-05-10/"


def test_it_says_nothing_of_what_is_logged(person, address):
    before = read_feed(address).content

    make_full_log(person, datetime.date(2026, 5, 4), dreams="A secret dream")

    assert read_feed(address).content == before


def test_days_that_are_not_tracked_are_left_out(person, address):
    make_log(person, datetime.date(2026, 5, 6), not_tracked="ill")

    days = {start.astimezone(person.zone).date() for start in starts_in(read_feed(address).content)}

    assert datetime.date(2026, 5, 6) not in days
    assert len(days) == DAYS - 1


def paused(person):
    User.objects.update(reminders_paused_until=User.FOR_GOOD)


def notices_paused(person):
    User.objects.update(notices_paused_until=datetime.date(2026, 6, 30))


def no_times(person):
    User.objects.update(check_in_times=None)


def no_plan_and_no_times(person):
    no_times(person)
    Plan.objects.all().delete()


def away(person):
    person.sessions.update(seen_at=NOW - 31 * ONE_DAY)


def no_session(person):
    person.sessions.all().delete()


@pytest.mark.parametrize("state", [paused, notices_paused, no_times, no_plan_and_no_times, away, no_session])
def test_without_reminders_it_is_empty_and_valid(person, address, state):
    state(person)

    calendar = read(read_feed(address).content)

    # RFC 5545 demands at least one part.
    assert [part.name for part in calendar.components()] == ["VTIMEZONE"]


def test_a_pause_that_ends_leaves_out_the_days_before(person, address):
    User.objects.update(reminders_paused_until=datetime.date(2026, 5, 10))

    assert starts_in(read_feed(address).content)[0] == datetime.datetime(2026, 5, 10, 11, 30, tzinfo=UTC)


def test_without_a_plan_the_words_are_neutral(person, address):
    Plan.objects.all().delete()

    assert events_in(read_feed(address).content)[0].summary.value == "Time for your log"


def test_in_quiet_hours_it_rings_at_their_end(person, address):
    quiet = {"quiet_from": datetime.time(20), "quiet_until": datetime.time(7, 45)}
    Plan.objects.update(**quiet)

    morning, medication, evening = events_in(read_feed(address).content)[:3]

    assert morning.valarm.trigger.value == datetime.timedelta(minutes=15)
    assert medication.valarm.trigger.value == datetime.timedelta()
    assert "valarm" not in evening.contents  # It is over by then.


def test_repetitions_and_a_snooze_change_nothing(person, address):
    before = read_feed(address).content

    Plan.objects.update(repeats=6, snoozed_until=NOW + datetime.timedelta(hours=1))

    assert read_feed(address).content == before


# ── The same bytes for the same state ─────────────────────────────────────────────────────────────


def test_later_requests_of_a_day_get_the_same_bytes(client, address, clock):
    first = read_feed(address).content
    clock.shift(11 * 60 * 60)

    assert read_feed(address).content == first
    assert read_feed(address, client).content == first


def test_an_event_keeps_its_uid_and_its_stamp_from_day_to_day(address, clock):
    def events() -> dict:
        said = re.findall(r"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", read_feed(address).content.decode(), re.DOTALL)
        found = {re.search(r"\r\nUID:(\S+)\r\n", each)[1]: each for each in said}
        assert len(found) == len(said) == 3 * DAYS
        return found

    before = events()
    clock.shift(24 * 60 * 60)
    after = events()

    assert len(before.keys() & after.keys()) == 3 * (DAYS - 1)
    assert all(after[uid] == said for uid, said in before.items() if uid in after)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Plan.objects.update(words="plain"),
        lambda: User.objects.update(timezone="Europe/Berlin"),
        lambda: Plan.objects.update(quiet_from=datetime.time(1), quiet_until=datetime.time(22)),
    ],
    ids=["words", "zone", "quiet hours"],
)
def test_an_event_that_says_something_else_has_another_uid(address, change):
    def uids():
        return {each.uid.value for each in events_in(read_feed(address).content)}

    before = uids()
    change()

    assert not uids() & before


@pytest.mark.once
def test_an_event_with_another_end_has_another_uid():
    """The next check-in of the day was moved: the start and the words stay."""
    opens_at, feed = datetime.datetime(2026, 5, 4, 12, tzinfo=UTC), Feed(user=User(pk=1), created_at=NOW)
    windows = [
        Window("midday", datetime.date(2026, 5, 4), opens_at, opens_at + datetime.timedelta(minutes=minutes))
        for minutes in (5, 10, 60, 120)
    ]
    events = [event_of(each, feed, "neutral", zoned_rhythm("UTC", 4), "http://testserver") for each in windows]

    uids = [str(event["uid"]) for event in events]
    assert len(set(uids)) == 3 and uids[2] == uids[3]  # No more than a quarter of an hour is shown.
    assert events[2].to_ical() == events[3].to_ical()


def test_people_have_other_uids(address):
    other = path_of(Feed.objects.renew(make_reminded(TIMES, channels=0)))

    uids = [{each.uid.value for each in events_in(read_feed(path).content)} for path in (address, other)]

    assert not uids[0] & uids[1]


def test_lines_are_folded_and_end_as_rfc_5545_demands(address, settings):
    settings.SITE_URL = f"https://{'long.' * 20}example.org"

    content = read_feed(address).content

    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.split(b"\r\n")
    assert b"\n" not in b"".join(lines) and max(map(len, lines)) <= 75
    assert len([line for line in lines if line.startswith(b" ")]) >= 2 * 3 * DAYS
    assert events_in(content)[0].url.value == f"{settings.SITE_URL}/"


# ── Zones ─────────────────────────────────────────────────────────────────────────────────────────

ODD = {
    "Africa/Casablanca": ["2027-02-03", "2027-03-10", "2026-02-11"],  # Ramadan, of which Python knows the dates.
    "Africa/El_Aaiun": ["2027-02-03"],
    "Australia/Lord_Howe": ["2026-04-01", "2026-10-01"],  # half an hour
    "America/Nuuk": ["2026-03-25", "2026-10-20", "2023-03-20"],  # across midnight
    "America/Scoresbysund": ["2024-03-27"],
    "Antarctica/Troll": ["2026-03-25", "2026-10-20"],  # two hours
    "Pacific/Apia": ["2011-12-25", "2012-03-28"],  # a day that is missing
    "Pacific/Kwajalein": ["1993-08-15"],
    "Europe/Dublin": ["2026-03-25", "2026-10-20"],  # negative daylight saving time in winter
    "Europe/Berlin": ["2026-03-25", "2026-10-20"],
    "America/St_Johns": ["2026-03-04", "2026-10-28", "2010-03-10"],  # once at one minute past midnight
    "America/New_York": ["2026-03-04", "2026-10-28"],
    "America/Havana": ["2026-03-04", "2026-10-28"],  # at midnight
    "Asia/Beirut": ["2026-03-25", "2026-10-20"],
    "Africa/Cairo": ["2026-04-20", "2026-10-25"],
    "Asia/Gaza": ["2027-01-15", "2027-02-20"],
    "America/Asuncion": ["2024-03-20", "2024-10-01"],
    "Asia/Kathmandu": ["2026-05-01"],
    "Pacific/Chatham": ["2026-04-01", "2026-09-22"],
    "Pacific/Kiritimati": ["2026-05-01", "1994-12-27"],
    "Asia/Pyongyang": ["2018-05-01"],
    "America/Caracas": ["2016-04-28"],
    "Europe/Volgograd": ["2020-12-22"],
    "Asia/Almaty": ["2024-02-25"],
    "UTC": ["2026-05-01"],
    "Etc/GMT+12": ["2026-05-01"],
}


# One of each kind of rule; `make test` reads these alone.
KINDS = {
    *("Africa/Casablanca", "Australia/Lord_Howe", "America/Nuuk", "Antarctica/Troll", "Pacific/Apia", "Europe/Dublin"),
    *("Europe/Berlin", "America/St_Johns", "America/Havana", "Asia/Gaza", "Asia/Pyongyang", "UTC"),
}
ODD_ZONES = [pytest.param(zone, marks=[pytest.mark.thorough] * (zone not in KINDS)) for zone in ODD]


def zoned_rhythm(zone: str, day_ends_at: int) -> Rhythm:
    """Times around each change of the clocks, and the days' ends."""
    at = {"morning": "03:00", "medication": "01:30", "midday": "02:15", "afternoon": "23:30", "evening": "00:05"}
    times = {slug: CheckInTime(datetime.time.fromisoformat(time), EVERY_DAY) for slug, time in at.items()}
    return Rhythm(ZoneInfo(zone), day_ends_at, times | {"week": CheckInTime(datetime.time(0, 30), EVERY_DAY)})


def assert_right_instants(zone: str, now: datetime.datetime, day_ends_at: int = 4, days: int = DAYS):
    rhythm = zoned_rhythm(zone, day_ends_at)
    windows = coming(rhythm, now, days)
    feed = Feed(user=User(pk=1), created_at=NOW)

    content = calendar_with(windows, feed, "neutral", rhythm, "http://testserver", now)

    assert starts_in(content) == [window.opens_at for window in windows], f"{zone} at {now}"
    # Every name of a zone has its definition.
    assert set(re.findall(rb";TZID=([^:;]+)", content)) <= set(re.findall(rb"\r\nTZID:([^\r]+)", content))


@pytest.mark.once
@pytest.mark.matrix
@pytest.mark.parametrize("day_ends_at", [0, 4])
@pytest.mark.parametrize("zone", ODD_ZONES)
def test_another_library_reads_the_same_instants_in_odd_zones(zone, day_ends_at):
    for day in ODD[zone]:
        assert_right_instants(zone, datetime.datetime.fromisoformat(f"{day} 12:00Z"), day_ends_at)


def changes_of(zone: ZoneInfo) -> list[datetime.datetime]:
    """Noon of each day of two years whose offset is another one than that of the day before."""
    noons = [datetime.datetime(2026, 1, 1, 12, tzinfo=UTC) + number * ONE_DAY for number in range(2 * 365)]
    return [
        noon for noon in noons if noon.astimezone(zone).utcoffset() != (noon - ONE_DAY).astimezone(zone).utcoffset()
    ]


@pytest.mark.once
@pytest.mark.thorough
def test_another_library_reads_the_same_instants_in_every_zone():
    for zone in timezone_names():
        for change in changes_of(ZoneInfo(zone)) or [NOW]:
            assert_right_instants(zone, change - 2 * ONE_DAY, days=4)


@pytest.mark.once
def test_ramadan_2027_is_in_the_definition_of_casablanca():
    definition = zone_definition(
        ZoneInfo("Africa/Casablanca"),
        datetime.datetime(2027, 1, 1, tzinfo=UTC),
        datetime.datetime(2028, 1, 1, tzinfo=UTC),
    )

    lines = definition.to_ical().decode().split("\r\n")
    assert [line for line in lines if line.startswith("DTSTART")] == [
        "DTSTART:20270101T010000",
        "DTSTART:20270207T030000",
        "DTSTART:20270314T020000",
    ]
    assert [line for line in lines if line.startswith("TZOFFSETTO")] == [
        "TZOFFSETTO:+0100",
        "TZOFFSETTO:+0000",
        "TZOFFSETTO:+0100",
    ]


@pytest.mark.once
@pytest.mark.parametrize("hour", [0, 1])
def test_a_time_that_the_clock_shows_twice_is_in_utc(hour):
    instant = datetime.datetime(2026, 10, 25, hour, 30, tzinfo=UTC)  # 02:30 in Berlin, the first and the second one
    window = Window("evening", datetime.date(2026, 10, 24), instant, instant + datetime.timedelta(minutes=5))
    feed = Feed(user=User(pk=1), created_at=NOW)

    event = event_of(window, feed, "neutral", zoned_rhythm("Europe/Berlin", 4), "http://testserver")

    assert f"DTSTART:20261025T0{hour}3000Z\r\n".encode() in event.to_ical()
    assert b"DURATION:PT5M\r\n" in event.to_ical()


# ── The token stays out of everything that is written down ────────────────────────────────────────


@pytest.mark.once
@pytest.mark.parametrize("formatter", [JsonFormatter, TextFormatter])
def test_no_log_and_no_metric_has_the_token(address, monkeypatch, formatter):
    [token] = re.findall(r"feed/(.+)\.ics", address)
    client = Client(raise_request_exception=False)
    unknown, statuses = "c" * 32, []

    def requests():
        statuses.append(client.get(address).status_code)
        statuses.append(client.head(address).status_code)
        statuses.append(client.post(address).status_code)
        statuses.append(client.get(path_of(unknown)).status_code)
        statuses.append(client.get(f"{address}x/").status_code)
        with monkeypatch.context() as patch:
            patch.setattr(rate_limits, "FEED", rate_limits.Limit("feed", 0, 60))
            statuses.append(client.get(address).status_code)
            patch.setattr(feed_views, "calendar_of", failing)
            patch.setattr(rate_limits, "consume", lambda *_: None)
            statuses.append(client.get(address).status_code)

    lines = lines_during(requests, formatter())

    assert statuses == [200, 200, 405, 404, 404, 429, 500]
    assert len(lines) >= len(statuses)
    assert [line for line in lines if token in line or unknown in line] == []
    metrics = generate_latest(REGISTRY).decode()
    assert "reminders:calendar" in metrics and token not in metrics and unknown not in metrics


def failing(feed, origin, now):
    raise ValueError(f"{feed} {origin}")


@pytest.mark.once
def test_no_error_report_has_the_token(address, rf, monkeypatch, settings):
    [token] = re.findall(r"feed/(.+)\.ics", address)
    monkeypatch.setattr(feed_views, "calendar_of", failing)
    settings.DEBUG = True

    page = Client(raise_request_exception=False).get(address)

    assert page.status_code == 500
    text = page.content.decode()
    assert (
        PrivateReporter.__name__ not in text
        and "token: str" in text
        and "<str:token>" in text.replace("&lt;", "<").replace("&gt;", ">")
    )
    assert token not in text


@pytest.mark.once
def test_no_address_of_a_page_has_the_token(as_person):
    """What a browser keeps in its history, and sends as the referrer."""
    response = as_person.post(PAGE)

    assert response.status_code == 200 and response["Cache-Control"] == "no-store, private"
    assert not re.search(r'(?:href|action|src)="[^"]*\.ics', response.content.decode())
