"""From database URLs to Django's DATABASES. Nothing else knows their arguments."""

import ipaddress
import os
import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import pq

SQLITE = {
    "ENGINE": "brainlog.database.sqlite3",
    "OPTIONS": {
        # Take the write lock when a transaction begins: a lock taken half-way cannot wait for its
        # turn, and two people saving at once would see "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Readers go on while somebody writes. What is deleted is overwritten with zeros.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON",
    },
}

POSTGRESQL = {
    "ENGINE": "brainlog.database.postgresql",
    # A new connection costs more than most of our queries, so it is kept between requests and
    # checked before it is used again: the server may have restarted in between.
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
}

# Twice what a serverless database takes to wake up. Without it, a host that swallows packets holds
# a worker for minutes.
CONNECT_TIMEOUT = 10
REPLICA_CONNECT_TIMEOUT = 2
# As long as a person would wait for a free connection.
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


def databases_from_environment(
    environment: Mapping[str, str], base_dir: Path, is_clear_text_refused: bool = False
) -> dict[str, dict]:
    """Return DATABASES: `default`, and `direct` and `replica` where their URLs are given.

    A URL stands in `DATABASE_URL`, or in the file that `DATABASE_URL_FILE` names; likewise for
    `DIRECT_DATABASE_URL` and `REPLICA_DATABASE_URL`. Raises ImproperlyConfigured with a sentence for each
    that cannot be used, and never repeats a URL: it holds a password.
    """
    databases, refusals = {}, []
    for alias, variable in VARIABLES.items():
        try:
            if url := url_in(environment, variable) or ("sqlite:///db.sqlite3" if alias == "default" else ""):
                databases[alias] = database_from_url(url, base_dir, variable)
                if is_clear_text_refused:
                    check_encryption(databases[alias], variable)
        except ImproperlyConfigured as refusal:
            refusals += refusal.args
    if refusals:
        raise ImproperlyConfigured(*refusals)
    for alias, found in databases.items():
        if alias != "default":
            if not found["ENGINE"] == databases["default"]["ENGINE"] == POSTGRESQL["ENGINE"]:
                raise ImproperlyConfigured(
                    f"{VARIABLES[alias]} is for PostgreSQL: it and DATABASE_URL must both name one."
                )
            # The other ways to one and the same database: tests make it once.
            found["TEST"] = {"MIRROR": "default"}
    if any(is_postgresql(found) and not found["PASSWORD"] for found in databases.values()):
        check_password_file(environment.get("PGPASSFILE"))
    return databases


def url_in(environment: Mapping[str, str], variable: str) -> str:
    """The URL in a variable, or in the file that the variable with _FILE names; '' if there is neither."""
    url, file = environment.get(variable, "").strip(), environment.get(f"{variable}_FILE", "")
    if url and file:
        raise ImproperlyConfigured(f"{variable} and {variable}_FILE are both given. Keep one of them.")
    if not file:
        if not url and variable == "DATABASE_URL" and variable in environment:
            # A variable that a platform failed to fill in would mean SQLite, and people would write into it.
            raise ImproperlyConfigured(
                f"{variable} is set, but empty. Give it a URL; without the variable, db.sqlite3 in Brain Log's folder "
                "is the database."
            )
        return url
    try:
        url = Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
        raise ImproperlyConfigured(f"{variable}_FILE names {file}, which cannot be read: {reason}.") from None
    if not url:
        # Or a secret that is not there yet would mean SQLite, and people would write into it.
        raise ImproperlyConfigured(f"{variable}_FILE names {file}, which is empty.")
    return url


def check_password_file(file: str | None) -> None:
    """Say what libpq would pass over in silence and then ask for a password."""
    if not file:
        return
    try:
        mode = Path(file).stat().st_mode
    except OSError as error:
        raise ImproperlyConfigured(f"PGPASSFILE names {file}, which cannot be read: {error.strerror}.") from None
    if mode & 0o077:
        raise ImproperlyConfigured(f"PGPASSFILE names {file}, which others can read: chmod 600 makes it count.")


def session_alias() -> str:
    """The database to use where a session is needed that a transaction pooler does not give."""
    from django.conf import settings  # Which import this module.

    return "direct" if "direct" in settings.DATABASES else "default"


