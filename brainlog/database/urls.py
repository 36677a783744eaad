"""Converts database URLs to Django's DATABASES."""

import ipaddress
import os
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import pq

SQLITE = {
    "ENGINE": "brainlog.database.sqlite3",
    "OPTIONS": {
        # Take the write lock when a transaction begins. SQLite does not wait when a read lock is upgraded, so of two
        # people who save at once, one would get "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # WAL: readers continue during a write. secure_delete: deleted rows are overwritten with zeros.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON",
    },
}

POSTGRESQL = {
    "ENGINE": "brainlog.database.postgresql",
    # A new connection costs more than most of our queries, so connections are kept between requests, and checked
    # before they are used again: the server may have restarted.
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
}

# Seconds: twice the start time of a serverless database. Without a limit, a host that drops packets blocks a thread for
# minutes.
CONNECT_TIMEOUT = 10
REPLICA_CONNECT_TIMEOUT = 2
# Seconds to wait for a free connection of the pool.
POOL_TIMEOUT = 10

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
ENCRYPTED = {"require", "verify-ca", "verify-full"}
CHANNEL_BINDINGS = ("disable", "prefer", "require")
SESSION_TYPES = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
UNITS = {"": 1, "ms": 1, "s": 1_000, "min": 60_000}
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/cert.pem",  # macOS, BSD
)


VARIABLES = {"default": "DATABASE_URL", "direct": "DIRECT_DATABASE_URL", "replica": "REPLICA_DATABASE_URL"}


def databases_from_environment(environment, base_dir: Path, is_clear_text_refused: bool = False) -> dict[str, dict]:
    """Return DATABASES: `default`, and `direct` and `replica` if their URLs are set.

    `environment` is a brainlog.environment.Environment. A URL is read from `DATABASE_URL`, or from the file that
    `DATABASE_URL_FILE` names; likewise for `DIRECT_DATABASE_URL` and `REPLICA_DATABASE_URL`. Raises
    ImproperlyConfigured with a message for each invalid URL. No message repeats a URL, because it contains a password.
    """
    databases, errors = {}, []
    for alias, variable in VARIABLES.items():
        try:
            url = environment.string_or_file(variable)
            if not url and alias == "default":
                if environment.is_blank(variable):
                    # A platform may have failed to fill in the variable; the default would be a new SQLite file.
                    raise ImproperlyConfigured(
                        f"{variable} is set, but empty. Give it a URL; without the variable, db.sqlite3 in Brain Log's "
                        "folder is the database."
                    )
                url = "sqlite:///db.sqlite3"
            if url:
                databases[alias] = database_from_url(url, base_dir, variable)
                if is_clear_text_refused:
                    check_encryption(databases[alias], variable)
        except ImproperlyConfigured as error:
            errors += error.args
    if errors:
        raise ImproperlyConfigured(*errors)
    for alias, found in databases.items():
        if alias != "default":
            if not found["ENGINE"] == databases["default"]["ENGINE"] == POSTGRESQL["ENGINE"]:
                raise ImproperlyConfigured(
                    f"{VARIABLES[alias]} is for PostgreSQL: it and DATABASE_URL must both name one."
                )
            # It is the same database by another connection, so tests create it once.
            found["TEST"] = {"MIRROR": "default"}
    if any(is_postgresql(found) and not found["PASSWORD"] for found in databases.values()):
        check_password_file(environment.string("PGPASSFILE"))
    return databases


def check_password_file(file: str) -> None:
    """Reject a password file that libpq would ignore silently, and then prompt for a password."""
    if not file:
        return
    try:
        mode = Path(file).stat().st_mode
    except OSError as error:
        raise ImproperlyConfigured(f"PGPASSFILE names {file}, which cannot be read: {error.strerror}.") from None
    if mode & 0o077:
        raise ImproperlyConfigured(
            f"PGPASSFILE names {file}, which others can read, so that libpq ignores it: chmod 600."
        )


