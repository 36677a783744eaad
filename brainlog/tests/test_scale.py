"""Several processes, a pooler, a shared cache and a replica, all of them real."""

import itertools
import json
import re

import pytest
import redis

from brainlog.tests.scale import browsers_of, watch_while_it_rises
from logs.stages import MIDDAY, MORNING, STAGES
from testing.gunicorn import throwaway_site
from testing.migrated import migrate
from testing.people import DAY, HISTORY, MONTH, Visitor, all_at_once, check_in, main_job, mean_of, sign_up
from testing.pgbouncer import throwaway_pgbouncer
from testing.postgres import throwaway_cluster, throwaway_replica
from testing.redis import throwaway_redis
from testing.waiting import wait_until

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def cluster():
    """A server with a database `brainlog` that has its tables."""
    with throwaway_cluster() as cluster:
        migrate(cluster.create_database("brainlog"))
        yield cluster


@pytest.fixture(autouse=True)
def no_sign_up_limit(cluster):
    """More people sign up from this address than the rate limit allows in an hour."""
    cluster.execute("DELETE FROM accounts_throttle", database="brainlog")


@pytest.fixture(scope="module")
def site(cluster):
    """Two processes of four threads, each with a cache of its own."""
    with throwaway_site(cluster.url_of("brainlog")) as site:
        yield site


# A pooler


@pytest.mark.thorough
def test_many_people_share_two_connections(cluster):
    """Each thread has a connection to PgBouncer, and PgBouncer two to the server."""
    with throwaway_pgbouncer(cluster, pool_size=2) as pgbouncer:
        url = pgbouncer.url_of("brainlog") + "?pgbouncer=true&statement_timeout=20s"
        with throwaway_site(url) as site:
            all_at_once(*(lambda n=n: main_job(Visitor(site.url), f"pooled-{n}") for n in range(6)))

            used = cluster.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'brainlog'")
            assert used[0][0] <= 2
            assert "Traceback" not in site.log


# Several instances


class BalancedVisitor(Visitor):
    """A browser behind a load balancer that sends each request to the next instance."""

    def __init__(self, urls):
        super().__init__("")
        self.urls = itertools.cycle(urls)

    @property
    def server_url(self):
        return next(self.urls)

    @server_url.setter
    def server_url(self, url):
        pass


@pytest.mark.thorough
def test_any_instance_answers_any_request(cluster, site):
    with throwaway_site(cluster.url_of("brainlog"), workers=1) as other:
        main_job(BalancedVisitor([site.url, other.url]), "wanderer")
        main_job(BalancedVisitor([other.url, site.url, site.url]), "other-wanderer")

        assert "Traceback" not in site.log + other.log


# The cache


def test_no_page_shows_an_old_number_with_a_cache_in_each_process(site):
    writer, *readers = browsers_of(site.url, "local", 4)

    watch_while_it_rises(writer, readers)


@pytest.mark.thorough
def test_no_page_shows_an_old_number_with_a_shared_cache(cluster):
    with throwaway_redis() as server, throwaway_site(cluster.url_of("brainlog"), CACHE_URL=server.url) as site:
        writer, *readers = browsers_of(site.url, "shared", 4)

        watch_while_it_rises(writer, readers)

        assert "cache" not in site.log
        kept = redis.Redis.from_url(server.url)
        keys = kept.keys()
        assert keys
        for key in keys:
            assert key.startswith(b"brainlog:1:summary:")
            assert 0 < kept.ttl(key) <= 300
            assert are_numbers(json.loads(kept.get(key)))


NOT_NUMBERS = {"name", "direction"}


def are_numbers(value) -> bool:
    """Whether it holds nothing but numbers, and names and directions of measures. Labels are added later."""
    if isinstance(value, dict):
        return all(key in NOT_NUMBERS or are_numbers(each) for key, each in value.items())
    if isinstance(value, list):
        return all(map(are_numbers, value))
    return value in (None, "") or isinstance(value, int | float)


@pytest.mark.thorough
def test_a_value_in_the_shared_cache_is_used_by_all_processes(cluster):
    """Cached numbers are shown, even changed ones: this proves that the cache is used."""
    with throwaway_redis() as server, throwaway_site(cluster.url_of("brainlog"), CACHE_URL=server.url) as site:
        person = Visitor(site.url)
        sign_up(person, "planted")
        check_in(person, MORNING, sleep_hours="7")
        assert mean_of(person.get(MONTH), "Hours of sleep") == 7.0
        kept = redis.Redis.from_url(server.url)
        [key] = kept.keys()
        kept.set(key, kept.get(key).replace(b"7.0", b"9.0"))

        assert {mean_of(person.get(MONTH), "Hours of sleep") for _ in range(6)} == {9.0}

        kept.set(key, b"\x80rubbish")
        assert mean_of(person.get(MONTH), "Hours of sleep") == 7.0


def test_pages_work_without_the_cache(cluster):
    with throwaway_redis() as server, throwaway_site(cluster.url_of("brainlog"), CACHE_URL=server.url) as site:
        person = Visitor(site.url)
        sign_up(person, "uncached")
        check_in(person, MORNING, sleep_hours="7")
        person.get(MONTH)

        server.kill()

        assert {mean_of(person.get(MONTH), "Hours of sleep") for _ in range(8)} == {7.0}
        # At most one line of each of the two processes.
        lines = [line for line in site.log.splitlines() if "brainlog.circuit_breaker" in line]
        assert 1 <= len(lines) <= 2
        assert "The cache failed (ConnectionError): bypassed for 30 s." in lines[0]
        assert "Traceback" not in site.log


