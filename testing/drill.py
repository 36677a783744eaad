"""`python -m testing.drill` (`make drill`) loses a database on purpose, twice, and gets everything back.

First the server is destroyed, and a new one is made from a backup by the runbook's seven steps. Then
everything is deleted on a server that archives its log, and it is taken back to the minute before. All
of it happens on servers of its own, with the roles of the runbook: an owner who is no superuser
migrates, backs up and restores, and the site runs as another that can read and write rows. Prints how
long each step took, and at the end what was lost: the exit code is 1 if that was anything. See
docs/database.md for the same with one's own hands.
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

from operations.backups.left_out import LEFT_OUT
from testing.gunicorn import manage, throwaway_site
from testing.people import DAY, Unexpected, Visitor, check_in, log_in, sign_up
from testing.postgres import Cluster, throwaway_cluster, throwaway_copy
from testing.waiting import wait_until
from testing.watchdog import watched_run

DATABASE = "brainlog"
OWNER, APP = "owner", "brain_log_app"
FIRST_RELEASE = ("reflections", "logs", "accounts")
NOT_ENCRYPTED = (("reflections", "0002"), ("logs", "0003"))

# A year of somebody's days, with the tests' own settings.
PEOPLE = """
from accounts.tests.factories import make_person
from operations.management.commands.demo import retell
retell(make_person(username="maria"))
"""

# A segment is copied aside and then named, so that a crash leaves no half one; one that is there
# already must be the same. A minute's saves are the most that can be missing.
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

# A table's rows as tuples, with how often each is there.
Rows = dict[str, tuple[list[str], Counter]]


class Lost(Exception):
    """Something did not come back, or did not work."""


@contextmanager
def step(title: str) -> Iterator[list[str]]:
    """Time a step, and print it together with what is put into the list."""
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


# ── The server is gone ────────────────────────────────────────────────────────────────────────


def disaster() -> None:
    """The runbook's seven steps."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brainlog-drill-")))
        key = folder / "key.txt"
        backups = {"BACKUP_TO": str(folder / "backups"), "BACKUP_ENCRYPT_TO": make_key(key)}
        print("\nThe server is gone, and there is last night's backup.\n")
        with step("Before: a site, and its nightly backup") as found:
            before = stack.enter_context(lose_a_server(backups))
            found.append(counted(before))
        with step("1. Assess the loss") as found:
            manifest = json.loads(max((folder / "backups").glob("*.json")).read_text())
            found.append(f"the newest backup is of {manifest['started']}, with {sum(manifest['rows'].values()):,} rows")
        with step("2. Create a new instance"):
            cluster = stack.enter_context(throwaway_cluster())
            url = create_owned_database(cluster)
        # An owner may not make databases, so backups are verified as the server's administrator.
        verifying = ["verify_backup", "latest", f"--identity={key}", f"--scratch-url={cluster.url}"]
        with step("3. Restore the newest backup"):
            restored = must(url, "restore", "latest", f"--identity={key}", **backups)
        with step("4. Apply missing migrations") as found:
            must(url, "migrate", "--check")
            found.append(f"restore applied {restored.count('... OK')}, none is missing")
        with step("5. Verify that the data is whole") as found:
            check(url)
            must(url, *verifying, **backups)
            found.append(compared(before, rows_as_written(url, before)))
        with step("6. Start the site in its new environment"):
            app_url = create_app_role(cluster, url, folder / "app.password")
            site = stack.enter_context(throwaway_site(app_url))
        with step("7. Sign in, save a check-in, and back up") as found:
            must_be_ready(site.url)
            save_a_check_in(log_in(Visitor(site.url), "maria"), url)
            found.append(who_may_what(cluster))
            must(url, "backup", **backups)
            found.append(must(url, *verifying, **backups).strip())


@contextmanager
def lose_a_server(backups: dict[str, str]) -> Iterator[Rows]:
    """A server with people's days, as the first release kept them; backed up, and destroyed. Yields its rows."""
    with throwaway_cluster() as cluster:
        url = create_owned_database(cluster)
        must(url, "migrate")
        must(url, "shell", "-c", PEOPLE)
        for app in FIRST_RELEASE:
            must(url, "migrate", app, "0001")
        must(url, "backup", **backups)
        rows = {table: each for table, each in rows_of(url).items() if table not in LEFT_OUT}
        cluster.kill()
    yield rows


def create_owned_database(cluster: Cluster) -> str:
    """Make the role that owns the tables, no superuser, and an empty database. Returns its URL for that role."""
    password = secrets.token_urlsafe(24)
    cluster.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{password}'")
    cluster.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    return url_for(cluster, OWNER, password)


