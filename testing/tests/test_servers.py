"""Temporary servers fail and recover as the tests of failures need it."""

import select

import psycopg
import pytest

from testing.pgbouncer import throwaway_pgbouncer
from testing.postgres import throwaway_cluster, throwaway_replica
from testing.programs import ProgramMissing, find_program
from testing.proxy import throwaway_proxy
from testing.waiting import wait_until

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster() as cluster:
        cluster.execute("CREATE TABLE kept (x int)")
        yield cluster


def test_a_killed_server_keeps_commits():
    with throwaway_cluster(configuration="") as cluster:
        cluster.execute("CREATE TABLE kept AS SELECT 7 AS x")

        cluster.kill()
        with pytest.raises(psycopg.OperationalError, match="refused"):
            cluster.execute("SELECT 1")
        cluster.start()

        assert cluster.execute("SELECT x FROM kept") == [(7,)]


def test_a_paused_server_answers_when_it_is_resumed(cluster):
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        cluster.pause()
        connection.pgconn.send_query(b"SELECT 1")
        # A response would make the connection readable.
        is_silent = select.select([connection], [], [], 0.2)[0] == []
        cluster.resume()
        answer = connection.pgconn.get_result()
        assert connection.pgconn.get_result() is None  # There are no more results.
    assert is_silent
    assert answer.get_value(0, 0) == b"1"


def test_a_replica_replicates_and_accepts_writes_only_when_promoted(cluster):
    with throwaway_replica(cluster) as replica:
        cluster.execute("INSERT INTO kept VALUES (8)")
        lsn = cluster.execute("SELECT pg_current_wal_insert_lsn()")[0][0]
        wait_until(lambda: replica.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", lsn)[0][0])

        assert replica.execute("SELECT x FROM kept") == [(8,)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            replica.execute("INSERT INTO kept VALUES (9)")
        replica.promote()
        replica.execute("INSERT INTO kept VALUES (9)")


def test_pgbouncer_shares_one_session_among_clients(cluster):
    with throwaway_pgbouncer(cluster, pool_size=1) as bouncer:
        clients = [psycopg.connect(bouncer.url_of("postgres"), autocommit=True) for _ in range(3)]
        sessions = {client.execute("SELECT pg_backend_pid()").fetchone() for client in clients}
        for client in clients:
            client.close()
        assert len(sessions) == 1
        with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
            psycopg.connect(bouncer.url_of("postgres"), options="-c work_mem=8MB")


def test_a_proxy_closes_connections(cluster):
    with throwaway_proxy(cluster.port) as proxy:
        url = cluster.url.replace(str(cluster.port), str(proxy.port))
        with psycopg.connect(url) as connection:
            proxy.close_connections()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        assert proxy.accepted == 1


def test_a_missing_program_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *arguments, **options: None)

    with pytest.raises(ProgramMissing, match="gpg is not installed: apt-get install gnupg"):
        find_program("gpg")
