import sqlite3
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.utils import ConnectionHandler
from hypothesis import example, given, strategies as st

from brainlog.database.urls import database_from_url, databases_from_environment
from brainlog.environment import Environment

BASE = Path("/srv/brainlog")

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="on PostgreSQL this is another matter")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL")


def read(url: str) -> dict:
    return database_from_url(url, BASE)


# SQLite


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///db.sqlite3", "/srv/brainlog/db.sqlite3"),
        ("sqlite:///data/my%20log.sqlite3", "/srv/brainlog/data/my log.sqlite3"),
        ("sqlite:////var/lib/brainlog.sqlite3", "/var/lib/brainlog.sqlite3"),
        ("sqlite:////data/%C3%BCnal.sqlite3", "/data/ünal.sqlite3"),
    ],
)
def test_a_file(url, path, tmp_path, monkeypatch):
    """Independent of the working directory."""
    monkeypatch.chdir(tmp_path)

    assert str(read(url)["NAME"]) == path
    assert read(url)["ENGINE"] == "brainlog.database.sqlite3"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:"])
def test_a_file_without_a_name_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="names no file"):
        read(url)


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite://:memory:", "sqlite:///%3Amemory%3A"])
def test_a_database_in_memory_is_refused(url):
    """Otherwise it would be a file of that name in the project's folder."""
    with pytest.raises(ImproperlyConfigured, match="names no file"):
        read(url)


@on_sqlite
def test_readers_continue_during_a_write(db):
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
        assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_transaction_takes_the_write_lock_when_it_begins():
    with transaction.atomic():
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM accounts_user").fetchone() == (0,)
        other.close()


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_the_second_transaction_waits_for_the_lock():
    has_lock, order = threading.Event(), []

    def first():
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        has_lock.set()
        second_is_about_to_begin.wait(10)
        order.append("first")
        other.execute("COMMIT")
        other.close()

    second_is_about_to_begin = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    has_lock.wait(10)
    second_is_about_to_begin.set()
    with transaction.atomic():
        order.append("second")
    thread.join()

    assert order == ["first", "second"]


# PostgreSQL


def test_every_part_of_the_url_is_used():
    found = read("postgres://maria:secret@db.example.org:6432/brainlog?sslmode=require&connect_timeout=5")

    assert {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")} == {
        "NAME": "brainlog",
        "USER": "maria",
        "PASSWORD": "secret",
        "HOST": "db.example.org",
        "PORT": 6432,
        "OPTIONS": {"sslmode": "require", "connect_timeout": 5, "application_name": "brainlog"},
    }


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "POSTGRES"])
def test_both_names_of_the_scheme_are_understood(scheme):
    assert read(f"{scheme}://host/name")["ENGINE"] == "brainlog.database.postgresql"


def test_omitted_parts_have_the_defaults_of_the_server():
    found = read("postgres:///brainlog")

    assert [found[name] for name in ("USER", "PASSWORD", "HOST", "PORT")] == ["", "", "", ""]
    assert found["OPTIONS"] == {"connect_timeout": 10, "application_name": "brainlog"}


def test_a_kept_connection_is_checked_before_it_is_used_again():
    found = read("postgres://host/name")

    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (600, True)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
@example("p@ss:w/o?r#d%")
def test_any_password_can_be_written(password):
    found = read(f"postgres://{quote(password, safe='')}:{quote(password, safe='')}@host:5432/name")

    assert (found["USER"], found["PASSWORD"], found["HOST"]) == (password, password, "host")


@pytest.mark.parametrize("url", ["postgres://maria:secret@host", "postgres://maria:secret@host/", "postgres:"])
def test_a_database_without_a_name_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="names no database"):
        read(url)


@pytest.mark.parametrize("port", ["x", "99999", "-1", "5432x"])
def test_an_invalid_port_is_refused(port):
    with pytest.raises(ImproperlyConfigured, match="port"):
        read(f"postgres://maria:secret@host:{port}/name")


@pytest.mark.parametrize(
    "url", ["", "mysql://host/name", "db.sqlite3", "/srv/db.sqlite3", "postgres", "http://host/name"]
)
def test_anything_else_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="must start with"):
        read(url)


