"""`manage.py migrate` in a database that others use at the same time."""

import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from operations.database.migration_locks import ADVISORY_LOCK
from testing.apps import write_app
from testing.gunicorn import ROOT, environment_with, manage
from testing.pgbouncer import throwaway_pgbouncer
from testing.postgres import throwaway_cluster

once = pytest.mark.once


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster() as cluster:
        yield cluster


@pytest.fixture
def database(cluster):
    yield cluster.create_database("empty")
    cluster.execute('DROP DATABASE "empty" WITH (FORCE)')


@pytest.fixture(scope="module")
def template(cluster):
    url = cluster.create_database("template")
    assert manage(url, "migrate", "--verbosity=0").returncode == 0
    # A warning of unchecked lines would stand before what these tests read.
    cluster.execute("UPDATE support_helpline SET checked_on = current_date", database="template")


@pytest.fixture
def migrated(cluster, template):
    cluster.execute('CREATE DATABASE "migrated" TEMPLATE "template"')
    yield cluster.url_of("migrated")
    cluster.execute('DROP DATABASE "migrated" WITH (FORCE)')


@contextmanager
def running_migrate(url: str, *arguments: str):
    command = [sys.executable, "manage.py", "migrate", *arguments]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment_with(url), **output) as process:
        try:
            yield process
        finally:
            process.kill()


def test_session_settings_are_reset(transactional_db):
    output = StringIO()

    call_command("migrate", verbosity=0, stdout=output, stderr=output)

    assert output.getvalue() == ""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            assert cursor.fetchone() == ("0", "0")
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            assert cursor.fetchone() == (0,)


def test_djangos_options_work(transactional_db):
    def migrate(*arguments, **options) -> str:
        output = StringIO()
        call_command("migrate", *arguments, stdout=output, **options)
        return output.getvalue()

    assert "Unapplying reflections.0002_drop_user_indexes" in migrate("reflections", "0001")
    try:
        assert "reflections.0002_drop_user_indexes" in migrate(plan=True)
        with pytest.raises(SystemExit):
            migrate(check_unapplied=True, verbosity=0)
        assert "reflections.0002_drop_user_indexes... FAKED" in migrate("reflections", "0002", fake=True)
        migrate("reflections", "0001", fake=True, verbosity=0)
    finally:
        migrate(verbosity=0)
    assert "No migrations to apply" in migrate(database="default")


@once
def test_two_releases_take_turns(cluster, database):
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        with running_migrate(database) as one, running_migrate(database) as two:
            assert [process.stdout.readline() for process in (one, two)] == [
                "Waiting for another migrate to finish.\n"
            ] * 2
            assert not other.execute("SELECT FROM pg_tables WHERE tablename = 'django_migrations'").fetchall()
            other.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
            outputs = sorted(process.communicate(timeout=60)[0] for process in (one, two))
            assert [one.returncode, two.returncode] == [0, 0]

    assert "Applying logs.0001_initial... OK" in outputs[0] and "No migrations to apply" in outputs[1]
    twice = "SELECT app, name FROM django_migrations GROUP BY app, name HAVING count(*) > 1"
    assert cluster.execute(twice, database="empty") == []


