"""Backups end to end, on a PostgreSQL server of their own."""

import io
import json
import subprocess
import threading
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from operations.backups import BackupError, postgresql
from operations.backups.left_out import LEFT_OUT
from operations.tests.backups.databases import commands_use
from testing.gunicorn import manage
from testing.migrated import migrate
from testing.postgres import throwaway_cluster
from testing.waiting import wait_until

pytestmark = pytest.mark.once

GROUPS = 200


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster() as cluster:
        migrate(cluster.create_database("template"))
        cluster.execute(
            "INSERT INTO auth_group (name) SELECT 'group-' || n FROM generate_series(1, %s) AS n",
            GROUPS,
            database="template",
        )
        yield cluster


@pytest.fixture
def databases(cluster, request):
    """Make databases, with people in them or `empty=True`. Returns the name."""
    made = []

    def make(empty=False, owner="brainlog"):
        made.append(f"{request.node.originalname[:40]}_{len(made)}")
        cluster.execute(f'CREATE DATABASE "{made[-1]}" TEMPLATE {"template0" if empty else "template"} OWNER {owner}')
        return made[-1]

    yield make
    for name in made:
        cluster.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert [name for (name,) in cluster.execute("SELECT datname FROM pg_database") if "verify" in name] == []


@pytest.fixture
def database(databases):
    return databases()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def run(cluster, database, folder, monkeypatch, django_db_blocker):
    """Run a command on that database with that folder, and return what it said."""

    def run(*arguments, at=None, url=None, fails=False):
        said = io.StringIO()
        url = url or cluster.url_of(at or database)
        with monkeypatch.context() as patch, django_db_blocker.unblock(), commands_use(url):
            patch.setattr("sys.stdout", said)
            patch.setattr(settings, "BACKUP_TO", str(folder))
            if not fails:
                call_command(*arguments)
                return said.getvalue().strip()
            with pytest.raises(CommandError) as error:
                call_command(*arguments)
            return str(error.value)

    return run


@pytest.fixture
def groups(cluster, database):
    """How many groups there are."""
    return lambda at=None: cluster.execute("SELECT count(*) FROM auth_group", database=at or database)[0][0]


def manifest_of(folder) -> dict:
    [path] = folder.glob("*.json")
    return json.loads(path.read_text())


def iterated(*chunks):
    yield from chunks


def test_there_and_back(cluster, run, groups, folder, databases):
    name = run("backup").split()[0]

    assert name.endswith(".dump")
    assert (folder / name).read_bytes().startswith(b"PGDMP")
    facts = manifest_of(folder)
    assert facts["rows"]["auth_group"] == GROUPS
    assert facts["versions"]["PostgreSQL"].split(".")[0] == facts["versions"]["pg_dump"].split(".")[0]
    assert run("verify_backup", name).startswith(f"{name} is good: ")
    new = databases(empty=True)
    assert "No migrations to apply" in run("restore", "latest", at=new)
    assert groups(at=new) == GROUPS


def test_the_manifest_is_of_the_moment_of_the_archive_while_others_write(cluster, run, database, folder):
    done, written = threading.Event(), [0]

    def write():
        with psycopg.connect(cluster.url_of(database), autocommit=True) as connection:
            while not done.is_set():
                written[0] += 1
                connection.execute("INSERT INTO auth_group (name) VALUES (%s)", [f"more-{written[0]}"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: written[0], "the first row is written")
        run("backup")
    finally:
        done.set()
        writer.join()

    assert GROUPS < manifest_of(folder)["rows"]["auth_group"] < GROUPS + written[0]
    assert "is good" in run("verify_backup", "latest")


def test_a_missing_table_is_missed(cluster, run, database, folder):
    """pg_dump is asked for one table less than the manifest lists."""
    run("backup")
    [manifest] = folder.glob("*.json")
    before = json.loads(manifest.read_text())
    manifest.unlink()
    cluster.execute("DROP TABLE logs_dose", database=database)
    name = run("backup").split()[0]
    path = folder / f"{name}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rows": before["rows"]}))

    said = run("verify_backup", name, fails=True)

    assert said == f"{name} is not what its manifest says. Table logs_dose is missing."