def words_of(error: BaseException | None) -> str:
    """The traceback of an error and of its causes, as text."""
    if error is None:
        return ""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{error} {words_of(before)}"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://maria:s3cr3t@host/name",
        "postgres://maria:s3cr3t@host",
        "postgres://maria:s3cr3t@host:x/name",
        "postgres://maria:s3cr3t@host:99999/name",
        "postgres://maria:s3cr3t/more@host/name",
        "postgres://maria:s3cr3t#more@host/name",
        "postgres://maria:s3cr3t?more@host/name",
        "postgres://maria:s3cr3t[@host/name",
        "postgres://maria:s3cr3t@[::1/name",
        "postgres://maria:s3cr3t\u2100@host/name",
        "postgres://maria:1/name?s3cr3t@host/name",
        "postgres://maria:1@host/name?sslmode=s3cr3t",
        "postgres://maria:1@host/name?s3cr3t/more@host/name",
        "s3cr3t",
    ],
    ids=ascii,
)
def test_a_password_never_appears_in_an_error(url):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(url)

    assert "s3cr3t" not in words_of(refusal.value)


# Several hosts


@pytest.mark.parametrize(
    ("hosts", "host", "port"),
    [
        ("one,two", "one,two", ""),
        ("one:5432,two:5433", "one,two", "5432,5433"),
        ("one:6432,two:6432", "one,two", 6432),
        ("one,two:5433", "one,two", ",5433"),
        ("One.example.org,[::1]:5433,10.0.0.7", "one.example.org,::1,10.0.0.7", ",5433,"),
        ("%2FRun%2Fone,%2Frun%2Ftwo", "/Run/one,/run/two", ""),
    ],
)
def test_several_hosts_are_tried_in_turn(hosts, host, port):
    found = read(f"postgres://maria:secret@{hosts}/name")

    assert (found["HOST"], found["PORT"]) == (host, port)
    # The first host that answers may be a standby.
    assert found["OPTIONS"]["target_session_attrs"] == "read-write"


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ("one,two:x", "port"),
        ("one:99999,two", "port"),
        ("one:0,two", "port"),
        ("one,,two", "no host on one side"),
        ("one,", "no host on one side"),
        (",one:5432", "no host on one side"),
    ],
)
def test_invalid_hosts_are_refused(hosts, words):
    with pytest.raises(ImproperlyConfigured, match=words) as refusal:
        read(f"postgres://maria:s3cr3t@{hosts}/name")

    assert "s3cr3t" not in words_of(refusal.value)


def test_failover_options_of_libpq_are_supported():
    options = read_arguments(
        "target_session_attrs=primary&load_balance_hosts=random&connect_timeout=3&keepalives=1&keepalives_idle=30"
        "&keepalives_interval=10&keepalives_count=3&tcp_user_timeout=20s",
        "one,two",
    )["OPTIONS"]

    assert {name: value for name, value in options.items() if name != "application_name"} == {
        "target_session_attrs": "primary",
        "load_balance_hosts": "random",
        "connect_timeout": 3,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }


def test_a_replica_is_any_of_its_hosts():
    url = "postgres://u:p@one,two/name"

    assert "target_session_attrs" not in databases(DATABASE_URL=url, REPLICA_DATABASE_URL=url)["replica"]["OPTIONS"]


def test_each_of_several_hosts_is_reached_by_tls_or_is_this_machine(tmp_path):
    def start(hosts, arguments=""):
        url = f"postgres://u:p@{hosts}/name?{arguments}"
        return databases_from_environment(Environment({"DATABASE_URL": url}), tmp_path, is_clear_text_refused=True)

    assert start("localhost,127.0.0.1") and start("localhost,db.example.org", "sslmode=require")
    with pytest.raises(ImproperlyConfigured, match="is not encrypted"):
        start("localhost,db.example.org")


def test_allow_cleartext_allows_an_unencrypted_connection(tmp_path):
    url = "postgres://u:p@db:5432/name?"

    def start(**urls):
        return databases_from_environment(Environment(urls), tmp_path, is_clear_text_refused=True)

    with pytest.raises(
        ImproperlyConfigured, match="allow_cleartext=true accepts that answers cross the network in clear text"
    ):
        start(DATABASE_URL=url)
    found = start(DATABASE_URL=f"{url}allow_cleartext=true")["default"]
    assert found["ALLOWS_CLEARTEXT"] is True and "allow_cleartext" not in found["OPTIONS"]
    # Only for that URL, and not together with the opposite argument.
    with pytest.raises(
        ImproperlyConfigured, match="^DIRECT_DATABASE_URL: the connection to the database is not encrypted"
    ):
        start(DATABASE_URL=f"{url}allow_cleartext=true", DIRECT_DATABASE_URL=url)
    with pytest.raises(ImproperlyConfigured, match="both allow_cleartext and an sslmode"):
        start(DATABASE_URL=f"{url}allow_cleartext=true&sslmode=require")


