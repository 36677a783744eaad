"""Configuration that gunicorn reads by itself when it is started in this folder. Command-line options override it.

Each worker writes its metrics to files, which /metrics adds up. Each gunicorn creates a new folder for them, because
the counts of an earlier one would be added too.
"""

import logging
import os
import shutil
import signal
import sys
import tempfile
import time

# Its threads receive complete requests only, and probes never wait for a free thread: see operations/worker.py.
worker_class = "operations.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
# Per worker. Each connection is an open file, of which most systems allow 1024 per process.
worker_connections = 500
# The socket of gunicornc is in the home folder: of two instances that share it, one would lose it.
control_socket_disable = True

# Limits of a request before it is parsed. Request line: the redirect of a login provider has two kilobytes. Headers:
# browsers and proxies send some thirty; the longest is that of the cookies.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# No header may set a path prefix (SCRIPT_NAME). A client could send it through a proxy, and evade the proxy's rules for
# paths: /x/admin/ would then be /admin/.
forwarder_headers = ""
# operations/worker.py limits how long a request may take to arrive, brainlog/body_size.py the size of its body.


def on_starting(server):
    if server.cfg.worker_class_str != worker_class:
        server.log.warning("--worker-class: slow clients can occupy all threads, and /healthz may have to wait.")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="brainlog-metrics-")


def post_fork(server, worker):
    """Check the settings. Otherwise the same error, raised when the application is loaded, would end in tracebacks."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    # Create the folder again, because systems delete old temporary files.
    folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    os.makedirs(folder, mode=0o700, exist_ok=True)
    # Workers may run as another user than the master (--user).
    os.chown(folder, server.cfg.uid, server.cfg.gid)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brainlog.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 - the first access loads the settings.
    except ImproperlyConfigured as error:
        refuse_to_start(str(error))


def post_worker_init(worker):
    """End if files of pages are missing. Log the path of an SQLite database once, which may not be the intended one."""
    from django.conf import settings
    from django.db import connection

    from operations.installation import faults

    if found := faults():
        refuse_to_start("\n  ".join(["Brain Log cannot start. Files of this release are missing:", *found]))
    if worker.age == 1 and connection.vendor == "sqlite" and not settings.DEBUG:
        logging.getLogger("brainlog.database").info(
            "The database is the SQLite file %s. For PostgreSQL, set DATABASE_URL.",
            settings.DATABASES["default"]["NAME"],
        )


def refuse_to_start(reason: str):
    """End this worker with an error that also ends gunicorn. Of several workers, only one raises it.

    gunicorn ends when the first such worker has exited. If it found a second one while it waits for the others, it
    would end with a traceback, and without calling on_exit.
    """
    from gunicorn.errors import AppImportError

    try:
        os.close(os.open(os.path.join(os.environ["PROMETHEUS_MULTIPROC_DIR"], "refused"), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # gunicorn sends SIGTERM, possibly already before this line.
        time.sleep(2)
        sys.exit(0)
    raise AppImportError(reason) from None


def child_exit(server, worker):
    # Imported here, because the library reads PROMETHEUS_MULTIPROC_DIR when it is imported.
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
