"""`manage.py checkdb` against servers that are well, misused, slow to follow, or not there."""

import json
import re
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

from brainlog.database import databases_from_environment
from operations import inspection
from operations.inspection import Check
from operations.management.commands.checkdb import EXIT_CODES
from testing.certificates import make_certificates
from testing.gunicorn import ROOT, manage
from testing.pgbouncer import throwaway_pgbouncer
from testing.postgres import throwaway_cluster, throwaway_replica

pytestmark = pytest.mark.once

TLS = "ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'"
# A server as PostgreSQL makes it: it waits for its disk, unlike those for other tests.
CAREFUL = ""


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster(CAREFUL) as cluster:
        cluster.stop("fast")
        make_certificates(cluster.data, "brainlog")
        cluster.give_to_postgres(*cluster.data.glob("*.crt"), *cluster.data.glob("*.key"))
        cluster.configure(TLS)
        cluster.start()
        assert manage(cluster.url, "migrate", "--verbosity=0").returncode == 0
        yield cluster


@pytest.fixture
def copy(cluster):
    """The URL of a migrated database that may be broken, and a function to do so."""
    cluster.execute('CREATE DATABASE "copy" TEMPLATE postgres')
    yield cluster.url_of("copy"), lambda sql: cluster.execute(sql, database="copy")
    cluster.execute('DROP DATABASE "copy" WITH (FORCE)')


@pytest.fixture(autouse=True)
def connections_of_our_own(django_db_blocker):
    """Allow Django's connections without the suite's database."""
    with django_db_blocker.unblock():
        yield


def checks_of(url: str, **environment: str) -> list[Check]:
    """What checkdb prints with DATABASE_URL=`url`. Without a process of its own, which takes its time to start."""
    connections = ConnectionHandler(databases_from_environment({"DATABASE_URL": url} | environment, ROOT))
    return [check for connection in connections.all() for check in inspection.inspect(connection)]


def checkdb(url: str, **environment: str) -> tuple[int, list[str]]:
    """The exit code, and the lines of all that is not well."""
    checks = checks_of(url, **environment)
    return max(EXIT_CODES[check.status] for check in checks), [str(check) for check in checks if check.status != "ok"]


def said(name: str, url: str, **environment: str) -> str:
    """All lines about one thing."""
    return "\n".join(str(check) for check in checks_of(url, **environment) if check.name == name)


def wait_until(cluster, question: str) -> None:
    while cluster.execute(question) != [(True,)]:
        time.sleep(0.02)


def test_all_is_well(cluster):
    result = manage(cluster.url, "checkdb")

    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        *("connection", "server", "tls", "pooling", "replication", "migrations", "schema")
    ]
    assert all(line.startswith("ok      default: ") for line in lines)
    for told in ("PostgreSQL 1", "max_connections 100", "fsync on", "direct", "is the primary"):
        assert told in result.stdout


def test_machines_get_json(cluster, copy):
    url, run = copy
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


def test_a_database_that_is_down_is_one_sentence_without_the_password():
    result = manage("postgres://someone:very-secret@127.0.0.1:1/nowhere", "checkdb")

    assert (result.returncode, result.stderr) == (2, "")
    [line] = result.stdout.splitlines()
    assert line.startswith("error   default: connection: ") and "refused" in line
    assert "very-secret" not in line


def test_a_refused_password_is_not_shown(cluster):
    code, lines = checkdb(cluster.url.replace(cluster.password, "very-secret"))

    assert code == 2
    assert "password authentication failed" in lines[0]
    assert "very-secret" not in lines[0]


def test_an_empty_database_has_no_migrations(cluster):
    url = cluster.create_database("empty")

    code, lines = checkdb(url)

    assert code == 2
    [line] = lines
    assert line.startswith("error   default: migrations: not applied: ")
    assert "accounts.0001_initial" in line


def test_a_migration_that_is_not_applied_and_one_that_nobody_knows(copy):
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


def test_a_migration_that_was_only_marked_as_applied(cluster):
    url = cluster.create_database("faked")
    assert manage(url, "migrate", "--fake", "--verbosity=0").returncode == 0

    code, lines = checkdb(url)

    assert code == 2
    assert "error   default: schema: table logs_dailylog is missing" in lines


def test_what_is_left_of_an_index_that_could_not_be_built(copy):
    url, run = copy
    run("INSERT INTO auth_group (name) VALUES ('one'), ('two')")
    run("INSERT INTO accounts_user_groups (user_id, group_id) SELECT NULL, 1 WHERE false")
    with pytest.raises(Exception, match="could not create unique index"):
        run("CREATE UNIQUE INDEX CONCURRENTLY half_built ON auth_group ((length(name)))")

    code, lines = checkdb(url)

    assert code == 1
    assert lines == [
        "warning default: schema: auth_group: unique half_built is not valid and in no migration; "
        "it costs time and serves nothing: drop it"
    ]