def reason(error: Exception) -> str:
    """The first line that says something of what the driver says, without hosts and names."""
    lines = [line.strip("- \t") for line in str(error).splitlines()]
    said = next((line for line in lines if line and not line.endswith(("were:", "were"))), type(error).__name__)
    said = re.sub(r"^.*(?:connection to server .*?|host: .*?, hostaddr: .*?) failed: (FATAL: *)?", "", said)
    return re.sub(r""" (for user|for|host|role|database) ("[^"]*"|'[^']*')""", r" \1 …", said)


def is_postgresql(database: dict) -> bool:
    return database["ENGINE"] == POSTGRESQL["ENGINE"]


def check_encryption(database: dict, variable: str) -> None:
    """Answers do not cross a network in the clear, unless the URL says that they may."""
    if not is_postgresql(database) or is_encrypted(database) or database.get("ALLOWS_CLEARTEXT"):
        return
    if not all(is_local(host) for host in hosts_of(database)):
        raise ImproperlyConfigured(
            f"{variable}: the way to the database is not encrypted. Add sslmode=require, or better "
            "sslmode=verify-full with sslrootcert. In a private network whose machines you all trust, "
            "allow_cleartext=true accepts that answers can be read on the way."
        )


def hosts_of(database: dict) -> list[str]:
    """As libpq finds them: where the URL names none, its own variables may."""
    return (os.environ.get("PGHOSTADDR") or database["HOST"] or os.environ.get("PGHOST", "")).split(",")


def is_local(host: str) -> bool:
    """Whether it is this machine: a socket, or an address of the loopback."""
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_encrypted(database: dict) -> bool:
    return database["OPTIONS"].get("sslmode") in ENCRYPTED