# A replica


@pytest.fixture(scope="module")
def replica(cluster):
    with throwaway_replica(cluster) as replica:
        yield replica


@pytest.fixture
def wait_for_replica(cluster, replica):
    """A function that waits until the replica has replayed everything."""

    def wait():
        lsn = cluster.execute("SELECT pg_current_wal_insert_lsn()")[0][0]
        wait_until(lambda: replica.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", lsn)[0][0])

    return wait


@pytest.fixture
def behind(replica):
    """A function that pauses replication."""
    yield lambda: replica.execute("SELECT pg_wal_replay_pause()")
    replica.execute("SELECT pg_wal_replay_resume()")


@pytest.fixture
def replicated(cluster, replica):
    """A site that reads from the replica once it has the person's last save."""
    with throwaway_site(
        cluster.url_of("brainlog"), REPLICA_DATABASE_URL=replica.url_of("brainlog"), REPLICA_PIN_SECONDS="0"
    ) as site:
        yield site


def change_on_primary(cluster, name, rating):
    """Change a day on the primary without increasing the person's version, which no page does."""
    cluster.execute(
        "UPDATE logs_dailylog SET day_rating = %s, focus_level = %s WHERE user_id = "
        "(SELECT id FROM accounts_user WHERE username = %s)",
        rating,
        rating,
        name,
        database="brainlog",
    )


def rating_of(page: str) -> int:
    """The rating of the only day in the history's list."""
    return int(page.split('class="square score-')[-1].split('"')[0])


def chosen(page: str, name: str) -> list[str]:
    """The values that are chosen on a page with a form."""
    inputs = re.findall(rf'<input[^>]*name="{name}"[^>]*>', page)
    return [re.search(r'value="(\w+)"', each)[1] for each in inputs if " checked" in each]


def test_read_only_pages_read_from_the_replica(cluster, replicated, wait_for_replica, behind):
    person = Visitor(replicated.url)
    sign_up(person, "reader")
    for stage in STAGES:
        check_in(person, stage)
    wait_for_replica()
    behind()

    change_on_primary(cluster, "reader", 1)

    # The rating on the primary is 1 now, which pages with forms show.
    assert rating_of(person.get(HISTORY)) == 7
    assert mean_of(person.get(MONTH), "Focus") == 7.0
    assert chosen(person.get(f"/logs/{DAY}/midday/"), "focus_level") == ["1"]


def test_what_a_person_saved_is_there_at_once(cluster, replicated, wait_for_replica, behind):
    person, other = Visitor(replicated.url), Visitor(replicated.url)
    sign_up(person, "writer")
    sign_up(other, "onlooker")
    for each in (person, other):
        check_in(each, STAGES[4])
    wait_for_replica()
    behind()
    change_on_primary(cluster, "onlooker", 1)

    check_in(person, STAGES[4], day_rating="2")
    check_in(person, MIDDAY, focus_level="3")

    for _ in range(4):
        assert rating_of(person.get(HISTORY)) == 2
        assert mean_of(person.get(MONTH), "Focus") == 3.0
        assert mean_of(person.get(MONTH), "The day as a whole") == 2.0
    # People who saved nothing still read from the replica.
    assert rating_of(other.get(HISTORY)) == 7


@pytest.mark.thorough
def test_a_new_person_who_is_not_replicated_yet_sees_their_pages(replicated, behind):
    behind()
    person = Visitor(replicated.url)
    sign_up(person, "newcomer")

    assert "Nothing is logged yet" in person.get("/logs/")
    main_job(Visitor(replicated.url), "busy-newcomer")


@pytest.mark.thorough
def test_after_a_save_the_replica_is_not_queried(cluster, replica, wait_for_replica, behind):
    url = replica.url_of("brainlog")
    with throwaway_site(cluster.url_of("brainlog"), REPLICA_DATABASE_URL=url, REPLICA_PIN_SECONDS="60") as site:
        person = Visitor(site.url)
        sign_up(person, "pinned")
        check_in(person, STAGES[4])
        wait_for_replica()
        behind()

        change_on_primary(cluster, "pinned", 1)

        assert rating_of(person.get(HISTORY)) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("trouble", ["kill", "pause"])
def test_pages_work_without_the_replica(cluster, trouble):
    with throwaway_replica(cluster) as replica:
        url = replica.url_of("brainlog")
        settings = {"REPLICA_DATABASE_URL": url, "REPLICA_PIN_SECONDS": "0", "DATABASE_TIMEOUT": "600"}
        with throwaway_site(cluster.url_of("brainlog"), **settings) as site:
            person = Visitor(site.url)
            sign_up(person, f"bereaved-{trouble}")
            check_in(person, STAGES[4])
            person.get(HISTORY)

            getattr(replica, trouble)()

            assert {rating_of(person.get(HISTORY)) for _ in range(8)} == {7}
            main_job(Visitor(site.url), f"undeterred-{trouble}")
            lines = [line for line in site.log.splitlines() if "brainlog.circuit_breaker" in line]
            assert 1 <= len(lines) <= 2
            assert "The replica failed (OperationalError): bypassed for 30 s." in lines[0]
            assert "Traceback" not in site.log
