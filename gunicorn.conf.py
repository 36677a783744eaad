"""What gunicorn reads by itself when it is started in this folder. Options on its command line win.

Each worker counts for itself, in files that /metrics adds up. They live in a folder that is made
anew for each gunicorn, as the counts of an earlier one would be added too.
"""

import logging
import os
import shutil
import signal
import sys
import tempfile
import time

# Its threads get whole requests only, and probes never wait for a free thread: operations/worker.py says how.
worker_class = "operations.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
# For each worker. Each is an open file, and most systems allow a process 1024 of them.
worker_connections = 500
# gunicornc's socket lies in the home folder: of two instances that share it, one loses it.
control_socket_disable = True

# What a request may be, before anybody has looked at it. The address: sign-in elsewhere comes back with two
# kilobytes of it. Headers: browsers and proxies send some thirty; the longest is that of the cookies.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# No header says that the site lies under a path. One that did, and came through a proxy, would go around what that
# proxy keeps to itself: /x/admin/ is /admin/ then.
forwarder_headers = ""
# How long a request may take to arrive is limited in operations/worker.py, how long its body may be in
# brainlog/body_size.py.


def on_starting(server):
    if server.cfg.worker_class_str != worker_class:
        server.log.warning("--worker-class: clients that send slowly can occupy all threads, and /healthz may wait.")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="brainlog-metrics-")


def post_fork(server, worker):
    """Say what is missing in the environment, and end. Found while the application is loaded, it ends in tracebacks."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    # Again, for systems empty their folder for temporary files from time to time.
    folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    os.makedirs(folder, mode=0o700, exist_ok=True)
    # Workers may run as another user than the master (--user).
    os.chown(folder, server.cfg.uid, server.cfg.gid)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brainlog.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 - the first look at a setting reads them all.
    except ImproperlyConfigured as error:
        refuse_to_start(str(error))


def post_worker_init(worker):
    """End where every page would be a server error. Name a SQLite file once: a server may have been meant."""
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
    """End this worker, and with it gunicorn. Of several workers, one gives the reason.

    gunicorn ends when it finds the first of them. If it found another while it waits for the rest, it would end in a
    traceback, and without on_exit.
    """
    from gunicorn.errors import AppImportError

    try:
        os.close(os.open(os.path.join(os.environ["PROMETHEUS_MULTIPROC_DIR"], "refused"), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # gunicorn sends it; it may have come before.
        time.sleep(2)
        sys.exit(0)
    raise AppImportError(reason) from None


def child_exit(server, worker):
    # Not above: the library looks for the folder when it is imported.
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
