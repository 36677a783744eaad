"""Backups of PostgreSQL, end to end."""

import json
import subprocess
import threading

import psycopg
import pytest
from django.db import connections

from operations.backups import BackupError, postgresql
from operations.backups.engine import Restore
from operations.backups.excluded_tables import EXCLUDED_TABLES
from operations.tests.backups.databases import commands_use
from operations.tests.backups.postgresql.conftest import GROUPS
from testing.gunicorn import manage
from testing.waiting import wait_until

pytestmark = pytest.mark.once


def manifest_of(folder) -> dict:
    [path] = folder.glob("*.json")
    return json.loads(path.read_text())


def iterated(*chunks):
    yield from chunks


def test_a_backup_is_verified_and_restored(cluster, run, groups, folder, databases):
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


@pytest.mark.thorough
def test_archive_and_manifest_are_of_one_snapshot_during_writes(cluster, run, database, folder):
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


@pytest.mark.thorough
def test_verification_reports_a_missing_table(cluster, run, database, folder):
    """The manifest lists a table that the archive does not have."""
    run("backup")
    [manifest] = folder.glob("*.json")
    before = json.loads(manifest.read_text())
    manifest.unlink()
    cluster.execute("DROP TABLE logs_dose", database=database)
    name = run("backup").split()[0]
    path = folder / f"{name}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rows": before["rows"]}))

    output = run("verify_backup", name, fails=True)

    assert output == f"{name} does not match its manifest. Table logs_dose is missing."


def test_nothing_is_dropped_without_the_option_replace(cluster, run, databases, groups):
    run("backup")
    new = databases(empty=True)
    cluster.execute("CREATE VIEW auth_group AS SELECT 1 AS mine", database=new)

    assert "psql failed: " in run("restore", "latest", at=new, fails=True)

    assert cluster.execute("SELECT mine FROM auth_group", database=new) == [(1,)]
    assert cluster.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=new) == [(0,)]


@pytest.mark.thorough
def test_replace_drops_objects_made_after_the_backup(cluster, run, database, groups):
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
        "UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname ~ 'late' "
        "UNION SELECT typname FROM pg_type WHERE typname = 'mood'",
        database=database,
    )
    assert left == []


@pytest.fixture
def programs_with(tmp_path, monkeypatch):
    """Append a shell script to a program of PostgreSQL: `programs_with(pg_restore='| head -1')`."""
    real, version = postgresql.find_programs, "15.0"

    def replace(**scripts):
        folder = tmp_path / "programs"
        folder.mkdir()

        def found(session):
            for name in postgresql.PROGRAMS:
                original = real(session)[0] / name
                (folder / name).write_text(f'#!/bin/bash\n"{original}" "$@" {scripts.get(name, "")}\n')
                (folder / name).chmod(0o755)
            return folder, version

        monkeypatch.setattr(postgresql, "find_programs", found)

    return replace


@pytest.mark.parametrize("script", ["| head -c 30000; exit 1", "; echo 'SELECT 1 / 0;'", "; exit 1"])
def test_a_failed_restore_changes_nothing(cluster, run, database, groups, programs_with, script):
    run("backup")
    cluster.execute("DELETE FROM auth_group WHERE name <> 'group-1'", database=database)
    programs_with(pg_restore=script)

    output = run("restore", "latest", "--replace", f"--confirm={database}", fails=True)

    assert "failed: " in output
    assert groups() == 1