def test_a_foreign_key_that_was_never_validated(copy):
    url, run = copy
    name = "logs_dose_daily_log_id_a22c9a95_fk_logs_dailylog_id"
    run(f"ALTER TABLE logs_dose DROP CONSTRAINT {name}")
    run(f"ALTER TABLE logs_dose ADD CONSTRAINT {name} FOREIGN KEY (daily_log_id) REFERENCES logs_dailylog NOT VALID")

    code, lines = checkdb(url)

    assert code == 2
    assert lines == [f"error   default: schema: logs_dose: foreign key on (daily_log_id) is not valid: {name}"]


def test_settings_that_endanger_data(cluster, copy):
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
        "synchronous_commit is off: a crash loses the newest saves, though people were told that they are saved",
        "default_transaction_read_only is on: nothing can be saved",
    ]


def test_a_pooler_is_found_out(cluster):
    with throwaway_pgbouncer(cluster, pool_size=2) as bouncer:
        url = bouncer.url_of("postgres")
        told, untold = checkdb(f"{url}?pgbouncer=true"), checkdb(url)
        direct = checkdb(f"{url}?pgbouncer=true", DIRECT_DATABASE_URL=url)
        both = said("pooling", f"{url}?pgbouncer=true", DIRECT_DATABASE_URL=cluster.url)

    assert told == (0, [])
    assert untold[0] == 2 and "add pgbouncer=true" in untold[1][0]
    assert direct[0] == 2 and "DIRECT_DATABASE_URL leads to a transaction pooler" in direct[1][0]
    assert "default: pooling: through a transaction pooler" in both
    assert "direct: pooling: direct" in both


def test_a_replica(cluster, monkeypatch):
    with throwaway_replica(cluster, CAREFUL) as replica:
        replicated = {"REPLICA_DATABASE_URL": replica.url}
        assert checkdb(cluster.url, **replicated) == (0, [])
        code, lines = checkdb(replica.url)
        assert code == 2 and "nothing can be saved here" in lines[0]

        monkeypatch.setattr(inspection, "MOST_LAG", 0)
        cluster.execute("CREATE TABLE news ()")
        wait_until(replica, "SELECT pg_last_xact_replay_timestamp() IS NOT NULL")
        replica.execute("SELECT pg_wal_replay_pause()")
        cluster.execute("DROP TABLE news")
        wait_until(replica, "SELECT pg_last_wal_receive_lsn() <> pg_last_wal_replay_lsn()")
        assert re.search(
            r"warning replica: replication: is a replica, \d+ s behind", said("replication", cluster.url, **replicated)
        )
        replica.execute("SELECT pg_wal_replay_resume()")

        replica.execute("ALTER SYSTEM SET primary_conninfo = ''")
        replica.execute("SELECT pg_reload_conf()")
        wait_until(replica, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
        code, lines = checkdb(cluster.url, **replicated)
        assert code == 1
        assert lines == [
            "warning replica: replication: is a replica that receives nothing from its primary: what it shows grows old"
        ]

        replica.promote()
        code, lines = checkdb(cluster.url, **replicated)
        assert (code, lines) == (1, ["warning replica: replication: is a primary: was it promoted?"])


def test_tls_is_told(cluster):
    def tls(arguments):
        return said("tls", f"{cluster.url}?{arguments}")

    in_use = "tls: in use, TLSv1.3 TLS_AES_256_GCM_SHA384; sslmode"
    assert f"{in_use} verify-full checks who answers" in tls(f"sslmode=verify-full&sslrootcert={cluster.data}/ca.crt")
    assert f"{in_use} require does not check" in tls("sslmode=require")
    assert "tls: not in use; the server is on this machine" in tls("sslmode=disable")


@pytest.fixture(scope="module")
def migrated_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sqlite") / "db.sqlite3"
    assert manage(f"sqlite:///{path}", "migrate", "--verbosity=0").returncode == 0
    return path


def test_sqlite(migrated_file):
    checks = checks_of(f"sqlite:///{migrated_file}")

    assert {check.status for check in checks} == {"ok"}
    assert any("journal_mode wal" in check.text for check in checks)
    assert any("quick_check and foreign_key_check find nothing" in check.text for check in checks)


def test_sqlite_with_another_check_under_the_name(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA writable_schema = ON")
        # A bracket in a text is none.
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


def test_sqlite_with_rows_that_belong_to_nothing(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO logs_dose (amount, daily_log_id, medication_id) VALUES (1, 7, 7)")

    assert checkdb(f"sqlite:///{path}") == (
        2,
        ["error   default: integrity: logs_dose has rows that belong to nothing (PRAGMA foreign_key_check)"],
    )


def test_a_damaged_sqlite_file(migrated_file, tmp_path):
    path = Path(shutil.copy(migrated_file, tmp_path))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 3)

    code, lines = checkdb(f"sqlite:///{path}")

    assert code == 2
    assert all(line.startswith("error   default: ") for line in lines)
