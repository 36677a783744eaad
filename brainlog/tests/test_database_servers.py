"""The arguments of database URLs, on a real server with TLS and behind a real PgBouncer."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import OperationalError, transaction
from django.db.models import sql
from django.db.utils import ConnectionHandler

from accounts.models import User
from brainlog.database.urls import database_from_url
from testing.certificates import make_certificates
from testing.gunicorn import ROOT, environment_with
from testing.pgbouncer import throwaway_pgbouncer
from testing.postgres import WITHOUT_FSYNC, throwaway_cluster, throwaway_replica
from testing.proxy import throwaway_proxy
from testing.waiting import wait_until

pytestmark = pytest.mark.once

TLS = """
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_ca_file = 'ca.crt'
"""
# This database requires a client certificate.
ACCESS = "hostssl private all 127.0.0.1/32 cert\n"


@pytest.fixture(autouse=True)
def connections_of_our_own(django_db_blocker):
    """Allow Django's connections without the suite's database."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster(WITHOUT_FSYNC) as cluster:
        cluster.stop("fast")
        make_certificates(cluster.data, "brainlog")
        cluster.give_to_postgres(*cluster.data.glob("*.crt"), *cluster.data.glob("*.key"))
        cluster.configure(TLS)
        access = cluster.data / "pg_hba.conf"
        access.write_text(ACCESS + access.read_text())
        cluster.start()
        cluster.create_database("private")
        yield cluster


@pytest.fixture(scope="module")
def bouncer(cluster):
    with throwaway_pgbouncer(cluster, pool_size=1) as bouncer:
        yield bouncer


@contextmanager
def opened(url: str):
    """Django's connection for DATABASE_URL=`url`, in the process of the tests."""
    connection = ConnectionHandler({"default": database_from_url(url, ROOT)})["default"]
    try:
        yield connection
    finally:
        connection.close()
        if connection.settings_dict["OPTIONS"].get("pool"):
            connection.close_pool()


def ask(url: str, question: str):
    """The first value of the result."""
    with opened(url) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


IS_ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.mark.parametrize(("mode", "encrypted"), [("disable", False), ("require", True), ("verify-ca", True)])
def test_sslmode_and_sslrootcert(cluster, mode, encrypted):
    url = f"{cluster.url}?sslmode={mode}&sslrootcert={cluster.data / 'ca.crt'}"

    assert ask(url, IS_ENCRYPTED) is encrypted


def test_the_servers_name_is_checked(cluster):
    url = f"{cluster.url}?sslmode=verify-full&sslrootcert={cluster.data / 'ca.crt'}"

    assert ask(url, IS_ENCRYPTED) is True
    with pytest.raises(OperationalError, match="does not match host name"):
        ask(url.replace("127.0.0.1", "localhost"), IS_ENCRYPTED)


def test_a_certificate_of_another_authority_is_refused(cluster, tmp_path):
    make_certificates(tmp_path, "brainlog")

    with pytest.raises(OperationalError, match="signature failure|certificate verify failed"):
        ask(f"{cluster.url}?sslmode=verify-full&sslrootcert={tmp_path / 'ca.crt'}", IS_ENCRYPTED)
    with pytest.raises(OperationalError, match="certificate verify failed"):
        ask(f"{cluster.url}?sslrootcert=system", IS_ENCRYPTED)


def test_sslcert_and_sslkey(cluster, tmp_path):
    url = cluster.url_of("private") + "?sslmode=require"
    for name in ("client.crt", "client.key"):
        copy = tmp_path / name
        copy.touch(mode=0o600)
        copy.write_bytes((cluster.data / name).read_bytes())

    with pytest.raises(OperationalError, match="client certificate"):
        ask(url, IS_ENCRYPTED)
    assert ask(f"{url}&sslcert={tmp_path / 'client.crt'}&sslkey={tmp_path / 'client.key'}", IS_ENCRYPTED)


def test_channel_binding(cluster):
    assert ask(f"{cluster.url}?sslmode=require&channel_binding=require", "SELECT 1") == 1
    with pytest.raises(OperationalError, match="channel binding"):
        ask(f"{cluster.url}?sslmode=disable&channel_binding=require", "SELECT 1")


def test_connect_timeout(cluster):
    with throwaway_proxy(cluster.port) as proxy:
        proxy.delay_connections(60)
        url = cluster.url.replace(str(cluster.port), str(proxy.port))

        with pytest.raises(OperationalError, match="timeout"):
            ask(f"{url}?connect_timeout=1", "SELECT 1")


def test_application_name_and_options(cluster):
    url = f"{cluster.url}?options=-c%20work_mem%3D7MB"

    assert ask(url, "SHOW application_name") == "brainlog"
    assert ask(f"{url}&application_name=night%20shift", "SHOW application_name") == "night shift"
    assert ask(url, "SHOW work_mem") == "7MB"


def test_connection_limit_and_pool_timeout(cluster):
    """The pool has at most so many connections, and raises PoolTimeout after the timeout."""
    url = f"{cluster.url}?connection_limit=2&pool_timeout=0.5&application_name=pooled"
    handler = ConnectionHandler({"default": database_from_url(url, ROOT)})
    all_have_asked, both_have_one = threading.Event(), threading.Barrier(3)

    def hold():
        with handler["default"].cursor():
            both_have_one.wait(10)
            all_have_asked.wait(10)
        handler["default"].close()

    with ThreadPoolExecutor(2) as pool:
        holders = [pool.submit(hold) for _ in range(2)]
        both_have_one.wait(10)
        with pytest.raises(OperationalError, match="couldn't get a connection after 0.50 sec"):
            handler["default"].cursor()
        count = cluster.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pooled'")
        all_have_asked.set()
        for holder in holders:
            holder.result()
    with handler["default"].cursor() as cursor:
        assert cursor.execute("SELECT 1").fetchone() == (1,)
    assert count == [(2,)]
    assert handler["default"].pool.get_stats()["requests_errors"] == 1
    handler["default"].close()
    handler["default"].close_pool()