@pytest.mark.thorough
@once
def test_an_index_can_be_built_while_another_migrate_waits(migrated):
    """A waiting query would have a snapshot, and CREATE INDEX CONCURRENTLY waits for those: a deadlock."""
    with psycopg.connect(migrated, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        with running_migrate(migrated) as waiting:
            assert waiting.stdout.readline() == "Waiting for another migrate to finish.\n"
            other.execute("CREATE INDEX CONCURRENTLY by_breakfast ON logs_dailylog (breakfast)")


@pytest.mark.thorough
@once
def test_after_all_retries_it_fails_with_one_sentence(cluster, migrated):
    assert manage(migrated, "migrate", "logs", "0001", "--verbosity=0").returncode == 0
    with psycopg.connect(migrated) as other:
        other.execute("LOCK TABLE logs_dailylog IN SHARE UPDATE EXCLUSIVE MODE")

        result = manage(migrated, "migrate", "--lock-timeout=0.05", "--retries=1")

    assert result.returncode == 1
    assert "Did not get its lock within 0.05 s (try 2 of 2)." in result.stdout
    assert result.stderr.startswith("CommandError: A transaction holds the lock")
    assert len(result.stderr.splitlines()) == 1
    # The index exists and is not valid; the next run completes it.
    assert manage(migrated, "migrate", "--verbosity=0").returncode == 0
    index = "SELECT to_regclass('logs_dailylog_user_id_e4a94fc2')::text"
    assert cluster.execute(index, database="migrated") == [(None,)]


@pytest.mark.thorough
@once
def test_migrate_uses_the_direct_url(cluster, database):
    cluster.create_database("other")
    elsewhere = cluster.url_of("other")

    assert manage(elsewhere, "migrate", "contenttypes", "--verbosity=0", DIRECT_DATABASE_URL=database).returncode == 0
    assert cluster.execute("SELECT to_regclass('django_content_type')", database="other") == [(None,)]
    assert cluster.execute("SELECT count(*) FROM django_content_type", database="empty") is not None

    options = ["contenttypes", "--verbosity=0", "--database=default"]
    assert manage(elsewhere, "migrate", *options, DIRECT_DATABASE_URL=database).returncode == 0
    assert cluster.execute("SELECT count(*) FROM django_content_type", database="other") is not None


@pytest.mark.thorough
@once
@pytest.mark.parametrize("options", ["?pgbouncer=true", ""], ids=["declared", "detected"])
def test_behind_a_pooler_it_sets_nothing_in_sessions(cluster, migrated, options):
    with throwaway_pgbouncer(cluster, pool_size=2) as bouncer:
        url = bouncer.url_of("migrated")
        result = manage(f"{url}{options}", "migrate", "logs", "0001")
        with psycopg.connect(url, autocommit=True) as next_one:
            timeout = next_one.execute("SELECT current_setting('lock_timeout')").fetchone()
            locks = next_one.execute("SELECT FROM pg_locks WHERE locktype = 'advisory'").fetchall()

    assert result.returncode == 0
    assert "Unapplying logs.0002_drop_user_indexes... OK" in result.stdout
    assert result.stderr == "Behind a pooler locks are waited for without limit: set DIRECT_DATABASE_URL.\n"
    assert (timeout, locks) == (("0",), [])


@pytest.mark.thorough
@once
def test_two_releases_take_turns_behind_a_pooler(cluster, database):
    with throwaway_pgbouncer(cluster, pool_size=3) as bouncer:
        url = f"{bouncer.url_of('empty')}?pgbouncer=true"
        with running_migrate(url) as one, running_migrate(url) as two:
            outputs = sorted(process.communicate(timeout=120)[0] for process in (one, two))
            assert [one.returncode, two.returncode] == [0, 0]

    assert "Applying logs.0001_initial... OK" in outputs[0]
    assert outputs[1].startswith("Waiting for another migrate to finish.\n") and "No migrations to apply" in outputs[1]


@pytest.mark.thorough
@once
def test_a_pooler_with_one_connection_fails_with_one_sentence(cluster, migrated):
    with throwaway_pgbouncer(cluster, pool_size=1) as bouncer:
        result = manage(f"{bouncer.url_of('migrated')}?pgbouncer=true", "migrate")

    assert result.returncode == 1
    sentence = result.stderr.splitlines()[-1]  # Before it, the log may report a slow query.
    assert sentence.startswith("CommandError: migrate needs two connections at once")
    assert "DIRECT_DATABASE_URL" in sentence and "Traceback" not in result.stderr


@pytest.mark.thorough
@once
@pytest.mark.parametrize(
    "grant", ["", "GRANT USAGE ON SCHEMA public TO visitor", "GRANT pg_read_all_data TO visitor"], ids=str
)
def test_a_role_that_is_not_the_owner_fails_with_one_sentence(cluster, migrated, grant):
    # No migration of another app depends on the last one of this app.
    name = max(name for app, name in MigrationLoader(None).disk_migrations if app == "reflections")
    cluster.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC", database="migrated")
    cluster.execute("CREATE ROLE visitor LOGIN PASSWORD 'visitor'")
    try:
        if grant:
            cluster.execute(grant, database="migrated")
        url = migrated.replace(f"brainlog:{cluster.password}", "visitor:visitor")
        delete = f"DELETE FROM django_migrations WHERE app = 'reflections' AND name = '{name}'"  # noqa: S608 (a file's name)
        cluster.execute(delete, database="migrated")

        result = manage(url, "migrate", "--verbosity=0")
    finally:
        record = f"INSERT INTO django_migrations (app, name, applied) VALUES ('reflections', '{name}', now())"  # noqa: S608
        cluster.execute(record, database="migrated")
        cluster.execute("DROP OWNED BY visitor", database="migrated")
        cluster.execute("DROP ROLE visitor")

    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1), result.stderr
    assert result.stderr.startswith("CommandError: This role may not change the tables: ")
    assert "DIRECT_DATABASE_URL" in result.stderr