# The arguments of a PostgreSQL URL


def read_arguments(query: str, host: str = "db.example.org") -> dict:
    return read(f"postgres://maria:secret@{host}/brainlog?{query}")


def test_a_pool_replaces_persistent_connections():
    found = read_arguments("connection_limit=20&pool_timeout=30")

    assert found["OPTIONS"]["pool"] == {"min_size": 0, "max_size": 20, "timeout": 30}
    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (0, True)


def test_the_pool_timeout_has_a_default():
    assert read_arguments("connection_limit=5")["OPTIONS"]["pool"]["timeout"] == 10


@pytest.mark.parametrize(
    ("written", "meant"), [("30s", 30_000), ("30000", 30_000), ("500ms", 500), ("1min", 60_000), ("0", 0)]
)
def test_a_statement_timeout_is_a_setting_of_the_session(written, meant):
    options = read_arguments(f"statement_timeout={written}")["OPTIONS"].get("options")

    assert options == (f"-c statement_timeout={meant}" if meant else None)


def test_a_statement_timeout_adds_to_the_options_there_are():
    found = read_arguments("options=-c%20work_mem%3D8MB&statement_timeout=1s")

    assert found["OPTIONS"]["options"] == "-c work_mem=8MB -c statement_timeout=1000"


@pytest.mark.parametrize(
    ("query", "host", "is_pooled"),
    [
        ("pgbouncer=true", "db.example.org", True),
        ("pgbouncer=1", "db.example.org", True),
        ("pgbouncer=false", "db.example.org", False),
        ("", "db.example.org", False),
        ("", "ep-cool-dawn-123-pooler.us-east-1.aws.neon.tech", True),
        ("", "ep-cool-dawn-123.us-east-1.aws.neon.tech", False),
        ("", "db.my-pooler.example.org", False),
    ],
)
def test_behind_a_transaction_pooler_no_session_state_is_used(query, host, is_pooled):
    found = read_arguments(f"{query}&statement_timeout=5s", host)

    assert found.get("DISABLE_SERVER_SIDE_CURSORS", False) is is_pooled
    assert found.get("STATEMENT_TIMEOUT") == (5000 if is_pooled else None)
    assert ("options" in found["OPTIONS"]) is not is_pooled
    # Django's default, which poolers need: no prepared statements.
    assert "prepare_threshold" not in found["OPTIONS"]


def test_session_options_are_refused_with_a_pooler():
    with pytest.raises(ImproperlyConfigured, match="ALTER ROLE"):
        read_arguments("pgbouncer=true&options=-c%20work_mem%3D8MB")
    # Neon's endpoint option, for connections without SNI, is not a session option.
    assert read_arguments("pgbouncer=true&options=endpoint%3Dep-1")["OPTIONS"]["options"] == "endpoint=ep-1"


def test_certificate_paths_are_relative_to_the_project(tmp_path):
    for name in ("ca.crt", "client.crt", "client.key"):
        (tmp_path / name).touch()

    url = "postgres://host/name?sslmode=verify-full&sslrootcert=ca.crt&sslcert=client.crt&sslkey=client.key"
    options = database_from_url(url, tmp_path)["OPTIONS"]

    assert options["sslrootcert"] == str(tmp_path / "ca.crt")
    assert (options["sslcert"], options["sslkey"]) == (str(tmp_path / "client.crt"), str(tmp_path / "client.key"))


def test_sslcert_without_sslkey_is_the_root_certificate(tmp_path):
    (tmp_path / "ca.crt").touch()

    options = database_from_url("postgres://host/name?sslmode=require&sslcert=ca.crt", tmp_path)["OPTIONS"]

    assert (options["sslrootcert"], options.get("sslcert")) == (str(tmp_path / "ca.crt"), None)


