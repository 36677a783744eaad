"""A disaster recovery drill: `python -m testing.drill`, or `make drill`, loses a database twice and recovers it.

First a server is destroyed, and a new one is made from a backup by the seven steps of the runbook (docs/database.md).
Then all rows are deleted on a server that archives its write-ahead log, and it is recovered to the minute before. The
servers are temporary, with the roles of the runbook: an owner without superuser rights migrates, backs up and restores;
the site runs as another role that can only read and write rows. Prints the duration of each step, and what was lost.
The exit code is 1 if anything was.
"""

import testing.standalone  # noqa: F401, I001 (before the models that the next ones import)

# isort: split
import datetime
import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError

import psycopg
from psycopg import sql

from operations.backups.excluded_tables import EXCLUDED_TABLES
from testing.gunicorn import manage, throwaway_site
from testing.people import DAY, Unexpected, Visitor, check_in, log_in, sign_up
from testing.postgres import Cluster, throwaway_cluster, throwaway_copy
from testing.waiting import wait_until
from testing.watchdog import watched_run

DATABASE = "brainlog"
OWNER, APP = "owner", "brain_log_app"
FIRST_RELEASE = ("reflections", "logs", "accounts")
NOT_ENCRYPTED = (("reflections", "0002"), ("logs", "0003"))

# A year of logs, made with the settings of the tests.
PEOPLE = """
from accounts.tests.factories import make_person
from operations.demo.load import load_demo_data
load_demo_data(make_person(username="maria"))
"""

# A segment is copied under a temporary name and then renamed, so that a crash leaves no partial one. A segment that
# exists already must be identical. At most the commits of one minute are not archived yet.
ARCHIVING = """
archive_mode = on
archive_timeout = 60
archive_command = 'if [ -f {wal}/%f ]; then cmp -s %p {wal}/%f; else \
cp %p {wal}/.%f && sync {wal}/.%f && mv {wal}/.%f {wal}/%f && sync {wal}; fi'
"""
RECOVERY = """
restore_command = 'cp {wal}/%f %p'
recovery_target_time = '{moment}'
recovery_target_action = promote
"""

# By table: its columns, and how often each row occurs.
Rows = dict[str, tuple[list[str], Counter]]


class Lost(Exception):
    """Data was not recovered, or a step failed."""


@contextmanager
def step(title: str) -> Iterator[list[str]]:
    """Measure a step, and print its duration with the findings that are added to the list."""
    found, start = [], time.monotonic()
    yield found
    print(f"{title:.<44} {time.monotonic() - start:5.1f} s  {'; '.join(found)}", flush=True)


def main() -> int:
    start = time.monotonic()
    try:
        for drill in (disaster, deletion):
            drill()
    except (Lost, Unexpected, TimeoutError) as loss:
        print(f"\nLOST: {loss}")
        return 1
    print(f"\nNothing was lost. {time.monotonic() - start:.0f} s in all.")
    return 0


# ── A server is destroyed ─────────────────────────────────────────────────────────────────────


