"""Checks of a PostgreSQL server: settings, TLS, poolers, failover hosts, replication, health."""

import time

from django.db import DatabaseError

from brainlog.database.connections import separate_connection, time_limits
from brainlog.database.urls import is_local
from operations.database import server_health
from operations.database.findings import ERROR, OK, WARNING
from operations.database.queries import fetch_dicts, fetch_rows, fetch_value, first_line

MAX_REPLICA_LAG = 5  # seconds: about as long as a person's pages stay with the primary after a save
LAG_SAMPLES = 10
HEALTH_TIMEOUT = 30  # seconds, for each query

# Setting and value that endanger data or saves, and the consequence.
DANGERS = {
    ("fsync", "off"): "a power cut can destroy the database",
    ("full_page_writes", "off"): "a power cut can destroy the database",
    ("synchronous_commit", "off"): "a crash loses the newest saves, which were confirmed as saved",
    ("zero_damaged_pages", "on"): "damaged rows disappear without an error",
    ("default_transaction_read_only", "on"): "nothing can be saved",
}
REPORTED_SETTINGS = [
    *("max_connections", "shared_buffers", "statement_timeout", "idle_in_transaction_session_timeout", "TimeZone"),
    *("server_encoding", "fsync", "synchronous_commit", "full_page_writes", "wal_level", "data_checksums"),
]


def check_settings(connection):
    names = {*REPORTED_SETTINGS, *(name for name, _ in DANGERS)}
    query = "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)"
    values = dict(fetch_rows(connection, query, [*names]))
    version = fetch_value(connection, "SELECT current_setting('server_version')")
    reported = ", ".join(f"{name} {values[name]}" for name in REPORTED_SETTINGS if name in values)
    yield OK, f"PostgreSQL {version}: {reported}"
    # Neon's compute nodes store nothing: a commit returns once several storage servers have its log.
    is_neon = connection.connection.info.host.endswith(".neon.tech")
    harmless = {"fsync", "full_page_writes"} if is_neon else set()
    for (name, value), consequence in DANGERS.items():
        if values.get(name) == value and name not in harmless:
            yield WARNING, f"{name} is {value}: {consequence}"
    if values["server_encoding"] != "UTF8":
        yield ERROR, f"server_encoding is {values['server_encoding']}: it cannot store every character"


def check_tls(connection):
    session = connection.connection.pgconn
    host = session.host.decode()
    if session.ssl_in_use:
        # Behind a pooler, the server reports the pooler's connection; ours to the pooler is encrypted in any case.
        query = "SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        [(version, cipher)] = fetch_rows(connection, query)
        mode = connection.settings_dict["OPTIONS"].get("sslmode", "prefer")
        is_verified = mode.startswith("verify-")
        text = f"in use, {version} {cipher}" if version else "in use up to the pooler"
        yield OK, f"{text}; sslmode {mode} {'verifies' if is_verified else 'does not verify'} the server"
    elif is_local(host):
        yield OK, "not in use; the server is on this machine"
    elif connection.settings_dict.get("ALLOWS_CLEARTEXT"):
        yield WARNING, f"not in use: answers go to {host} unencrypted, as allow_cleartext=true in the URL accepts"
    else:
        yield WARNING, f"not in use: passwords and answers go to {host} unencrypted; add sslmode=require to the URL"


def check_pooling(connection):
    """Compare the server processes: the one that accepted the connection, and those that run two connections' queries.

    Behind a transaction pooler, two idle connections share one server process.
    """
    is_configured = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS", False)
    accepted_by = connection.connection.pgconn.backend_pid
    answered_by = fetch_value(connection, "SELECT pg_backend_pid()")
    with separate_connection(connection) as other:
        other_answered_by = fetch_value(other, "SELECT pg_backend_pid()")
    if answered_by == other_answered_by:
        yield OK, "through a transaction pooler: two connections share one server process"
        if connection.alias == "direct":
            yield ERROR, "DIRECT_DATABASE_URL leads to a transaction pooler: migrate and backup need the server itself"
        elif not is_configured:
            yield ERROR, "the URL does not declare the transaction pooler: add pgbouncer=true"
    elif accepted_by != answered_by:
        yield OK, "through a pooler or proxy: another server process answers than the one that accepted the connection"
    else:
        yield (
            OK,
            "direct: the server process that accepted the connection answers"
            + (", although the URL has pgbouncer=true" if is_configured else ""),
        )


def check_hosts(connection):
    """Check each host of a URL with several: a failover needs the others, and only one of them may accept writes."""
    hosts, port = connection.settings_dict["HOST"].split(","), str(connection.settings_dict["PORT"])
    if len(hosts) == 1:
        return
    ports = port.split(",") if "," in port else [port] * len(hosts)
    primaries = []
    for host, number in zip(hosts, ports, strict=True):
        address = f"[{host}]:{number or 5432}" if ":" in host else f"{host}:{number or 5432}"
        options = {"target_session_attrs": "any"}
        with separate_connection(connection, options=options, HOST=host, PORT=number) as single:
            try:
                is_replica = fetch_value(single, "SELECT pg_is_in_recovery()")
            except DatabaseError as error:
                yield WARNING, f"{address} does not answer, so a failover would not find it: {first_line(error)}"
                continue
        yield OK, f"{address} answers, and is {'a replica' if is_replica else 'a primary'}"
        primaries += [] if is_replica else [address]
    if len(primaries) > 1:
        yield ERROR, f"{' and '.join(primaries)} both accept writes, so their data diverges: stop the replaced one"


def check_replication(connection):
    if not fetch_value(connection, "SELECT pg_is_in_recovery()"):
        yield (WARNING, "is a primary: was it promoted?") if connection.alias == "replica" else (OK, "is the primary")
        return
    if connection.alias != "replica":
        yield ERROR, "is a replica, or still recovering: nothing can be saved here"
    for _ in range(LAG_SAMPLES):
        [(lag, is_receiving)] = fetch_rows(
            connection,
            """SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                      ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END,
                      EXISTS (SELECT FROM pg_stat_wal_receiver)""",
        )
        if not is_receiving or (lag is not None and lag <= MAX_REPLICA_LAG):
            break
        # The lag counts from the last replayed transaction: after an hour without writes, what has just been received
        # and is not yet replayed looks an hour late.
        time.sleep(0.1)
    if not is_receiving:
        yield WARNING, "is a replica that receives nothing from its primary: its data is out of date"
    elif lag is None or lag > MAX_REPLICA_LAG:
        yield WARNING, f"is a replica, {'an unknown time' if lag is None else f'{lag:.0f} s'} behind its primary"
    else:
        yield OK, f"is a replica, {lag:.1f} s behind its primary"


def check_health(connection):
    """Check the measurements of server_health. Those that this role may not see are left out, and named."""
    measurements, unknown = {}, []
    for name, query in server_health.QUERIES.items():
        try:
            with time_limits(connection, statement=HEALTH_TIMEOUT, lock=HEALTH_TIMEOUT), connection.cursor() as cursor:
                measurements |= fetch_dicts(cursor, query)[0]
        except DatabaseError as error:
            unknown.append(f"{name} ({first_line(error)})")
    found = list(server_health.problems(measurements))
    yield from found
    if not found:
        yield OK, "archiving, replication slots, replicas, transactions and transaction ids are within their limits"
    if unknown:
        yield OK, f"not known here: {', '.join(unknown)}"


CHECKS = {
    "server": check_settings,
    "tls": check_tls,
    "hosts": check_hosts,
    "pooling": check_pooling,
    "replication": check_replication,
    "health": check_health,
}
