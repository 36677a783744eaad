"""Conflicting transactions: the one that the database aborts is retried, and the result is correct."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from brainlog.database.retry import ATTEMPTS
from logs.tests.factories import DAY, MORNING_DOSE, REQUIRED, taken
from operations.tests.chaos.conftest import PEOPLE
from operations.tests.chaos.savers import ACKNOWLEDGED, DATABASE, REFUSED, Saver, SaverGroup, wait_until_waiting
from testing.gunicorn import throwaway_site

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def strict_site(cluster):
    """A site whose transactions are serializable: PostgreSQL aborts one of two that conflict."""
    url = f"{cluster.url_of(DATABASE)}?options=-c%20default_transaction_isolation%3Dserializable"
    with throwaway_site(url) as site:
        yield site


@pytest.fixture
def other(cluster):
    """Another connection to the same database."""
    with closing(psycopg.connect(cluster.url_of(DATABASE))) as connection:
        yield connection


@pytest.fixture
def send_in_thread():
    """A function that sends a form in another thread and returns a future."""
    with ThreadPoolExecutor() as threads:
        yield lambda person, path, data: threads.submit(person.send_once, path, data)


@pytest.fixture
def server_log(cluster):
    """A function that returns what the database server has logged since the test began."""
    file = cluster.folder / "log"
    before = len(file.read_text())
    return lambda: file.read_text()[before:]


def stored(cluster, person: Saver) -> list[tuple]:
    """The person's days: morning mood, focus, not tracked, and the amounts of doses."""
    return cluster.execute(
        """SELECT morning_mood, focus_level, not_tracked,
            (SELECT array_agg(amount::int ORDER BY amount) FROM logs_dose WHERE daily_log_id = logs_dailylog.id)
        FROM logs_dailylog JOIN accounts_user ON accounts_user.id = user_id WHERE username = %s""",
        person.name,
        database=DATABASE,
    )


@pytest.mark.parametrize(
    ("step", "data", "status", "outcome"),
    [
        ("midday", REQUIRED["midday"], 302, [(5, 7, None, None)]),
        ("medication", taken(MORNING_DOSE), 302, [(5, None, None, [36])]),
        ("not-tracked", {"reason": "ill"}, 302, [(5, None, "ill", None)]),
        ("tracked", {}, 302, [(5, None, None, None)]),
        ("delete", {}, 200, []),
    ],
)
def test_a_row_changed_since_the_transaction_began(
    strict_site, cluster, other, send_in_thread, server_log, step, data, status, outcome
):
    person = Saver(strict_site)
    person.send_once(f"/logs/{DAY}/evening/", {"day_rating": "9"})
    log_before = len(strict_site.log)
    other.execute(
        "UPDATE logs_dailylog SET morning_mood = 5 FROM accounts_user u WHERE u.id = user_id AND username = %s",
        [person.name],
    )
    answer = send_in_thread(person, f"/logs/{DAY}/{step}/", data)
    wait_until_waiting(cluster, 1)
    other.commit()

    assert answer.result()[0] == status
    assert stored(cluster, person) == outcome
    assert "could not serialize access due to concurrent update" in server_log()
    assert "brainlog.database" not in strict_site.log[log_before:]


def test_a_deadlock(site, cluster, other, send_in_thread, server_log):
    person = Saver(site)
    person.send_once(f"/logs/{DAY}/medication/", taken(MORNING_DOSE))
    # Another transaction has locked the medication, and the check-in the day ...
    other.execute("SET deadlock_timeout = '60s'")  # So that PostgreSQL aborts the other transaction.
    other.execute(
        "SELECT 1 FROM logs_medication m JOIN accounts_user u ON u.id = user_id WHERE username = %s FOR UPDATE OF m",
        [person.name],
    )
    answer = send_in_thread(person, f"/logs/{DAY}/medication/", taken(MORNING_DOSE, MORNING_DOSE | {"amount": "54"}))
    wait_until_waiting(cluster, 1)
    # ... and now each waits for the lock of the other.
    other.execute(
        "SELECT 1 FROM logs_dailylog d JOIN accounts_user u ON u.id = user_id WHERE username = %s FOR UPDATE OF d",
        [person.name],
    )
    other.commit()

    assert answer.result()[0] == 302
    assert stored(cluster, person) == [(None, None, None, [36, 54])]
    assert "deadlock detected" in server_log()


@pytest.fixture
def count_refusals(cluster):
    """A function that makes the database refuse every new day with a SQLSTATE. It returns a counter of attempts."""

    def refuse(sqlstate: str):
        cluster.execute(
            f"""CREATE SEQUENCE tries;
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM nextval('tries'); RAISE 'no' USING ERRCODE = '{sqlstate}'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON logs_dailylog FOR EACH ROW EXECUTE FUNCTION refuse();""",
            database=DATABASE,
        )
        # A sequence is not rolled back.
        return lambda: cluster.execute("SELECT last_value FROM tries", database=DATABASE)[0][0]

    yield refuse
    cluster.execute("DROP FUNCTION refuse CASCADE; DROP SEQUENCE tries;", database=DATABASE)


@pytest.mark.parametrize(("sqlstate", "attempts"), [("40001", ATTEMPTS), ("40P01", ATTEMPTS), ("55P03", 1)])
def test_only_conflicts_are_retried_a_limited_number_of_times(site, count_refusals, sqlstate, attempts):
    person = Saver(site)
    log_before = len(site.log)
    tries = count_refusals(sqlstate)

    assert person.save().outcome == REFUSED
    assert tries() == attempts
    [line] = [line for line in site.log[log_before:].splitlines() if "brainlog.database" in line]
    assert f"(logs:check_in, OperationalError, {sqlstate})" in line


@pytest.mark.thorough
def test_many_saves_at_once(strict_site, cluster, assert_nothing_is_lost):
    savers = SaverGroup(strict_site, cluster, PEOPLE)
    with savers.saving():
        savers.wait_for_more(ACKNOWLEDGED, 100)
    assert_nothing_is_lost(savers)
