"""`manage.py checkdb` against sound, misconfigured, lagging and unreachable databases."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db.utils import ConnectionHandler

from brainlog.database.urls import databases_from_environment
from brainlog.environment import Environment
from encryption import cipher, mfa_secrets
from operations.database import check, check_postgresql, server_health, stored_texts
from operations.database.check import CheckResult, check_database
from operations.management.commands.checkdb import EXIT_CODES
from testing.certificates import make_certificates
from testing.gunicorn import ROOT, environment_with, manage
from testing.migrated import migrate
from testing.pgbouncer import throwaway_pgbouncer
from testing.postgres import WITHOUT_FSYNC, throwaway_cluster, throwaway_replica
from testing.waiting import wait_until

pytestmark = pytest.mark.once

TLS = "ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'"
# PostgreSQL's defaults: the server waits for its disk, unlike those of other tests.
DEFAULTS = ""


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster(DEFAULTS) as cluster:
        cluster.stop("fast")
        make_certificates(cluster.data, "brainlog")
        cluster.give_to_postgres(*cluster.data.glob("*.crt"), *cluster.data.glob("*.key"))
        cluster.configure(TLS)
        cluster.start()
        migrate(cluster.url)
        yield cluster


@pytest.fixture
def copy(cluster):
    """The URL of a migrated database for one test, and a function to run SQL in it."""
    cluster.execute('CREATE DATABASE "copy" TEMPLATE postgres')
    yield cluster.url_of("copy"), lambda sql: cluster.execute(sql, database="copy")
    cluster.execute('DROP DATABASE "copy" WITH (FORCE)')


@pytest.fixture(autouse=True)
def allow_connections(django_db_blocker):
    """Allow Django's connections without the suite's database."""
    with django_db_blocker.unblock():
        yield


# What an operator does after the first `migrate`: the lines that are shipped were never checked.
HELP_LINES_ARE_CHECKED = "UPDATE support_helpline SET checked_on = current_date"


def checks_of(url: str, **environment: str) -> list[CheckResult]:
    """The results of checkdb with DATABASE_URL=`url`, without the time to start a process."""
    connections = ConnectionHandler(databases_from_environment(Environment({"DATABASE_URL": url} | environment), ROOT))
    return [result for connection in connections.all() for result in check_database(connection)]


def checkdb(url: str, **environment: str) -> tuple[int, list[str]]:
    """The exit code, and the lines of warnings and errors."""
    checks = [check for check in checks_of(url, **environment) if check.name != "help-lines"]  # It hangs on the day.
    return max(EXIT_CODES[check.status] for check in checks), [str(check) for check in checks if check.status != "ok"]


def output_of(name: str, url: str, **environment: str) -> str:
    """All lines of one check."""
    return "\n".join(str(check) for check in checks_of(url, **environment) if check.name == name)


def test_all_is_well(copy):
    url, run = copy
    run(HELP_LINES_ARE_CHECKED)

    result = manage(url, "checkdb")

    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        *("connection", "server", "tls", "pooling", "replication", "health"),
        *("privileges", "migrations", "schema", "texts", "reminders", "computations", "help-lines"),
    ]
    assert all(line.startswith("ok      default: ") for line in lines)
    for text in ("PostgreSQL 1", "max_connections 100", "fsync on", "direct", "is the primary"):
        assert text in result.stdout


@pytest.fixture
def app_role(cluster, copy):
    """The URL of a role made by create_app_role, in the database of this test."""
    url, run = copy
    result = manage(url, "create_app_role", "web", "--apply")
    assert result.returncode == 0, result.stderr
    run("ALTER ROLE web PASSWORD 'web'")
    yield url.replace(f"brainlog:{cluster.password}", "web:web")
    run("DROP OWNED BY web")
    run("DROP ROLE web")


def privileges(url: str, **environment: str) -> list[str]:
    found = [check for check in checks_of(url, **environment) if check.name == "privileges"]
    return [check.text.partition("; manage.py create_app_role web --apply")[0] for check in found]


@pytest.mark.thorough
def test_an_app_role_has_no_findings(app_role):
    assert checkdb(app_role) == (0, [])


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("REVOKE INSERT, UPDATE ON logs_dailylog FROM web", "web may not INSERT, UPDATE in logs_dailylog"),
        (
            "REVOKE DELETE ON logs_dose, logs_medication FROM web",
            "web may not DELETE in logs_dose, logs_medication",
        ),
        ("REVOKE SELECT ON django_migrations FROM web", "web may not SELECT in django_migrations"),
        (
            "REVOKE UPDATE ON auth_group FROM web; GRANT UPDATE (id) ON auth_group TO web",
            "web may not UPDATE (name) in auth_group",
        ),
        (
            "ALTER TABLE logs_dose ENABLE ROW LEVEL SECURITY",
            "row security hides rows of logs_dose from web: ALTER TABLE logs_dose DISABLE ROW LEVEL SECURITY",
        ),
        ("REVOKE USAGE ON SCHEMA public FROM web, PUBLIC", "web may not use the schema public"),
    ],
)
def test_missing_privileges_are_errors(copy, app_role, sql, text):
    url, run = copy
    run(sql)

    as_web, as_owner = privileges(app_role), privileges(url)

    assert as_web[0].startswith(text)
    assert as_owner == [text]
    assert all("run manage.py migrate" not in str(check) for check in checks_of(app_role))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("sql", "text"),
    [
        (
            "GRANT TRUNCATE ON logs_dose, logs_medication TO web",
            "TRUNCATE, reference or add triggers to logs_dose, logs_m",
        ),
        ("GRANT CREATE ON SCHEMA public TO web", "create tables in the schema public."),
        ("GRANT CREATE, TEMPORARY ON DATABASE copy TO web", "create schemas; create temporary tables."),
        ("ALTER ROLE web CREATEDB", "create databases."),
        ("GRANT pg_write_all_data TO web", "do all that pg_write_all_data may."),
    ],
)
def test_surplus_privileges_are_a_warning(copy, app_role, sql, text):
    url, run = copy
    run(sql)

    as_web, as_owner = checkdb(app_role), checkdb(url)

    assert as_web == as_owner
    code, [line] = as_web
    assert code == 1
    assert line.startswith(f"warning default: privileges: web may also {text}")


@pytest.mark.thorough
def test_monitoring_roles_are_no_surplus_privileges(copy, app_role):
    _, run = copy
    run("GRANT pg_read_all_stats TO web")

    assert checkdb(app_role) == (0, [])


@pytest.mark.thorough
def test_a_search_path_without_the_tables_is_an_error_of_its_own(copy, app_role):
    _, run = copy
    run("ALTER ROLE web IN DATABASE copy SET search_path = elsewhere")

    code, lines = checkdb(app_role)

    assert code == 2
    assert any("search_path is elsewhere" in line and "ALTER ROLE web" in line for line in lines)
    assert not any("run manage.py migrate" in line for line in lines)


@pytest.mark.thorough
def test_a_short_statement_timeout_is_reported(copy):
    url, run = copy
    run("ALTER DATABASE copy SET statement_timeout = '1ms'")

    code, lines = checkdb(url)

    assert code == 2
    assert any("statement timeout" in line for line in lines)


@pytest.mark.thorough
def test_privileges_on_all_columns_are_sufficient(copy, app_role):
    _, run = copy
    run("REVOKE SELECT, UPDATE ON auth_group FROM web; GRANT SELECT (id, name), UPDATE (id, name) ON auth_group TO web")

    assert checkdb(app_role) == (0, [])


@pytest.mark.thorough
def test_the_role_of_the_direct_url_must_own_the_tables(copy, app_role):
    texts = privileges(app_role, DIRECT_DATABASE_URL=app_role)

    assert any(text.startswith("web cannot migrate ") and "brainlog owns them" in text for text in texts)


@pytest.mark.thorough
def test_a_replica_needs_read_privileges_only(copy, app_role):
    _, run = copy
    run(
        """REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public FROM web;
           REVOKE ALL ON mfa_authenticator FROM web"""
    )

    found = [c for c in checks_of(app_role, REPLICA_DATABASE_URL=app_role) if c.name == "privileges"]

    assert {check.status for check in found if check.database == "replica"} == {"ok"}


@pytest.mark.thorough
def test_the_holders_of_locks_are_named(copy, monkeypatch):
    url, _ = copy
    monkeypatch.setattr(check, "LOCK_TIMEOUT", 0.2)
    with psycopg.connect(url, application_name="a forgotten psql") as other:
        other.execute("LOCK TABLE logs_dailylog")
        holder = other.info.backend_pid
        locked = [check.text for check in checks_of(url) if check.status == "error"]
        other.rollback()
        # Queries also queue behind a process that waits for the lock.
        other.execute("SELECT FROM logs_dailylog")
        with psycopg.connect(url, application_name="a change", autocommit=True) as change:
            thread = threading.Thread(target=change.execute, args=["LOCK TABLE logs_dailylog"], daemon=True)
            # Outside a transaction LOCK is refused, so it is in one.
            change.autocommit = False
            thread.start()
            wait_until(lambda: other.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall())
            waiting = [check.text for check in checks_of(url) if check.status == "error"]
            other.rollback()
            thread.join(20)
            change.rollback()

    assert locked and all(
        text.startswith(f"logs_dailylog cannot be read: process {holder} (a forgotten psql, idle in transaction, open")
        and text.endswith(f"holds it locked; SELECT pg_terminate_backend({holder}) ends it")
        for text in locked
    )
    assert waiting and all(f"waits to lock it, behind process {holder}; SELECT" in text for text in waiting)


# ── Private texts ─────────────────────────────────────────────────────────────────────────────


def write_texts(run, **columns: str) -> None:
    """Insert a day with these stored texts. Its user does not exist."""
    names, values = ", ".join(columns), ", ".join(f"'{value}'" for value in columns.values())
    run(
        f"""INSERT INTO logs_dailylog (user_id, date, created_at, updated_at, {names})
            VALUES (1, '2026-05-04', now(), now(), {values})"""  # noqa: S608 (texts of these tests)
    )


@pytest.fixture
def unchecked(copy):
    """The database of this test, with foreign keys off: rows may have no user."""
    url, run = copy
    return url, lambda sql: run(f"SET session_replication_role = replica; {sql}")


SECRET = "A private text"


def test_texts_in_clear_are_reported_by_column(unchecked, settings):
    url, run = unchecked
    write_texts(run, gratitude=SECRET, dinner=SECRET)

    checks = checks_of(url)
    settings.FIELD_ENCRYPTION_READS_PLAINTEXT = True
    allowed = checkdb(url)

    found = [check.text for check in checks if check.name == "texts"]
    assert [text.partition(" are not encrypted")[0] for text in found] == [
        "logs_dailylog.dinner: 1 texts",
        "logs_dailylog.gratitude: 1 texts",
    ]
    assert SECRET not in str(checks)
    assert allowed[0] == 1 and "which plaintext in FIELD_ENCRYPTION_KEYS allows" in allowed[1][0]


@pytest.mark.thorough
def test_undecryptable_texts_are_reported_by_column(unchecked, settings):
    url, run = unchecked
    here = cipher.encrypt(SECRET, "logs_dailylog", "gratitude", "1", "2026-05-04")
    write_texts(run, gratitude=here, dinner=here, breakfast=here.replace("bl1.test.", "bl1.gone."))

    found = [check.text for check in checks_of(url) if check.name == "texts"]

    assert [text.partition(";")[0].partition(":")[0] for text in found] == [
        "logs_dailylog.breakfast",
        "logs_dailylog.dinner",
    ]
    assert "a key that FIELD_ENCRYPTION_KEYS lacks" in found[0]
    assert "cannot be decrypted: altered, moved from another row" in found[1]


@pytest.mark.thorough
def test_second_factor_secrets_in_clear_are_reported(unchecked):
    url, run = unchecked
    run(
        """INSERT INTO mfa_authenticator (type, data, created_at, user_id)
           SELECT 'totp', '{"secret": "JBSWY3DPEHPK3PXP"}', now(), 1"""
    )

    code, [line] = checkdb(url)

    assert code == 2
    assert line.startswith("error   default: texts: mfa_authenticator.data: 1 texts are not encrypted")


@pytest.mark.thorough
def test_unbound_second_factor_secrets_are_reported(unchecked):
    """accounts.0013 was marked as applied (--fake): the factors work again once it has run."""
    url, run = unchecked
    secret = cipher.encrypt("JBSWY3DPEHPK3PXP", mfa_secrets.TABLE, mfa_secrets.COLUMN)
    run(
        f"""INSERT INTO mfa_authenticator (type, data, created_at, user_id)
            SELECT 'totp', '{{"secret": "{secret}"}}', now(), 1"""
    )

    code, [line] = checkdb(url)

    assert code == 2
    assert "1 texts are not bound to their owner: accounts.0013 was marked as applied" in line


@pytest.mark.thorough
def test_texts_may_be_in_clear_before_the_encrypting_migration(unchecked):
    url, run = unchecked
    write_texts(run, gratitude=SECRET)
    run("DELETE FROM django_migrations WHERE app = 'logs' AND name = '0004_encrypt_texts'")

    assert [check.status for check in checks_of(url) if check.name == "texts"] == ["ok"]


@pytest.mark.thorough
def test_the_sample_of_a_large_table_is_bounded(unchecked, monkeypatch):
    url, run = unchecked
    monkeypatch.setattr(stored_texts, "ROWS_AT_EACH_END", 5)
    monkeypatch.setattr(stored_texts, "PROBES", 3)
    monkeypatch.setattr(stored_texts, "ROWS_AT_EACH_PROBE", 2)
    write_texts(run, gratitude=SECRET)
    run(
        """INSERT INTO logs_dailylog (user_id, date, created_at, updated_at, gratitude)
           SELECT user_id, date + n, now(), now(), gratitude FROM logs_dailylog, generate_series(1, 500) n"""
    )

    [text] = [check.text for check in checks_of(url) if check.name == "texts"]

    assert 10 <= int(text.split(": ")[1].split()[0]) <= 16


# ── Health of the server ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def sqlite_copy(tmp_path):
    """The same with SQLite."""
    path = tmp_path / "db.sqlite3"

    def run(sql: str):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(sql)

    return migrate(f"sqlite:///{path}"), run


@pytest.mark.parametrize("database", ["copy", "sqlite_copy"])
def test_it_warns_where_reminders_are_on_and_no_process_sends_them(database, request):
    url, run = request.getfixturevalue(database)
    now = datetime.now(UTC)
    assert "ok      default: reminders: no one is to be reminded" in output_of("reminders", url)

    make = partial(insert, run)
    insert_account(run, 1)
    make("reminders_plan", user_id=1, repeat_minutes=15, repeats=0, words="neutral", next_at=now)
    assert "no one is to be reminded" in output_of("reminders", url)  # They have times, and no channel.
    make("reminders_channel", user_id=1, uuid=uuid4().hex, kind="push", destination="push.example.org", label="",
         address="", address_key="1", created_at=now, failures=0, last_error="")  # fmt: skip
    assert "warning default: reminders: reminders are switched on, and none was ever" in output_of("reminders", url)
    make("reminders_senderstate", id=1, seen_at=now - timedelta(minutes=6))
    assert "no process has sent any for 6 minutes: run manage.py work" in output_of("reminders", url)
    run("DELETE FROM reminders_senderstate")
    make("reminders_senderstate", id=1, seen_at=now - timedelta(minutes=4))
    assert "ok      default: reminders: a process that sends them runs" in output_of("reminders", url)


@pytest.mark.parametrize("database", ["copy", "sqlite_copy"])
def test_it_warns_of_computations_that_wait_or_failed(database, request):
    url, run = request.getfixturevalue(database)
    now = datetime.now(UTC)
    assert "ok      default: computations: none failed, and none waits for long" in output_of("computations", url)

    make = partial(insert, run)
    for number in (1, 2, 3):
        insert_account(run, number, is_active=number != 3)
    asked = {"kind": "findings", "state": "queued", "answers_version": 1}
    make("insights_computation", id=1, user_id=1, requested_at=now - timedelta(minutes=4), **asked)
    # Of a deactivated account: it waits until that is active again.
    make("insights_computation", id=3, user_id=3, requested_at=now - timedelta(days=9), **asked)
    assert "ok      default: computations: none failed, and none waits for long" in output_of("computations", url)
    running = {"state": "running", "claim": uuid4().hex, "started_at": now - timedelta(minutes=30)}
    lost = {"lease_until": now - timedelta(minutes=21, seconds=30), "requested_at": now - timedelta(hours=2)}
    make("insights_computation", id=2, user_id=2, **asked | running | lost)
    assert "2 wait, the oldest for 21 minutes: run manage.py work" in output_of("computations", url)
    run("UPDATE insights_computation SET state = 'failed', claim = NULL, lease_until = NULL WHERE id = 2")
    found = output_of("computations", url)
    assert "warning default: computations: 1 failed, see the log" in found and "wait, the oldest" not in found


def insert(run, table: str, **values):
    """Insert a row. All values are those of a test."""
    literals = [repr(value) if isinstance(value, (bool, int)) else f"'{value}'" for value in values.values()]
    run(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(literals)})")  # noqa: S608


def insert_account(run, number: int, *, is_active: bool = True):
    now, name = datetime.now(UTC), f"p{number}"
    insert(run, "accounts_user", id=number, username=name, username_key=name, password="", display_name="", email="",
           theme="system", timezone="UTC", is_superuser=False, is_staff=False, is_active=is_active, date_joined=now,
           updated_at=now, week_starts_on="sunday", day_ends_at=0)  # fmt: skip


@pytest.mark.thorough
def test_a_url_with_several_hosts(cluster):
    with throwaway_replica(cluster, DEFAULTS) as replica:
        both = f"postgres://brainlog:{cluster.password}@127.0.0.1:{replica.port},127.0.0.1:{cluster.port}/postgres"
        code, lines = checkdb(both)
        hosts = output_of("hosts", both)
        assert "is the primary" in output_of("replication", both)

        replica.promote()
        _, two = checkdb(both)

    _, gone = checkdb(both)
    cluster.execute(f"SELECT pg_drop_replication_slot('replica_{replica.port}')")
    assert (code, lines) == (0, [])
    assert f"127.0.0.1:{replica.port} answers, and is a replica" in hosts
    assert f"127.0.0.1:{cluster.port} answers, and is a primary" in hosts
    assert any("both accept writes" in line for line in two)
    assert any(f"127.0.0.1:{replica.port} does not answer" in line for line in gone)


def test_health_problems_are_reported(monkeypatch):
    for name in (
        "MAX_INACTIVE_SLOT_WAL",
        "MAX_IDLE_SECONDS",
        "MAX_TRANSACTION_SECONDS",
        "MAX_PREPARED_SECONDS",
        "OLD_TRANSACTION_ID",
    ):
        monkeypatch.setattr(server_health, name, 0)
    configuration = "archive_mode = on\narchive_command = 'false'\nmax_prepared_transactions = 2\n"
    with throwaway_cluster(WITHOUT_FSYNC + configuration) as cluster, psycopg.connect(cluster.url) as idle:
        idle.execute("SELECT 1")
        cluster.execute("SELECT pg_create_physical_replication_slot('left_over', true)")
        with psycopg.connect(cluster.url) as preparing:
            preparing.execute("CREATE TABLE x ()")
            preparing.execute("PREPARE TRANSACTION 'forgotten'")
        cluster.execute("SELECT pg_switch_wal()")
        wait_until(lambda: cluster.execute("SELECT failed_count > 0 FROM pg_stat_archiver") == [(True,)])

        found = output_of("health", cluster.url)
        cluster.execute("ROLLBACK PREPARED 'forgotten'")

    for words in (
        "archive_command fails",
        "a replication slot without a replica keeps",
        "transaction_id_age is",
        "a transaction is open for",
        "a transaction is idle for",
        "there are 1 prepared transactions",
    ):
        assert words in found


def test_unknown_measurements_are_no_problems():
    assert list(server_health.problems({})) == []
    assert list(server_health.problems(dict.fromkeys(["replica_lag_bytes", "transaction_id_age"]))) == []
    lagging = list(server_health.problems({"replica_lag_seconds": 61.0, "replica_lag_bytes": None}))
    assert [(status, "61 s and 0 MB behind" in text) for status, text in lagging] == [("warning", True)]
    [(status, _)] = server_health.problems({"transaction_id_age": 1_600_000_000})
    assert status == "error"
    [(status, text)] = server_health.problems({"inactive_slots": 1, "slot_bytes": 2 * 1024**3})
    assert "does not keep up" in text


@pytest.mark.thorough
def test_json(cluster, copy):
    url, run = copy
    run(HELP_LINES_ARE_CHECKED)
    run("DROP INDEX daily_log_date")

    result = manage(url, "checkdb", "--json")
    report = json.loads(result.stdout)

    assert (result.returncode, report["status"]) == (2, "error")
    assert [check for check in report["checks"] if check["status"] != "ok"] == [
        {
            "database": "default",
            "name": "schema",
            "status": "error",
            "text": "logs_dailylog: index daily_log_date is missing",
        }
    ]


def test_an_unreachable_database_is_one_line_without_the_password():
    result = manage("postgres://someone:very-secret@127.0.0.1:1/nowhere", "checkdb")

    assert (result.returncode, result.stderr) == (2, "")
    [line] = result.stdout.splitlines()
    assert line.startswith("error   default: connection: ") and "refused" in line
    assert "very-secret" not in line


@pytest.mark.thorough
def test_a_refused_password_is_not_shown(cluster):
    code, lines = checkdb(cluster.url.replace(cluster.password, "very-secret"))

    assert code == 2
    assert "password authentication failed" in lines[0]
    assert "very-secret" not in lines[0]


@pytest.mark.thorough
def test_an_empty_database_has_no_migrations(cluster):
    url = cluster.create_database("empty")

    code, lines = checkdb(url)

    assert code == 2
    [line] = lines
    assert line.startswith("error   default: migrations: not applied: ")
    assert "accounts.0001_initial" in line


def test_unapplied_and_unknown_migrations_are_reported(copy):
    url, run = copy
    run("INSERT INTO django_migrations (app, name, applied) VALUES ('logs', '0099_from_the_future', now())")
    assert checkdb(url) == (
        1,
        [
            "warning default: migrations: applied, but unknown to this code: "
            "logs.0099_from_the_future; is it an older release?"
        ],
    )

    run("DELETE FROM django_migrations WHERE name = '0002_drop_user_indexes' AND app = 'reflections'")
    code, lines = checkdb(url)
    assert code == 2
    assert (
        lines[0]
        == "error   default: migrations: not applied: reflections.0002_drop_user_indexes; run manage.py migrate"
    )


@pytest.mark.thorough
def test_a_faked_migration_is_reported(cluster):
    url = cluster.create_database("faked")
    assert manage(url, "migrate", "--fake", "--verbosity=0").returncode == 0

    code, lines = checkdb(url)

    assert code == 2
    assert "error   default: schema: table logs_dailylog is missing" in lines


@pytest.mark.thorough
def test_an_invalid_surplus_index_is_a_warning(copy):
    url, run = copy
    run("INSERT INTO auth_group (name) VALUES ('one'), ('two')")
    run("INSERT INTO accounts_user_groups (user_id, group_id) SELECT NULL, 1 WHERE false")
    with pytest.raises(Exception, match="could not create unique index"):
        run("CREATE UNIQUE INDEX CONCURRENTLY half_built ON auth_group ((length(name)))")

    code, lines = checkdb(url)

    assert code == 1
    assert lines == [
        "warning default: schema: auth_group: unique half_built is not valid and in no migration; "
        "it slows saves and is not used: drop it"
    ]


@pytest.mark.thorough
def test_an_unvalidated_foreign_key_is_an_error(copy):
    url, run = copy
    name = "dose_day_of_same_person"
    run(f"ALTER TABLE logs_dose DROP CONSTRAINT {name}")
    key = "FOREIGN KEY (daily_log_id, user_id) REFERENCES logs_dailylog (id, user_id)"
    run(f"ALTER TABLE logs_dose ADD CONSTRAINT {name} {key} NOT VALID")

    code, lines = checkdb(url)

    assert code == 2
    assert lines == [f"error   default: schema: logs_dose: foreign key on (daily_log_id, user_id) is not valid: {name}"]


@pytest.mark.thorough
def test_dangerous_settings_are_warnings(cluster, copy):
    url, run = copy
    run('ALTER DATABASE "copy" SET synchronous_commit = off')
    run('ALTER DATABASE "copy" SET default_transaction_read_only = on')
    for name in ("fsync", "full_page_writes"):
        cluster.execute(f"ALTER SYSTEM SET {name} = off")
    cluster.execute("SELECT pg_reload_conf()")

    code, lines = checkdb(url)

    cluster.execute("ALTER SYSTEM RESET ALL")
    cluster.execute("SELECT pg_reload_conf()")
    assert code == 1
    assert [line.removeprefix("warning default: server: ") for line in lines] == [
        "fsync is off: a power cut can destroy the database",
        "full_page_writes is off: a power cut can destroy the database",
        "synchronous_commit is off: a crash loses the newest saves, which were confirmed as saved",
        "default_transaction_read_only is on: nothing can be saved",
    ]


@pytest.mark.thorough
def test_a_transaction_pooler_is_detected(cluster):
    with throwaway_pgbouncer(cluster, pool_size=2) as bouncer:
        url = bouncer.url_of("postgres")
        declared, undeclared = checkdb(f"{url}?pgbouncer=true"), checkdb(url)
        direct = checkdb(f"{url}?pgbouncer=true", DIRECT_DATABASE_URL=url)
        both = output_of("pooling", f"{url}?pgbouncer=true", DIRECT_DATABASE_URL=cluster.url)

    assert declared == (0, [])
    assert undeclared[0] == 2 and "add pgbouncer=true" in undeclared[1][0]
    assert direct[0] == 2 and "DIRECT_DATABASE_URL leads to a transaction pooler" in direct[1][0]
    assert "default: pooling: through a transaction pooler" in both
    assert "direct: pooling: direct" in both


@pytest.mark.thorough
def test_a_replica(cluster, monkeypatch):
    with throwaway_replica(cluster, DEFAULTS) as replica:
        replicated = {"REPLICA_DATABASE_URL": replica.url}
        assert checkdb(cluster.url, **replicated) == (0, [])
        code, lines = checkdb(replica.url)
        assert code == 2 and "nothing can be saved here" in lines[0]

        monkeypatch.setattr(check_postgresql, "MAX_REPLICA_LAG", 0)
        cluster.execute("CREATE TABLE news ()")
        wait_until(lambda: replica.execute("SELECT pg_last_xact_replay_timestamp() IS NOT NULL") == [(True,)])
        replica.execute("SELECT pg_wal_replay_pause()")
        cluster.execute("DROP TABLE news")
        wait_until(lambda: replica.execute("SELECT pg_last_wal_receive_lsn() <> pg_last_wal_replay_lsn()") == [(True,)])
        assert re.search(
            r"warning replica: replication: is a replica, \d+ s behind",
            output_of("replication", cluster.url, **replicated),
        )
        replica.execute("SELECT pg_wal_replay_resume()")

        replica.execute("ALTER SYSTEM SET primary_conninfo = ''")
        replica.execute("SELECT pg_reload_conf()")
        wait_until(lambda: replica.execute("SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)") == [(True,)])
        code, lines = checkdb(cluster.url, **replicated)
        assert code == 1
        assert lines == [
            "warning replica: replication: is a replica that receives nothing from its primary: its data is out of date"
        ]

        replica.promote()
        code, lines = checkdb(cluster.url, **replicated)
        assert (code, lines) == (1, ["warning replica: replication: is a primary: was it promoted?"])


@pytest.mark.thorough
def test_tls_is_reported(cluster):
    def tls(arguments):
        return output_of("tls", f"{cluster.url}?{arguments}")

    in_use = "tls: in use, TLSv1.3 TLS_AES_256_GCM_SHA384; sslmode"
    assert f"{in_use} verify-full verifies the server" in tls(f"sslmode=verify-full&sslrootcert={cluster.data}/ca.crt")
    assert f"{in_use} require does not verify" in tls("sslmode=require")
    assert "tls: not in use; the server is on this machine" in tls("sslmode=disable")


@pytest.fixture(scope="module")
def migrated_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sqlite") / "db.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


def test_sqlite(migrated_file):
    checks = checks_of(f"sqlite:///{migrated_file}")

    assert {check.name: check.status for check in checks if check.status != "ok"} == {"help-lines": "warning"}
    assert any("journal_mode wal" in check.text for check in checks)
    assert any("quick_check and foreign_key_check find nothing" in check.text for check in checks)


def test_sqlite_check_with_another_condition(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA writable_schema = ON")
        # Parentheses within quotes do not count.
        file.execute(
            """UPDATE sqlite_master SET sql = replace(sql, '("amount" > ''0'')', '("unit" <> '')'')')
               WHERE name = 'logs_dose'"""
        )

    assert checkdb(f"sqlite:///{path}") == (
        1,
        [
            "warning default: schema: logs_dose: check dose_amount_positive is (\"unit\" <> ')'), "
            "while its migration says (\"amount\" > '0')"
        ],
    )


def test_sqlite_with_a_foreign_key_that_leaves_out_the_person(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA writable_schema = ON")
        pair, alone = (
            '("daily_log_id", "user_id") REFERENCES "logs_dailylog" ("id", "user_id")',
            '("daily_log_id") REFERENCES "logs_dailylog" ("id")',
        )
        changed = file.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'logs_dose' AND instr(sql, ?)",
            [pair, alone, pair],
        )
        assert changed.rowcount == 1

    code, lines = checkdb(f"sqlite:///{path}")

    assert code == 2
    assert lines == [
        "error   default: schema: logs_dose: foreign key on (daily_log_id, user_id) is missing",
        "error   default: schema: logs_dose: foreign key on (daily_log_id) is in no migration, "
        "and refuses what Brain Log may save: drop it",
    ]


def test_sqlite_with_orphaned_rows(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO logs_dose (amount, daily_log_id, medication_id, user_id) VALUES (1, 7, 7, 7)")

    code, [line] = checkdb(f"sqlite:///{path}")

    assert code == 2
    assert line.startswith("error   default: integrity: logs_dose has rows whose foreign key refers to no row")


def test_a_damaged_sqlite_file(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 3)

    code, lines = checkdb(f"sqlite:///{path}")

    assert code == 2
    assert all(line.startswith("error   default: ") for line in lines)


def test_a_locked_sqlite_file_is_an_error(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        url = f"sqlite:///{path}"
        connections = ConnectionHandler(databases_from_environment(Environment({"DATABASE_URL": url}), ROOT))
        connections["default"].settings_dict["OPTIONS"]["timeout"] = 0.1
        found = [check for check in check_database(connections["default"]) if check.status == "error"]

    assert [(check.name, check.text) for check in found] == [("integrity", "database is locked")]


def without_root(*command: str) -> list[str]:
    """The command without root's right to ignore file permissions."""
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command] if os.geteuid() == 0 else [*command]