def database_from_url(url: str, base_dir: Path, variable: str = "DATABASE_URL") -> dict:
    """Return one entry of DATABASES for `url`. `variable` is what a refusal calls it.

    `sqlite:///file` is relative to `base_dir`, `sqlite:////file` absolute. The arguments of
    `postgres://` and `postgresql://` are those of `ARGUMENTS`. Raises ImproperlyConfigured with a
    sentence that never repeats the URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        # Nor is the cause repeated: urlsplit quotes what it does not understand.
        raise ImproperlyConfigured(f"{variable} cannot be read: write special characters as %40 and so on.") from None
    if parts.scheme == "sqlite":
        path = unquote(parts.path.removeprefix("/"))
        # In memory, each thread and each command would have a database of its own.
        if not path or path == ":memory:" or parts.netloc == ":memory:":
            raise ImproperlyConfigured(f"{variable} names no file. Write sqlite:///db.sqlite3, for example.")
        return SQLITE | {"NAME": base_dir / path}
    if parts.scheme in {"postgres", "postgresql"}:
        hosts, ports = hosts_in(parts.netloc, variable)
        name = unquote(parts.path.removeprefix("/"))
        if not name:
            raise ImproperlyConfigured(f"{variable} names no database. Write postgres://user:password@host/name.")
        return POSTGRESQL | {
            "NAME": name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": ",".join(hosts),
            # One port is the port of all hosts; an empty one is the default.
            "PORT": ports[0] if len(set(ports)) == 1 else ",".join(map(str, ports)),
            **settings_of(arguments_in(parts.query, base_dir, variable), hosts, variable),
        }
    raise ImproperlyConfigured(f"{variable} must start with sqlite:///, postgres:// or postgresql://.")


def hosts_in(netloc: str, variable: str) -> tuple[list[str], list[int | str]]:
    """The hosts of `user:password@host1:port,host2:port` in their order, and the port of each, or ''.

    urlsplit knows one host only. libpq tries several until one answers that is as target_session_attrs asks.
    """
    hosts, ports = [], []
    for part in netloc.rpartition("@")[2].split(","):
        # The host of a password with a / in it is what stands before the password.
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

# Each reader takes the text and the folder that relative paths start from. It returns the value, or
# raises ValueError with what the value has to be.
Reader = Callable[[str, Path], object]


def text(value: str, base_dir: Path) -> str:
    return value


def one_of(*choices: str) -> Reader:
    def read(value: str, base_dir: Path) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return read


def count(value: str, base_dir: Path) -> int:
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


def yes_or_no(value: str, base_dir: Path) -> bool:
    if value.lower() not in {"true", "false", "1", "0"}:
        raise ValueError("true or false")
    return value.lower() in {"true", "1"}


def zero_or_one(value: str, base_dir: Path) -> int:
    return int(yes_or_no(value, base_dir))


def load_balancing(value: str, base_dir: Path) -> str:
    if not any(option.keyword == b"load_balance_hosts" for option in pq.Conninfo.get_defaults()):
        raise ValueError("left out here: the libpq of this machine is older than 16 and does not know it")
    return one_of("disable", "random")(value, base_dir)


def file(value: str, base_dir: Path) -> str:
    path = base_dir / value
    if not path.is_file():
        raise ValueError("a file that is there")
    return str(path)


def root_certificate(value: str, base_dir: Path) -> str:
    """A file, or `system` for the authorities this machine trusts."""
    if value != "system":
        return file(value, base_dir)
    # libpq would look where it was built to look, and a ready-made one was built elsewhere.
    candidates = (ssl.get_default_verify_paths().cafile, *SYSTEM_CERTIFICATES)
    found = next((path for path in candidates if path and Path(path).is_file()), None)
    if not found:
        raise ValueError("a file here, since this machine has no certificates of its own")
    return found


ARGUMENTS: dict[str, Reader] = {
    "sslmode": one_of(*SSL_MODES),
    "sslrootcert": root_certificate,
    "sslcert": file,
    "sslkey": file,
    "channel_binding": one_of(*CHANNEL_BINDINGS),
    "target_session_attrs": one_of(*SESSION_TYPES),
    "load_balance_hosts": load_balancing,
    "connect_timeout": count,
    "keepalives": zero_or_one,
    "keepalives_idle": count,
    "keepalives_interval": count,
    "keepalives_count": count,
    "tcp_user_timeout": milliseconds,
    "application_name": text,
    "options": text,
    "connection_limit": count,
    "pool_timeout": seconds,
    "statement_timeout": milliseconds,
    "pgbouncer": yes_or_no,
    "allow_cleartext": yes_or_no,
}


def arguments_in(query: str, base_dir: Path, variable: str) -> dict:
    """Read what follows the `?`. A refusal names the argument, and no value: it may belong to a password."""
    found: dict = {}
    given = parse_qsl(query, keep_blank_values=True)
    for name, value in given:
        if name not in ARGUMENTS:
            # What is no plain word may be the rest of a password with a ? in it.
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


def settings_of(arguments: dict, hosts: list[str], variable: str) -> dict:
    """What the arguments mean to Django."""
    has_pooler = arguments.pop("pgbouncer", False) or any(
        host.split(".")[0].endswith("-pooler")  # Neon's name for one.
        for host in hosts
    )
    allows_cleartext = arguments.pop("allow_cleartext", False)
    if allows_cleartext and arguments.get("sslmode") in ENCRYPTED:
        raise ImproperlyConfigured(f"{variable} has both allow_cleartext and an sslmode that encrypts. Keep one.")
    if len(hosts) > 1 and variable != "REPLICA_DATABASE_URL":
        # libpq takes the first host that answers: after a failover that may be a standby, which takes no saves.
        arguments.setdefault("target_session_attrs", "read-write")
    pool_size, pool_timeout = arguments.pop("connection_limit", None), arguments.pop("pool_timeout", None)
    statement_timeout = arguments.pop("statement_timeout", 0)
    if "sslcert" in arguments and "sslkey" not in arguments:
        # In Prisma's URLs this is the authority's certificate.
        arguments.setdefault("sslrootcert", arguments.pop("sslcert"))
    if "sslkey" in arguments and "sslcert" not in arguments:
        raise ImproperlyConfigured(f"{variable} has sslkey without its sslcert.")
    # Nobody has to wait for a replica: the primary has the same rows.
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
                f"{variable} has options for a session, and leads to a pooler that lends a session for one "
                "transaction only. Set them for the role instead: ALTER ROLE … SET …"
            )
        # A cursor of the server's outlives its transaction.
        settings["DISABLE_SERVER_SIDE_CURSORS"] = True
        settings["STATEMENT_TIMEOUT"] = statement_timeout
    elif statement_timeout:
        options["options"] = f"{arguments.get('options', '')} -c statement_timeout={statement_timeout}".strip()
    return settings
