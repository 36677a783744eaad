"""A PostgreSQL server with databases for backups, and commands that use them."""

import pytest

from operations.tests.backups.databases import run_command
from testing.migrated import migrate
from testing.postgres import throwaway_cluster

GROUPS = 200


@pytest.fixture(scope="package")
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
    """Make a database with groups in it, or an empty one. Returns its name."""
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
def run(cluster, database, folder, django_db_blocker):
    """Run a command with that database and folder, and return its output or the message of its error."""

    def run(*arguments, at=None, url=None, fails=False):
        with django_db_blocker.unblock():
            return run_command(url or cluster.url_of(at or database), str(folder), *arguments, fails=fails)

    return run


@pytest.fixture
def groups(cluster, database):
    """The number of groups in a database."""
    return lambda at=None: cluster.execute("SELECT count(*) FROM auth_group", database=at or database)[0][0]