@pytest.mark.parametrize(
    ("path", "mode", "status", "text"),
    [
        ("data/db.sqlite3", 0o400, "error", "files: db.sqlite3 cannot be written by this process: chmod u+w "),
        ("data/db.sqlite3-shm", 0o400, "error", "files: db.sqlite3-shm cannot be written by this process: chmod u+w "),
        ("data", 0o500, "error", "files: data cannot be written by this process: chmod u+w "),
        ("data", 0o000, "error", "connection: unable to open database file"),
    ],
)
def test_sqlite_files_without_permissions(migrated_file, tmp_path, path, mode, status, text):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    url = f"sqlite:///{shutil.copy(migrated_file, folder / 'db.sqlite3')}"
    with closing(sqlite3.connect(folder / "db.sqlite3")) as site:  # It keeps the files beside it there.
        site.execute("SELECT count(*) FROM django_migrations").fetchall()
        (tmp_path / path).chmod(mode)
        result = subprocess.run(
            without_root(sys.executable, "manage.py", "checkdb"),
            cwd=ROOT,
            env=environment_with(url),
            capture_output=True,
            text=True,
        )
        (tmp_path / path).chmod(0o700)

    assert result.returncode == EXIT_CODES[status]
    assert f"{status:8}default: {text}" in result.stdout
    assert "Traceback" not in result.stderr


def test_sqlite_texts_in_clear(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with closing(sqlite3.connect(path)) as file, file:

        def run(sql):
            file.execute(sql.replace("now()", "'2026-05-04 08:00:00'"))

        write_texts(run, gratitude=SECRET)

    assert "logs_dailylog.gratitude: 1 texts are not encrypted" in output_of("texts", f"sqlite:///{path}")


def test_help_lines_that_were_not_checked_for_half_a_year_are_named(copy):
    url, run = copy
    assert "see the admin: " in output_of("help-lines", url)  # Those that are shipped were never checked.
    run(HELP_LINES_ARE_CHECKED)
    assert "ok      default: help-lines: all were checked in the last 180 days" in output_of("help-lines", url)

    run("UPDATE support_helpline SET checked_on = current_date - 200 WHERE name = 'Shout'")
    found = output_of("help-lines", url)
    assert found == "warning default: help-lines: not checked for 180 days, see the admin: Shout (GB)"