def create_app_role(cluster: Cluster, owner_url: str, password_file: Path) -> str:
    """Let the owner make the role that the site runs as. Returns the URL for it."""
    must(owner_url, "create_app_role", APP, "--apply", f"--password-file={password_file}")
    return url_for(cluster, APP, password_file.read_text().strip())


def who_may_what(cluster: Cluster) -> str:
    """Say who owns the tables and as whom the site is connected. Raises Lost if either may do more than it should."""
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
    """Make a key pair of age. Returns the public key, the only one that a server with a site needs."""
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return path.read_text().partition("public key: ")[2].split()[0]


# ── Everything was deleted ────────────────────────────────────────────────────────────────────


def deletion() -> None:
    """Recovery to a moment: what was saved before it is back, and what came after is not."""
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
            must(url, "migrate")
            passwords = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="brainlog-drill-")))
            app_url = create_app_role(cluster, url, passwords / "app.password")
            site = stack.enter_context(throwaway_site(app_url))
        with step("The weekly base backup"):
            cluster.run("pg_basebackup", f"--pgdata={base}", f"--dbname={cluster.url}", "--checkpoint=fast")
        with step("People save until 10:30, and after") as found:
            visitor = sign_up(Visitor(site.url), "maria")
            save_a_check_in(visitor, url)
            moment, before = now(cluster), rows_of(url)
            found.append(f"10:30 is {moment:%H:%M:%S.%f}; {counted(before)}")
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
            # Roles and their passwords come with a base backup.
            url, app_url = (old.replace(f":{cluster.port}/", f":{copy.port}/") for old in (url, app_url))
        with step("Verify that the data is whole") as found:
            check(url)
            after = rows_of(url)
            found.append(compared(before, after))
            if after != before:
                raise Lost("There is more than there was at 10:30.")
        with step("Sign in, and save a check-in"):
            site = stack.enter_context(throwaway_site(app_url))
            save_a_check_in(log_in(Visitor(site.url), "maria"), url, focus="8")


def now(cluster: Cluster) -> datetime.datetime:
    """The server's time, which is what its log is stamped with."""
    return cluster.execute("SELECT clock_timestamp()")[0][0]


# ── What people do ────────────────────────────────────────────────────────────────────────────


def must_be_ready(site: str) -> None:
    try:
        Visitor(site).get("/readyz")
    except HTTPError as error:
        raise Lost(f"/readyz answered {error.code}.") from error


def save_a_check_in(visitor: Visitor, database_url: str, focus: str = "7") -> None:
    """Save one over HTTP, and look into the database whether it is there."""
    check_in(visitor, "midday", focus_level=focus)
    with psycopg.connect(database_url) as connection:
        saved = connection.execute("SELECT focus_level FROM logs_dailylog WHERE date = %s", [DAY]).fetchall()
    if saved != [(int(focus),)]:
        raise Lost("A check-in was acknowledged, and is not in the database.")


# ── What is there ─────────────────────────────────────────────────────────────────────────────


def must(url: str, *arguments: str, **environment: str) -> str:
    """Run a command of manage.py, and return what it printed."""
    result = manage(url, *arguments, **environment)
    if result.returncode:
        raise Lost(f"manage.py {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout


def check(url: str) -> None:
    """Let checkdb look at everything but the rows."""
    result = manage(url, "checkdb")
    if result.returncode not in (0, 1):  # 1: nothing but warnings
        raise Lost(f"manage.py checkdb says:\n{result.stdout}{result.stderr}")


def rows_of(url: str, like: Rows | None = None) -> Rows:
    """All rows of all tables, or of the tables and columns that there were before: migrations may have added some."""
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


def rows_as_written(url: str, like: Rows) -> Rows:
    """All rows with their private texts decrypted, as the first release kept them."""
    for app, migration in NOT_ENCRYPTED:
        must(url, "migrate", app, migration)
    rows = rows_of(url, like)
    must(url, "migrate")
    return rows


def compared(before: Rows, after: Rows) -> str:
    """Say that every row is there as it was. Raises Lost otherwise."""
    for table, (_columns, rows) in before.items():
        if missing := rows - after[table][1]:
            raise Lost(f"{missing.total():,} rows of {table} are not there as they were.")
    return f"{counted(before)}, every one as it was"


def counted(rows: Rows) -> str:
    return f"{sum(counter.total() for _, counter in rows.values()):,} rows of {len(rows)} tables"


if __name__ == "__main__":
    with watched_run():
        sys.exit(main())