def disaster() -> None:
    """Destroy a server, and recover it from a backup by the seven steps of the runbook."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brainlog-drill-")))
        key = folder / "key.txt"
        backups = {"BACKUP_TO": str(folder / "backups"), "BACKUP_ENCRYPT_TO": make_key(key)}
        print("\nThe server is gone, and there is last night's backup.\n")
        with step("Before: a site, and its nightly backup") as found:
            before = stack.enter_context(lose_a_server(backups))
            found.append(describe(before))
        with step("1. Assess the loss") as found:
            manifest = json.loads(max((folder / "backups").glob("*.json")).read_text())
            found.append(f"the newest backup is of {manifest['started']}, with {sum(manifest['rows'].values()):,} rows")
        with step("2. Create a new instance"):
            cluster = stack.enter_context(throwaway_cluster())
            url = create_owned_database(cluster)
        # The owner may not create databases, so backups are verified as the administrator of the server.
        verifying = ["verify_backup", "latest", f"--identity={key}", f"--scratch-url={cluster.url}"]
        with step("3. Restore the newest backup"):
            restored = run_manage(url, "restore", "latest", f"--identity={key}", **backups)
        with step("4. Apply missing migrations") as found:
            run_manage(url, "migrate", "--check")
            found.append(f"restore applied {restored.count('... OK')}, none is missing")
        with step("5. Verify that the data is whole") as found:
            run_checkdb(url)
            run_manage(url, *verifying, **backups)
            found.append(compare(before, rows_of_first_release(url, before)))
        with step("6. Start the site in its new environment"):
            app_url = create_app_role(cluster, url, folder / "app.password")
            site = stack.enter_context(throwaway_site(app_url))
        with step("7. Sign in, save a check-in, and back up") as found:
            check_ready(site.url)
            save_a_check_in(log_in(Visitor(site.url), "maria"), url)
            found.append(check_roles(cluster))
            run_manage(url, "backup", **backups)
            found.append(run_manage(url, *verifying, **backups).strip())


@contextmanager
def lose_a_server(backups: dict[str, str]) -> Iterator[Rows]:
    """Make a server with logs in the schema of the first release, back it up, and destroy it. Yields its rows."""
    with throwaway_cluster() as cluster:
        url = create_owned_database(cluster)
        run_manage(url, "migrate")
        run_manage(url, "shell", "-c", PEOPLE)
        for app in FIRST_RELEASE:
            run_manage(url, "migrate", app, "0001")
        run_manage(url, "backup", **backups)
        rows = {table: each for table, each in rows_of(url).items() if table not in EXCLUDED_TABLES}
        cluster.kill()
    yield rows


def create_owned_database(cluster: Cluster) -> str:
    """Make the role that owns the tables, without superuser rights, and an empty database. Returns its URL."""
    password = secrets.token_urlsafe(24)
    cluster.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{password}'")
    cluster.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    return url_for(cluster, OWNER, password)


def create_app_role(cluster: Cluster, owner_url: str, password_file: Path) -> str:
    """Make the role of the site, as the owner. Returns the URL for it."""
    run_manage(owner_url, "create_app_role", APP, "--apply", f"--password-file={password_file}")
    return url_for(cluster, APP, password_file.read_text().strip())


def check_roles(cluster: Cluster) -> str:
    """Describe the roles that own the tables and that the site uses. Raises Lost if they are not the intended ones."""
    owners = cluster.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'", database=DATABASE)
    connected = cluster.execute(
        "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = %s AND application_name = 'brainlog'", DATABASE
    )
    if (owners, connected) != ([(OWNER,)], [(APP,)]):
        raise Lost(f"Tables belong to {owners}, and the site is connected as {connected}.")
    return f"tables are {OWNER}'s, the site works as {APP}"


def url_for(cluster: Cluster, role: str, password: str) -> str:
    return f"postgres://{role}:{password}@127.0.0.1:{cluster.port}/{DATABASE}"


def make_key(path: Path) -> str:
    """Make a key pair of age. Returns the public key, which is all that the server of the site needs."""
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return path.read_text().partition("public key: ")[2].split()[0]


# ── All rows are deleted ──────────────────────────────────────────────────────────────────────


def deletion() -> None:
    """Delete all rows, and recover the server to a point in time: exactly the rows saved before it exist again."""
    with ExitStack() as stack:
        print("\nEverything is deleted at 10:31, and the server is taken back to 10:30.\n")
        with step("Before: a server that archives its log"):
            cluster = stack.enter_context(throwaway_cluster(configuration=""))
            wal, base = cluster.folder / "wal", cluster.folder / "base"
            wal.mkdir()
            cluster.give_to_postgres(wal)
            cluster.configure(ARCHIVING.format(wal=wal))
            cluster.stop("fast")
            cluster.start()
            url = create_owned_database(cluster)
            run_manage(url, "migrate")
            passwords = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brainlog-drill-")))
            app_url = create_app_role(cluster, url, passwords / "app.password")
            site = stack.enter_context(throwaway_site(app_url))
        with step("The weekly base backup"):
            cluster.run("pg_basebackup", f"--pgdata={base}", f"--dbname={cluster.url}", "--checkpoint=fast")
        with step("People save until 10:30, and after") as found:
            visitor = sign_up(Visitor(site.url), "maria")
            save_a_check_in(visitor, url)
            moment, before = now(cluster), rows_of(url)
            found.append(f"10:30 is {moment:%H:%M:%S.%f}; {describe(before)}")
            sign_up(Visitor(site.url), "too-late")
        with step("10:31, all is deleted, the site goes on") as found:
            cluster.execute("TRUNCATE accounts_user CASCADE", database=DATABASE)
            [(left,)] = cluster.execute("SELECT count(*) FROM logs_dailylog", database=DATABASE)
            found.append(f"{left} days are left")
            sign_up(Visitor(site.url), "who-wonders")
        with step("The log is archived to its end"):
            cluster.stop("fast")
        with step("The base backup is recovered to 10:30"):
            copy = stack.enter_context(throwaway_copy(base, cluster.password, configuration=""))
            copy.configure(RECOVERY.format(wal=wal, moment=moment.isoformat()))
            copy.run("/usr/bin/touch", str(copy.data / "recovery.signal"))
            copy.start()
            wait_until(lambda: copy.execute("SELECT pg_is_in_recovery()") == [(False,)], "the server reaches 10:30")
            # A base backup contains the roles and their passwords.
            url, app_url = (old.replace(f":{cluster.port}/", f":{copy.port}/") for old in (url, app_url))
        with step("Verify that the data is whole") as found:
            run_checkdb(url)
            after = rows_of(url)
            found.append(compare(before, after))
            if after != before:
                raise Lost("There is more than there was at 10:30.")
        with step("Sign in, and save a check-in"):
            site = stack.enter_context(throwaway_site(app_url))
            save_a_check_in(log_in(Visitor(site.url), "maria"), url, focus="8")


def now(cluster: Cluster) -> datetime.datetime:
    """The time of the server's clock, which its write-ahead log uses."""
    return cluster.execute("SELECT clock_timestamp()")[0][0]


