"""A week of people all over the world, whose senders are killed again and again: no reminder twice, none lost but at
most the one that a kill interrupted.

The week has the night in which the clocks of Europe go back, and that of America, and journeys to the west.
"""

import datetime
import random
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reminders.schedule import Rhythm, windows_of
from reminders.tests.process_zones import JOURNEYS, ZONES, times_of
from testing.gunicorn import ROOT, environment_with
from testing.waiting import wait_until

pytestmark = pytest.mark.once

START = datetime.datetime(2026, 10, 25, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(days=7, hours=12)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "reminders.tests.process", *arguments]


def make_people(database_url: str, number: int) -> None:
    environment = environment_with(database_url)
    subprocess.run(command("people", str(number), START.isoformat()), cwd=ROOT, env=environment, check=True)


@contextmanager
def running(database_url: str, *arguments: str):
    with subprocess.Popen(command(*arguments), cwd=ROOT, env=environment_with(database_url)) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_of(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def expected_reminders(number: int, span: datetime.timedelta) -> set[str]:
    """A line for each reminder that is due within the span. The channel of a person has the key of that person."""
    found = set()
    for each in range(number):
        times = times_of(each, number)
        for zone, since, until in stays(ZONES[each % len(ZONES)], START + span):
            rhythm = Rhythm(ZoneInfo(zone), 4, times)
            for days in range(-2, span.days + 3):
                for window in windows_of(START.date() + days * DAY, rhythm):
                    if window.is_reminded and since < window.opens_at < until:
                        found.add(f"{each + 1} {window.day}-{window.slug}")
    return found


def stays(zone: str, end: datetime.datetime) -> list[tuple[str, datetime.datetime, datetime.datetime]]:
    """The zones in which the people of a zone are, with the instants between which they are there."""
    if zone not in JOURNEYS:
        return [(zone, START, end)]
    away, left_at = JOURNEYS[zone]
    return [(zone, START, left_at), (away, left_at, end)]


def simulate(database_url: str, folder: Path, people: int, span: datetime.timedelta, senders: int, most_lines: int):
    """Run senders until the span is over, and kill one of them whenever it has sent some more. Returns the kills."""
    make_people(database_url, people)
    log, clock, chance, kills = folder / "log", folder / "clock", random.Random(1), 0  # noqa: S311
    clock.write_text(START.isoformat())
    arguments = ("simulate", str(log), str(clock), (START + span).isoformat())
    while True:
        with ExitStack() as stack:
            processes = [stack.enter_context(running(database_url, *arguments)) for _number in range(senders)]
            before, more = len(lines_of(log)), chance.randint(1, most_lines)

            def is_over(processes=processes, enough=before + more):
                return len(lines_of(log)) >= enough or all(each.poll() is not None for each in processes)

            wait_until(is_over, "reminders are sent", seconds=600)
            ended = [each for each in processes if each.poll() is not None]
            assert all(each.returncode == 0 for each in ended)
            if len(ended) == senders:
                return kills
            kills += senders - len(ended)


def check(log: Path, people: int, span: datetime.timedelta, kills: int) -> None:
    counts, expected = Counter(lines_of(log)), expected_reminders(people, span)

    assert [line for line, count in counts.items() if count > 1] == []
    assert set(counts) <= expected
    assert len(expected - set(counts)) <= kills
    assert kills >= 2


def test_a_day_with_two_senders_and_kills(each_database_url, tmp_path):
    kills = simulate(each_database_url, tmp_path, len(ZONES), DAY, senders=2, most_lines=40)

    check(tmp_path / "log", len(ZONES), DAY, kills)


@pytest.mark.thorough
def test_a_week_of_ten_thousand_people_with_kills(each_database_url, tmp_path):
    kills = simulate(each_database_url, tmp_path, 10_000, WEEK, senders=2, most_lines=1000)

    check(tmp_path / "log", 10_000, WEEK, kills)