def test_sslrootcert_system_uses_the_certificates_of_the_machine():
    options = read_arguments("sslrootcert=system")["OPTIONS"]

    assert options["sslmode"] == "verify-full"
    assert Path(options["sslrootcert"]).is_file()
    with pytest.raises(ImproperlyConfigured, match="verify-full"):
        read_arguments("sslrootcert=system&sslmode=require")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sslmod=require", "argument sslmod, which Brain Log does not know"),
        ("schema=public", "argument schema"),
        ("=", "an argument, which"),
        ("sslmode=maybe", "sslmode in DATABASE_URL must be one of disable"),
        ("sslmode=", "sslmode in DATABASE_URL must be one of disable"),
        ("channel_binding=yes", "channel_binding in DATABASE_URL must be one of"),
        ("connect_timeout=soon", "connect_timeout in DATABASE_URL must be a whole number"),
        ("connect_timeout=0", "connect_timeout in DATABASE_URL must be a whole number"),
        ("connection_limit=0", "connection_limit in DATABASE_URL must be a whole number"),
        ("connection_limit=many", "connection_limit in DATABASE_URL must be a whole number"),
        ("connection_limit=2&pool_timeout=x", "pool_timeout in DATABASE_URL must be a number of seconds"),
        ("connection_limit=2&pool_timeout=0", "pool_timeout in DATABASE_URL must be a number of seconds"),
        ("pool_timeout=3", "without connection_limit"),
        ("statement_timeout=30m", "statement_timeout in DATABASE_URL must be a time such as 30s"),
        ("pgbouncer=maybe", "pgbouncer in DATABASE_URL must be true or false"),
        ("sslrootcert=nowhere.crt", "sslrootcert in DATABASE_URL must be an existing file"),
        ("sslkey=pyproject.toml", "sslkey in DATABASE_URL must be an existing file"),
        ("sslmode=require&sslmode=disable", "sslmode twice"),
    ],
)
def test_an_invalid_argument_is_named(query, words):
    with pytest.raises(ImproperlyConfigured, match=words) as refusal:
        read_arguments(query)

    assert "secret" not in words_of(refusal.value)


# The environment


def databases(**environment) -> dict:
    return databases_from_environment(Environment(environment), BASE)


def test_the_default_is_a_sqlite_file():
    assert list(databases()) == ["default"]
    assert databases()["default"]["NAME"] == BASE / "db.sqlite3"


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_url_does_not_select_the_default(value):
    with pytest.raises(ImproperlyConfigured, match="^DATABASE_URL is set, but empty"):
        databases(DATABASE_URL=value)
    # Empty variables of the other URLs are like unset ones.
    url = "postgres://u:p@host/name"
    assert list(databases(DATABASE_URL=url, DIRECT_DATABASE_URL=value, REPLICA_DATABASE_URL=value)) == ["default"]


def test_direct_and_replica_urls_have_aliases():
    found = databases(
        DATABASE_URL="postgres://u:p@pooler/name?pgbouncer=true",
        DIRECT_DATABASE_URL="postgres://u:p@primary/name",
        REPLICA_DATABASE_URL="postgres://u:p@replica/name",
    )

    assert {alias: database["HOST"] for alias, database in found.items()} == {
        "default": "pooler",
        "direct": "primary",
        "replica": "replica",
    }
    assert "DISABLE_SERVER_SIDE_CURSORS" not in found["direct"]


def test_a_replica_has_a_short_connect_timeout():
    url = "postgres://u:p@host/name"

    timeouts = {
        name: found["OPTIONS"]["connect_timeout"]
        for name, found in databases(DATABASE_URL=url, DIRECT_DATABASE_URL=url, REPLICA_DATABASE_URL=url).items()
    }
    asked_for = databases(DATABASE_URL=url, REPLICA_DATABASE_URL=f"{url}?connect_timeout=7")["replica"]

    assert timeouts == {"default": 10, "direct": 10, "replica": 2}
    assert asked_for["OPTIONS"]["connect_timeout"] == 7


@pytest.mark.parametrize("variable", ["DIRECT_DATABASE_URL", "REPLICA_DATABASE_URL"])
def test_direct_and_replica_urls_need_postgresql(variable):
    with pytest.raises(ImproperlyConfigured, match=f"{variable} is for PostgreSQL"):
        databases(**{variable: "postgres://u:p@host/name"})
    with pytest.raises(ImproperlyConfigured, match=f"{variable} is for PostgreSQL"):
        databases(**{"DATABASE_URL": "postgres://u:p@host/name", variable: "sqlite:///other.sqlite3"})


@pytest.mark.parametrize("variable", ["DATABASE_URL", "DIRECT_DATABASE_URL", "REPLICA_DATABASE_URL"])
def test_an_error_names_the_variable(variable):
    urls = {"DATABASE_URL": "postgres://u:p@host/name"} | {variable: "postgres://u:p@host:x/name"}

    with pytest.raises(ImproperlyConfigured, match=f"in {variable} "):
        databases(**urls)


