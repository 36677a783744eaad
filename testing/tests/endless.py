"""A test that starts a server, a browser and a database, and never ends. test_watchdog.py kills it."""

import os
import time
from pathlib import Path

from testing.watchdog import RUN


def test_a_page_that_stays_open(page):
    page.goto("/healthz")
    Path(os.environ["READY"]).write_text(os.environ[RUN])
    time.sleep(600)