def test_nothing_is_taken_away_unless_it_is_to_be_replaced(cluster, run, databases, groups):
    run("backup")
    new = databases(empty=True)
    cluster.execute("CREATE VIEW auth_group AS SELECT 1 AS mine", database=new)

    assert "psql failed: " in run("restore", "latest", at=new, fails=True)

    assert cluster.execute("SELECT mine FROM auth_group", database=new) == [(1,)]
    assert cluster.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=new) == [(0,)]


def test_replacing_takes_away_what_came_after_the_backup(cluster, run, database, groups):
    run("backup")
    for sql in (
        "DELETE FROM auth_group",
        "CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial serial)",
        "CREATE VIEW later_still AS SELECT * FROM later",
        "CREATE MATERIALIZED VIEW latest AS SELECT * FROM later_still",
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
        "CREATE FUNCTION later(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1'",
        "CREATE SEQUENCE numbers",
    ):
        cluster.execute(sql, database=database)

    assert "not empty: --replace" in run("restore", "latest", fails=True)
    assert f"is named {database}" in run("restore", "latest", "--replace", "--confirm=other", fails=True)
    assert groups() == 0
    run("restore", "latest", "--replace", f"--confirm={database}")

    assert groups() == GROUPS
    left = cluster.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname ~ 'late|numbers' "
        "UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "UNION SELECT typname FROM pg_type WHERE typname = 'mood'",
        database=database,
    )
    assert left == []


@pytest.fixture
def programs_with(tmp_path, monkeypatch):
    """Let one of PostgreSQL's programs be followed by a shell script: `programs_with(pg_restore='| head -1')`."""
    real, version = postgresql.programs_for, "15.0"

    def replace(**scripts):
        folder = tmp_path / "programs"
        folder.mkdir()

        def found(session):
            for name in postgresql.PROGRAMS:
                original = real(session)[0] / name
                (folder / name).write_text(f'#!/bin/bash\n"{original}" "$@" {scripts.get(name, "")}\n')
                (folder / name).chmod(0o755)
            return folder, version

        monkeypatch.setattr(postgresql, "programs_for", found)

    return replace


@pytest.mark.parametrize("script", ["| head -c 30000; exit 1", "; echo 'SELECT 1 / 0;'", "; exit 1"])
def test_a_restore_that_fails_leaves_what_was_there(cluster, run, database, groups, programs_with, script):
    run("backup")
    cluster.execute("DELETE FROM auth_group WHERE name <> 'group-1'", database=database)
    programs_with(pg_restore=script)

    said = run("restore", "latest", "--replace", f"--confirm={database}", fails=True)

    assert "failed: " in said
    assert groups() == 1