def test_a_url_can_be_read_from_a_file(tmp_path):
    secret = tmp_path / "database-url"
    secret.write_text("postgres://u:p@host/name\n")

    assert databases(DATABASE_URL_FILE=str(secret))["default"]["HOST"] == "host"
    with pytest.raises(ImproperlyConfigured, match="both set"):
        databases(DATABASE_URL_FILE=str(secret), DATABASE_URL="sqlite:///x")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL_FILE names .*nowhere, which cannot be read: No such"):
        databases(DATABASE_URL_FILE=str(tmp_path / "nowhere"))
    secret.write_text("\n")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL_FILE names .*database-url, which is empty"):
        databases(DATABASE_URL_FILE=str(secret))


def test_a_password_file_has_to_exist_and_be_private(tmp_path):
    passwords = tmp_path / "pgpass"
    url = "postgres://maria@host/name"

    with pytest.raises(ImproperlyConfigured, match="PGPASSFILE names .*pgpass, which cannot be read: No such"):
        databases(DATABASE_URL=url, PGPASSFILE=str(passwords))
    passwords.touch(mode=0o644)
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        databases(DATABASE_URL=url, PGPASSFILE=str(passwords))
    passwords.chmod(0o600)
    assert databases(DATABASE_URL=url, PGPASSFILE=str(passwords))
    # With a password in the URL, PGPASSFILE may be meant for other programs.
    assert databases(DATABASE_URL="postgres://maria:x@host/name", PGPASSFILE="/nowhere")


# Encryption on the way


@pytest.mark.parametrize(
    ("host", "sslmode", "is_error"),
    [
        ("db.example.org", None, True),
        ("db.example.org", "prefer", True),
        ("db.example.org", "require", False),
        ("db.example.org", "verify-full", False),
        ("10.0.0.7", None, True),
        ("127.0.0.1", None, False),
        ("[::1]", None, False),
        ("localhost", "disable", False),
        ("%2Frun%2Fpostgresql", None, False),
        ("", None, False),
    ],
)
def test_unencrypted_connections_to_other_machines_are_refused(monkeypatch, tmp_path, host, sslmode, is_error):
    for variable in ("PGHOST", "PGHOSTADDR"):
        monkeypatch.delenv(variable, raising=False)
    given = {"DATABASE_URL": f"postgres://u:p@{host}/name" + (f"?sslmode={sslmode}" if sslmode else "")}

    if is_error:
        with pytest.raises(
            ImproperlyConfigured, match="^DATABASE_URL: the connection to the database is not encrypted"
        ):
            databases_from_environment(Environment(given), tmp_path, is_clear_text_refused=True)
    else:
        assert databases_from_environment(Environment(given), tmp_path, is_clear_text_refused=True)
    # Without the flag, as on a developer's machine, it is accepted.
    assert databases_from_environment(Environment(given), tmp_path)


@pytest.mark.parametrize("variable", ["PGHOST", "PGHOSTADDR"])
def test_hosts_in_libpq_variables_are_checked(monkeypatch, tmp_path, variable):
    monkeypatch.setenv(variable, "10.0.0.7")

    with pytest.raises(ImproperlyConfigured, match="is not encrypted"):
        databases_from_environment(
            Environment({"DATABASE_URL": "postgres://u:p@/name"}), tmp_path, is_clear_text_refused=True
        )


def test_every_invalid_url_is_reported(tmp_path):
    urls = {
        "DATABASE_URL": "postgres://u:p@db.example.org/name",
        "DIRECT_DATABASE_URL": "postgres://u:p@h:x/name",
        "REPLICA_DATABASE_URL": "mysql://h/name",
    }

    with pytest.raises(ImproperlyConfigured) as refusal:
        databases_from_environment(Environment(urls), tmp_path, is_clear_text_refused=True)

    assert [variable for variable, sentence in zip(urls, refusal.value.args, strict=True) if variable in sentence] == [
        *urls
    ]


@on_postgresql
def test_a_real_connection(db):
    """The parts of the tests' own URL connect to its server, and arguments after the ? take effect."""
    there = connection.settings_dict
    options = "application_name=brainlog%20test&options=-c%20statement_timeout%3D4321"
    url = f"postgres://{there['USER']}:{there['PASSWORD']}@{there['HOST']}:{there['PORT']}/{there['NAME']}?{options}"

    with ConnectionHandler({"default": read(url)})["default"].cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('application_name'), current_setting('statement_timeout')")
        answer = cursor.fetchone()
        cursor.connection.close()

    assert answer == (there["USER"], "brainlog test", "4321ms")


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_closed_connection_is_reopened():
    """As after a restart of the server, between two requests."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    there = connection.settings_dict
    other = ConnectionHandler({"default": there | {"TIME_ZONE": None}})["default"]
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()

    # As Django does at the beginning of the next request.
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != pid