def session_alias() -> str:
    """Return the alias of the database for session features, which a transaction pooler does not support."""
    from django.conf import settings  # The settings import this module.

    return "direct" if "direct" in settings.DATABASES else "default"


def reason(error: Exception) -> str:
    """Return the first meaningful line of a driver's message, without host, user and database names."""
    lines = [line.strip("- \t") for line in str(error).splitlines()]
    message = next((line for line in lines if line and not line.endswith(("were:", "were"))), type(error).__name__)
    message = re.sub(r"^.*(?:connection to server .*?|host: .*?, hostaddr: .*?) failed: (FATAL: *)?", "", message)
    return re.sub(r""" (for user|for|host|role|database) ("[^"]*"|'[^']*')""", r" \1 …", message)


def is_postgresql(database: dict) -> bool:
    return database["ENGINE"] == POSTGRESQL["ENGINE"]


def check_encryption(database: dict, variable: str) -> None:
    """Reject an unencrypted connection to another machine, unless the URL allows it."""
    if not is_postgresql(database) or is_encrypted(database) or database.get("ALLOWS_CLEARTEXT"):
        return
    if not all(is_local(host) for host in hosts_of(database)):
        raise ImproperlyConfigured(
            f"{variable}: the connection to the database is not encrypted. Add sslmode=require, or better "
            "sslmode=verify-full with sslrootcert. In a private network whose machines you all trust, "
            "allow_cleartext=true accepts that answers cross the network in clear text."
        )


def hosts_of(database: dict) -> list[str]:
    """Return the hosts that libpq connects to: those of the URL, or of its own environment variables."""
    return (os.environ.get("PGHOSTADDR") or database["HOST"] or os.environ.get("PGHOST", "")).split(",")


def is_local(host: str) -> bool:
    """Whether the host is this machine: a Unix socket or a loopback address."""
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_encrypted(database: dict) -> bool:
    return database["OPTIONS"].get("sslmode") in ENCRYPTED