@pytest.mark.thorough
def test_restoring_a_truncated_archive_changes_nothing(cluster, run, database, groups, folder):
    name = run("backup").split()[0]
    cluster.execute("DELETE FROM auth_group", database=database)
    content = (folder / name).read_bytes()
    cut_off = iterated(content[: len(content) * 9 // 10])

    with commands_use(cluster.url_of(database)), pytest.raises(BackupError, match="pg_restore failed: .*end of file"):
        postgresql.restore(connections["default"], Restore(cut_off, replace=True))
    assert groups() == 0


@pytest.mark.thorough
def test_settings_of_newer_servers_are_removed(run, databases, groups, programs_with):
    run("backup")
    programs_with(
        pg_restore="| sed 's/^SET lock_timeout = 0;/&\\nSET transaction_timeout = 0;\\nSET not_invented = 1;/'"
    )
    new = databases(empty=True)

    run("restore", "latest", at=new)

    assert groups(at=new) == GROUPS
    assert "is good" in run("verify_backup", "latest")


def test_only_settings_at_the_head_are_removed():
    script = [b"--\nSET one = 1;\nSET t", b"wo = 2;\n\n--\n-- Name: t; Type: TABLE\n", b"SET one = 1;\nCOPY"]

    found = b"".join(postgresql.without_unknown_settings(iter(script), {"two"}))

    assert found == b"--\nSET two = 2;\n\n--\n-- Name: t; Type: TABLE\nSET one = 1;\nCOPY"


@pytest.mark.thorough
def test_the_role_of_the_site_keeps_its_privileges(cluster, run, database, databases, tmp_path):
    """A replaced database keeps them; in a new database, create_app_role grants them again."""
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


@pytest.mark.thorough
def test_an_owner_without_superuser_rights(cluster, run, databases, groups, tmp_path, monkeypatch):
    """As at a hosting provider: there are extensions of other owners, and the role may not create databases."""
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
        output = run("verify_backup", "latest", url=url, fails=True)
        assert "may not create the temporary database" in output
        # The server of another owner; its password is on no command line.
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


@pytest.mark.thorough
def test_no_password_is_on_a_command_line_or_in_a_message(cluster, run, database, tmp_path):
    url = f"{cluster.url_of(database)}?sslmode=prefer&connect_timeout=7&application_name=ours"
    with commands_use(url), postgresql.open_dump(connections["default"]) as dump:
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
        output = run("verify_backup", "latest", f"--scratch-url={url}", fails=True)
        assert "hunter2" not in output
        assert len(output.splitlines()) == 1


@pytest.mark.thorough
def test_a_truncated_dump_is_not_stored(cluster, run, folder, programs_with):
    programs_with(pg_dump="| head -c 20000; echo 'pg_dump: error: connection lost' >&2; exit 1")

    assert run("backup", fails=True) == "pg_dump failed: error: connection lost"
    assert list(folder.iterdir()) == []


@pytest.mark.thorough
def test_an_empty_database_is_not_backed_up(run, databases, folder):
    assert "is DATABASE_URL the right one?" in run("backup", at=databases(empty=True), fails=True)
    assert list(folder.iterdir()) == []


@pytest.mark.thorough
def test_the_statement_timeout_of_the_database_does_not_apply(cluster, run, database, groups, folder):
    cluster.execute(f'ALTER DATABASE "{database}" SET statement_timeout = 1', database=database)

    name = run("backup").split()[0]
    with commands_use(cluster.url_of(database)):
        postgresql.restore(connections["default"], Restore(iterated((folder / name).read_bytes()), replace=True))
    cluster.execute(f'ALTER DATABASE "{database}" RESET statement_timeout', database=database)

    assert groups() == GROUPS


@pytest.mark.thorough
def test_a_url_with_several_hosts(cluster, run, databases):
    """The first host does not answer. The dump has to come from the server of the snapshot."""
    place = f"127.0.0.1:1,127.0.0.1:{cluster.port}"

    def url_of(name):
        arguments = "keepalives_idle=30&tcp_user_timeout=30s&connect_timeout=5"
        return f"postgres://brainlog:{cluster.password}@{place}/{name}?{arguments}"

    assert "tables" in run("backup", url=url_of(databases()))
    assert "Restored" in run("restore", "latest", url=url_of(databases(empty=True)))


@pytest.mark.thorough
def test_an_unreachable_server_is_one_sentence(cluster, run):
    output = run("backup", url=cluster.url.replace(f":{cluster.port}/", ":1/"), fails=True)

    assert "refused" in output
    assert len(output.splitlines()) == 1


@pytest.mark.thorough
def test_programs_older_than_the_server_are_one_sentence(run, monkeypatch):
    monkeypatch.setattr(postgresql, "program_version", lambda folder: (14, 3))
    assert run("backup", fails=True) == (
        "The server is PostgreSQL 15, and the newest programs here are of 14: install postgresql-client-15."
    )
    monkeypatch.setattr(postgresql, "PROGRAMS", ["no-such-program"])
    assert "none of its programs are installed: install postgresql-client-15" in run("backup", fails=True)


@pytest.mark.thorough
def test_backups_bypass_a_connection_pooler(cluster, database, folder):
    pooled = f"{cluster.url_of(database)}?pgbouncer=true"

    refused = manage(pooled, "backup", BACKUP_TO=str(folder))
    done = manage(pooled, "backup", BACKUP_TO=str(folder), DIRECT_DATABASE_URL=cluster.url_of(database))

    assert refused.returncode == 1
    assert "name the server itself in DIRECT_DATABASE_URL" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert done.returncode == 0, done.stderr


@pytest.mark.thorough
def test_ctrl_c_leaves_no_scratch_database(cluster, run, monkeypatch):
    """The fixture `databases` asserts that there is none."""
    run("backup")

    def interrupted(session):
        assert [name for (name,) in cluster.execute("SELECT datname FROM pg_database") if "verify" in name]
        raise KeyboardInterrupt

    monkeypatch.setattr(postgresql, "read_contents", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("verify_backup", "latest")


# ── What is left out, and whose failure it is ─────────────────────────────────────────────────


def test_an_archive_has_no_sessions_and_no_login_attempts(cluster, run, database, databases, folder):
    secret = "a-live-session-key-of-a-browser"  # noqa: S105
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
    assert {*facts["excluded_tables"]} == {table for table in EXCLUDED_TABLES if table in facts["rows"]}
    with_rows = {"accounts_session", "accounts_throttle", "operations_backup"}
    assert with_rows <= {*facts["excluded_tables"]}
    assert "is good" in run("verify_backup", facts["archive"])
    new = databases(empty=True)
    run("restore", facts["archive"], at=new)
    for table in facts["excluded_tables"]:
        assert cluster.execute(f'SELECT FROM "{table}"', database=new) == []  # noqa: S608
    plain = subprocess.run(["pg_restore", "--file=-", folder / facts["archive"]], capture_output=True, check=True)
    assert secret.encode() not in plain.stdout


@pytest.mark.thorough
def test_a_wrong_private_key_is_reported_by_age(cluster, run, database, groups, age_key, tmp_path):
    stranger = tmp_path / "stranger.txt"
    subprocess.run(["age-keygen", "-o", stranger], check=True, capture_output=True)
    run("backup", f"--encrypt-to={age_key[1]}")

    for command in (["restore", "latest", "--replace", f"--confirm={database}"], ["verify_backup"]):
        output = run(*command, f"--identity={stranger}", fails=True)
        assert output.startswith("age failed: error: no identity matched any of the recipients. ")
        assert output.endswith(f"encrypted for {age_key[1]}: is that the key in {stranger}?")
    assert groups() == GROUPS


@pytest.mark.thorough
def test_a_mismatch_of_program_and_library_has_a_hint(run, tmp_path, monkeypatch):
    """This happens on a machine where the server was upgraded in place."""
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump: symbol lookup error: undefined symbol: PQnew' >&2\nexit 127\n")
    program.chmod(0o755)

    with pytest.raises(BackupError, match="pg_dump failed: .*undefined symbol.*apt-get install --reinstall libpq5"):
        postgresql.program_version(tmp_path)


@pytest.mark.thorough
def test_a_backup_of_the_other_engine_is_refused(run, folder, tmp_path, django_db_blocker):
    run("backup")
    other = f"sqlite:///{tmp_path}/db.sqlite3"

    assert "is of postgresql, and the database is sqlite" in run("restore", "latest", url=other, fails=True)
    assert "name a server for it with --scratch-url" in run("verify_backup", "latest", url=other, fails=True)