# The timeout of statements


@pytest.fixture(params=["direct", "pooler"])
def limited(request, cluster, bouncer):
    """A URL with a statement timeout, directly to the server and through the pooler."""
    if request.param == "pooler":
        return bouncer.url_of("postgres") + "?pgbouncer=true&statement_timeout=200ms"
    return cluster.url + "?statement_timeout=200ms"


def test_a_statement_is_cancelled_after_its_timeout(limited):
    with opened(limited) as connection, connection.cursor() as cursor:
        for _ in range(2):
            with pytest.raises(OperationalError, match="statement timeout"):
                cursor.execute("SELECT pg_sleep(%s)", [20])
        assert cursor.execute("SELECT %s", ["in time"]).fetchone() == ("in time",)


def test_the_timeout_holds_in_a_transaction_and_savepoints_still_work(limited):
    with opened(limited) as connection, transaction_of(connection):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE kept (x int) ON COMMIT DROP")
            cursor.execute("INSERT INTO kept VALUES (%s) RETURNING x", [7])
            assert (cursor.fetchone(), cursor.rowcount) == ((7,), 1)
        with pytest.raises(OperationalError, match="statement timeout"), transaction_of(connection):
            connection.cursor().execute("WITH w AS (SELECT pg_sleep(20)) SELECT * FROM w")
        with connection.cursor() as cursor:
            assert cursor.execute("UPDATE kept SET x = 8").rowcount == 1
            assert cursor.execute("(SELECT x FROM kept) UNION (SELECT 9) ORDER BY 1").fetchall() == [(8,), (9,)]
            assert [column.name for column in cursor.description] == ["x"]


@contextmanager
def transaction_of(connection):
    """`transaction.atomic` for a connection without an alias."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "get_connection", lambda using=None: connection)
        with transaction.atomic():
            yield


def test_the_timeout_does_not_remain_in_the_session(bouncer):
    """Both clients use the single session of the pooler, one after the other."""
    url = bouncer.url_of("postgres") + "?pgbouncer=true"
    session = "SELECT pg_backend_pid()"

    with opened(f"{url}&statement_timeout=200ms") as one, opened(url) as other:
        cursors = one.cursor(), other.cursor()
        assert len({cursor.execute(session).fetchone() for cursor in cursors}) == 1
        assert cursors[0].execute("SELECT current_setting('statement_timeout')").fetchone() == ("200ms",)
        assert cursors[1].execute("SELECT current_setting('statement_timeout')").fetchone() == ("0",)
        assert cursors[1].execute("SELECT 1 FROM pg_sleep(0.3)").fetchone() == (1,)


# Behind a transaction pooler


def rows_in_pieces(connection):
    """Run a query on that connection as `.iterator()` does."""
    query = sql.Query(User)
    query.add_fields(["username"])
    compiler = query.get_compiler(connection=connection)
    return compiler.results_iter(chunked_fetch=not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"))


def test_rows_can_be_read_in_pieces_while_others_work(cluster):
    cluster.execute(
        "CREATE TABLE accounts_user AS SELECT 'person ' || n AS username FROM generate_series(1, 3000) AS n"
    )

    with throwaway_pgbouncer(cluster, pool_size=2) as bouncer:
        url = bouncer.url_of("postgres") + "?pgbouncer=true"
        with opened(url) as reader, opened(url) as other:
            rows = rows_in_pieces(reader)
            next(rows)
            # Another client uses the session of the first chunk.
            with transaction_of(other):
                other.cursor().execute("SELECT 1")
                assert len(list(rows)) == 2999
    cluster.execute("DROP TABLE accounts_user")


# Passwords


def test_the_password_can_come_from_a_file(cluster, tmp_path):
    passwords, url = tmp_path / "pgpass", tmp_path / "url"
    passwords.touch(mode=0o600)
    passwords.write_text(f"127.0.0.1:{cluster.port}:*:brainlog:{cluster.password}\n")
    url.write_text(cluster.url)
    without = f"postgres://brainlog@127.0.0.1:{cluster.port}/postgres"
    code = "import django; django.setup(); from django.db import connection; connection.ensure_connection()"

    def start(url: str, **environment) -> str:
        command = [sys.executable, "-c", code]
        env = environment_with(url, **environment)
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True).stderr

    assert start(without, PGPASSFILE=str(passwords)) == ""
    assert start("", DATABASE_URL_FILE=str(url)) == ""
    assert "no password supplied" in start(without)


# Failover


def test_after_a_failover_the_other_host_is_found():
    with throwaway_cluster() as primary, throwaway_replica(primary) as replica:
        primary.execute("CREATE TABLE pages (number int)")
        place = f"127.0.0.1:{replica.port},127.0.0.1:{primary.port}"
        url = f"postgres://brainlog:{primary.password}@{place}/postgres?connect_timeout=5"

        def save() -> int:
            with opened(url) as connection, connection.cursor() as cursor:
                cursor.execute("INSERT INTO pages VALUES (1)")
                return int(connection.connection.info.port)

        assert save() == primary.port  # The standby, which is first, is read-only.
        with opened(f"{url}&target_session_attrs=standby") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            assert cursor.fetchone() == (True,)

        # Changes that are not replicated yet are lost with the primary; here it would be the table.
        wait_until(lambda: replica.execute("SELECT to_regclass('pages')") == [("pages",)])
        primary.kill()
        replica.promote()

        assert save() == replica.port
