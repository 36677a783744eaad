"""What gunicorn reads by itself when it is started in this folder. Options on its command line win.

Each worker counts for itself, in files that /metrics adds up. They live in a folder that is made
anew for each gunicorn, as the counts of an earlier one would be added too.
"""

import os
import shutil
import tempfile


def on_starting(server):
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="brainlog-metrics-")


def child_exit(server, worker):
    # Not above: the library looks for the folder when it is imported.
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