def test_an_archive_that_is_cut_off_while_it_is_restored_changes_nothing(cluster, run, database, groups, folder):
    name = run("backup").split()[0]
    cluster.execute("DELETE FROM auth_group", database=database)
    content = (folder / name).read_bytes()
    cut_off = iterated(content[: len(content) * 9 // 10])

    with commands_use(cluster.url_of(database)), pytest.raises(BackupError, match="pg_restore failed: .*end of file"):
        postgresql.restore(connections["default"], cut_off, [], replace=True)
    assert groups() == 0


def test_settings_of_a_newer_version_are_left_out(run, databases, groups, programs_with):
    run("backup")
    programs_with(
        pg_restore="| sed 's/^SET lock_timeout = 0;/&\\nSET transaction_timeout = 0;\\nSET not_invented = 1;/'"
    )
    new = databases(empty=True)

    run("restore", "latest", at=new)

    assert groups(at=new) == GROUPS
    assert "is good" in run("verify_backup", "latest")


def test_only_settings_of_the_head_are_left_out():
    script = [b"--\nSET one = 1;\nSET t", b"wo = 2;\n\n--\n-- Name: t; Type: TABLE\n", b"SET one = 1;\nCOPY"]

    found = b"".join(postgresql.without_unknown_settings(iter(script), {"two"}))

    assert found == b"--\nSET two = 2;\n\n--\n-- Name: t; Type: TABLE\nSET one = 1;\nCOPY"


def test_the_role_of_the_site_keeps_its_rights(cluster, run, database, databases, tmp_path):
    """In the database that is replaced; in a new one, it is given them by the same command."""
    password = tmp_path / "password"
    create_role = ["create_app_role", "site", "--apply", f"--password-file={password}"]
    new = databases(empty=True)
    run(*create_role)
    try:
        run("backup")
        run("restore", "latest", "--replace", f"--confirm={database}")
        run("restore", "latest", at=new)
        run(*create_role, at=new)

        for name in (database, new):
            with psycopg.connect(cluster.url_of(name), user="site", password=password.read_text().strip()) as site:
                site.execute("INSERT INTO auth_group (name) VALUES ('of the site')")
                assert site.execute("SELECT count(*) FROM auth_group").fetchone() == (GROUPS + 1,)
    finally:
        for name in (database, new):
            cluster.execute("DROP OWNED BY site", database=name)
        cluster.execute("DROP ROLE site")


def test_an_owner_that_is_no_superuser(cluster, run, databases, groups, tmp_path, monkeypatch):
    """As at a hosting company: extensions are there that it did not make, and it may make no database."""
    run("backup")
    cluster.execute("CREATE ROLE tenant LOGIN PASSWORD 'tenant'")
    name = databases(empty=True, owner="tenant")
    cluster.execute("CREATE EXTENSION pg_stat_statements", database=name)
    url = cluster.url_of(name).replace(f"brainlog:{cluster.password}", "tenant:tenant")
    try:
        for more in ([], ["--replace", f"--confirm={name}"]):
            run("restore", "latest", *more, url=url)
            assert groups(at=name) == GROUPS
        run("backup", url=url)
        said = run("verify_backup", "latest", url=url, fails=True)
        assert "may not create the database" in said
        # Somebody else's server, whose password is on no command line.
        passwords = tmp_path / "pgpass"
        passwords.touch(mode=0o600)
        passwords.write_text(f"127.0.0.1:{cluster.port}:*:brainlog:{cluster.password}\n")
        monkeypatch.setenv("PGPASSFILE", str(passwords))
        scratch = cluster.url.replace(f":{cluster.password}", "")
        assert "is good" in run("verify_backup", "latest", f"--scratch-url={scratch}", url=url)
    finally:
        cluster.execute(f'ALTER DATABASE "{name}" OWNER TO brainlog')
        cluster.execute("REASSIGN OWNED BY tenant TO brainlog", database=name)
        cluster.execute("DROP ROLE tenant")


def test_no_password_is_on_a_command_line_or_in_a_message(cluster, run, database, tmp_path):
    url = f"{cluster.url_of(database)}?sslmode=prefer&connect_timeout=7&application_name=ours"
    with commands_use(url), postgresql.dumping(connections["default"]) as dump:
        [program] = dump.programs
    assert cluster.password not in " ".join(program.arguments)
    facts = {"PGPASSWORD": cluster.password, "PGDATABASE": database, "PGPORT": str(cluster.port)}
    facts |= {"PGSSLMODE": "prefer", "PGCONNECT_TIMEOUT": "7"}
    assert program.environment["PGAPPNAME"].startswith("ours backup ")
    assert facts.items() <= program.environment.items()

    run("backup")
    for url in (
        cluster.url_of(database).replace(cluster.password, "hunter2"),
        "postgres://us:hunter2@host/name?nonsense=1",
    ):
        said = run("verify_backup", "latest", f"--scratch-url={url}", fails=True)
        assert "hunter2" not in said
        assert len(said.splitlines()) == 1


def test_a_dump_that_is_cut_off_is_no_backup(cluster, run, folder, programs_with):
    programs_with(pg_dump="| head -c 20000; echo 'pg_dump: error: connection lost' >&2; exit 1")

    assert run("backup", fails=True) == "pg_dump failed: error: connection lost"
    assert list(folder.iterdir()) == []


def test_an_empty_database_is_no_backup(run, databases, folder):
    assert "is DATABASE_URL the right one?" in run("backup", at=databases(empty=True), fails=True)
    assert list(folder.iterdir()) == []


def test_a_statement_timeout_is_for_pages(cluster, run, database, groups, folder):
    cluster.execute(f'ALTER DATABASE "{database}" SET statement_timeout = 1', database=database)

    name = run("backup").split()[0]
    with commands_use(cluster.url_of(database)):
        postgresql.restore(connections["default"], iterated((folder / name).read_bytes()), [], replace=True)
    cluster.execute(f'ALTER DATABASE "{database}" RESET statement_timeout', database=database)

    assert groups() == GROUPS


def test_a_url_with_several_hosts(cluster, run, databases):
    """The first does not answer. The dump has to come from the server that the snapshot is of."""
    place = f"127.0.0.1:1,127.0.0.1:{cluster.port}"

    def url_of(name):
        arguments = "keepalives_idle=30&tcp_user_timeout=30s&connect_timeout=5"
        return f"postgres://brainlog:{cluster.password}@{place}/{name}?{arguments}"

    assert "tables" in run("backup", url=url_of(databases()))
    assert "Restored" in run("restore", "latest", url=url_of(databases(empty=True)))


def test_a_server_that_is_away_is_one_sentence(cluster, run):
    said = run("backup", url=cluster.url.replace(f":{cluster.port}/", ":1/"), fails=True)

    assert "refused" in said
    assert len(said.splitlines()) == 1


def test_programs_older_than_the_server_are_one_sentence(run, monkeypatch):
    monkeypatch.setattr(postgresql, "version_of", lambda folder: (14, 3))
    assert run("backup", fails=True) == (
        "The server is PostgreSQL 15, and the newest programs here are of 14: install postgresql-client-15."
    )
    monkeypatch.setattr(postgresql, "PROGRAMS", ["no-such-program"])
    assert "there are no programs of it here: install postgresql-client-15" in run("backup", fails=True)


def test_not_through_a_pooler_but_past_it(cluster, database, folder):
    pooled = f"{cluster.url_of(database)}?pgbouncer=true"

    refused = manage(pooled, "backup", BACKUP_TO=str(folder))
    done = manage(pooled, "backup", BACKUP_TO=str(folder), DIRECT_DATABASE_URL=cluster.url_of(database))

    assert refused.returncode == 1
    assert "name the server itself in DIRECT_DATABASE_URL" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert done.returncode == 0, done.stderr


@pytest.mark.thorough
def test_ctrl_c_leaves_no_scratch_database(cluster, run, monkeypatch):
    """The fixture asserts that none is left."""
    run("backup")

    def interrupted(session):
        assert [name for (name,) in cluster.execute("SELECT datname FROM pg_database") if "verify" in name]
        raise KeyboardInterrupt

    monkeypatch.setattr(postgresql, "contents_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("verify_backup", "latest")


# ── Others are connected ──────────────────────────────────────────────────────────────────────


@contextmanager
def visitor(url, *statements, **parameters):
    """Another session, in a transaction that it has not ended."""
    with psycopg.connect(url, application_name="psql of a friend", **parameters) as session:
        for statement in statements:
            session.execute(statement)
        yield session
        session.rollback()


def test_while_others_are_connected_it_is_not_replaced_unless_that_is_meant(cluster, run, database, groups):
    run("backup")
    cluster.execute("DELETE FROM auth_group", database=database)
    replace = ["restore", "latest", "--replace", f"--confirm={database}"]
    with visitor(cluster.url_of(database), "SELECT 1") as other:
        said = run(*replace, fails=True)
        assert said.startswith(f"Others are using the database {database}, and what they save would be lost: ")
        who = f"pid {other.info.backend_pid}, psql of a friend (brainlog), idle in transaction since 20"
        assert who in said
        assert said.endswith(" UTC. Stop the site first, or restore --while-connected.")
        assert groups() == 0

        run(*replace, "--while-connected")
    assert groups() == GROUPS
    run(*replace)


def test_a_role_that_may_not_see_what_others_do_sees_that_they_are_there(cluster, database):
    cluster.execute("CREATE ROLE tenant LOGIN PASSWORD 'tenant'")
    url = cluster.url_of(database).replace(f"brainlog:{cluster.password}", "tenant:tenant")
    try:
        with visitor(cluster.url_of(database), "SELECT 1") as other, commands_use(url):
            assert postgresql.others_in(connections["default"]) == [
                f"pid {other.info.backend_pid}, psql of a friend (brainlog), its state is not shown to this role"
            ]
    finally:
        cluster.execute("DROP ROLE tenant")


def test_an_open_transaction_is_named_and_waited_for_only_so_long(cluster, run, database, groups, capsys, monkeypatch):
    monkeypatch.setattr("operations.backups.progress.SECONDS", 0)
    run("backup")
    replace = ["restore", "latest", "--replace", f"--confirm={database}", "--while-connected"]
    with visitor(cluster.url_of(database), "DELETE FROM auth_group WHERE name = 'group-1'") as other:
        who = f"pid {other.info.backend_pid}, psql of a friend (brainlog), idle in transaction since 20"
        said = run(*replace, "--lock-timeout=3", fails=True)

        assert said.startswith(f"Gave up after waiting for 3 s, and nothing was changed. In the way: {who}")
        assert who in capsys.readouterr().err
    assert groups() == GROUPS
    run(*replace)


def test_a_backup_waits_for_others_with_a_word_and_an_end(cluster, run, database, folder, capsys, monkeypatch):
    """Behind a migration, for example."""
    monkeypatch.setattr("operations.backups.progress.SECONDS", 0)
    monkeypatch.setattr(postgresql, "LOCK_WAIT", 3)
    with visitor(cluster.url_of(database), "LOCK TABLE auth_group IN ACCESS EXCLUSIVE MODE") as other:
        who = f"pid {other.info.backend_pid}, psql of a friend"
        said = run("backup", fails=True)

    assert said.startswith(f"Gave up after waiting for 3 s, and nothing was changed. In the way: {who}")
    assert who in capsys.readouterr().err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon", "1e9"])
def test_a_time_that_is_no_limit_is_refused(run, seconds):
    assert "--lock-timeout" in run("restore", "latest", f"--lock-timeout={seconds}", fails=True)


# ── What is left out, and whose failure it is ─────────────────────────────────────────────────


def test_an_archive_holds_no_sessions_and_no_tries(cluster, run, database, databases, folder):
    secret = "a-live-session-key-of-a-browser"  # noqa: S105
    cluster.execute("CREATE TABLE django_session (session_key text)", database=database)
    cluster.execute("INSERT INTO django_session VALUES (%s)", secret, database=database)
    cluster.execute(
        "INSERT INTO accounts_session (session_key, session_data, expire_date, created_at, seen_at, user_agent, "
        "is_local) VALUES (%s, '', now(), now(), now(), '', false)",
        secret,
        database=database,
    )
    cluster.execute("INSERT INTO accounts_throttle VALUES (%s, '', now())", secret, database=database)
    run("backup")
    run("backup")  # Of a database that knows of a backup.

    facts = json.loads(max(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns).read_text())
    assert {*facts["left_out"]} == {table for table in LEFT_OUT if table in facts["rows"]}
    assert {"accounts_session", "accounts_throttle", "django_session", "operations_backup"} <= {*facts["left_out"]}
    assert "is good" in run("verify_backup", facts["archive"])
    new = databases(empty=True)
    run("restore", facts["archive"], at=new)
    for table in facts["left_out"]:
        assert cluster.execute(f'SELECT FROM "{table}"', database=new) == []  # noqa: S608
    plain = subprocess.run(["pg_restore", "--file=-", folder / facts["archive"]], capture_output=True, check=True)
    assert secret.encode() not in plain.stdout


def test_the_key_of_another_is_the_decryptors_failure(cluster, run, database, groups, age_key, tmp_path):
    stranger = tmp_path / "stranger.txt"
    subprocess.run(["age-keygen", "-o", stranger], check=True, capture_output=True)
    run("backup", f"--encrypt-to={age_key[1]}")

    for command in (["restore", "latest", "--replace", f"--confirm={database}"], ["verify_backup"]):
        said = run(*command, f"--identity={stranger}", fails=True)
        assert said.startswith("age failed: error: no identity matched any of the recipients. ")
        assert said.endswith(f"encrypted for {age_key[1]}: is that the key in {stranger}?")
    assert groups() == GROUPS


def test_programs_whose_libraries_are_of_another_version_are_named_with_the_remedy(run, tmp_path, monkeypatch):
    """As on a machine where the server was upgraded in place."""
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump: symbol lookup error: undefined symbol: PQnew' >&2\nexit 127\n")
    program.chmod(0o755)

    with pytest.raises(BackupError, match="pg_dump failed: .*undefined symbol.*apt-get install --reinstall libpq5"):
        postgresql.version_of(tmp_path)


def test_a_backup_of_the_other_kind(run, folder, tmp_path, django_db_blocker):
    run("backup")
    other = f"sqlite:///{tmp_path}/db.sqlite3"

    assert "is of postgresql, and the database is sqlite" in run("restore", "latest", url=other, fails=True)
    assert "name a server to restore it on, --scratch-url" in run("verify_backup", "latest", url=other, fails=True)