# ── Actions of people ─────────────────────────────────────────────────────────────────────────


def check_ready(site: str) -> None:
    try:
        Visitor(site).get("/readyz")
    except HTTPError as error:
        raise Lost(f"/readyz answered {error.code}.") from error


def save_a_check_in(visitor: Visitor, database_url: str, focus: str = "7") -> None:
    """Save a check-in over HTTP, and check that it is in the database."""
    check_in(visitor, "midday", focus_level=focus)
    with psycopg.connect(database_url) as connection:
        saved = connection.execute("SELECT focus_level FROM logs_dailylog WHERE date = %s", [DAY]).fetchall()
    if saved != [(int(focus),)]:
        raise Lost("A check-in was acknowledged, and is not in the database.")


# ── Rows and commands ─────────────────────────────────────────────────────────────────────────


def run_manage(url: str, *arguments: str, **environment: str) -> str:
    """Run a command of manage.py, and return its output. Raises Lost if it fails."""
    result = manage(url, *arguments, **environment)
    if result.returncode:
        raise Lost(f"manage.py {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout


def run_checkdb(url: str) -> None:
    """Run checkdb without its checks of rows. Raises Lost if it finds errors."""
    result = manage(url, "checkdb")
    if result.returncode not in (0, 1):  # 1: only warnings
        raise Lost(f"manage.py checkdb says:\n{result.stdout}{result.stderr}")


def rows_of(url: str, like: Rows | None = None) -> Rows:
    """All rows, or those of the tables and columns in `like`, because migrations may have added others."""
    with psycopg.connect(url) as connection:
        tables = (
            {table: columns for table, (columns, _) in like.items()}
            if like
            else dict(
                connection.execute(
                    "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns "
                    "WHERE table_schema = 'public' GROUP BY table_name"
                ).fetchall()
            )
        )
        rows = {}
        for table, columns in tables.items():
            query = sql.SQL("SELECT {} FROM {}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
            )
            rows[table] = columns, Counter(map(str, connection.execute(query)))
        return rows


def rows_of_first_release(url: str, like: Rows) -> Rows:
    """All rows in the schema of the first release, with private texts decrypted."""
    for app, migration in NOT_ENCRYPTED:
        run_manage(url, "migrate", app, migration)
    rows = rows_of(url, like)
    run_manage(url, "migrate")
    return rows


def compare(before: Rows, after: Rows) -> str:
    """Compare all rows, and return a summary. Raises Lost if a row is missing or changed."""
    for table, (_columns, rows) in before.items():
        if missing := rows - after[table][1]:
            raise Lost(f"{missing.total():,} rows of {table} are not there as they were.")
    return f"{describe(before)}, every one as it was"


def describe(rows: Rows) -> str:
    return f"{sum(counter.total() for _, counter in rows.values()):,} rows of {len(rows)} tables"


if __name__ == "__main__":
    with watched_run():
        sys.exit(main())
