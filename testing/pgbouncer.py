"""Temporary PgBouncer servers, from the machine's binary: many clients share few connections to PostgreSQL."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testing.postgres import Cluster, free_port
from testing.programs import find_program
from testing.waiting import wait_for_port

# As strict as hosted poolers: other startup parameters are refused.
CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server_port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 200
admin_users = brainlog
logfile = {folder}/log
"""


@dataclass
class PgBouncer:
    """A PgBouncer in transaction mode in front of one cluster."""

    cluster: Cluster
    folder: Path
    port: int

    def url_of(self, database: str) -> str:
        """The URL of a database behind it, without `?pgbouncer=true`."""
        return f"postgres://brainlog:{self.cluster.password}@127.0.0.1:{self.port}/{database}"


@contextmanager
def throwaway_pgbouncer(cluster: Cluster, pool_size: int = 2) -> Iterator[PgBouncer]:
    """Yield a PgBouncer in transaction mode with `pool_size` connections for each database and user."""
    program = find_program("pgbouncer")
    with tempfile.TemporaryDirectory(prefix="brainlog-pgbouncer-", ignore_cleanup_errors=True) as name:
        bouncer = PgBouncer(cluster, Path(name), free_port())
        configuration = bouncer.folder / "pgbouncer.ini"
        configuration.write_text(
            CONFIGURATION.format(
                server_port=cluster.port, port=bouncer.port, folder=bouncer.folder, pool_size=pool_size
            )
        )
        (bouncer.folder / "users").write_text(f'"brainlog" "{cluster.password}"\n')
        cluster.give_to_postgres(bouncer.folder, configuration, bouncer.folder / "users")
        with subprocess.Popen(
            [program, "--quiet", str(configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # PgBouncer refuses to run as root.
            **({"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}),
        ) as server:
            try:
                wait_for_port(bouncer.port, server)
                yield bouncer
            finally:
                server.terminate()