def database_from_url(url: str, base_dir: Path, variable: str = "DATABASE_URL") -> dict:
    """Return the entry of DATABASES for a URL. `variable` is its name in error messages.

    `sqlite:///file` is relative to `base_dir`, `sqlite:////file` is absolute. `ARGUMENTS` lists the arguments of
    `postgres://` and `postgresql://`. Raises ImproperlyConfigured with a message that never repeats the URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        # `from None`, because the message of urlsplit quotes the URL.
        raise ImproperlyConfigured(f"{variable} cannot be read: write special characters as %40 and so on.") from None
    if parts.scheme == "sqlite":
        path = unquote(parts.path.removeprefix("/"))
        # A database in memory is refused: each thread and each command would have its own.
        if not path or path == ":memory:" or parts.netloc == ":memory:":
            raise ImproperlyConfigured(f"{variable} names no file. Write sqlite:///db.sqlite3, for example.")
        return SQLITE | {"NAME": base_dir / path}
    if parts.scheme in {"postgres", "postgresql"}:
        hosts, ports = parse_hosts(parts.netloc, variable)
        name = unquote(parts.path.removeprefix("/"))
        if not name:
            raise ImproperlyConfigured(f"{variable} names no database. Write postgres://user:password@host/name.")
        return POSTGRESQL | {
            "NAME": name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": ",".join(hosts),
            # For libpq, a single port applies to all hosts, and an empty one is the default.
            "PORT": ports[0] if len(set(ports)) == 1 else ",".join(map(str, ports)),
            **django_settings(parse_arguments(parts.query, base_dir, variable), hosts, variable),
        }
    raise ImproperlyConfigured(f"{variable} must start with sqlite:///, postgres:// or postgresql://.")


def parse_hosts(netloc: str, variable: str) -> tuple[list[str], list[int | str]]:
    """Return the hosts of `user:password@host1:port,host2:port` in order, and the port of each, or "".

    urlsplit supports one host only. libpq tries several, until one answers that meets target_session_attrs.
    """
    hosts, ports = [], []
    for part in netloc.rpartition("@")[2].split(","):
        # If a password contains an unescaped /, the user and a part of the password appear here as host and port.
        match = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(?::(\d{0,5}))?", part)
        if not match or not 0 < int(match[2] or 1) < 65536:
            raise ImproperlyConfigured(
                f"The port in {variable} is not a number from 1 to 65535. "
                "In a password, write / as %2F, # as %23 and ? as %3F."
            )
        host = unquote(match[1].strip("[]"))
        hosts.append(host if host.startswith("/") else host.lower())
        ports.append(int(match[2]) if match[2] else "")
    if len(hosts) > 1 and not all(hosts):
        raise ImproperlyConfigured(f"{variable} has a comma among its hosts with no host on one side of it.")
    return hosts, ports


# ── The arguments of a PostgreSQL URL ─────────────────────────────────────────────────────────

# A parser takes the text of an argument, and the folder that paths are relative to. It returns the value, or raises
# ValueError with a description of valid values.
Parser = Callable[[str, Path], object]


def string(value: str, base_dir: Path) -> str:
    return value


def choice(*choices: str) -> Parser:
    def parse(value: str, base_dir: Path) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return parse


def positive_integer(value: str, base_dir: Path) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", value):
        raise ValueError("a whole number from 1 up")
    return int(value)


def seconds(value: str, base_dir: Path) -> float:
    if not re.fullmatch(r"\d{1,5}(\.\d+)?", value) or not float(value):
        raise ValueError("a number of seconds, such as 30")
    return float(value)


def milliseconds(value: str, base_dir: Path) -> int:
    match = re.fullmatch(r"(\d{1,9})(|ms|s|min)", value)
    if not match:
        raise ValueError("a time such as 30s, 500ms or 30000, which are milliseconds")
    return int(match[1]) * UNITS[match[2]]


def boolean(value: str, base_dir: Path) -> bool:
    if value.lower() not in {"true", "false", "1", "0"}:
        raise ValueError("true or false")
    return value.lower() in {"true", "1"}


def boolean_as_integer(value: str, base_dir: Path) -> int:
    return int(boolean(value, base_dir))


def load_balancing(value: str, base_dir: Path) -> str:
    if not any(option.keyword == b"load_balance_hosts" for option in pq.Conninfo.get_defaults()):
        raise ValueError("left out here: the libpq of this machine is older than 16 and does not know it")
    return choice("disable", "random")(value, base_dir)


def file(value: str, base_dir: Path) -> str:
    path = base_dir / value
    if not path.is_file():
        raise ValueError("an existing file")
    return str(path)


def root_certificate(value: str, base_dir: Path) -> str:
    """A file, or `system` for the certificate authorities that this machine trusts."""
    if value != "system":
        return file(value, base_dir)
    # libpq searches a path that is fixed when it is built, and that of a binary package may not exist here.
    candidates = (ssl.get_default_verify_paths().cafile, *SYSTEM_CERTIFICATES)
    found = next((path for path in candidates if path and Path(path).is_file()), None)
    if not found:
        raise ValueError("a file here, since this machine has no certificates of its own")
    return found


ARGUMENTS: dict[str, Parser] = {
    "sslmode": choice(*SSL_MODES),
    "sslrootcert": root_certificate,
    "sslcert": file,
    "sslkey": file,
    "channel_binding": choice(*CHANNEL_BINDINGS),
    "target_session_attrs": choice(*SESSION_TYPES),
    "load_balance_hosts": load_balancing,
    "connect_timeout": positive_integer,
    "keepalives": boolean_as_integer,
    "keepalives_idle": positive_integer,
    "keepalives_interval": positive_integer,
    "keepalives_count": positive_integer,
    "tcp_user_timeout": milliseconds,
    "application_name": string,
    "options": string,
    "connection_limit": positive_integer,
    "pool_timeout": seconds,
    "statement_timeout": milliseconds,
    "pgbouncer": boolean,
    "allow_cleartext": boolean,
}


def parse_arguments(query: str, base_dir: Path, variable: str) -> dict:
    """Parse the query string. An error message names the argument, but no value, which may be part of a password."""
    found: dict = {}
    given = parse_qsl(query, keep_blank_values=True)
    for name, value in given:
        if name not in ARGUMENTS:
            # Anything else than a plain word may be part of a password that contains an unescaped "?".
            called = f"the argument {name}" if re.fullmatch(r"[a-zA-Z_]{1,40}", name) else "an argument"
            raise ImproperlyConfigured(
                f"{variable} has {called}, which Brain Log does not know. It knows {', '.join(ARGUMENTS)}."
            )
        if name in found:
            raise ImproperlyConfigured(f"{variable} has {name} twice.")
        try:
            found[name] = ARGUMENTS[name](value, base_dir)
        except ValueError as error:
            raise ImproperlyConfigured(f"The {name} in {variable} must be {error}.") from None
    if ("sslrootcert", "system") in given and found.setdefault("sslmode", "verify-full") != "verify-full":
        raise ImproperlyConfigured(f"With sslrootcert=system in {variable}, sslmode must be verify-full.")
    return found


def django_settings(arguments: dict, hosts: list[str], variable: str) -> dict:
    """Convert the arguments of a URL to Django's settings of the database."""
    has_pooler = arguments.pop("pgbouncer", False) or any(
        host.split(".")[0].endswith("-pooler")  # How Neon names its poolers.
        for host in hosts
    )
    allows_cleartext = arguments.pop("allow_cleartext", False)
    if allows_cleartext and arguments.get("sslmode") in ENCRYPTED:
        raise ImproperlyConfigured(f"{variable} has both allow_cleartext and an sslmode that encrypts. Keep one.")
    if len(hosts) > 1 and variable != "REPLICA_DATABASE_URL":
        # libpq uses the first host that answers. After a failover that may be a standby, which is read-only.
        arguments.setdefault("target_session_attrs", "read-write")
    pool_size, pool_timeout = arguments.pop("connection_limit", None), arguments.pop("pool_timeout", None)
    statement_timeout = arguments.pop("statement_timeout", 0)
    if "sslcert" in arguments and "sslkey" not in arguments:
        # In Prisma's URLs, sslcert is the certificate of the authority.
        arguments.setdefault("sslrootcert", arguments.pop("sslcert"))
    if "sslkey" in arguments and "sslcert" not in arguments:
        raise ImproperlyConfigured(f"{variable} has sslkey without its sslcert.")
    # A short timeout for the replica, because the primary can be used instead.
    connect_timeout = REPLICA_CONNECT_TIMEOUT if variable == "REPLICA_DATABASE_URL" else CONNECT_TIMEOUT
    options = {"connect_timeout": connect_timeout, "application_name": "brainlog"} | arguments
    settings: dict = {"OPTIONS": options}
    if allows_cleartext:
        settings["ALLOWS_CLEARTEXT"] = True
    if pool_size:
        settings["CONN_MAX_AGE"] = 0  # The pool keeps the connections.
        options["pool"] = {"min_size": 0, "max_size": pool_size, "timeout": pool_timeout or POOL_TIMEOUT}
    elif pool_timeout:
        raise ImproperlyConfigured(f"{variable} has pool_timeout without connection_limit, so there is no pool.")
    if has_pooler:
        if re.search(r"(^|\s)-", arguments.get("options", "")):
            raise ImproperlyConfigured(
                f"{variable} has options of a session, but names a pooler that assigns a session for one transaction "
                "only. Set them for the role instead: ALTER ROLE … SET …"
            )
        # A server-side cursor has to outlive its transaction.
        settings["DISABLE_SERVER_SIDE_CURSORS"] = True
        settings["STATEMENT_TIMEOUT"] = statement_timeout
    elif statement_timeout:
        options["options"] = f"{arguments.get('options', '')} -c statement_timeout={statement_timeout}".strip()
    return settings