@once
def test_only_migrate_creates_a_database_file(tmp_path):
    url = f"sqlite:///{tmp_path}/new.sqlite3"

    for command in (
        ["checkdb"],
        ["backup", f"--to={tmp_path}"],
        ["dbreport"],
        ["migrate", "--check"],
        ["migrate", "--plan"],
    ):
        result = manage(url, *command)
        assert result.returncode != 0
        assert f"there is no database file {tmp_path}/new.sqlite3" in (result.stdout + result.stderr).replace(
            "T", "t", 1
        )
        assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []

    result = manage(url, "migrate", "contenttypes")
    assert result.returncode == 0
    assert result.stdout.startswith(f"Creating the database file {tmp_path}/new.sqlite3.")


@pytest.mark.thorough
@once
def test_changing_the_index_of_a_foreign_key_keeps_the_key(cluster, migrated):
    """Adding the key again would check every row with the table locked."""

    def ask(sql):
        return cluster.execute(sql, database="migrated")

    key = "SELECT oid FROM pg_constraint WHERE conname = 'logs_dailylog_user_id_e4a94fc2_fk_accounts_user_id'"
    index = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('logs_dailylog_user_id_e4a94fc2')"
    before = ask(key)
    assert len(before) == 1 and ask(index) == []
    # The remains of an interrupted CREATE INDEX CONCURRENTLY.
    ask("CREATE INDEX logs_dailylog_user_id_e4a94fc2 ON logs_dailylog (user_id)")
    ask("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'logs_dailylog_user_id_e4a94fc2'::regclass")

    assert manage(migrated, "migrate", "logs", "0001", "--verbosity=0").returncode == 0
    assert ask(index) == [(True,)]
    assert manage(migrated, "migrate", "--verbosity=0").returncode == 0
    assert ask(index) == []
    assert ask(key) == before


@pytest.mark.thorough
@once
def test_migrations_have_no_statement_timeout(database, tmp_path):
    environment = write_app(tmp_path, "long", ['migrations.RunSQL("SELECT pg_sleep(0.5)")'])

    result = manage(f"{database}?statement_timeout=200ms", "migrate", "long", **environment)

    assert result.returncode == 0, result.stderr
    assert "Applying long.0001_step... OK" in result.stdout


LATER = [
    """migrations.CreateModel("Thing", [
        ("id", models.BigAutoField(primary_key=True)), ("size", models.IntegerField())
    ])""",
    """migration_operations.AddIndexConcurrently("thing", models.Index(fields=["size"], name="by_size")),
    migration_operations.AddAndValidateConstraint(
        "thing", models.CheckConstraint(condition=models.Q(size__gt=0), name="has_size")
    )""",
]


@pytest.mark.thorough
@once
def test_concurrent_indexes_and_validated_constraints(cluster, database, tmp_path):
    environment = write_app(tmp_path, "later", LATER)

    def migrate(name: str, url: str = database):
        result = manage(url, "migrate", "later", name, "--verbosity=0", **environment)
        assert result.returncode == 0, result.stderr

    def ask(sql: str):
        return cluster.execute(sql, database="empty")

    facts = """SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('by_size')),
                      (SELECT convalidated FROM pg_constraint WHERE conname = 'has_size')"""
    migrate("0001")
    # The remains of an interrupted run.
    ask("CREATE INDEX by_size ON later_thing (size)")
    ask("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_size'::regclass")
    ask("ALTER TABLE later_thing ADD CONSTRAINT has_size CHECK (size > 0) NOT VALID")
    assert ask(facts) == [(False, False)]

    migrate("0002")
    assert ask(facts) == [(True, True)]
    migrate("0001")
    assert ask(facts) == [(None, None)]

    file = f"sqlite:///{tmp_path}/db.sqlite3"
    migrate("0002", file)
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as there:
        [(table, index)] = there.execute(
            """SELECT (SELECT sql FROM sqlite_master WHERE name = 'later_thing'),
                      (SELECT sql FROM sqlite_master WHERE name = 'by_size')"""
        )
    assert 'CONSTRAINT "has_size" CHECK ("size" > 0)' in table and '("size")' in index
    migrate("0001", file)
